"""What leaves in order is sorted range by range: every row once, in order, and never much at once."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from audit.kernel import closing
from audit.kernel.bench import Bench
from audit.kernel.ranges import Ranges, in_order, ranges
from audit.kernel.records.texts import Numbers
from tests.kernel import desk

ROWS = 30_000
Key = tuple[str, str]
LONG = "a-beginning-that-all-share/" * 3
NAMES = {
    "short": ["", "a", "a\x00", "a\x00\x00", "ab", "b", "B", "'", '"'],
    "long beginnings": [LONG + end for end in ("", "a", "aaaaaaa", "aaaaaaab", "aaaaaaac", "b", "\x00")],
    "not ASCII": ["é", "e\u0301", "\uffff", "\U0001f600", "\U0001f600a", "z", "ü" * 9, "ü" * 9 + "a"],
    "one": ["c1"],
}
VENDORS = {"few": ["acme", "acme's", "übel"], "many": [f"vendor {number}" for number in range(300)]}


def table_of(keys: list[Key]) -> pa.Table:
    """Claim rows in the order received; `row` tells rows of one name apart."""
    vendor, claim_id = zip(*keys, strict=True) if keys else ((), ())
    row = [(7 * number) % len(keys) for number in range(len(keys))]
    texts = {"vendor": pa.array(vendor, pa.string()), "claim_id": pa.array(claim_id, pa.string())}
    return pa.table({"claim": pa.array(range(len(keys)), pa.int64()), **texts, "row": pa.array(row, pa.int64())})


def some(seed: int, vendors: list[str], names: list[str], size: int = 500) -> list[Key]:
    """Rows of some vendors and names, many of them more than once."""
    rng = random.Random(seed)
    return [(rng.choice(vendors), rng.choice(names)) for _ in range(size)]


@pytest.fixture(scope="module")
def keys() -> list[Key]:
    """Many different names, in no order."""
    rng = random.Random(1)
    return [(rng.choice(VENDORS["few"]), f"{rng.getrandbits(64):016x}") for _ in range(ROWS)]


@pytest.fixture(scope="module")
def table(keys: list[Key], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A bench with their rows as its claims."""
    bench = Bench(tmp_path_factory.mktemp("ranges"))
    bench.lay("claims", table_of(keys))
    yield bench
    bench.close()


def edges(keys: list[Key], part: Numbers) -> list[tuple[Key, Key]]:
    """The first and the last name of each range that has rows."""
    held = [[keys[row] for row in np.flatnonzero(part == number)] for number in range(int(part.max()) + 1)]
    return [(min(rows), max(rows)) for rows in held if rows]


@pytest.mark.parametrize("parts", [2, 3, 30])
def test_every_row_is_in_one_range(form: str, table: Bench, keys: list[Key], parts: int) -> None:
    cut = ranges(table, ROWS, parts)
    part = cut.of(table_of(keys))
    sizes = np.bincount(part, minlength=cut.parts)
    assert parts <= cut.parts <= parts + 1
    assert len(sizes) == cut.parts
    assert sum(sizes) == ROWS
    assert max(sizes) < 2 * ROWS / parts
    assert all(last < first for (_, last), (first, _) in pairwise(edges(keys, part)))


def test_one_part_is_one_range(table: Bench, keys: list[Key]) -> None:
    cut = ranges(table, ROWS, 1)
    assert cut.parts == 1
    assert not cut.of(table_of(keys)).any()


@pytest.mark.parametrize("vendors", VENDORS)
@pytest.mark.parametrize("names", NAMES)
def test_a_row_falls_behind_the_bounds_that_are_not_after_it(form: str, names: str, vendors: str) -> None:
    keys = some(2, VENDORS[vendors], NAMES[names])
    bounds = sorted(set(some(3, [*VENDORS[vendors], "nobody"], NAMES[names], 9)))
    cut = Ranges(*(pa.array(column, pa.string()) for column in zip(*bounds, strict=True)))
    assert cut.parts == len(bounds) + 1
    assert cut.of(table_of(keys)).tolist() == [bisect_right(bounds, key) for key in keys]


@pytest.mark.parametrize("vendors", VENDORS)
@pytest.mark.parametrize("names", NAMES)
def test_rows_are_sorted_as_python_sorts(form: str, names: str, vendors: str) -> None:
    keys = some(4, VENDORS[vendors], NAMES[names])
    rows = table_of(keys)
    row = rows["row"].to_pylist()
    assert in_order(rows, "row").tolist() == sorted(range(len(keys)), key=lambda at: (keys[at], row[at]))


def test_all_names_together_are_sorted_as_python_sorts(form: str) -> None:
    keys = some(5, VENDORS["many"] + VENDORS["few"], [name for names in NAMES.values() for name in names], 3000)
    rows = table_of(keys)
    rows = pa.concat_tables([rows.slice(0, 1000), rows.slice(1000, 1), rows.slice(1001)])  # as they come: in pieces
    assert [keys[at] for at in in_order(rows)] == sorted(keys)


def test_range_by_range_all_rows_are_in_order(form: str, table: Bench, keys: list[Key]) -> None:
    rows = table_of(keys)
    cut = ranges(table, ROWS, 20)
    part = cut.of(rows)
    told: list[Key] = []
    for number in range(cut.parts):
        held = rows.filter(pa.array(part == number))
        sorted_rows = held.take(pa.array(in_order(held)))
        told += zip(sorted_rows["vendor"].to_pylist(), sorted_rows["claim_id"].to_pylist(), strict=True)
    assert told == sorted(keys)


def test_where_nothing_is_there_is_nothing_to_sort(form: str, tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.lay("claims", table_of([]))
    for parts in (1, 3):
        cut = ranges(bench, 0, parts)
        assert cut.parts == 1
        assert cut.of(table_of([])).tolist() == []
    bench.close()
    assert in_order(table_of([]), "row").tolist() == []
    assert Ranges(pa.array(["acme"]), pa.array(["c1"])).of(table_of([])).tolist() == []


@pytest.mark.parametrize(("slices", "at_most"), [(1, 600), (6, 200)])
def test_a_run_in_slices_never_sorts_more_than_about_a_range(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slices: int, at_most: int
) -> None:
    sizes = []

    def watched(rows: pa.Table, *then: str) -> Numbers:
        sizes.append(rows.num_rows)
        return in_order(rows, *then)

    monkeypatch.setattr(closing, "in_order", watched)
    claims = [desk.claim(f"c{number}", number, target=f"crm/Case/{number}") for number in range(600)]
    for row in claims[::3]:
        row["environment"] = "test"  # is not heard, and leaves in its place all the same
    evidence = [desk.event(f"e{number}", number, target=f"crm/Case/{number}") for number in range(600)]
    desk.run(tmp_path, claims, evidence, [desk.watch()], slices=slices)
    assert sum(sizes) == 600 + 400  # verdicts and words
    assert max(sizes) <= at_most
    names = sorted(row["claim_id"] for row in claims)
    assert [row["claim_id"] for row in desk.rows_of(tmp_path)] == names
    heard = {row["claim_id"] for row in claims if "environment" not in row}
    assert [row["claim_id"] for row in desk.rows_of(tmp_path, "testimony")] == [name for name in names if name in heard]
