"""What streams have brought that is not sealed yet: counts so far, how much waits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum

from audit.models import Arrival, Batch

COUNTS = ("received_count", "accepted_count", "duplicate_count", "conflicting_count", "refused_count", "byte_count")
UNSEALED = (Batch.State.OPEN, Batch.State.RECEIVED)


def counted(batches: Iterable[Batch]) -> list[Batch]:
    """The same batches; those that are open with what came so far, which their rows do not hold yet."""
    found = list(batches)
    wanted = [batch.id for batch in found if batch.state == Batch.State.OPEN]
    counts = {row.pop("batch"): row for row in _sums(wanted)} if wanted else {}
    for batch in found:
        for name, value in counts.get(batch.id, {}).items():
            setattr(batch, name, value)
    return found


def _sums(batch_ids: list[UUID]) -> Iterable[Any]:
    sums = {name: Sum(name) for name in COUNTS}
    return list(Arrival.objects.filter(batch__in=batch_ids).order_by().values("batch").annotate(**sums))


def received_since(source_id: UUID, since: datetime) -> int:
    """How many rows of a source's stream were received since an instant."""
    found = Arrival.objects.filter(created_at__gte=since, batch__source=source_id)
    return int(found.aggregate(rows=Sum("received_count"))["rows"] or 0)


def unsealed_rows() -> int:
    """How many rows wait to be sealed."""
    found = Arrival.objects.filter(batch__in=Batch.objects.filter(streamed=True, state__in=UNSEALED))
    return int(found.aggregate(rows=Sum("received_count"))["rows"] or 0)


def to_close(before: datetime, rows: int) -> list[UUID]:
    """Open segments that were opened before an instant, or hold so many rows."""
    found: QuerySet[Batch] = Batch.objects.filter(state=Batch.State.OPEN)
    held = {row["batch"]: row["received_count"] for row in _sums([batch.id for batch in found])}
    return [batch.id for batch in found if batch.created_at <= before or held.get(batch.id, 0) >= rows]
