"""A rule set tried on a finished run: what it says is what judging twice says, and the run keeps every byte."""

from __future__ import annotations

import hashlib
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow.parquet as pq
import pytest
from django.conf import settings

from audit.kernel.reconcile import Inputs, judge
from audit.kernel.ruleset import parse
from audit.models import Job, LedgerEntry, Preview, RuleSet, Run
from audit.operations import previews, quarantine, rules, runs
from audit.operations.faults import Refused
from audit.queries import previews as preview_queries
from audit.vault import files
from tenants.scope import scope
from tests.desk import BY, CLAIMS, EVIDENCE, Desk, claim, drain, event, make_due, open_desk
from tests.judged import Judged
from tests.workers import SECONDS, Case, Workshop, case_of, until
from tests.world import World

pytestmark = pytest.mark.xdist_group("judged")
CHANGED = {"burst_minimum": 4, "independent_grades": ["A"], "counted_actions": ["record_update", "workflow_run"]}
FURTHER = {"match_after_seconds": 7200, "undo_window_seconds": 3600}
IDENTITY = ("vendor", "claim_id", "revision", "row")
KEPT = ("claims", "evidence", "coverage", "actors")


@pytest.fixture
def desk(world: World) -> Desk:
    """Northwind's desk."""
    return open_desk(world.northwind.id)


def demo_run(tenant_id: UUID) -> Run:
    """The finished run of the demonstration."""
    with scope(tenant_id):
        return Run.objects.select_related("rule_set").get()


def drafted(run: Run, **changed: Any) -> RuleSet:
    """The rules of a run with something else in them. Called inside a scope."""
    return rules.draft("Otherwise", run.summary["rules"] | changed, BY)


def tried(tenant_id: UUID, run: Run, **changed: Any) -> Preview:
    """A preview of those rules, made."""
    with scope(tenant_id):
        preview = previews.ask(drafted(run, **changed), run, BY)
    drain(tenant_id)
    with scope(tenant_id):
        return preview_queries.get(preview.id)


def verdicts(folder: Path, run: Run, given: dict[str, Any]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Every claim row with its verdict and charge, judged by these rules here and now; in plain Python."""
    inputs = Inputs(**{name: [files.local(run.files[name])] for name in KEPT})
    judge(inputs, parse(given), folder)
    said = pq.read_table(files.local(run.files["lines"]), columns=[*IDENTITY, "currency"]).to_pylist()
    currency = {tuple(row[name] for name in IDENTITY): row["currency"] for row in said}
    found = pq.read_table(folder / "verdicts.parquet").to_pylist()
    keyed = {tuple(row[name] for name in IDENTITY): row for row in found}
    return {key: row | {"currency": currency[key]} for key, row in keyed.items()}


def matrix(before: dict[Any, dict[str, Any]], after: dict[Any, dict[str, Any]]) -> dict[tuple[str, ...], Any]:
    """Claims, units and money by old and new verdict."""
    claims: Counter[tuple[str, ...]] = Counter()
    units: Counter[tuple[str, ...]] = Counter()
    money: dict[tuple[str, ...], Counter[str]] = {}
    for key, old in before.items():
        new = after[key]
        move = (old["state"], old["reason"], new["state"], new["reason"])
        claims[move] += 1
        units[move] += old["units"]
        purse = money.setdefault(move, Counter())
        if old["charge_micros"] is not None and old["currency"]:
            purse[old["currency"]] += old["charge_micros"]
    return {move: (claims[move], units[move], dict(money[move])) for move in claims}


def shown(outcome: dict[str, Any]) -> dict[tuple[str, ...], Any]:
    """The matrix of an outcome in the same form."""
    names = ("old_state", "old_reason", "new_state", "new_reason")
    return {tuple(m[name] for name in names): (m["claims"], m["units"], m["money"]) for m in outcome["matrix"]}


def test_the_matrix_is_what_judging_twice_and_comparing_says(judged: Judged, tmp_path: Path) -> None:
    tenant = judged.tenants["northwind"]
    run = demo_run(tenant)
    preview = tried(tenant, run, **CHANGED)
    before = verdicts(tmp_path / "before", run, run.summary["rules"])
    after = verdicts(tmp_path / "after", run, run.summary["rules"] | CHANGED)
    assert shown(preview.outcome) == matrix(before, after)
    moved = {key for key in before if before[key]["reason"] != after[key]["reason"]}
    assert len({after[key]["reason"] for key in moved}) > 2, "the rules must bear on something"
    assert any(before[key]["state"] == after[key]["state"] for key in moved), "a reason may change within its state"
    with scope(tenant):
        lines = list(preview_queries.lines(preview))
    assert {tuple(line[name] for name in IDENTITY) for line in lines} == moved
    assert preview.outcome["changed"]["claims"] == len(moved) == len(lines)
    for line in lines:
        key = tuple(line[name] for name in IDENTITY)
        assert (line["old_reason"], line["new_reason"]) == (before[key]["reason"], after[key]["reason"])
        assert preview_queries.clause(line, parse(preview.rules))


def test_rules_that_reach_further_hear_what_a_run_by_them_would_hear(judged: Judged) -> None:
    tenant = judged.tenants["northwind"]
    run = demo_run(tenant)
    preview = tried(tenant, run, **FURTHER)
    with scope(tenant):
        trial = runs.open_run(run.period_start, run.period_end, BY, rule_set=preview.rule_set)
    drain(tenant)
    with scope(tenant):
        trial.refresh_from_db()
    assert preview.outcome["changed"]["claims"] > 0
    assert preview.outcome["row_root"] == {"before": run.row_root, "after": trial.row_root}
    assert preview.outcome["score"] == {"before": run.summary["score"], "after": trial.summary["score"]}
    assert preview.outcome["money"] == {"before": run.summary["money"], "after": trial.summary["money"]}


def test_rules_that_reach_past_the_runs_evidence_hear_the_rest_of_its_batches(desk: Desk) -> None:
    desk.take(desk.claims, CLAIMS + claim(1))
    late = "e2,crm/Case/1,record_update,2026-04-20T09:00:00Z,undone,\n"
    desk.take(desk.evidence, EVIDENCE + event(1) + late)
    run = desk.run()
    preview = ask(desk, desk.rules(approved=False, undo_window_seconds=60 * 86_400), run)
    drain(desk.tenant_id)
    found = desk.ask(lambda: list(preview_queries.lines(preview_queries.get(preview.id))))
    assert [(line["old_reason"], line["new_reason"]) for line in found] == [("supported", "undone")]


def test_the_same_rules_change_nothing(judged: Judged) -> None:
    tenant = judged.tenants["northwind"]
    preview = tried(tenant, demo_run(tenant))
    assert preview.outcome["changed"] == {"claims": 0, "units": 0}
    with scope(tenant):
        assert preview_queries.changed_rules(preview.run, preview.rules) == []
        assert preview_queries.lines(preview).count == 0


def test_nothing_of_the_run_changes(judged: Judged) -> None:
    tenant = judged.tenants["northwind"]

    def stands() -> dict[str, Any]:
        with scope(tenant):
            run = Run.objects.values().get()
            kept = {
                relation.name: sorted(str(row) for row in relation.related_model.objects.values())
                for relation in Run._meta.related_objects
                if relation.related_model is not Preview
            }
        places = [files.local(key) for key in run["files"].values()]
        digests = {place.name: hashlib.sha256(place.read_bytes()).hexdigest() for place in places}
        return {"run": run, "files": digests, "times": [place.stat().st_mtime_ns for place in places]} | kept

    before = stands()
    tried(tenant, demo_run(tenant), **CHANGED, **FURTHER)
    assert stands() == before


def test_a_large_run_shows_a_sample_of_whole_records_first(judged: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "SAMPLE_CLAIMS", 300)
    seen: list[Preview] = []
    whole = previews._judge_all

    def judge_all(preview: Preview, *more: Any) -> None:
        with scope(preview.tenant_id):
            seen.append(preview_queries.get(preview.id))
        whole(preview, *more)

    monkeypatch.setattr(previews, "_judge_all", judge_all)
    tenant = judged.tenants["northwind"]
    run = demo_run(tenant)
    preview = tried(tenant, run, **CHANGED)
    assert (seen[0].state, seen[0].outcome) == ("running", {})
    sample, whole_outcome = seen[0].sample, preview.outcome
    assert 0 < sample["claims"] < whole_outcome["claims"] == run.summary["claims"]
    assert 0 < sample["changed"]["claims"] < whole_outcome["changed"]["claims"]
    assert set(shown(sample)) <= set(shown(whole_outcome)), "a move of the sample is a move of the whole"
    assert tried(tenant, run).sample["changed"]["claims"] == 0, "both rules hear the same sample"


def test_a_small_run_needs_no_sample(judged: Judged) -> None:
    tenant = judged.tenants["northwind"]
    assert tried(tenant, demo_run(tenant), **CHANGED).sample == {}


def test_a_large_run_keeps_its_sample_so_that_nobody_waits_for_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "SAMPLE_CLAIMS", 10)
    desk.take(desk.claims, CLAIMS + "".join(map(claim, range(60))))
    desk.take(desk.evidence, EVIDENCE + "".join(map(event, range(60))))
    run = desk.run()
    assert {"sample_claims", "sample_evidence"} <= run.files.keys()
    monkeypatch.setattr(runs, "sample_claims", lambda *given: 1 / 0)
    preview = ask(desk, desk.rules(approved=False, counted_actions=["case_resolution"]), run)
    drain(desk.tenant_id)
    sample = desk.see(preview).sample
    assert 0 < sample["claims"] == sample["changed"]["claims"] < 60
    assert sample["inputs"]["evidence"]["rows"] == sample["claims"], "the events of its records, and no others"


# Asking


def small_run(desk: Desk) -> Run:
    """Two claims, one of them seen."""
    desk.take(desk.claims, CLAIMS + claim(1) + claim(2))
    desk.take(desk.evidence, EVIDENCE + event(1))
    return desk.run()


def ask(desk: Desk, rule_set: RuleSet, run: Run) -> Preview:
    """Ask for a preview inside the tenant."""
    return desk.ask(lambda: previews.ask(rule_set, run, BY))


def test_the_same_rules_on_the_same_run_are_the_same_preview(desk: Desk) -> None:
    run = small_run(desk)
    rule_set = desk.rules(approved=False, counted_actions=["case_resolution"])
    first = ask(desk, rule_set, run)
    assert ask(desk, rule_set, run).id == first.id
    drain(desk.tenant_id)
    assert ask(desk, rule_set, run).id == first.id
    assert desk.ask(Job.objects.filter(kind=Job.Kind.PREVIEW).count) == 1
    assert desk.see(first).outcome["changed"]["claims"] == 2


def test_a_draft_that_was_changed_takes_the_place_of_its_earlier_preview(desk: Desk) -> None:
    run = small_run(desk)
    rule_set = desk.rules(approved=False, counted_actions=["case_resolution"])
    first = ask(desk, rule_set, run)
    changed = desk.ask(lambda: rules.redraft(rule_set, {"counted_actions": ["record_update"]}, BY))
    assert ask(desk, changed, run).id != first.id
    drain(desk.tenant_id)
    kept = desk.ask(Preview.objects.get)
    assert (kept.rules["counted_actions"], kept.outcome["changed"]["claims"]) == (["record_update"], 0)
    acts = desk.ask(lambda: list(LedgerEntry.objects.values_list("action", flat=True)))
    assert (acts.count("preview.asked"), acts.count("preview.done")) == (2, 1)


def test_rules_are_compared_with_those_that_judged_the_run_not_with_what_its_draft_became(desk: Desk) -> None:
    rule_set = desk.rules(approved=False, counted_actions=["case_resolution"])
    desk.take(desk.claims, CLAIMS + claim(1))
    run = desk.run(rule_set)
    changed = desk.ask(lambda: rules.redraft(rule_set, {"counted_actions": ["record_update"]}, BY))
    preview = ask(desk, changed, run)
    drain(desk.tenant_id)
    found = desk.see(preview)
    assert found.outcome["changed"]["claims"] == 1
    assert [change.name for change in preview_queries.changed_rules(run, found.rules)] == ["counted_actions"]


def test_only_a_finished_run_can_be_tried_on(desk: Desk) -> None:
    desk.take(desk.claims, CLAIMS + claim(1))
    run = desk.open()
    with pytest.raises(Refused, match="choose a finished run"):
        ask(desk, desk.rules(), run)


def test_a_run_without_claims_can_be_tried_on(desk: Desk) -> None:
    run = desk.run()
    preview = ask(desk, desk.rules(approved=False, burst_minimum=3), run)
    drain(desk.tenant_id)
    assert desk.see(preview).outcome["changed"]["claims"] == 0


# Workers that die


def test_a_second_attempt_goes_on_after_the_sample(judged: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "SAMPLE_CLAIMS", 300)
    tenant = judged.tenants["northwind"]
    run = demo_run(tenant)
    with monkeypatch.context() as broken:
        broken.setattr(previews, "_judge_all", lambda *given: 1 / 0)
        with scope(tenant):
            preview = previews.ask(drafted(run, **CHANGED), run, BY)
        with pytest.raises(AssertionError, match="ZeroDivisionError"):
            drain(tenant)
    with scope(tenant):
        sample = preview_queries.get(preview.id).sample
        Job.objects.filter(object_id=preview.id).update(error="")
    monkeypatch.setattr(previews, "sampled", lambda *given: 1 / 0)
    make_due(tenant)
    drain(tenant)
    with scope(tenant):
        done = preview_queries.get(preview.id)
    assert (done.state, done.sample) == ("done", sample)


def test_a_preview_that_fails_too_often_says_why_and_can_be_asked_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "JOB_ATTEMPTS_MAX", 1)
    run = small_run(desk)
    rule_set = desk.rules(approved=False, burst_minimum=3)
    with monkeypatch.context() as broken:
        broken.setattr(previews, "judge", lambda *given, **more: 1 / 0)
        preview = ask(desk, rule_set, run)
        assert desk.work(preview).state == "quarantined"
    failed = desk.see(preview)
    assert (failed.state, "ZeroDivisionError" in failed.error) == ("failed", True)
    desk.ask(lambda: quarantine.retry(Job.objects.get(object_id=preview.id), BY))
    assert desk.see(preview).state == "waiting"
    drain(desk.tenant_id)
    assert desk.see(preview).state == "done"


@pytest.fixture
def case(judged_database: str, django_db_blocker: Any, tmp_path: Path) -> Iterator[Case]:
    """A copy of the demonstration, and a workshop over a filesystem broker."""
    with django_db_blocker.unblock(), case_of(judged_database, "previewed") as name:
        yield Case.of("northwind", Workshop(tmp_path, "filesystem://localhost/", "awu", name))


def test_a_preview_survives_a_killed_worker(case: Case, tmp_path: Path) -> None:
    run = case.undisturbed
    with scope(case.tenant_id):
        preview = previews.ask(drafted(run, **CHANGED), run, BY)

    def see() -> Preview:
        with scope(case.tenant_id):
            return preview_queries.get(preview.id)

    def at(moment: Callable[[Preview], bool]) -> Callable[[], bool]:
        return lambda: moment(see())

    with case.workshop.worker("first") as worker:
        until(at(lambda now: now.stage.startswith("judgement")), SECONDS, "the first worker at work")
        worker.signal(signal.SIGKILL)
    assert (see().state, see().outcome) == ("running", {})
    with case.workshop.worker("second"):
        until(at(lambda now: now.state == "done"), SECONDS, "done")
    before = verdicts(tmp_path / "before", run, run.summary["rules"])
    after = verdicts(tmp_path / "after", run, run.summary["rules"] | CHANGED)
    assert shown(see().outcome) == matrix(before, after)
    with scope(case.tenant_id):
        assert LedgerEntry.objects.filter(object=f"preview:{preview.id}", action="preview.done").count() == 1
    assert case.scratch() == []
