"""What each system watched of which records, its holes, what they cost in the newest run, and what runs out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db.models import Max
from django.utils import timezone

from audit.kernel.ruleset import Rule, parse
from audit.models import Batch, Coverage, Run, Source
from audit.queries.shelf import shelf
from audit.queries.spans import Span, holes, watched
from audit.vault import files
from audit.vault.boxes import Box, count_in

SOON = timedelta(days=14)
HOLES_MAX = 500  # counted and listed
YEARS = timedelta(days=3650)
EVER = datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Watch:
    """What one system watches: targets under a prefix, one action or every one (empty), in stretches of time.

    newest: of the rows that arrived from the system; None where its files name no one system.
    """

    system: str
    grade: str
    prefix: str
    action: str
    newest: datetime | None = None
    spans: list[Span] = field(default_factory=list)

    @property
    def ends_at(self) -> datetime:
        """The last instant watched."""
        return max(last for _, last in self.spans)

    def standing(self, now: datetime) -> str:
        """`ended`, `soon` (it ends within SOON), or nothing."""
        return "ended" if self.ends_at <= now else "soon" if self.ends_at <= now + SOON else ""

    @property
    def is_ahead(self) -> bool:
        """Whether it is said to have watched beyond the newest row that came from it."""
        return self.newest is not None and self.newest < min(self.ends_at, timezone.now()) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Hole:
    """A stretch in which records of a watch were not watched. `beyond`: claims beyond checking; None without a run.

    first, last: when such claims occurred; their match window reaches into the hole.
    """

    watch: Watch
    span: Span
    first: datetime
    last: datetime
    beyond: int | None = None


@dataclass(frozen=True, slots=True)
class Settling:
    """The end of a watch: work done in `span` was not watched for its whole undo window. `waiting`: provisional lines
    on its records; None without a run."""

    watch: Watch
    span: Span
    waiting: int | None = None


def watches() -> list[Watch]:
    """Every confirmed coverage by system, prefix and action, best grade first."""
    newest = dict(
        Source.objects.filter(kind=Source.Kind.EVIDENCE, batches__state=Batch.State.SEALED)
        .exclude(system="")
        .values_list("system")
        .annotate(newest=Max("batches__last_at"))
        .order_by()
    )
    spans: dict[tuple[str, str, str, str], list[Span]] = defaultdict(list)
    for row in Coverage.objects.filter(state=Coverage.State.CONFIRMED):
        spans[row.grade, row.system, row.target_prefix, row.action].append((row.starts_at, row.ends_at))
    return [
        Watch(system, grade, prefix, action, newest.get(system), spans[grade, system, prefix, action])
        for grade, system, prefix, action in sorted(spans)
    ]


def reach(rule: Rule, action: str = "") -> tuple[timedelta, timedelta]:
    """How far before and after a claim its evidence may lie: of an action, or the farthest of any."""
    ends = (
        (rule.match_before_seconds, rule.match_before_by_action),
        (rule.match_after_seconds, rule.match_after_by_action),
    )
    named = [by.get(action, common) if action else max(common, *by.values(), 0) for common, by in ends]
    before, after = (min(timedelta(seconds=seconds), YEARS) for seconds in named)
    return before, after


def holes_of(every: Sequence[Watch], start: datetime, end: datetime, run: Run | None) -> tuple[list[Hole], int]:
    """The holes between two instants, in the order of the watches, with what they cost; and how many more there are."""
    rule = parse(run.summary["rules"]) if run else Rule()
    found = [
        Hole(watch, gap, gap[0] - after + timedelta(microseconds=1), gap[1] + before)
        for watch in every
        for before, after in [reach(rule, watch.action)]
        for gap in holes(watch.spans, start, end)
    ]
    kept = found[:HOLES_MAX]
    if run is None:
        return kept, len(found) - len(kept)
    boxes = [Box(hole.watch.prefix, hole.watch.action or None, hole.first, hole.last) for hole in kept]
    counts = _counted(run, boxes, "reason", "outside_coverage")
    told = [Hole(h.watch, h.span, h.first, h.last, count) for h, count in zip(kept, counts, strict=True)]
    return told, len(found) - len(kept)


def settling(every: Sequence[Watch], run: Run | None) -> list[Settling]:
    """Where the watching of independent systems ends, and the undo window before it."""
    rule = parse(run.summary["rules"]) if run else Rule()
    heard = [watch for watch in every if watch.grade in rule.independent_grades]
    spans = [(watch.ends_at - _undo(rule, watch.action), watch.ends_at) for watch in heard]
    if run is None:
        return [Settling(watch, span) for watch, span in zip(heard, spans, strict=True)]
    boxes = [Box(watch.prefix, watch.action or None, *EVER) for watch in heard]
    counts = _counted(run, boxes, "provisional", "true")
    return [Settling(*row) for row in zip(heard, spans, counts, strict=True)]


def _counted(run: Run, boxes: Sequence[Box], name: str, value: str) -> list[int]:
    """Lines in boxes: found once for a run and its boxes, since neither changes under its name."""
    key = ("boxes", str(run.pk), name, repr(boxes))
    found: list[int] = shelf.fetch(key, lambda: count_in(files.local(run.files["lines"]), boxes, name, value))
    return found


def _undo(rule: Rule, action: str) -> timedelta:
    return min(timedelta(seconds=rule.undo_window_by_action.get(action, rule.undo_window_seconds)), YEARS)


def share_watched(watch: Watch, start: datetime, end: datetime) -> int:
    """The watched part of the time between two instants, in basis points, cut off."""
    length = sum((last - first for first, last in watched(watch.spans, start, end)), timedelta())
    return length * 10_000 // (end - start)
