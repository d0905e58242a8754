"""Sources and what came from them."""

from __future__ import annotations

from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Q, QuerySet, Sum
from django.http import Http404

from audit.models import Batch, Source, Vendor, Witness
from tenants.joined import Joined
from tenants.scope import current

WITH_VENDOR = Joined(Source, "vendor")
SEALED = Q(batches__state=Batch.State.SEALED)


def all_sources() -> QuerySet[Source]:
    """Every source with its batches, accepted rows and last arrival."""
    return Source.objects.select_related("vendor").annotate(
        batch_count=Count("batches"),
        accepted_rows=Sum("batches__accepted_count", filter=SEALED),
        last_batch_at=Max("batches__created_at"),
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


def batches(source: Source) -> QuerySet[Batch]:
    """The batches of a source, newest first."""
    return Batch.objects.filter(source=source)


def witnesses() -> QuerySet[Witness]:
    """Every system that is heard, best grade first."""
    return Witness.objects.all()
