"""What is dealt out comes back: every row once, in its part."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from audit.kernel.dealing import Dealt

WORD = pa.dictionary(pa.int8(), pa.string())
SCHEMA = pa.schema([("number", pa.int64()), ("name", pa.string()), ("word", WORD)])


def rows_of(start: int, size: int, words: tuple[str, ...] = ("yes", "no")) -> pa.Table:
    """Rows with numbers from `start` on."""
    numbers = range(start, start + size)
    names = [None if number % 5 == 0 else f"ü{number}" for number in numbers]
    word = pa.DictionaryArray.from_arrays(pa.array([number % 2 for number in numbers], pa.int8()), pa.array(words))
    columns = [pa.array(numbers, pa.int64()), pa.array(names, pa.string()), word]
    return pa.table(columns, schema=SCHEMA)


def part_of(rows: pa.Table, parts: int) -> np.ndarray:
    """Deal by number, but nothing to the second part of several."""
    part = np.asarray(rows["number"]).astype(np.int64) * 31 % parts
    return np.where(part == 1, 0, part)


@pytest.mark.parametrize("parts", [1, 2, 7])
def test_every_row_comes_back_once_in_its_part_and_in_its_order(tmp_path: Path, parts: int) -> None:
    dealt, given = Dealt(tmp_path / "dealt", parts, SCHEMA), []
    for start, size in ((0, 40), (40, 0), (40, 1), (41, 100)):
        given.append(rows_of(start, size))
        dealt.add(given[-1], part_of(given[-1], parts))
    everything = pa.concat_tables(given)
    part = part_of(everything, parts)
    for number in [*range(parts), 0]:  # the first part once more: a part can be read again
        found = dealt.part(number)
        assert found.schema.names == SCHEMA.names
        assert found.to_pylist() == everything.filter(pa.array(part == number)).to_pylist()
        assert all(column.num_chunks <= 1 for column in found.columns)


@pytest.mark.parametrize("parts", [1, 3])
def test_rows_may_bring_words_of_their_own(tmp_path: Path, parts: int) -> None:
    dealt = Dealt(tmp_path / "dealt", parts, SCHEMA)
    for start, words in ((0, ("yes", "no")), (10, ("ja", "nein"))):
        rows = rows_of(start, 10, words)
        dealt.add(rows, part_of(rows, parts))
    told = [row["word"] for number in range(parts) for row in dealt.part(number).to_pylist()]
    assert sorted(told) == sorted(["yes", "no", "ja", "nein"] * 5)


@pytest.mark.parametrize("parts", [1, 5])
def test_several_threads_deal_at_a_time(tmp_path: Path, parts: int) -> None:
    dealt = Dealt(tmp_path / "dealt", parts, SCHEMA)

    def deal(start: int) -> None:
        rows = rows_of(start, 100)
        dealt.add(rows, part_of(rows, parts))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(deal, range(0, 4000, 100)))
    found = [dealt.part(number) for number in range(parts)]
    assert sorted(number for rows in found for number in rows["number"].to_pylist()) == list(range(4000))
    for number, rows in enumerate(found):
        assert set(part_of(rows, parts).tolist()) <= {number}


@pytest.mark.parametrize("parts", [1, 3])
def test_where_nothing_was_dealt_every_part_is_empty(tmp_path: Path, parts: int) -> None:
    dealt = Dealt(tmp_path / "dealt", parts, SCHEMA)
    for number in range(parts):
        assert dealt.part(number).schema == SCHEMA
        assert dealt.part(number).num_rows == 0


@pytest.mark.parametrize(("parts", "has_folder"), [(1, False), (3, True)])
def test_one_part_needs_no_file_and_what_is_dropped_leaves_none(tmp_path: Path, parts: int, has_folder: bool) -> None:
    dealt = Dealt(tmp_path / "dealt", parts, SCHEMA)
    rows = rows_of(0, 30)
    dealt.add(rows, part_of(rows, parts))
    assert (tmp_path / "dealt").exists() is has_folder
    dealt.drop()
    assert list(tmp_path.iterdir()) == []
    assert dealt.part(0).num_rows == 0


def test_many_parts_hold_no_file_open(tmp_path: Path) -> None:
    """A run of hundreds of millions has thousands of parts, and a process may not have as many files."""
    rows = pa.table({"number": range(3_000)})
    dealt = Dealt(tmp_path / "rows", 3_000, rows.schema)
    before = len(list(Path("/proc/self/fd").iterdir()))
    dealt.add(rows, np.arange(3_000))
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert dealt.part(2_999).column("number").to_pylist() == [2_999]
