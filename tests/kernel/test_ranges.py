"""What leaves in order is sorted range by range: every row once, in order, and in little memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from audit.kernel.bench import Bench
from audit.kernel.ranges import WHOLE, ranges

ROWS = 250_000
QUERY = "select * from source order by vendor, claim_id"
VENDORS = "['acme', 'acme''s', 'bolt', 'übel'][1 + range % 4]"


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Bench]:
    """A bench with so little memory that the engine cannot sort all of `source` at once."""
    path = tmp_path / "source.parquet"
    roomy = Bench(tmp_path)
    texts = ", ".join(f"md5((range + {number})::varchar) as text_{number}" for number in range(10))
    rows = f"select range as claim, {VENDORS} as vendor, md5(range::varchar) as claim_id, {texts} from range({ROWS})"
    roomy.write(f"{rows} order by vendor, claim_id", path, "parquet")
    roomy.close()
    tight = Bench(tmp_path, threads=2, memory="100MB")
    for name in ("claims", "source"):
        tight.attach_result(name, path)
    yield tight
    tight.close()


def test_what_does_not_fit_is_sorted_range_by_range(table: Bench, tmp_path: Path) -> None:
    target = tmp_path / "sorted.parquet"
    table.write_sorted(QUERY, "source", ranges(table, ROWS, 20), target, "parquet")
    keys = pq.read_table(target, columns=["vendor", "claim_id"]).to_pylist()
    assert len(keys) == ROWS
    assert [(key["vendor"], key["claim_id"]) for key in keys] == sorted(
        (key["vendor"], key["claim_id"]) for key in keys
    )


@pytest.mark.parametrize("parts", [2, 3, 50])
def test_every_row_is_in_one_range(table: Bench, parts: int) -> None:
    conditions = ranges(table, ROWS, parts)
    counts = [table.rows(f"select count(*) from source where {condition}")[0][0] for condition in conditions]
    assert sum(counts) == ROWS
    assert max(counts) < 2 * ROWS / parts
    both = " and ".join(f"not ({condition})" for condition in conditions)
    assert table.rows(f"select count(*) from source where {both}") == [(0,)]


def test_one_part_is_one_range(table: Bench) -> None:
    assert ranges(table, ROWS, 1) == WHOLE
