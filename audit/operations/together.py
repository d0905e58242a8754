"""Group commit: small requests to one stream that wait in this process are kept in one transaction.

Whoever finds nobody at work leads: takes its own request and all that wait, keeps them, tells each, and hands the lead
to the next that came meanwhile. What goes wrong in a group is found out by each of its requests alone, so that none
suffers from another; only a database that cannot be reached is everybody's trouble.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Final
from uuid import UUID

from django.db import InterfaceError, OperationalError

from audit.operations import streams
from audit.operations.streams import Receipt, Sent
from audit.queries import sources

SMALL: Final = 16_384  # bytes of a body, unpacked, that is worth waiting for others
MOST: Final = 64  # requests kept together
_WAITING: dict[tuple[UUID, UUID], deque[_Waiting]] = {}  # by tenant and source; there as long as somebody leads
_LOCK = Lock()


@dataclass(eq=False, slots=True)
class _Waiting:
    """A request that waits until another has kept it, or until it may lead."""

    sent: Sent
    woken: Event = field(default_factory=Event)
    leads: bool = False
    receipt: Receipt | None = None
    error: Exception | None = None


def receive(tenant_id: UUID, source_id: UUID, sent: Sent) -> Receipt:
    """Take a request, with others of its stream where some wait; its rows are durable. Outside any scope.

    Raises what `streams.receive` raises of this request, and Http404.
    """
    stream, mine = (tenant_id, source_id), _Waiting(sent)
    if len(sent.plain) <= SMALL:
        if not _leads(stream, mine):
            mine.woken.wait()
        if mine.leads:
            _lead(stream, mine)
    if mine.error is not None:
        raise mine.error
    if mine.receipt is not None:
        return mine.receipt
    return _kept(tenant_id, source_id, [sent])[0]


def _leads(stream: tuple[UUID, UUID], mine: _Waiting) -> bool:
    with _LOCK:
        if stream in _WAITING:
            _WAITING[stream].append(mine)
        else:
            _WAITING[stream], mine.leads = deque(), True
    return mine.leads


def _lead(stream: tuple[UUID, UUID], mine: _Waiting) -> None:
    """Keep what waits; the lead is held meanwhile, so that the next group can gather."""
    with _LOCK:
        waiting = _WAITING[stream]
        others = [waiting.popleft() for _ in range(min(len(waiting), MOST - 1))]
    try:
        _keep(stream, [mine, *others])
    finally:
        _hand_over(stream)
        for one in others:
            one.woken.set()


def _keep(stream: tuple[UUID, UUID], group: list[_Waiting]) -> None:
    """Keep a group, or leave its requests without a receipt: whose fault it was shows when each goes alone."""
    try:
        receipts = _kept(*stream, [one.sent for one in group])
    except Exception as error:
        if len(group) == 1 or isinstance(error, InterfaceError | OperationalError):
            for one in group:
                one.error = error
        return
    for one, receipt in zip(group, receipts, strict=True):
        one.receipt = receipt


def _kept(tenant_id: UUID, source_id: UUID, sent: list[Sent]) -> list[Receipt]:
    with streams.taking(tenant_id):
        return streams.receive(sources.get(source_id), sent)


def _hand_over(stream: tuple[UUID, UUID]) -> None:
    with _LOCK:
        waiting = _WAITING[stream]
        if not waiting:
            del _WAITING[stream]
            return
        following = waiting.popleft()
    following.leads = True
    following.woken.set()
