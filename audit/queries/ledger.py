"""The ledger, read."""

from __future__ import annotations

from django.db.models import QuerySet

from audit.models import LedgerEntry


def entries(*, action: str = "", thing: str = "") -> QuerySet[LedgerEntry]:
    """Entries, newest first. action: a word that begins it (`batch`, `batch.sealed`); thing: `batch:<id>`."""
    found = LedgerEntry.objects.order_by("-seq")
    if action:
        found = found.filter(action__startswith=action)
    return found.filter(object=thing) if thing else found
