"""Answers that were given under an idempotency key: kept with their effect, given again to the same request."""

from __future__ import annotations

from audit.models import IdempotencyKey
from audit.operations.faults import Refused
from audit.operations.record import lock
from tenants.scope import current


class OtherRequest(Refused):
    """The key was used for another request."""


def recall(key: str, request_digest: str) -> IdempotencyKey | None:
    """The answer that this request got before, or None: then keep its answer in this same transaction.

    Whoever comes second with a key waits until the first is committed. Raises OtherRequest.
    """
    lock(f"answers/{key}")
    before = IdempotencyKey.objects.filter(key=key).first()
    if before is not None and before.request_digest != request_digest:
        raise OtherRequest("This Idempotency-Key was used for another request: take a new one.")
    return before


def keep(key: str, request_digest: str, status_code: int, body: str) -> None:
    """Keep the answer to a request, in the transaction of its effect."""
    IdempotencyKey.objects.create(
        tenant_id=current(), key=key, request_digest=request_digest, status_code=status_code, body=body
    )
