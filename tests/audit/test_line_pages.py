"""Lines read a page at a time: however they are looked for, the same lines in the same order, and their number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import duckdb
import pytest
from django.conf import settings

from audit.queries import lines
from audit.queries.lines import COLUMNS, Lines
from audit.vault.bench import reading

MADE = """
    select
        'v' as vendor, 'c' || lpad(range::varchar, 4, '0') as claim_id, 0 as revision, 1 as row,
        if(range % 3 = 0, 'crm/Case/' || range % 40, null) as target, if(range % 5 = 0, 's1', null) as session_id,
        case range when 7 then 'c0009' when 8 then 's1' end as event_id, range % 4 as units, 'verified' as state
    from range(400)
"""


@pytest.fixture
def every(tmp_path: Path) -> Iterator[Lines]:
    """400 lines in a file that pages may read."""
    place = Path(settings.BENCH_DIR) / f"{uuid4().hex}.parquet"
    place.parent.mkdir(parents=True, exist_ok=True)
    others = ", ".join(f'null::varchar as "{name}"' for name in COLUMNS if f" {name}" not in MADE)
    query = f"select *, {others} from ({MADE}) order by claim_id"
    duckdb.connect().execute(f"copy ({query}) to '{place}' (format parquet, row_group_size 2048)")
    yield Lines(place)
    place.unlink()


@pytest.mark.parametrize("head", [3, 1_000])
@pytest.mark.parametrize("order", [(), ("-units",), ("target", "-claim_id")])
@pytest.mark.parametrize(
    "filters", [{}, {"q": "c0009"}, {"q": "s1"}, {"q": "Case/1"}, {"q": "s1", "under": "crm/"}, {"session_id": "s1"}]
)
def test_pages_are_the_whole_in_its_order(
    every: Lines, filters: dict[str, str], order: tuple[str, ...], head: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "HEAD", head)
    found = every.filter(**filters).order_by(*order)
    (where, given), names = found.condition(), [name.lstrip("-") for name in order]
    ways = [f'"{name}" {"desc" if "-" + name in order else "asc"} nulls last' for name in names]
    sql = f"select claim_id from read_parquet(?) where {where} order by {', '.join([*ways, 'claim_id'])}"
    wanted = [row[0] for row in duckdb.connect().execute(sql, [str(every.path), *given]).fetchall()]
    assert wanted
    assert found.count == len(wanted)
    pages = [found.read(start, 7) for start in range(0, len(wanted) + 7, 7)]
    assert [line["claim_id"] for page in pages for line in page] == wanted


def test_a_page_may_read_some_columns_alone(every: Lines) -> None:
    assert every.only("claim_id", "units").read(5, 1) == [{"claim_id": "c0005", "units": 1}]


def test_the_kept_engine_reads_nothing_outside_the_vault_and_the_bench(tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text("a\n1\n")
    with reading() as one, reading() as other:
        assert one.execute("select current_setting('TimeZone')").fetchone() == ("UTC",)
        for command in (f"from read_csv('{outside}')", f"copy (select 1) to '{outside}'", "set threads = 1"):
            with pytest.raises((duckdb.PermissionException, duckdb.InvalidInputException)):
                other.execute(command).fetchall()


def test_an_engine_that_broke_is_opened_anew() -> None:
    with pytest.raises(duckdb.FatalException), reading():
        raise duckdb.FatalException("it answers nothing more")
    with reading() as connection:
        assert connection.execute("select 1").fetchone() == (1,)
