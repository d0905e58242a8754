"""The way from a file to findings: every row accounted for, every run over fixed inputs, nothing twice."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.db import IntegrityError, transaction

from audit.kernel.reconcile import CheckFailed
from audit.models import Batch, Coverage, Discrepancy, Export, Finding, Job, LedgerEntry, RuleSet, Run, Total
from audit.operations import batches, exports, jobs, parties, quarantine, runs, sources
from audit.operations.batches import TooBig
from audit.operations.faults import Refused
from audit.queries import claims as claim_queries
from audit.queries import explanations, lines, overview
from audit.queries import runs as run_queries
from audit.vault import files
from tenants.scope import scope
from tests.desk import BY, CLAIMS, EVIDENCE, GRADED, Desk, claim, drain, event, make_due, open_desk
from tests.world import World

BAD = "c99,a1,record_update,crm/Case/99,when?,1,EUR,\n"


@pytest.fixture
def desk(world: World) -> Desk:
    """Northwind's desk."""
    return open_desk(world.northwind.id)


def counts(batch: Batch) -> tuple[int, ...]:
    """Received, accepted, duplicate, conflicting, refused."""
    return tuple(batches.receipt_counts(batch).values())


def reasons(desk: Desk, run: Run) -> dict[str, str]:
    """The reason of each claim of a run."""
    return {line["claim_id"]: line["reason"] for line in desk.ask(lambda: lines.of(run).read(0, 100))}


def acts(desk: Desk, *names: str) -> list[str]:
    """Those acts in the ledger, in order."""
    found: list[str] = desk.ask(lambda: list(LedgerEntry.objects.values_list("action", flat=True)))
    return [name for name in found if name in names]


# Files


def test_a_file_becomes_a_sealed_batch_with_every_row_accounted_for(desk: Desk) -> None:
    desk.ask(lambda: sources.edit_source(desk.claims, BY, refused_limit_bps=5000))
    batch = desk.take(desk.claims, CLAIMS + claim(1) + claim(2) + BAD, "march.csv")
    assert (batch.state, counts(batch)) == ("sealed", (3, 2, 0, 0, 1))
    assert (batch.first_at, batch.last_at) == (datetime(2026, 3, 2, 9, tzinfo=UTC),) * 2
    rows = pq.read_table(desk.ask(lambda: files.local(batch.rows_key)), columns=["vendor", "claim_id"]).to_pylist()
    assert rows == [{"vendor": "acme", "claim_id": "c1"}, {"vendor": "acme", "claim_id": "c2"}]
    with desk.ask(lambda: files.local(batch.refused_key)).open(newline="") as stream:
        refused = list(csv.DictReader(stream))
    assert [(row["line"], row["column"], row["value"]) for row in refused] == [("4", "occurred_at", "when?")]
    assert acts(desk, "batch.received", "batch.sealed", "batch.refused") == ["batch.received", "batch.sealed"]
    assert desk.ask(lambda: desk.vendor.agents.get().agent_id) == "a1"


def test_a_batch_that_loses_a_row_cannot_be_written(desk: Desk) -> None:
    batch = desk.take(desk.claims, CLAIMS + claim(1))
    with pytest.raises(IntegrityError), scope(desk.tenant_id), transaction.atomic():
        Batch.objects.filter(id=batch.id).update(accepted_count=0)


def test_the_same_bytes_twice_are_one_batch(desk: Desk) -> None:
    first = desk.take(desk.claims, CLAIMS + claim(1), "march.csv")
    again = desk.take(desk.claims, CLAIMS + claim(1), "march again.csv")
    assert again == first
    assert desk.ask(Batch.objects.count) == desk.ask(Job.objects.filter(kind=Job.Kind.TAKE).count) == 1
    assert acts(desk, "batch.received") == ["batch.received"]


def test_rows_that_are_sent_again_are_duplicates(desk: Desk) -> None:
    desk.take(desk.claims, CLAIMS + claim(1) + claim(2))
    assert counts(desk.take(desk.claims, CLAIMS + claim(2) + claim(3))) == (2, 1, 1, 0, 0)
    desk.take(desk.evidence, EVIDENCE + event(1))
    assert counts(desk.take(desk.evidence, EVIDENCE + event(2) + event(1) + event(2))) == (3, 1, 2, 0, 0)
    assert reasons(desk, desk.run()) == {"c1": "supported", "c2": "supported", "c3": "no_evidence"}


def test_the_same_id_with_other_content_conflicts_and_is_kept(desk: Desk) -> None:
    desk.take(desk.claims, CLAIMS + claim(1))
    batch = desk.take(desk.claims, CLAIMS + claim(1, micros=9_000_000) + claim(2))
    assert counts(batch) == (2, 1, 0, 1, 0)
    kept = pq.read_table(desk.ask(lambda: files.local(batch.conflicts_key)), columns=["charge_micros"])
    assert kept.to_pylist() == [{"charge_micros": 9_000_000}]
    run = desk.run()
    told = desk.ask(lambda: [(row["claim_id"], row["row"], row["reason"]) for row in lines.of(run)])
    assert told == [("c1", 1, "no_evidence"), ("c1", 2, "duplicate_id"), ("c2", 1, "no_evidence")]


def test_an_event_that_is_told_differently_later_does_not_count(desk: Desk) -> None:
    desk.take(desk.claims, CLAIMS + claim(1))
    desk.take(desk.evidence, EVIDENCE + event(1))
    later = desk.take(desk.evidence, EVIDENCE + event(1, outcome="failed"))
    assert (counts(later), later.state) == ((1, 0, 0, 1, 0), "sealed")
    assert reasons(desk, desk.run()) == {"c1": "supported"}


def test_too_many_faults_refuse_the_file_whole(desk: Desk) -> None:
    batch = desk.take(desk.claims, CLAIMS + claim(1) + BAD)
    assert (batch.state, counts(batch)) == ("refused", (2, 0, 0, 0, 2))
    assert "1 of 2 rows have faults, more than the 10 %" in batch.error
    assert batch.refused_key
    assert not batch.rows_key
    assert reasons(desk, desk.run()) == {}


def test_a_mapping_that_does_not_fit_refuses_the_file_until_it_is_mended(desk: Desk) -> None:
    text = "Ticket;Bot;Did;When\n1;a1;record_update;2026-03-02T09:00:00Z\n"
    batch = desk.take(desk.claims, text, "tickets.csv")
    assert (batch.state, counts(batch)) == ("refused", (0, 0, 0, 0, 0))
    assert "claim_id" in batch.error
    columns = {"claim_id": "Ticket", "agent_id": "Bot", "action": "Did", "occurred_at": "When", "target": "No such"}
    desk.ask(lambda: sources.set_mapping(desk.claims, {"columns": columns}, BY))
    desk.ask(lambda: batches.retake(Batch.objects.get(id=batch.id), BY))
    drain(desk.tenant_id)
    assert "has no column No such" in desk.see(batch).error
    del columns["target"]
    desk.ask(lambda: sources.set_mapping(desk.claims, {"columns": columns, "prefixes": {"claim_id": "T-"}}, BY))
    other = desk.send(desk.evidence, EVIDENCE + event(1))
    desk.ask(lambda: batches.retake(Batch.objects.get(id=batch.id), BY))
    drain(desk.tenant_id)
    again = desk.see(batch)
    assert (again.state, counts(again), again.error) == ("sealed", (1, 1, 0, 0, 0), "")
    assert again.position > other.position
    assert again.mapping_version == 2
    assert reasons(desk, desk.run()) == {"T-1": "no_target"}
    with pytest.raises(Refused, match="never changes"):
        desk.ask(lambda: batches.retake(again, BY))


def test_a_system_has_one_grade(desk: Desk) -> None:
    free = desk.ask(lambda: sources.add_source("evidence", "Everything", BY))
    row = "e1,crm/Case/1,record_update,2026-03-02T09:00:10Z,done\n"
    batch = desk.take(free, GRADED + "crm,B," + row + "erp,B," + row)
    assert batch.state == "refused"
    assert "“crm” is a witness of grade A already" in batch.error
    assert counts(batch) == (0, 0, 0, 0, 0)
    assert desk.take(free, GRADED + "crm,A," + row + "erp,B," + row).state == "sealed"
    assert desk.ask(lambda: Coverage.objects.filter(batch__isnull=False, system="erp").count()) == 0


def test_a_refused_batch_leaves_no_witness_behind(desk: Desk) -> None:
    free = desk.ask(lambda: sources.add_source("evidence", "Everything", BY))
    row = "e1,crm/Case/1,record_update,2026-03-02T09:00:10Z,done\n"
    assert desk.take(free, GRADED + "billing,C," + row + "crm,B," + row).state == "refused"
    assert desk.take(free, GRADED + "billing,A," + row).state == "sealed", "its first grade came with a refused file"


def test_evidence_proposes_coverage_that_counts_only_once_confirmed(desk: Desk) -> None:
    erp = desk.ask(lambda: sources.add_source("evidence", "ERP", BY, system="erp", grade="B"))
    far = [event(n, day=n).replace("crm/Case", "erp/Order") for n in (1, 9)]
    batch = desk.take(erp, EVIDENCE + "".join(far))
    assert (batch.state, batch.error) == ("sealed", "")
    proposed = desk.ask(lambda: Coverage.objects.get(batch=batch))
    assert (proposed.system, proposed.target_prefix, proposed.state) == ("erp", "erp/Order/", "proposed")
    desk.take(desk.claims, CLAIMS + claim(5, day=5).replace("crm/Case", "erp/Order"))
    assert reasons(desk, desk.run()) == {"c5": "outside_coverage"}
    desk.ask(lambda: sources.confirm_coverage(proposed, BY))
    assert reasons(desk, desk.run()) == {"c5": "no_evidence"}


def test_a_file_that_is_too_large_leaves_nothing_behind(desk: Desk, settings: Any) -> None:
    settings.UPLOAD_BYTES_MAX = 10
    with pytest.raises(TooBig):
        batches.spool(desk.tenant_id, [b"123456", b"789012"])
    assert list((Path(settings.BENCH_DIR) / str(desk.tenant_id) / "arriving").iterdir()) == []


# Runs


def test_a_run_waits_for_the_files_that_belong_to_it(
    desk: Desk, django_capture_on_commit_callbacks: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = desk.send(desk.claims, CLAIMS + claim(1)), desk.send(desk.claims, CLAIMS + claim(2))
    run = desk.open()
    sent: list[Any] = []
    told = [desk.job(second).id, desk.job(run).id]  # others, of screens, wait for nothing
    monkeypatch.setattr(jobs, "send", lambda tenant, job: sent.append(job) if job in told else None)
    for early, before in ((second, first), (run, second)):
        with django_capture_on_commit_callbacks(execute=True):
            job = desk.work(early)
        assert (job.state, job.attempts, job.error) == ("due", 0, "")
        assert desk.see(before).state == "sealed", "what it waits for is done instead"
        assert sent == told[: len(sent)]
    assert sent == told
    assert desk.see(run).state == "waiting"
    desk.work(run)
    assert reasons(desk, desk.see(run)) == {"c1": "no_evidence", "c2": "no_evidence"}


def test_a_file_that_comes_after_a_run_was_opened_is_not_in_it(desk: Desk) -> None:
    desk.take(desk.claims, CLAIMS + claim(1))
    run = desk.open()
    desk.take(desk.claims, CLAIMS + claim(2))
    assert reasons(desk, desk.see(run)) == {"c1": "no_evidence"}
    assert [row["sha256"] for row in desk.see(run).inputs["batches"]] == [
        row.sha256 for row in desk.ask(lambda: list(Batch.objects.filter(position=1)))
    ]


def test_a_run_on_rules_that_nobody_approved_is_a_trial(desk: Desk) -> None:
    desk.take(desk.claims, CLAIMS + claim(1))
    first = desk.run(desk.rules("One"))
    trial = desk.run(desk.rules("Two", approved=False))
    assert (first.trial, trial.trial, desk.see(first).superseded_by_id) == (False, True, None)
    assert desk.ask(run_queries.newest) == first
    rejected = desk.rules("Three", approved=False)
    desk.ask(lambda: RuleSet.objects.filter(id=rejected.id).update(state="rejected"))
    with pytest.raises(Refused, match="was rejected"):
        desk.open(desk.see(rejected))


def test_a_newer_run_supersedes_and_a_discrepancy_stays_itself(desk: Desk) -> None:
    desk.take(desk.claims, CLAIMS + claim(1) + claim(2) + claim(3, agent="a2"))
    first = desk.run()
    desk.take(desk.evidence, EVIDENCE + event(2))
    second = desk.run()
    assert (desk.see(first).superseded_by_id, second.superseded_by_id) == (second.id, None)
    assert desk.ask(run_queries.newest) == second
    found = desk.ask(
        lambda: {(row.run_id, row.discrepancy.agent_id): row.claims for row in Finding.objects.select_related()}
    )
    assert found == {(first.id, "a1"): 2, (first.id, "a2"): 1, (second.id, "a1"): 1, (second.id, "a2"): 1}
    assert desk.ask(Discrepancy.objects.count) == 2
    other = desk.run(start=datetime(2026, 2, 1, tzinfo=UTC))
    assert (other.superseded_by_id, desk.see(second).superseded_by_id) == (None, None)
    assert desk.ask(Discrepancy.objects.count) == 4


def test_a_run_that_ends_after_a_newer_one_is_superseded_by_it(desk: Desk) -> None:
    desk.take(desk.claims, CLAIMS + claim(1))
    slow, quick = desk.open(), desk.open()
    desk.work(quick)
    desk.work(slow)
    assert (desk.see(slow).state, desk.see(slow).superseded_by_id) == ("done", quick.id)
    assert desk.see(quick).superseded_by_id is None


def test_a_run_without_claims_is_done_and_says_so(desk: Desk) -> None:
    nothing = desk.run()
    desk.take(desk.claims, CLAIMS + claim(1))
    desk.take(desk.evidence, EVIDENCE + event(1))
    later = desk.run(start=datetime(2026, 6, 1, tzinfo=UTC), end=datetime(2026, 7, 1, tzinfo=UTC))
    for run in (nothing, later):
        assert (run.state, run.summary["claims"], run.summary["score"]["low_bps"]) == ("done", 0, None)
        score = desk.ask(run_queries.scores(run).get)
        assert (score.low_bps, score.high_bps, score.claimed_units) == (None, None, 0)
        assert overview.steps(desk.ask(partial(overview.tallies, run))) == []
        assert lines.of(run).read(0, 1) == []
        for form in Export.Format.values:
            export = desk.ask(partial(exports.ask, run, form, {}, BY))
            drain(desk.tenant_id)
            assert desk.see(export).row_count == 0
    with pytest.raises(Refused, match="ends before it begins"):
        desk.open(start=later.period_end, end=later.period_end)


def test_a_claim_belongs_to_the_period_of_its_current_revision(desk: Desk) -> None:
    head = CLAIMS.replace("effect", "revision")
    march, april = claim(1).replace(",EUR,", ",EUR,1"), claim(1).replace("-03-", "-04-").replace(",EUR,", ",EUR,2")
    desk.take(desk.claims, head + march)
    assert reasons(desk, desk.run()) == {"c1": "no_evidence"}
    desk.take(desk.claims, head + april)
    assert reasons(desk, desk.run()) == {}
    moved = desk.run(start=datetime(2026, 4, 1, tzinfo=UTC), end=datetime(2026, 5, 1, tzinfo=UTC))
    told = desk.ask(lambda: [(row["revision"], row["reason"]) for row in lines.of(moved)])
    assert told == [(1, "superseded"), (2, "no_evidence")]


def test_a_run_of_one_vendor_judges_its_claims_only(desk: Desk) -> None:
    other = desk.ask(lambda: parties.add_vendor("zenith", "Zenith", BY))
    theirs = desk.ask(lambda: sources.add_source("claims", "Zenith claims", BY, vendor=other))
    desk.take(desk.claims, CLAIMS + claim(1))
    desk.take(theirs, CLAIMS + claim(2))
    assert reasons(desk, desk.run(vendor=other)) == {"c2": "no_evidence"}
    assert set(reasons(desk, desk.run())) == {"c1", "c2"}


def test_a_run_that_breaks_a_law_is_stopped_and_its_rows_are_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def judge(inputs: Any, rule: Any, out: Path, **more: Any) -> None:
        out.mkdir()
        (out / "failed_sums.csv").write_text("claim\n1\n")
        raise CheckFailed("sums", out / "failed_sums.csv")

    desk.take(desk.claims, CLAIMS + claim(1))
    monkeypatch.setattr(runs, "judge", judge)
    run = desk.open()
    job = desk.work(run)
    run = desk.see(run)
    assert (run.state, job.state, job.attempts) == ("failed", "done", 1)
    assert "check failed: sums" in run.error
    assert desk.ask(lambda: files.local(run.files["failed"])).read_text() == "claim\n1\n"
    assert acts(desk, "run.failed", "run.done") == ["run.failed"]
    assert desk.ask(Total.objects.count) == 0
    with pytest.raises(Refused, match="is not done yet"):
        desk.ask(lambda: exports.ask(run, "csv", {}, BY))


def test_exports_are_refused_before_the_end_and_in_unknown_formats(desk: Desk) -> None:
    desk.take(desk.claims, CLAIMS + claim(1))
    waiting = desk.open()
    with pytest.raises(Refused, match="is not done yet"):
        desk.ask(lambda: exports.ask(waiting, "csv", {}, BY))
    drain(desk.tenant_id)
    with pytest.raises(Refused, match="is no format"):
        desk.ask(lambda: exports.ask(Run.objects.get(id=waiting.id), "pdf", {}, BY))


def test_a_claim_can_be_explained_from_what_the_run_keeps(desk: Desk) -> None:
    desk.take(desk.claims, CLAIMS + claim(1), "march.csv")
    desk.take(desk.evidence, EVIDENCE + event(1))
    run = desk.run()

    def told() -> None:
        (line,) = claim_queries.of(run, "acme", "c1")
        said = claim_queries.testimony(run, "acme", "c1")
        assert [(word["system"], word["word"], word["event_id"]) for word in said] == [("crm", "supports", "e1")]
        assert [row["event_id"] for row in claim_queries.events(run, line, said)] == ["e1"]
        assert claim_queries.siblings(run, line) == []
        row = claim_queries.received(line)
        assert row is not None
        assert (row.batch.file_name, row.line, row.columns["claim_id"]) == ("march.csv", 2, "c1")
        assert explanations.explain(run, "acme", "c1")["verdicts"][0]["reason"] == "supported"

    desk.ask(told)


def test_a_run_that_was_given_up_is_carried_on_after_a_retry(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.take(desk.claims, CLAIMS + claim(1))
    run = desk.open()
    with monkeypatch.context() as broken:
        broken.setattr(runs, "judge", lambda *given, **more: 1 / 0)
        for _ in range(5):
            make_due(desk.tenant_id)
            job = desk.work(run)
    assert (job.state, desk.see(run).state) == ("quarantined", "failed")
    assert "ZeroDivisionError" in desk.see(run).error
    desk.ask(lambda: quarantine.retry(Job.objects.get(id=job.id), BY))
    assert desk.see(run).state == "waiting"
    drain(desk.tenant_id)
    assert (desk.see(run).state, desk.see(run).error) == ("done", "")
