"""What comes after a period was judged: counted on the run's page, read by a newer run, never by the old one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from audit.models import Run
from audit.operations import runs, sources
from audit.queries import changes
from audit.vault.late import Late
from tests.audit.pages.walk import at, get, post
from tests.audit.test_streams import row, stream
from tests.desk import BY, CLAIMS, EVIDENCE, Desk, claim, event, open_desk
from tests.kept import kept
from tests.world import World

JUNE = "e9,crm/Case/9,record_update,2026-06-20T09:00:10Z,done,\n"


def opened(world: World) -> Desk:
    """Northwind's desk."""
    return open_desk(world.northwind.id)


def judged(desk: Desk) -> Run:
    """A run over March under approved rules: two claims, one event."""
    desk.take(desk.claims, CLAIMS + claim(1) + claim(2))
    desk.take(desk.evidence, EVIDENCE + event(1))
    return desk.run(desk.rules())


begun, world, desk, run = kept(desk=opened, run=judged)


def test_what_came_since_is_counted_by_what_it_says(desk: Desk, run: Run) -> None:
    assert desk.ask(lambda: changes.since(run)) == changes.Changes(0, [], 0, Late())
    april = claim(4, day=5).replace("2026-03", "2026-04")
    desk.take(desk.claims, CLAIMS + claim(2, micros=9) + claim(3, day=9) + claim(3, day=9, micros=7) + april)
    desk.take(desk.evidence, EVIDENCE + event(2) + event(3, day=9) + JUNE)
    stream(desk, desk.evidence, row(7), row(8))
    found = desk.ask(lambda: changes.since(run))
    assert (found.batches, found.waiting, found.late) == (2, 2, Late(claims=1, restated=1, events=2))
    assert [batch.source.kind for batch in found.newest] == ["evidence", "claims"]


def test_stated_counts_are_nothing_that_a_run_would_read(desk: Desk, run: Run) -> None:
    stated = desk.ask(lambda: sources.add_source("counts", "Acme counts", BY, vendor=desk.vendor))
    desk.take(stated, "period_start,period_end,units\n2026-03-02T00:00:00Z,2026-03-04T00:00:00Z,2\n")
    assert desk.ask(lambda: changes.since(run)).batches == 0


def test_what_another_vendor_claims_is_nothing_to_the_run_of_one(desk: Desk) -> None:
    desk.take(desk.claims, CLAIMS + claim(1))
    run = desk.run(vendor=desk.vendor)
    other = desk.ask(
        lambda: sources.add_source(
            "claims",
            "Other",
            BY,
            vendor=runs.Vendor.objects.create(tenant_id=desk.tenant_id, key="other", name="Other"),
        )
    )
    desk.take(other, CLAIMS + claim(5))
    assert desk.ask(lambda: changes.since(run)).batches == 0


def test_a_newer_run_reads_it_and_takes_the_place_of_the_old_one(desk: Desk, run: Run, as_alice: Client) -> None:
    before = run.inputs, run.row_root, run.files, run.summary
    page = at("run", run_id=run.id)
    assert "Nothing: a run opened now would read the same" in get(as_alice, page)
    desk.take(desk.claims, CLAIMS + claim(2, micros=9) + claim(3, day=9))
    desk.take(desk.evidence, EVIDENCE + event(2))
    desk.ask(lambda: sources.add_coverage("crm", "crm/x/", datetime(2026, 2, 1, tzinfo=UTC), run.period_end, BY))
    said = get(as_alice, page)
    assert "1 late claim of this period 1 claim of this run restated 1 late event" in said
    assert "Also changed: the coverage." in said
    assert "2 batches since" in get(as_alice, at("overview"))
    assert "Run 2 is open over what is there now. Done, it takes the place of Run 1." in post(
        as_alice, at("run-again", run_id=run.id)
    )
    newer = desk.ask(lambda: Run.objects.get(number=2))
    desk.work(newer)
    newer, run = desk.see(newer), desk.see(run)
    assert (run.superseded_by_id, run.inputs, run.row_root, run.files, run.summary) == (newer.id, *before)
    assert (newer.period_start, newer.period_end, newer.rule_set_id) == (
        run.period_start,
        run.period_end,
        run.rule_set_id,
    )
    assert desk.ask(lambda: changes.since(newer)).late == Late()
    said = get(as_alice, page)
    assert "A newer run of this period took its place: run 2" in said
    assert "batches since" not in get(as_alice, at("overview"))


def test_too_many_batches_are_not_counted_in(desk: Desk, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "FILES_MAX", 0)
    desk.take(desk.claims, CLAIMS + claim(3))
    found = desk.ask(lambda: changes.since(run))
    assert (found.batches, found.late, found.any) == (1, None, True)
