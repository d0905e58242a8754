"""The ledger: every act leaves an entry, in the transaction that does the act."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.utils import timezone

from audit.kernel import ledger
from audit.models import LedgerEntry
from tenants.scope import current

HOLD, SHARE = "select pg_advisory_xact_lock(%s)", "select pg_advisory_xact_lock_shared(%s)"


def lock(noun: str, *, shared: bool = False) -> None:
    """Hold the tenant's lock on a noun until the transaction ends, to number its rows without gaps.

    shared: with others that hold it shared too; whoever wants it alone waits for all of them.
    """
    with connection.cursor() as cursor:
        cursor.execute(SHARE if shared else HOLD, [lock_key(noun)])


def lock_key(noun: str) -> int:
    """The number of the tenant's lock on a noun."""
    name = f"{current()}/{noun}".encode()
    return int.from_bytes(hashlib.sha256(name).digest()[:8], "big", signed=True)


def next_number(rows: models.Manager[Any] | models.QuerySet[Any], field: str, first: int = 1) -> int:
    """The number after the highest so far. Call under `lock`."""
    highest = rows.aggregate(highest=models.Max(field))["highest"]
    return first if highest is None else int(highest) + 1


def enter(action: str, thing: models.Model, by: str, **detail: Any) -> LedgerEntry:
    """Append an act to the ledger. detail: what must be provable later, without personal data."""
    lock("ledger")
    seq = next_number(LedgerEntry.objects, "seq", first=0)
    at = timezone.now()
    name = f"{thing._meta.model_name}:{thing.pk}"
    leaf = {
        "v": 1,
        "seq": seq,
        "at": at.isoformat(),
        "actor": by,
        "action": action,
        "object": name,
        "detail": _plain(detail),
    }
    return LedgerEntry.objects.create(
        tenant_id=current(),
        seq=seq,
        at=at,
        actor=by,
        action=action,
        object=name,
        detail=leaf["detail"],
        leaf=ledger.leaf(canonical_json(leaf)).hex(),
    )


def canonical_json(value: Any) -> bytes:
    """RFC 8785 for what we write: text, whole numbers, booleans, null; keys are ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _plain(detail: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in detail.items()}
