"""Files of a tenant: kept once, durable, and read by an engine that can reach nothing else."""

from __future__ import annotations

import csv
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import LazySettings
from python_calamine import CalamineWorkbook

from audit.kernel import inputs
from audit.kernel.terms import EVIDENCE
from audit.queries.lines import COLUMNS, ORDER, Lines
from audit.vault import files, write
from audit.vault.bench import connect
from audit.vault.findings import read_findings
from audit.vault.select import select_claims, select_evidence, write_rows
from audit.vault.sift import Sifted, sift
from audit.vault.write import write_lines

TENANT = UUID("01981f6e-3c1a-7d2e-9c4b-2f1f5c0a7e11")
CLAIMS = "claim_id,agent_id,action,target,occurred_at,revision,charge_micros,currency\n"
EVENTS = "system,grade,event_id,target,action,occurred_at,outcome,claim_ref\n"
START, END = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _own_folders(settings: LazySettings, tmp_path: Path) -> None:
    settings.VAULT_URL = str(tmp_path / "vault")
    settings.BENCH_DIR = tmp_path / "bench"
    (tmp_path / "bench").mkdir()


def put(path: Path, data: bytes = b"some bytes") -> Path:
    """A file to be stored."""
    path.write_bytes(data)
    return path


def claim(number: int, at: str = "2026-03-02T09:00:00Z", revision: int = 0, micros: int = 100) -> str:
    """One claim."""
    return f"c{number},a1,record_update,crm/Case/{number},{at},{revision},{micros},EUR\n"


def event(number: int, at: str = "2026-03-02T09:00:10Z", outcome: str = "done", reference: str = "") -> str:
    """One event."""
    return f"crm,A,e{number},crm/Case/{number},record_update,{at},{outcome},{reference}\n"


def canonical(kind: str, text: str, folder: Path) -> Path:
    """The rows of a file as intake leaves them."""
    name = uuid4().hex
    source = put(folder / f"{name}.csv", text.encode())
    constants = {"vendor": "acme"} if kind == "claims" else {}
    inputs.take(kind, inputs.read(source), folder / name, folder / "refused", file="f.csv", constants=constants)
    return folder / name


# Keeping


def test_a_file_is_kept_under_its_hash_once_and_for_good(tmp_path: Path) -> None:
    first, again = put(tmp_path / "a"), put(tmp_path / "b")
    stored = files.store(TENANT, first, ".raw")
    assert stored.key == f"{TENANT}/{stored.sha256[:2]}/{stored.sha256}.raw"
    assert (stored.byte_count, files.store(TENANT, again, ".raw")) == (10, stored)
    assert not first.exists()
    assert not again.exists()
    place = files.local(stored.key)
    assert place.read_bytes() == b"some bytes"
    assert place.stat().st_mode & 0o777 == 0o440
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    with pytest.raises(FileNotFoundError, match="the vault has no file"):
        files.local(f"{uuid4()}/{stored.sha256[:2]}/{stored.sha256}.raw")


def test_a_file_that_was_cut_off_is_written_again(tmp_path: Path) -> None:
    stored = files.store(TENANT, put(tmp_path / "a"), ".raw")
    place = files.local(stored.key)
    place.chmod(0o640)
    place.write_bytes(b"some")
    files.store(TENANT, put(tmp_path / "b"), ".raw")
    assert files.local(stored.key).read_bytes() == b"some bytes"


def test_a_file_is_durable_before_its_name_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(handle: int) -> None:
        order.append("fsync")
        fsync(handle)

    def noted_replace(path: Path, target: Path) -> Path:
        order.append("name")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    files.store(TENANT, put(tmp_path / "a"), ".raw")
    assert order[:2] == ["fsync", "name"]
    assert "fsync" in order[2:], "the folder too"


def test_a_remote_vault_keeps_and_fetches(tmp_path: Path, settings: LazySettings) -> None:
    settings.VAULT_URL = f"memory://vault-{uuid4()}"
    stored = files.store(TENANT, put(tmp_path / "a"), ".raw")
    place = files.local(stored.key)
    assert place.read_bytes() == b"some bytes"
    assert place == files.local(stored.key)
    with connect(place.parent) as connection:
        assert connection.execute("select count(*) from read_csv(?)", [str(place)]).fetchone() is not None
    with pytest.raises(FileNotFoundError):
        files.local(f"{TENANT}/00/nothing.raw")


def test_scratch_is_empty_at_first_and_gone_at_last(tmp_path: Path) -> None:
    with files.scratch(TENANT, "work") as folder:
        put(folder / "a")
    assert not folder.exists()
    folder.mkdir()
    put(folder / "left by the dead")
    seen: list[list[Path]] = []
    with pytest.raises(ZeroDivisionError):
        burst(seen)
    assert seen == [[]]
    assert not folder.exists()


def burst(seen: list[list[Path]]) -> None:
    """Work that fails."""
    with files.scratch(TENANT, "work") as folder:
        seen.append(list(folder.iterdir()))
        raise ZeroDivisionError


def test_a_newer_fence_removes_what_older_ones_left_and_never_the_other_way(tmp_path: Path) -> None:
    home = tmp_path / "bench" / str(TENANT)
    for name in ("run-1-1", "run-1-2", "run-1-4", "run-2-1", "run-1-x"):
        (home / name).mkdir(parents=True)
    with files.scratch(TENANT, "run-1", 3) as folder:
        assert folder.name == "run-1-3"
        assert {path.name for path in home.iterdir()} == {"run-1-3", "run-1-4", "run-2-1", "run-1-x"}


def test_only_what_nobody_touches_any_more_is_tidied(tmp_path: Path) -> None:
    arriving, spill = tmp_path / "bench" / "t1" / "arriving", tmp_path / "bench" / "spill" / "one"
    for folder in (arriving, spill, tmp_path / "bench" / "t1" / "run-1-1"):
        folder.mkdir(parents=True)
    old, fresh = put(arriving / "old"), put(arriving / "fresh")
    past = (datetime.now(UTC) - timedelta(days=2)).timestamp()
    for path in (old, spill):
        os.utime(path, (past, past))
    assert files.tidy(86_400) == 2
    assert (old.exists(), fresh.exists(), spill.exists()) == (False, True, False)
    assert (tmp_path / "bench" / "t1" / "run-1-1").exists(), "a run may last"


# The engine


def test_the_engine_reaches_nothing_but_its_folders(tmp_path: Path) -> None:
    outside = put(tmp_path / "outside.csv", b"a\n1\n")
    inside = put(tmp_path / "bench" / "inside.csv", b"a\n1\n")
    with connect() as connection:
        assert connection.execute("select * from read_csv(?)", [str(inside)]).fetchall() == [(1,)]
        for query in (
            f"select * from read_csv('{outside}')",
            f"copy (select 1) to '{tmp_path / 'new.csv'}'",
            f"attach '{tmp_path / 'new.db'}'",
            "select * from read_csv('https://example.com/a.csv')",
            "install httpfs",
            "set enable_external_access = true",
            "set memory_limit = '1TB'",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(query)


def test_the_engine_spills_into_a_folder_of_its_own(tmp_path: Path, settings: LazySettings) -> None:
    settings.BENCH_MEMORY = "60MB"
    query = "select max(t) from (select md5(range::varchar) || range as t from range(1500000) order by t) where t > ''"
    spills: set[str] = set()
    with connect() as one, connect() as other:
        for connection in (one, other):
            spills |= set(connection.execute("select current_setting('temp_directory')").fetchall()[0])
            assert connection.execute(f"select count(*) from ({query})").fetchone() == (1,)
            assert connection.execute("select current_setting('TimeZone')").fetchone() == ("UTC",)
    assert len(spills) == 2
    assert not any(Path(path).exists() for path in spills)


# Sifting


def sifted(kind: str, text: str, folder: Path, *earlier: Path) -> tuple[Sifted, list[str], list[str]]:
    """Sift a file; ids of the rows that are kept, and of those that conflict."""
    rows, conflicts, name = folder / uuid4().hex, folder / uuid4().hex, "claim_id" if kind == "claims" else "event_id"
    found = sift(kind, canonical(kind, text, folder), earlier, rows, conflicts)
    apart = pq.read_table(conflicts)[name].to_pylist() if conflicts.exists() else []
    return found, pq.read_table(rows)[name].to_pylist(), apart


def test_claims_are_told_from_those_that_came_before(tmp_path: Path) -> None:
    before = canonical("claims", CLAIMS + claim(1) + claim(2), tmp_path)
    text = CLAIMS + claim(2) + claim(1, micros=5) + claim(1, revision=1) + claim(3) + claim(3) + claim(3, micros=5)
    found, kept, apart = sifted("claims", text, tmp_path, before)
    assert (found.accepted, found.duplicate, found.conflicting) == (4, 1, 1)
    assert (kept, apart) == (["c1", "c1", "c3", "c3", "c3"], ["c1"])
    assert found.agents == ("a1",)


def test_events_are_one_each_for_ever(tmp_path: Path) -> None:
    before = canonical("evidence", EVENTS + event(1), tmp_path)
    text = EVENTS + event(1) + event(2, at="2026-03-05T00:00:00Z") + event(3)
    found, kept, apart = sifted("evidence", text, tmp_path, before)
    assert (found.accepted, found.duplicate, found.conflicting) == (2, 1, 0)
    assert (kept, apart) == (["e2", "e3"], [])
    assert found.witnesses == (("crm", "A"),)
    first, last = datetime(2026, 3, 2, 9, 0, 10, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC)
    assert (found.first_at, found.last_at) == (first, last)
    assert found.prefixes == (("crm", "crm/Case/", first, last),)
    found, kept, apart = sifted("evidence", EVENTS + event(1, outcome="failed"), tmp_path, before)
    assert (found.accepted, found.conflicting, kept, apart) == (0, 1, [], ["e1"])
    assert found.first_at is None


# Choosing


def test_a_claim_is_chosen_with_all_its_revisions(tmp_path: Path) -> None:
    old = canonical("claims", CLAIMS + claim(1) + claim(2) + claim(3, at="2026-02-02T09:00:00Z"), tmp_path)
    new = canonical("claims", CLAIMS + claim(2, "2026-04-02T09:00:00Z", 1) + claim(3, revision=1) + claim(1), tmp_path)
    count = select_claims([(1, "b1", old), (5, "b5", new)], START, END, tmp_path / "chosen")
    rows = pq.read_table(tmp_path / "chosen").to_pylist()
    assert count == len(rows) == 4
    names = ("claim_id", "revision", "row", "batch", "line")
    assert [tuple(row[name] for name in names) for row in rows] == [
        *(("c1", 0, 1, "b1", 2), ("c3", 0, 1, "b1", 4), ("c3", 1, 1, "b5", 3), ("c1", 0, 2, "b5", 4))
    ]


def test_the_end_of_a_period_belongs_to_the_next(tmp_path: Path) -> None:
    edges = (
        "2026-02-28T23:59:59.999999Z",
        "2026-03-01T00:00:00Z",
        "2026-03-31T23:59:59.999999Z",
        "2026-04-01T00:00:00Z",
    )
    rows = canonical("claims", CLAIMS + "".join(claim(n, at) for n, at in enumerate(edges)), tmp_path)
    select_claims([(1, "b1", rows)], START, END, tmp_path / "chosen")
    assert pq.read_table(tmp_path / "chosen")["claim_id"].to_pylist() == ["c1", "c2"]


def test_evidence_is_chosen_by_time_or_by_naming_a_claim(tmp_path: Path) -> None:
    claims = canonical("claims", CLAIMS + claim(1), tmp_path)
    late = "2026-09-09T00:00:00Z"
    text = EVENTS + event(1) + event(2, at=late) + event(3, at=late, reference="c1") + event(4, at=late, reference="c9")
    select_evidence([(2, "b2", canonical("evidence", text, tmp_path))], START, END, claims, tmp_path / "chosen")
    assert pq.read_table(tmp_path / "chosen")["event_id"].to_pylist() == ["e1", "e3"]
    assert select_evidence([], START, END, claims, tmp_path / "none") == 0
    assert set(pq.read_schema(tmp_path / "none").names) == {column.name for column in EVIDENCE} | {"line", "batch"}
    assert select_claims([], START, END, tmp_path / "no claims") == 0


def test_coverage_is_written_with_its_types(tmp_path: Path) -> None:
    row: dict[str, object] = {
        "system": "crm",
        "grade": "A",
        "target_prefix": "crm/",
        "action": None,
        "starts_at": START,
        "ends_at": END,
    }
    write_rows("coverage", [row], tmp_path / "coverage")
    write_rows("actors", [], tmp_path / "actors")
    assert pq.read_table(tmp_path / "coverage").to_pylist() == [row]
    assert pq.read_schema(tmp_path / "coverage").field("starts_at").type == pa.timestamp("us", "UTC")
    assert pq.read_table(tmp_path / "actors").num_rows == 0


# Lines


def line(number: int, **more: Any) -> dict[str, Any]:
    """One line of a run."""
    given = {"vendor": "acme", "claim_id": f"c{number}", "revision": 0, "row": 1, "state": "contradicted"}
    given |= {"reason": "failed", "class": "A", "provisional": False, "units": 1, "charge_micros": 100}
    given |= {"currency": "EUR", "agent_id": "a1", "action": "x", "target": f"crm/Case/{number}", "occurred_at": START}
    return dict.fromkeys(COLUMNS) | given | {"batch": "b1", "line": number + 1, "withdrawn": False} | more


def lines_file(tmp_path: Path, *rows: dict[str, Any]) -> Path:
    """A file of lines."""
    numbers = ("revision", "row", "rank", "units", "charge_micros", "line", "tokens_input", "tokens_cached")
    types = dict.fromkeys((*numbers, "tokens_output"), pa.int64()) | dict.fromkeys(
        ("provisional", "withdrawn"), pa.bool_()
    )
    types["occurred_at"] = pa.timestamp("us", "UTC")
    schema = pa.schema([(name, types.get(name, pa.string())) for name in COLUMNS])
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), tmp_path / "bench" / "lines")
    return tmp_path / "bench" / "lines"


def test_a_spreadsheet_runs_nothing_that_a_vendor_wrote(tmp_path: Path) -> None:
    evil = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"]
    path = lines_file(tmp_path, *(line(n, target=text, charge_micros=-5) for n, text in enumerate(evil)))
    for form in ("csv", "xlsx", "ndjson", "parquet"):
        out = tmp_path / "bench" / f"out.{form}"
        assert write_lines(path, COLUMNS, "true", [], ORDER, form, out) == len(evil)
    with (tmp_path / "bench" / "out.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["target"] for row in rows] == ["'" + text for text in evil]
    assert {row["charge_micros"] for row in rows} == {"-5"}, "numbers stay numbers"
    header, *table = CalamineWorkbook.from_path(str(tmp_path / "bench" / "out.xlsx")).get_sheet_by_index(0).to_python()
    assert [str(row[header.index("target")]).replace("_x000D_", "\r") for row in table] == ["'" + text for text in evil]
    assert pq.read_table(tmp_path / "bench" / "out.parquet")["target"].to_pylist() == evil


def test_a_number_that_excel_would_round_is_written_as_text(tmp_path: Path) -> None:
    path = lines_file(tmp_path, line(1, charge_micros=2**53 + 1), line(2, charge_micros=2**53))
    write_lines(path, COLUMNS, "true", [], ORDER, "xlsx", tmp_path / "bench" / "out.xlsx")
    header, *table = CalamineWorkbook.from_path(str(tmp_path / "bench" / "out.xlsx")).get_sheet_by_index(0).to_python()
    assert [row[header.index("charge_micros")] for row in table] == [str(2**53 + 1), 2**53]


def test_more_lines_than_a_sheet_holds_go_to_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "SHEET_ROWS", 2)
    path = lines_file(tmp_path, *(line(n) for n in range(5)))
    assert write_lines(path, COLUMNS, "true", [], ORDER, "xlsx", tmp_path / "bench" / "out.xlsx") == 5
    book = CalamineWorkbook.from_path(str(tmp_path / "bench" / "out.xlsx"))
    assert [len(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names] == [3, 3, 2]


def test_money_of_several_currencies_is_never_added_up(tmp_path: Path) -> None:
    rows = [line(1), line(2, currency="USD", charge_micros=7), line(3, currency=None, charge_micros=None), line(4)]
    path = lines_file(tmp_path, *rows, line(5, state="verified", reason="supported"))
    (found,) = read_findings(path)
    assert (found.claims, found.units, found.money) == (4, 4, {"EUR": 200, "USD": 7})
    assert found.examples == ["c1", "c2", "c3", "c4"]


def test_pages_of_lines_are_in_a_total_order(tmp_path: Path) -> None:
    chosen = Lines(lines_file(tmp_path, *(line(n, agent_id=f"a{n % 2}") for n in range(5))))
    assert [row["claim_id"] for row in chosen] == ["c0", "c1", "c2", "c3", "c4"]
    assert [row["claim_id"] for row in chosen.filter(agent_id="a0")[1:3]] == ["c2", "c4"]
    assert [row["claim_id"] for row in chosen.order_by("-agent_id")] == ["c1", "c3", "c0", "c2", "c4"]
    assert [row["claim_id"] for row in chosen.order_by("-agent_id", "nonsense; drop")[1:3]] == ["c3", "c0"]
    assert [row["claim_id"] for row in chosen.after(("acme", "c1", 0, 1), 2)] == ["c2", "c3"]
    assert [row["claim_id"] for row in chosen.before(("acme", "c3", 0, 1), 2)] == ["c1", "c2"]
    assert chosen[2]["claim_id"] == "c2"
    assert len(chosen.filter(agent_id="a1")) == 2
    assert len(chosen.filter(q="crm/Case/4", nonsense="1")) == 1
    with pytest.raises(IndexError):
        chosen[5]
