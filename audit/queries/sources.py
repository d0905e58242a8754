"""Sources and what came from them."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Greatest
from django.http import Http404

from audit.models import Arrival, Batch, Source, Vendor, Witness
from tenants.joined import Joined
from tenants.scope import current

WITH_VENDOR = Joined(Source, "vendor")
SEALED = Q(batches__state=Batch.State.SEALED)
SILENT_AFTER = 3  # expected intervals
READ = (Batch.State.SEALED, Batch.State.REFUSED)


class Health(StrEnum):
    """Whether a source sends as often as is expected of it."""

    HEALTHY = "healthy"
    LATE = "late"  # nothing for longer than the expected interval
    SILENT = "silent"  # nothing for more than three of them
    NEVER = "never"  # nothing at all, ever
    UNSAID = "unsaid"  # something arrived; nobody said how often it should


def health(last_at: datetime | None, expected_hours: int | None, now: datetime) -> Health:
    """How a source is, by its last arrival and the hours within which something is expected."""
    if last_at is None:
        return Health.NEVER
    if expected_hours is None:
        return Health.UNSAID
    quiet, expected = now - last_at, timedelta(hours=expected_hours)
    if quiet > SILENT_AFTER * expected:
        return Health.SILENT
    return Health.LATE if quiet > expected else Health.HEALTHY


def heard() -> QuerySet[Source]:
    """Every source with its last arrival, a file or a request of its stream, as `last_at`; null: there was none."""
    newest = Batch.objects.filter(source=OuterRef("pk"), streamed=True).order_by("-created_at")
    arrival = Arrival.objects.filter(batch=OuterRef("segment")).order_by("-seq")
    return Source.objects.annotate(
        segment=Subquery(newest.values("id")[:1]),
        streamed_at=Subquery(arrival.values("created_at")[:1]),
        last_at=Greatest(Max("batches__created_at"), "streamed_at"),  # what is null is passed over
    )


def all_sources() -> QuerySet[Source]:
    """Every source with its batches, accepted rows, last arrival, and what became of the batch that was read last."""
    newest = Batch.objects.filter(source=OuterRef("pk"), state__in=READ).order_by("-position")
    names = ("state", "received_count", "refused_count")
    return (
        heard()
        .select_related("vendor")
        .annotate(
            batch_count=Count("batches"),
            accepted_rows=Sum("batches__accepted_count", filter=SEALED),
            **{f"last_{name}": Subquery(newest.values(name)[:1]) for name in names},
        )
    )


def of(vendor: Vendor) -> QuerySet[Source]:
    """The sources of one vendor."""
    return all_sources().filter(vendor=vendor)


def get(source_id: UUID) -> Source:
    """One source. Raises Http404."""
    current()
    with connection.cursor() as cursor:
        cursor.execute(WITH_VENDOR.sql, [source_id])
        found = WITH_VENDOR.made(cursor.fetchall())
    if found is None:
        raise Http404("No such source.")
    return found


def shown(source_id: UUID) -> Source:
    """One source as in the list of all. Raises Http404."""
    for found in all_sources().filter(id=source_id).order_by():
        return found
    raise Http404("No such source.")


def batches(source: Source) -> QuerySet[Batch]:
    """The batches of a source, newest first."""
    return Batch.objects.filter(source=source)


def witnesses() -> QuerySet[Witness]:
    """Every system that is heard, best grade first."""
    return Witness.objects.all()
