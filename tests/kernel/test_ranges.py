"""What leaves in order is sorted range by range: every row once, in order, and in little memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from audit.kernel.bench import Bench
from audit.kernel.ranges import WHOLE, ranges
from tests.kernel import desk

ROWS = 500_000
QUERY = "select * from source order by vendor, claim_id"
VENDORS = "['acme', 'acme''s', 'übel'][1 + range % 3]"
SHAPE = "format parquet, row_group_size 20480"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows of eight slices, each in order, wide enough for about 100 MB in the engine."""
    path = tmp_path_factory.mktemp("ranges") / "source.parquet"
    numbers = ", ".join(f"range + {number} as n_{number}" for number in range(8))
    texts = "md5(range::varchar) || 'a' as text_a, md5(range::varchar) || 'b' as text_b"
    rows = f"select range as claim, {VENDORS} as vendor, md5(range::varchar) as claim_id, {numbers}, {texts}"
    table = Bench(path.parent)
    table.run(f"copy ({rows} from range({ROWS}) order by claim % 8, vendor, claim_id) to '{path}' ({SHAPE})")
    table.close()
    return path


@pytest.fixture
def table(tmp_path: Path, source: Path) -> Iterator[Bench]:
    """A bench with so little memory that its engine cannot sort all rows at once: one range ends in an error."""
    tight = Bench(tmp_path, threads=1, memory="60MB")
    for name in ("claims", "source"):
        tight.attach_result(name, source)
    yield tight
    tight.close()


def test_what_does_not_fit_is_sorted_range_by_range(table: Bench, tmp_path: Path) -> None:
    target = tmp_path / "sorted.parquet"
    table.write_sorted(QUERY, "source", ranges(table, ROWS, 20), target, "parquet")
    columns = pq.read_table(target, columns=["vendor", "claim_id"])
    keys = list(zip(*(columns.column(name).to_pylist() for name in ("vendor", "claim_id")), strict=True))
    assert len(keys) == ROWS
    assert keys == sorted(keys)


@pytest.mark.parametrize("parts", [2, 3, 30])
def test_every_row_is_in_one_range(table: Bench, parts: int) -> None:
    conditions = ranges(table, ROWS, parts)
    counts = [table.rows(f"select count(*) from source where {condition}")[0][0] for condition in conditions]
    assert sum(counts) == ROWS
    assert max(counts) < 2 * ROWS / parts
    both = " and ".join(f"not ({condition})" for condition in conditions)
    assert table.rows(f"select count(*) from source where {both}") == [(0,)]


def test_one_part_is_one_range(table: Bench) -> None:
    assert ranges(table, ROWS, 1) == WHOLE


@pytest.mark.parametrize(("slices", "at_once"), [(1, True), (3, False)])
def test_a_run_in_slices_never_sorts_everything_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slices: int, at_once: bool
) -> None:
    sorted_whole, write_sorted = {}, Bench.write_sorted

    def watched(table: Bench, query: str, source: str, conditions: Sequence[str], path: Path, form: str) -> None:
        sorted_whole[source] = len(conditions) == 1
        write_sorted(table, query, source, conditions, path, form)

    monkeypatch.setattr(Bench, "write_sorted", watched)
    claims = [desk.claim(f"c{number}", number) for number in range(600)]
    desk.run(tmp_path, claims, [desk.event("e1")], [desk.watch()], slices=slices)
    assert sorted_whole == {"said": at_once, "testimony": at_once}
