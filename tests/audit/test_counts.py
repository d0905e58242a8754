"""Counts that a vendor states, held against its own lines, the evidence and the run that covers them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from audit.models import Batch, Job, Run, Source, StatedCount
from audit.operations import counts as operation
from audit.operations import jobs, quarantine, reckoning, sources
from audit.queries import counts
from tests.desk import BY, CLAIMS, EVIDENCE, Desk, claim, drain, event, open_desk
from tests.world import World

HEADER = "period_start,period_end,agent_id,action,units,tokens,charge,currency\n"
MARCH = "2026-03-{:02}T00:00:00Z"


def day(number: int, units: int | str, *, agent: str = "a1", charge: str = "", days: int = 1) -> str:
    """What the vendor states of one day of March, or of some."""
    span = f"{MARCH.format(number)},{MARCH.format(number + days)}"
    return f"{span},{agent},record_update,{units},,{charge},{'EUR' if charge else ''}\n"


@pytest.fixture
def desk(world: World) -> Desk:
    """Northwind with Acme's feed, the CRM's evidence and its coverage of February to May."""
    return open_desk(world.northwind.id)


@pytest.fixture
def stated(desk: Desk) -> Source:
    """A source of Acme's counts."""
    return desk.ask(lambda: sources.add_source("counts", "Acme counts", BY, vendor=desk.vendor))


def rows(desk: Desk, **only: Any) -> list[StatedCount]:
    """The counts that stand, by their beginning and agent."""
    found = StatedCount.objects.filter(superseded_by=None, **only).order_by("period_start", "period_end", "agent_id")
    return desk.ask(lambda: list(found))


def test_a_variance_is_found_to_the_unit_and_the_micro(desk: Desk, stated: Source) -> None:
    desk.take(desk.claims, CLAIMS + claim(1) + claim(2) + claim(3, day=3) + claim(4, day=3, agent="a2"))
    desk.take(stated, HEADER + day(2, 5, charge="7.50") + day(3, 1, charge="1.50") + day(4, 7))
    more, equal, nothing = rows(desk)
    assert (more.units, more.claim_units, more.variance, more.differs) == (5, 2, 3, True)
    assert (more.money, more.claim_money) == ({"EUR": 7_500_000}, {"EUR": 3_000_000})
    assert (equal.claim_count, equal.variance, equal.differs) == (1, 0, False)
    assert (nothing.claim_count, nothing.variance) == (0, 7)


def test_a_bucket_without_agent_or_action_holds_every_line_of_it(desk: Desk, stated: Source) -> None:
    desk.take(desk.claims, CLAIMS + claim(1) + claim(2, agent="a2") + claim(3, day=4))
    desk.take(stated, "period_start,period_end,units\n2026-03-02T00:00:00Z,2026-03-04T00:00:00Z,2\n")
    (row,) = rows(desk)
    assert (row.claim_count, row.variance, row.differs) == (2, 0, False)


def test_only_the_effective_revision_of_a_line_counts(desk: Desk, stated: Source) -> None:
    header = CLAIMS.replace("\n", ",revision,withdrawn,units\n")
    line = "c{},a1,record_update,crm/Case/1,2026-03-0{}T09:00:00Z,0,EUR,,{},{},{}\n"
    desk.take(desk.claims, header + line.format(1, 2, 0, "false", 10) + line.format(2, 2, 0, "false", 1))
    desk.take(desk.claims, header + line.format(1, 2, 1, "false", 4) + line.format(2, 2, 1, "true", 1), "later.csv")
    desk.take(stated, HEADER + day(2, 4))
    assert [(row.claim_count, row.claim_units, row.variance) for row in rows(desk)] == [(1, 4, 0)]


def test_the_same_file_is_the_same_batch_and_the_same_count_no_new_one(desk: Desk, stated: Source) -> None:
    first = desk.take(stated, HEADER + day(2, 5) + day(2, 5) + day(3, 1))
    assert (first.accepted_count, first.duplicate_count) == (2, 1), "a row that stands twice is one"
    assert desk.take(stated, HEADER + day(2, 5) + day(2, 5) + day(3, 1)).id == first.id
    second = desk.take(stated, HEADER + day(2, 5) + day(3, 2), "second.csv")
    assert (second.received_count, second.accepted_count, second.duplicate_count) == (2, 1, 1)
    assert [row.units for row in rows(desk)] == [5, 2]
    old = desk.ask(lambda: StatedCount.objects.exclude(superseded_by=None).get())
    assert (old.units, old.batch_id, old.superseded_by_id) == (1, first.id, rows(desk)[1].id)


def test_rows_that_may_differ_in_what_is_not_read_are_added_up(desk: Desk, stated: Source) -> None:
    header = "period_start,period_end,agent_id,units,channel\n"
    line = "2026-03-02T00:00:00Z,2026-03-03T00:00:00Z,a1,5,{}\n"
    batch = desk.take(stated, header + line.format("web") + line.format("mail"))
    assert (batch.accepted_count, batch.duplicate_count) == (2, 0)
    assert [(row.units, row.line, row.line_count) for row in rows(desk)] == [(10, 2, 2)]


def test_borders_are_those_of_the_zone_that_the_file_is_of(desk: Desk, world: World) -> None:
    mapping = {"columns": {"period_start": "day", "units": "units"}, "grain": "day", "date_pattern": "%Y-%m-%d"}
    source = desk.ask(
        lambda: sources.add_source(
            "counts", "Daily", BY, vendor=desk.vendor, time_zone="America/New_York", mapping=mapping
        )
    )
    desk.take(source, "day,units\n2026-03-07,1\n2026-03-08,2\n")  # summer time begins on the 8th
    found = [(row.period_start, row.period_end, row.time_zone) for row in rows(desk)]
    at = [datetime(2026, 3, 7, 5, tzinfo=UTC), datetime(2026, 3, 8, 5, tzinfo=UTC), datetime(2026, 3, 9, 4, tzinfo=UTC)]
    assert found == [(at[0], at[1], "America/New_York"), (at[1], at[2], "America/New_York")]


def test_rows_that_cannot_be_taken_are_refused_one_by_one(desk: Desk, stated: Source) -> None:
    desk.ask(lambda: sources.edit_source(stated, BY, refused_limit_bps=10_000))
    bad = "2026-03-03T00:00:00Z,2026-03-02T00:00:00Z,a1,x,1,,,\n" + day(5, "") + day(6, "1.5")
    batch = desk.take(stated, HEADER + day(2, 5) + bad)
    assert (batch.accepted_count, batch.refused_count) == (1, 3)


def test_the_events_that_could_be_the_work_are_a_ceiling_where_somebody_watched(desk: Desk, stated: Source) -> None:
    desk.take(desk.evidence, EVIDENCE + event(1) + event(2) + event(3, day=3))
    desk.take(
        stated,
        HEADER + day(2, 5) + day(30, 1, days=1).replace("2026-03-30", "2026-06-01").replace("2026-03-31", "2026-06-02"),
    )
    watched, unwatched = rows(desk)
    assert (watched.watch, watched.event_units, watched.events) == ("whole", 2, [["crm", "A", 2, 2]])
    assert (unwatched.watch, unwatched.event_units) == ("nobody", 0)


def test_a_hole_in_coverage_is_named(desk: Desk, stated: Source) -> None:
    desk.take(stated, HEADER + day(2, 5) + day(6, 5) + day(20, 5))
    with_hole = datetime(2026, 3, 10, tzinfo=UTC), datetime(2026, 3, 20, 12, tzinfo=UTC)
    span = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC)
    desk.ask(lambda: [sources.add_coverage("desk", "desk/", *one, BY, grade="A") for one in (span, with_hole)])
    drain(desk.tenant_id)
    whole, between, last = rows(desk)
    assert (whole.watch, between.watch, last.watch) == ("whole", "holes", "holes")
    assert between.hole[2:] == ["2026-03-05T23:59:00+00:00", "2026-03-07T00:05:00+00:00"]
    assert last.hole == ["desk", "desk/", "2026-03-20T12:00:00+00:00", "2026-03-21T00:05:00+00:00"]


def test_verdicts_stand_beside_only_where_a_run_covers_the_bucket(desk: Desk, stated: Source) -> None:
    desk.take(desk.claims, CLAIMS + claim(1) + claim(2))
    desk.take(desk.evidence, EVIDENCE + event(1))
    desk.take(stated, HEADER + day(2, 2) + day(31, 2, days=1).replace("2026-03-32", "2026-04-02"))
    run: Run = desk.run()
    covered, over_the_end = rows(desk)
    assert (covered.run_id, covered.verified_low, covered.verified_high) == (run.id, 1, 1)
    assert (over_the_end.run_id, over_the_end.verified_low) == (None, None)


def test_a_reckoning_that_failed_too_often_is_told_and_can_be_tried_again(desk: Desk, stated: Source) -> None:
    desk.take(stated, HEADER + day(2, 5))
    desk.ask(lambda: Job.objects.filter(kind="count").update(state=Job.State.QUARANTINED, error="the disk is full"))
    assert desk.ask(counts.reckoning) == "stuck"
    desk.ask(lambda: quarantine.retry(Job.objects.get(kind="count"), BY))
    assert desk.ask(counts.reckoning) == "due"
    drain(desk.tenant_id)
    assert desk.ask(counts.reckoning) == ""


def test_what_arrives_while_a_reckoning_is_under_way_is_reckoned_too(
    desk: Desk, stated: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.take(stated, HEADER + day(2, 2))
    desk.take(desk.claims, CLAIMS + claim(1), "first.csv")
    held = desk.ask(lambda: Job.objects.get(kind="count"))
    desk.ask(lambda: Job.objects.filter(id=held.id).update(state=Job.State.DUE))
    lease = desk.ask(lambda: jobs.lease(held.id))
    assert lease
    with monkeypatch.context() as patched:
        patched.setattr(reckoning.tallies, "seen", lambda *given: desk.ask(operation.ask) or {})
        reckoning.reckon(lease)
    assert desk.see(held).state == Job.State.DUE, "it was asked for meanwhile"
    desk.work(desk.vendor)
    assert desk.see(held).state == Job.State.DONE


def test_no_run_hears_counts(desk: Desk, stated: Source) -> None:
    desk.take(desk.claims, CLAIMS + claim(1))
    batch = desk.take(stated, HEADER + day(2, 2))
    waiting = desk.send(stated, HEADER + day(3, 2), "unread.csv")
    run = desk.open()
    assert desk.work(run).state == "done", "a run does not wait for counts either"
    told = desk.see(run).inputs["batches"]
    assert [one["kind"] for one in told] == ["claims"]
    assert str(batch.id) not in {one["id"] for one in told}
    assert desk.see(waiting).state == Batch.State.RECEIVED
