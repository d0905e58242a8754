"""A run as a whole: what slices, threads and forms may not change, what stops it, what it writes."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit.kernel import bench, hearing, reconcile
from audit.kernel.kept import Kept
from audit.kernel.reconcile import STAGES, BadEvidence, CheckFailed, Inputs, Progress, judge
from audit.kernel.records import pairs
from audit.kernel.ruleset import Rule, parse
from audit.kernel.terms import TESTIMONY_COLUMNS, VERDICT_COLUMNS, State
from tests.kernel import desk
from tests.kernel.desk import claim, event, watch


def names_without_targets() -> dict[str, list[dict[str, Any]]]:
    """Claims and events that only their names bring together, over several records and vendors."""
    claims = [
        claim("n1", target=None),
        claim("n1", vendor="bolt", target="crm/Case/2"),
        claim("n2", 1, target="crm/Case/3"),
        claim("n3", 2, target=None),
        claim("n4", 3, target="crm/Case/4"),
        claim("n5", 4, target="crm/Case/4"),
    ]
    evidence = [
        event("e1", target=None, claim_ref="n1"),
        event("e2", 1, target="crm/Case/7", claim_ref="n1"),
        event("e3", 1, target=None, claim_ref="n2", system="otel", grade="B"),
        event("e4", 2, target="crm/Case/4", claim_ref="n3"),
        event("e5", 3, target="crm/Case/4"),
        event("u1", 60, target=None, claim_ref="n2", outcome="undone"),
        event("u2", 60, target="crm/Case/4", outcome="undone"),
    ]
    return {"claims": claims, "evidence": evidence, "coverage": [watch()]}


@pytest.mark.parametrize("slices", [2, 3, 7])
def test_slices_change_nothing_where_names_tie_records(tmp_path: Path, slices: int) -> None:
    world = names_without_targets()
    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    one = desk.run(tmp_path / "whole", **world)
    many = desk.run(tmp_path / "parts", **world, slices=slices)
    assert desk.rows_of(tmp_path / "whole") == desk.rows_of(tmp_path / "parts")
    assert desk.rows_of(tmp_path / "whole", "testimony") == desk.rows_of(tmp_path / "parts", "testimony")
    assert {**one, "measured": None} == {**many, "measured": None}


def test_threads_change_nothing(tmp_path: Path) -> None:
    claims = [claim(f"c{number}", number % 50) for number in range(400)]
    evidence = [event(f"e{number}", number % 41, effect={"a": number % 3}) for number in range(300)]
    roots = {desk.run(tmp_path, claims, evidence, [watch()], threads=threads)["row_root"] for threads in (1, 2, 3)}
    assert len(roots) == 1


def test_source_order_then_row_order_is_received_order(tmp_path: Path) -> None:
    first = desk.lay_down(tmp_path, "z", "claims", [claim("c1", units=1), claim("c2", 900)])
    second = desk.lay_down(tmp_path, "a", "claims", [claim("c1", units=2), claim("c1", units=3)])
    judge(Inputs([first, second, first]), Rule(), tmp_path / "out")
    told = [(row["claim_id"], row["row"], row["units"], row["reason"]) for row in desk.rows_of(tmp_path)]
    assert told == [
        ("c1", 1, 1, "outside_coverage"),
        ("c1", 2, 2, "duplicate_id"),
        ("c1", 3, 3, "duplicate_id"),
        ("c1", 4, 1, "duplicate_id"),
        ("c2", 1, 1, "outside_coverage"),
        ("c2", 2, 1, "duplicate_id"),
    ]


def test_it_writes_exactly_the_columns_of_the_contract(tmp_path: Path) -> None:
    desk.run(tmp_path, [claim("c1")], [event("e1")])
    assert pq.read_schema(tmp_path / "out" / "verdicts.parquet").names == list(VERDICT_COLUMNS)
    assert pq.read_schema(tmp_path / "out" / "testimony.parquet").names == list(TESTIMONY_COLUMNS)
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"verdicts.parquet", "testimony.parquet", "unclaimed.parquet", "totals.parquet", "summary.json"} <= names
    assert not [name for name in names if name.startswith(".")]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_every_form_says_the_same(tmp_path: Path, form: str) -> None:
    desk.run(tmp_path, [claim("c1", charge_micros=7, currency="USD")], [event("e1")], output=form)
    text = (tmp_path / "out" / f"verdicts.{form}").read_text(encoding="utf-8").splitlines()
    row = next(csv.DictReader(text)) if form == "csv" else json.loads(text[0])
    assert (row["claim_id"], row["state"], str(row["rank"]), str(row["charge_micros"])) == ("c1", "verified", "4", "7")


def test_an_empty_world_has_no_score_and_the_root_of_nothing(tmp_path: Path) -> None:
    summary = desk.run(tmp_path, [])
    assert summary["claims"] == 0
    assert summary["score"]["low_bps"] is None
    assert summary["row_root"] == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_counts_by_state_and_reason_add_up(tmp_path: Path) -> None:
    claims = [claim("c1"), claim("c1"), claim("c2", environment="test", units=4), claim("c3", 9_000, target=None)]
    summary = desk.run(tmp_path, claims, [event("e1")], [watch()])
    assert sum(count["claims"] for count in summary["states"].values()) == 4
    assert sum(count["units"] for count in summary["reasons"].values()) == summary["units"] == 7
    assert summary["states"][State.VERIFIED] == {"claims": 1, "units": 1}


def test_sums_beyond_64_bits_stay_exact(tmp_path: Path) -> None:
    huge = 2**63 - 1
    claims = [claim(f"c{number}", number * 1000, units=huge, charge_micros=huge, currency="USD") for number in range(3)]
    summary = desk.run(tmp_path, claims)
    assert summary["units"] == 3 * huge
    assert summary["money"][0]["charged_micros"] == 3 * huge
    assert int(desk.rows_of(tmp_path, "totals")[0]["units"]) == 3 * huge


def test_two_grades_of_one_system_stop_the_run(tmp_path: Path) -> None:
    with pytest.raises(BadEvidence, match="crm has two grades"):
        desk.run(tmp_path, [claim("c1")], [event("e1", grade="B")], [watch()])


@pytest.mark.parametrize("slices", [1, 3])
def test_a_broken_law_stops_the_run_and_keeps_the_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slices: int
) -> None:
    """Whoever forgets that a claim has an event already gives it another one of the same system."""
    monkeypatch.setattr(pairs, "has_event", lambda matches, events, claim, witness: False)
    evidence = [event("e1", claim_ref="c1"), event("e2", 1)]
    with pytest.raises(CheckFailed) as broken:
        desk.run(tmp_path, [claim("c1"), claim("c2", target="crm/Case/2")], evidence, slices=slices)
    assert broken.value.name == "no_claim_has_two_events_of_one_system"
    told = list(csv.DictReader(broken.value.path.read_text(encoding="utf-8").splitlines()))
    assert told == [{"claim": "0", "witness": "1", "events": "2"}]
    assert [path.name for path in (tmp_path / "out").iterdir()] == [broken.value.path.name]


@pytest.mark.parametrize("slices", [1, 3])
def test_a_law_that_all_slices_keep_is_checked_over_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slices: int
) -> None:
    """Whoever loses count of what was put by lets one event speak twice."""
    words = Kept.words
    monkeypatch.setattr(Kept, "words", lambda kept, part: pa.concat_tables([words(kept, part)] * 2).combine_chunks())
    with pytest.raises(CheckFailed) as broken:
        desk.run(tmp_path, [claim("c1"), claim("c2", 900)], [event("e1")], slices=slices)
    assert broken.value.name == "no_event_answers_two_claims"
    told = list(csv.DictReader(broken.value.path.read_text(encoding="utf-8").splitlines()))
    assert told == [{"system": "crm", "event_id": "e1", "claims": "2"}]
    assert [path.name for path in (tmp_path / "out").iterdir()] == [broken.value.path.name]


def test_two_slices_that_break_laws_at_one_time_leave_the_rows_of_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every slice breaks a law, each another one; the first that is checked stops the run."""
    numbers = iter(range(4))

    def broken_check(table: bench.Bench, names: Sequence[str], out: Path) -> None:
        name = names[next(numbers) % 2]
        table.show("word", pa.table({"claim": [0, 0], "witness": [1, 1]}))
        burst = {"claim": [0], "burst": [0], "is_crowded": [True], "is_oscillation": [False], "repeat_of": [7]}
        table.show("burst", pa.table(burst))
        hearing.check(table, [name], out)

    monkeypatch.setattr(reconcile, "check", broken_check)
    with pytest.raises(CheckFailed) as broken:
        desk.run(tmp_path, [claim("c1")], slices=4, threads=2)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [broken.value.path.name]


def test_an_event_that_came_twice_is_taken_once(tmp_path: Path) -> None:
    desk.run(tmp_path, [claim("c1"), claim("c2", 900)], [event("e1"), event("e1"), event("e1", system="otel")])
    assert [row["system"] for row in desk.rows_of(tmp_path, "testimony")] == ["crm", "otel"]


@pytest.mark.parametrize("changed", [{"units": 2}, {"effect": {"a": 1}}, {"actor": "ann"}, {"outcome": "failed"}])
def test_an_event_that_came_twice_with_other_content_stops_the_run(tmp_path: Path, changed: dict[str, Any]) -> None:
    with pytest.raises(BadEvidence, match="event e1 of system crm came twice"):
        desk.run(tmp_path, [claim("c1")], [event("e1"), event("e1", **changed)])


def test_progress_tells_every_slice(tmp_path: Path) -> None:
    told: list[Progress] = []
    desk.run(tmp_path, [claim("c1")], slices=3, progress=told.append)
    assert [(step.done, step.total) for step in told if step.stage == "hearing"] == [(1, 3), (2, 3), (3, 3)]
    assert list(dict.fromkeys(step.stage for step in told)) == [name for name in STAGES if name != "second hearing"]
    shares = [step.share_bps for step in told]
    assert shares == sorted(shares)
    assert 9_000 < shares[-1] <= 10_000


def test_progress_tells_a_second_hearing_where_somebody_is_doomed(tmp_path: Path) -> None:
    told: list[Progress] = []
    claims = [claim("c1", environment="test"), claim("c2", 1, parent_id="c1"), claim("c3", 2)]
    desk.run(tmp_path, claims, slices=3, progress=told.append, rules={"taint_from": ["not_production"]})
    assert [(step.done, step.total) for step in told if step.stage == "second hearing"] == [(1, 3), (2, 3), (3, 3)]
    assert list(dict.fromkeys(step.stage for step in told)) == list(STAGES)
    assert 9_900 < told[-1].share_bps <= 10_000


def test_a_loop_on_one_record_stays_quick(tmp_path: Path) -> None:
    """Six thousand writes of one value and as many events: one unit of work, in seconds, not in hours."""
    count = 6000
    claims = [claim(f"c{number:05}", number / 100) for number in range(count)]
    evidence = [event(f"e{number:05}", number / 100, action=None) for number in range(count)]
    summary = desk.run(tmp_path, claims, evidence, [watch()])
    assert summary["reasons"]["repeat"]["claims"] == count - 1
    assert summary["reasons"]["supported"]["claims"] == 1
    answers = [(row["claim_id"][1:], row["event_id"][1:]) for row in desk.rows_of(tmp_path, "testimony")]
    assert len(answers) == count
    assert all(mine <= later for (_, mine), (_, later) in pairwise(answers))


def test_texts_are_ordered_by_code_point_whatever_they_hold(tmp_path: Path) -> None:
    ids = ["a", "B", "é", "\uffff", "\U0001f600", "a\x00b", "'", '"', "a b", "\u200b"]
    desk.run(tmp_path, [claim(name, 1000 * place) for place, name in enumerate(ids)])
    assert [row["claim_id"] for row in desk.rows_of(tmp_path)] == sorted(ids)


def test_the_law_has_a_digest_and_every_step_a_file() -> None:
    for folder, names in (("steps", bench.STEPS), ("checks", bench.CHECKS)):
        assert {path.stem for path in (bench.SQL / folder).glob("*.sql")} == set(names)
    assert len(bench.law_digest()) == 64


@pytest.mark.parametrize("path", sorted(bench.SQL.rglob("*.sql")), ids=lambda path: path.stem)
def test_every_sql_file_opens_with_its_name_and_what_it_reads(path: Path) -> None:
    first, second = path.read_text(encoding="utf-8").splitlines()[:2]
    assert first.startswith(f"-- {path.stem}: ")
    assert second.startswith("-- one row")
    assert "reads " in second


def test_the_rule_is_stored_with_its_digest(tmp_path: Path) -> None:
    summary = desk.run(tmp_path, [claim("c1")], rules={"burst_minimum": 3})
    stored = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert parse(stored["rules"]).digest() == stored["rules_sha256"] == summary["rules_sha256"]


def test_the_content_digest_ignores_how_parquet_packs(tmp_path: Path) -> None:
    rows = [claim(f"c{number}", number, session_id=None if number % 3 else "k") for number in range(1000)]
    one = desk.lay_down(tmp_path, "one", "claims", rows)
    parts = [
        desk.lay_down(tmp_path, f"p{number}", "claims", rows[number : number + 300]) for number in (0, 300, 600, 900)
    ]
    pq.write_table(pq.read_table(one), tmp_path / "packed.parquet", row_group_size=7, compression="gzip")
    digests = {
        judge(Inputs(paths), Rule(), tmp_path / "out")["inputs"]["claims"]["content_sha256"]
        for paths in ([one], parts, [tmp_path / "packed.parquet"])
    }
    assert len(digests) == 1


@pytest.mark.parametrize("slices", [1, 4])
@pytest.mark.parametrize("turns", [0, 3, 200])
def test_a_long_line_of_work_is_followed_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, turns: int, slices: int
) -> None:
    """A wrong first step spoils a hundred others, whether they are sought turn by turn or laid out whole."""
    monkeypatch.setattr(hearing, "TURNS", turns)
    names = [f"c{number:03}" for number in range(101)]
    claims = [
        claim(name, 1000 * place, target=f"crm/Case/{place}", parent_id=names[place - 1] if place else None)
        for place, name in enumerate(names)
    ]
    evidence = [
        event(f"e{place}", 1000 * place, target=f"crm/Case/{place}", outcome="done" if place else "failed")
        for place in range(len(names))
    ]
    desk.run(tmp_path, claims, evidence, slices=slices)
    rows = {row["claim_id"]: row for row in desk.rows_of(tmp_path)}
    assert rows["c000"]["reason"] == "failed"
    assert {(rows[name]["reason"], rows[name]["tainted_by"]) for name in names[1:]} == {("tainted", "c000")}
