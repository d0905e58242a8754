"""What streams may bring: a quota for each source, and room for what waits.

Each process asks PostgreSQL for the counts now and then, and adds what it takes itself meanwhile: several processes
together may go over a limit by what they take between two questions.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from audit.models import Source
from audit.operations import room
from audit.operations.batches import TooBig
from audit.operations.faults import Busy, OverQuota
from audit.queries import streams
from tenants.scope import current

QUOTA_SECONDS, WAITING_SECONDS = 1.0, 5.0  # how old a count may be
_METERS: dict[tuple[str, UUID], Meter] = {}


@dataclass(slots=True)
class Meter:
    """A count and when it was asked for; `since`: the beginning of the minute that it counts."""

    since: datetime | None
    asked: float
    count: int


def check(source: Source) -> None:
    """Raise where nothing more is taken now: Busy, OverQuota."""
    room.check()
    if _waiting().count >= settings.STREAM_BACKLOG_MAX:
        raise Busy("Too many rows wait to be sealed: nothing was kept, send it again later.", room.WAIT_SECONDS)
    if _this_minute(source).count >= source.events_per_minute:
        raise _over(source)


def count(source: Source, rows: int) -> None:
    """Count the rows of a request. Raises OverQuota where they are too many now, TooBig where they always will be."""
    if rows > source.events_per_minute:
        raise TooBig(f"The source takes {source.events_per_minute:,} rows a minute and these are {rows:,}: split them.")
    used = _this_minute(source)
    if used.count + rows > source.events_per_minute:
        raise _over(source)
    used.count += rows
    _waiting().count += rows


def _over(source: Source) -> OverQuota:
    left = 60 - timezone.now().second
    return OverQuota(f"The source takes {source.events_per_minute:,} rows a minute: nothing was kept.", left)


def _this_minute(source: Source) -> Meter:
    since = timezone.now().replace(second=0, microsecond=0)
    return _meter("minute", source.id, since, lambda: streams.received_since(source.id, since), QUOTA_SECONDS)


def _waiting() -> Meter:
    return _meter("waiting", current(), None, streams.unsealed_rows, WAITING_SECONDS)


def _meter(name: str, of: UUID, since: datetime | None, ask: Callable[[], int], fresh: float) -> Meter:
    known, now = _METERS.get((name, of)), time.monotonic()
    if known is None or known.since != since or now - known.asked > fresh:
        known = _METERS[name, of] = Meter(since, now, ask())
    return known
