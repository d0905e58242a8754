"""Where and when systems were watching."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db.models import Max, Min, QuerySet
from django.http import Http404

from audit.models import Batch, Coverage, Source
from audit.queries.spans import Span

MARGIN = timedelta(hours=1)  # so that a lane of one instant can be drawn


@dataclass(frozen=True, slots=True)
class Watched:
    """One system with the stretches that count."""

    system: str
    grade: str
    spans: list[Span] = field(default_factory=list)


def declared() -> QuerySet[Coverage]:
    """What counts, or did until it was withdrawn."""
    return Coverage.objects.exclude(state=Coverage.State.PROPOSED)


def proposed() -> QuerySet[Coverage]:
    """What batches propose and nobody has decided yet."""
    return Coverage.objects.filter(state=Coverage.State.PROPOSED).select_related("batch")


def get(coverage_id: UUID) -> Coverage:
    """One row. Raises Http404."""
    found = Coverage.objects.filter(id=coverage_id).first()
    if found is None:
        raise Http404("No such coverage.")
    return found


def watched() -> list[Watched]:
    """Every system with its confirmed stretches, best grade first; those that never watched too."""
    spans: dict[tuple[str, str], list[Span]] = defaultdict(list)
    for row in Coverage.objects.exclude(state=Coverage.State.WITHDRAWN):
        confirmed = row.state == Coverage.State.CONFIRMED
        spans[row.grade, row.system] += [(row.starts_at, row.ends_at)] if confirmed else []
    return [Watched(system, grade, spans[grade, system]) for grade, system in sorted(spans)]


def span() -> Span | None:
    """From the first to the last instant that a claim or a confirmed coverage speaks of; None where there is none."""
    claims = Batch.objects.filter(source__kind=Source.Kind.CLAIMS, state=Batch.State.SEALED)
    found = claims.aggregate(first=Min("first_at"), last=Max("last_at"))
    if found["first"] is None:
        rows = Coverage.objects.exclude(state=Coverage.State.WITHDRAWN)
        found = rows.aggregate(first=Min("starts_at"), last=Max("ends_at"))
    if found["first"] is None:
        return None
    return found["first"], max(found["last"], found["first"] + MARGIN)
