"""Loops under way: when a segment of a stream of claims is sealed, its rows are looked at for the same work again and
again. A job of its own: whatever becomes of it, the segment is sealed.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from audit.kernel.ruleset import parse, span
from audit.models import AlertRule, Batch, Job, RuleSet, Source
from audit.operations import alerts, jobs
from audit.operations.record import canonical_json
from audit.queries.alerts import stamp
from audit.vault import files
from audit.vault.loops import Loop, find
from tenants.scope import scope

FRESH = timedelta(hours=24)  # what lies further back is not under way; runs find it
QUIET = timedelta(minutes=10)  # no claim of a loop for so long after its window: it has ended
SEGMENTS_MAX = 50  # how many earlier segments a window may reach into


def after_sealing(batch: Batch) -> None:
    """Queue the look, in the transaction that seals, where somebody wants to know."""
    is_stream = batch.streamed and batch.source.kind == Source.Kind.CLAIMS and batch.accepted_count
    if is_stream and _rules().exists():
        jobs.add(Job.Kind.WATCH, batch.id)


def watch(lease: jobs.Lease) -> None:
    """Look for loops in a sealed segment and what came just before. A job: called outside any scope."""
    with scope(lease.tenant_id):
        batch = Batch.objects.select_related("source").get(id=lease.object_id)
        fewest = min(_rules().values_list("repeats", flat=True), default=None)
        window = window_seconds()
        paths = _paths(batch, window)
    found = [] if fewest is None else find(paths, window, fewest, timezone.now() - FRESH)
    with scope(lease.tenant_id):
        jobs.hold(lease)
        for rule in _rules():
            mine = [loop for loop in found if loop.claims > rule.repeats and _is_about(rule, loop)]
            alerts.settle(rule, [_condition(batch, loop, window) for loop in mine])
        jobs.finish(lease)


def window_seconds() -> int:
    """The burst window of the rule set that was approved last, or the law's own."""
    approved = RuleSet.objects.filter(state=RuleSet.State.APPROVED).order_by("-decided_at", "-id").first()
    return parse(approved.rules if approved else {}).burst_window_seconds


def give_up(batch_id: UUID, error: str) -> None:
    """Nothing waits for the look; the job says why it failed."""


def reopen(batch_id: UUID) -> None:
    """The job alone is what is tried again."""


def _rules() -> QuerySet[AlertRule]:
    return AlertRule.objects.filter(enabled=True, kind=AlertRule.Kind.LOOP).select_related("vendor")


def _is_about(rule: AlertRule, loop: Loop) -> bool:
    return rule.vendor is None or rule.vendor.key == loop.vendor


def _paths(batch: Batch, window: int) -> list[Path]:
    """The rows of the segment and of those sealed before it that reach into its first window."""
    near = Batch.objects.filter(source=batch.source, streamed=True, state=Batch.State.SEALED)
    if batch.first_at is not None:
        near = near.filter(last_at__gte=batch.first_at - timedelta(seconds=window))
    keys = near.filter(position__lte=batch.position).order_by("-position").values_list("rows_key", flat=True)
    return [files.local(key) for key in keys[:SEGMENTS_MAX]]


def _condition(batch: Batch, loop: Loop, window: int) -> alerts.Condition:
    work = [loop.vendor, loop.agent_id, loop.action, loop.target, loop.effect]
    who, what, where = (alerts.short(text) for text in (loop.agent_id, loop.action, loop.target))
    return alerts.Condition(
        hashlib.sha256(canonical_json(work)).hexdigest(),
        f"{who} of {alerts.short(loop.vendor)} claimed the same {what} on {where} {loop.claims:,} times "
        f"within {span(window)}, last at {stamp(loop.last_at)}.",
        ("batch", {"batch_id": batch.id}),
        "",
        {
            "claims": loop.claims,
            "window_seconds": window,
            "quiet_seconds": window + int(QUIET.total_seconds()),
            "first_at": loop.first_at.isoformat(),
            "last_at": loop.last_at.isoformat(),
            "target": loop.target,
        },
    )
