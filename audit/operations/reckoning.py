"""Reckoning: each stated count is held against the vendor's lines, the events around it and the run that covers it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from audit.kernel.ruleset import Rule, parse
from audit.kernel.terms import State
from audit.models import Actor, Batch, Coverage, Job, Run, Source, StatedCount, Vendor
from audit.operations import jobs
from audit.vault import counts as tallies
from audit.vault import files
from tenants.scope import scope

ROWS = 500
FOUND = (
    *("reckoned_at", "claim_count", "claim_units", "claim_tokens", "claim_money", "lines_from", "lines_until", "run"),
    *("verified_low", "verified_high", "events", "event_units", "seen_from", "seen_until", "watch", "hole"),
    *("variance", "differs"),
)
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Hold:
    """What a tenant holds that a vendor's counts can be held against, as it stands now."""

    vendor: str
    claims: list[Path]
    span: tuple[datetime | None, datetime | None]
    evidence: list[Path]
    actors: list[dict[str, str]]
    coverage: list[Coverage]
    runs: list[Run]


def reckon(lease: jobs.Lease) -> None:
    """Reckon the current counts of a vendor. A job: called outside any scope; asked meanwhile, it is due again."""
    with scope(lease.tenant_id):
        asked_at = Job.objects.get(id=lease.job_id).due_at
        rows = list(StatedCount.objects.filter(vendor=lease.object_id, superseded_by=None))
        hold = _hold(Vendor.objects.get(id=lease.object_id))
    groups: dict[Run | None, list[StatedCount]] = defaultdict(list)
    for row in rows:
        groups[_covering(hold.runs, row)].append(row)
    with files.scratch(lease.tenant_id, f"count-{lease.object_id}", lease.fence) as folder:
        for run, some in groups.items():
            _reckon(hold, run, some, folder)
    with scope(lease.tenant_id):
        StatedCount.objects.bulk_update(rows, FOUND, batch_size=ROWS)
        jobs.hold(lease)
        if Job.objects.get(id=lease.job_id).due_at > asked_at:
            jobs.postpone(lease, 0)
        else:
            jobs.finish(lease)


def give_up(vendor_id: UUID, error: str) -> None:
    """Nothing: the counts keep what was found last, and the page says that a newer reckoning failed."""


def reopen(vendor_id: UUID) -> None:
    """Nothing: what gave up nothing has nothing to open."""


def _hold(vendor: Vendor) -> Hold:
    sealed = Batch.objects.filter(state=Batch.State.SEALED).select_related("source").order_by("position")
    claims = list(sealed.filter(source__kind=Source.Kind.CLAIMS, source__vendor=vendor))
    evidence = sealed.filter(source__kind=Source.Kind.EVIDENCE)
    done = Run.objects.filter(Q(vendor=None) | Q(vendor=vendor), state=Run.State.DONE, trial=False, superseded_by=None)
    actors = Actor.objects.select_related("vendor")
    return Hold(
        vendor=vendor.key,
        claims=[files.local(batch.rows_key) for batch in claims],
        span=(
            min((batch.first_at for batch in claims if batch.first_at), default=None),
            max((batch.last_at for batch in claims if batch.last_at), default=None),
        ),
        evidence=[files.local(batch.rows_key) for batch in evidence],
        actors=[
            {"system": row.system, "actor": row.actor, "vendor": row.vendor.key, "agent_id": row.agent_id}
            for row in actors
        ],
        coverage=list(Coverage.objects.filter(state=Coverage.State.CONFIRMED)),
        runs=list(done.order_by("-number")),
    )


def _covering(runs: Sequence[Run], row: StatedCount) -> Run | None:
    """The newest run whose period holds the whole bucket."""
    return next(
        (run for run in runs if run.period_start <= row.period_start and row.period_end <= run.period_end), None
    )


def _reckon(hold: Hold, run: Run | None, rows: list[StatedCount], folder: Path) -> None:
    """Note on each row what is found of its bucket, under the rules of the run that covers it, else the law's own."""
    rule = parse(run.summary["rules"]) if run else Rule()
    before = timedelta(seconds=max(rule.match_before_seconds, *rule.match_before_by_action.values(), 0))
    after = timedelta(seconds=max(rule.match_after_seconds, *rule.match_after_by_action.values(), 0))
    for row in rows:
        row.seen_from, row.seen_until = row.period_start - before, row.period_end + after
    buckets = tallies.table_of([_bucket(place, row) for place, row in enumerate(rows)])
    claimed = tallies.claimed(hold.claims, buckets, rule, folder)
    seen = tallies.seen(hold.evidence, buckets, hold.actors, hold.vendor, rule, folder)
    judged = tallies.judged(files.local(run.files["lines"]), buckets, hold.vendor, folder) if run else {}
    watched = [row for row in hold.coverage if row.grade in rule.independent_grades]
    for place, row in enumerate(rows):
        found = claimed.get(place, tallies.Claimed())
        row.claim_count, row.claim_units = found.claims, found.units
        row.claim_tokens, row.claim_money = found.tokens, found.money
        row.lines_from, row.lines_until = hold.span
        row.events = seen.get(place, [])
        row.event_units = sum(units for *_, units in row.events)
        _judge(row, run, judged.get(place, {}))
        _watch(row, watched)
        row.variance, row.differs = variance(row)
        row.reckoned_at = timezone.now()


def _bucket(place: int, row: StatedCount) -> dict[str, Any]:
    names = ("period_start", "period_end", "agent_id", "action", "environment", "seen_from", "seen_until")
    return {"place": place} | {name: getattr(row, name) for name in names}


def _judge(row: StatedCount, run: Run | None, units: dict[str, int]) -> None:
    row.run, row.verified_low, row.verified_high = run, None, None
    if run:
        row.verified_low = units.get(State.VERIFIED, 0)
        row.verified_high = row.verified_low + units.get(State.UNVERIFIABLE, 0)


def _watch(row: StatedCount, coverage: Sequence[Coverage]) -> None:
    """Whether every lane that was alive around the bucket was watched all the time; the first hole where not.

    A lane is a system with a prefix and an action. It is watched where a row of the system with the same or a wider
    prefix says so.
    """
    relevant = [one for one in coverage if not row.action or one.action in ("", row.action)]
    lanes = sorted({(one.system, one.target_prefix, one.action) for one in relevant})
    row.watch, row.hole = StatedCount.Watch.NOBODY, []
    assert row.seen_from
    assert row.seen_until
    for system, prefix, action in lanes:
        wider = [one for one in relevant if one.system == system and prefix.startswith(one.target_prefix)]
        spans = sorted((one.starts_at, one.ends_at) for one in wider if one.action in ("", action))
        if spans[0][0] >= row.seen_until or max(end for _, end in spans) <= row.seen_from:
            continue
        hole = _first_hole(spans, row.seen_from, row.seen_until)
        if hole:
            row.watch = StatedCount.Watch.HOLES
            row.hole = [system, prefix, *(at.isoformat() for at in hole)]
            return
        row.watch = StatedCount.Watch.WHOLE


def _first_hole(spans: list[Span], start: datetime, end: datetime) -> Span | None:
    """The first time between two instants that no span holds. spans: in order of their starts."""
    at = start
    for begins, ends in spans:
        if begins > at:
            return at, min(begins, end)
        at = max(at, ends)
        if at >= end:
            return None
    return at, end


def variance(row: StatedCount) -> tuple[int | None, bool]:
    """Stated less claimed, in units, else in tokens, else in micros of the one currency; and whether anything differs.

    What one of the two does not carry is not compared; where there is no line at all, everything stated differs.
    """
    differences = [micros - row.claim_money.get(currency, 0) for currency, micros in sorted(row.money.items())]
    money = differences if row.claim_money or not row.claim_count else []
    tokens = [row.tokens - (row.claim_tokens or 0)] if row.tokens is not None else []
    tokens = tokens if row.claim_tokens is not None or not row.claim_count else []
    units = [row.units - row.claim_units] if row.units is not None else []
    first = [*units, *tokens, *(money if len(money) == 1 else [])]
    return (first[0] if first else None), any([*units, *tokens, *money])
