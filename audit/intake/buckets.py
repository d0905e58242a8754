"""Buckets: where a period ends of which a file states only the beginning, by its grain and its own calendar."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from audit.intake.times import is_midnight
from audit.kernel.inputs.instants import zone

_MONTH: Final = re.compile(r"[0-9]{4}[-/][0-9]{2}|[A-Za-z]+ [0-9]{4}|[0-9]{2}/[0-9]{4}")


def end(start: str, grain: str, time_zone: str | None) -> str | None:
    """The end of the bucket that begins at `start`, by the calendar of its zone; None where the start is no time.

    A start without an offset is of `time_zone`, and so is one whose offset is the zone's (but UTC's own). Any other is
    counted by its own offset. Raises ValueError for a start that is not on a border of its grain.
    """
    try:
        at = datetime.fromisoformat(start)
    except ValueError:
        return None
    here = zone(time_zone) if time_zone else None
    offset = at.utcoffset()
    by_zone = bool(here and offset and at.astimezone(here).utcoffset() == offset)
    local = at.replace(tzinfo=None)
    ends = _following(local, grain)
    if offset is None:
        return ends.isoformat()
    return ends.replace(tzinfo=here if by_zone else at.tzinfo).astimezone(UTC).isoformat()


def _following(local: datetime, grain: str) -> datetime:
    """The border after a local time that must be one itself."""
    is_border = (local.minute, local.second, local.microsecond) == (0, 0, 0)
    if not is_border or (grain != "hour" and local.hour) or (grain == "month" and local.day != 1):
        raise ValueError(f"is not the beginning of a {grain}: choose another grain, or map the end too")
    if grain != "month":
        return local + {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}[grain]
    return local.replace(year=local.year + local.month // 12, month=local.month % 12 + 1)


def grain_of(column: str, texts: Sequence[str]) -> str | None:
    """The grain that a column of starts seems to have, told by its values: months, days, or nothing."""
    if texts and all(_MONTH.fullmatch(text) for text in texts):
        return "month"
    if "month" in column.casefold() and texts and all(is_midnight(text, first=True) for text in texts):
        return "month"
    return "day" if texts and all(is_midnight(text) for text in texts) else None
