"""Instants: RFC 3339 date-times with a zone, or local ones of a named zone, as microseconds UTC.

What is plainly RFC 3339 is converted a column at a time; everything else one by one, with the reason where it fails.
A time that a clock shows twice or never (when summer time ends or begins) is refused, and so is what no clock can
have shown: a leap second, a year far off.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Bounds = tuple[datetime, datetime]
USUAL: Final[Bounds] = (datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
"""No agent worked before and none will after: a date outside is a mistake."""
OPEN: Final[Bounds] = (datetime(1900, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC))
"""For spans of coverage, which people leave open with dates far off."""

_UTC: Final = pa.timestamp("us", "UTC")
_LOCAL: Final = pa.timestamp("us")
_FORM: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?"
    r"([Zz]|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])?"
)
_REMEDY: Final = "write it like 2026-09-14T08:15:03Z"
Wrong = tuple[int, str]


def convert(values: Any, time_zone: str | None, bounds: Bounds) -> tuple[Any, list[Wrong]]:
    """A column of texts or timestamps as instants; null where it is wrong, with position and reason.

    `time_zone` is the IANA name of the zone of times without one; None refuses them.
    """
    if pa.types.is_timestamp(values.type):
        found, wrong = _stamps(values, time_zone)
    else:
        found, wrong = _texts(values, time_zone)
    low, high = (pa.scalar(at, _UTC) for at in bounds)
    outside = pc.fill_null(pc.or_(pc.less(found, low), pc.greater(found, high)), False)
    if pc.any(outside).as_py():
        reason = f"is not between {bounds[0]:%Y} and {bounds[1]:%Y}: check the date"
        wrong += [(int(at), reason) for at in np.flatnonzero(outside.to_numpy(zero_copy_only=False))]
    return found, wrong


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name. Raises ValueError for a name that is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name[:60]!r} is no time zone: give an IANA name such as Europe/Berlin") from None


def instant(text: str, time_zone: str | None) -> datetime:
    """One text as an instant. Raises ValueError with what is wrong and what to write."""
    match = _FORM.fullmatch(text)
    if not match:
        raise ValueError(f"is not a date and time of RFC 3339: {_REMEDY}")
    day, time, fraction, offset = match.groups()
    fraction = (fraction or "").rstrip("0")
    if len(fraction) > 6:
        raise ValueError("is finer than a microsecond: give at most 6 places of the second")
    try:
        at = datetime.fromisoformat(f"{day}T{time}.{fraction.ljust(6, '0')}")
    except ValueError:
        raise ValueError(f"is no date and time that a calendar has: {_REMEDY}") from None
    try:
        return _in_utc(at, offset) if offset else local(at, time_zone)
    except OverflowError:
        raise ValueError("is out of range: check the date") from None


def local(at: datetime, time_zone: str | None) -> datetime:
    """A clock's time in a named zone as an instant. Raises ValueError where the clock shows it twice or never."""
    if not time_zone:
        raise ValueError("has no time zone: add one (2026-09-14T08:15:03Z) or name the zone of the file")
    here = at.replace(tzinfo=zone(time_zone))
    found = here.astimezone(UTC)
    if found.astimezone(here.tzinfo).replace(tzinfo=None) != at:
        raise ValueError(f"is skipped in {time_zone}, where summer time begins: give the time with its offset")
    if here.utcoffset() != here.replace(fold=1).utcoffset():
        raise ValueError(f"comes twice in {time_zone}, where summer time ends: give the time with its offset")
    return found


def _in_utc(at: datetime, offset: str) -> datetime:
    if offset in "Zz":
        return at.replace(tzinfo=UTC)
    shift = timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
    return (at + shift if offset[0] == "-" else at - shift).replace(tzinfo=UTC)


def _texts(values: Any, time_zone: str | None) -> tuple[Any, list[Wrong]]:
    if _is_regular(values):
        try:
            return pc.cast(values, _UTC), []
        except pa.ArrowInvalid:
            pass
        try:
            return _placed(pc.cast(values, _LOCAL), time_zone), []
        except (pa.ArrowInvalid, ValueError):
            pass
    return _one_by_one(values, lambda text: instant(text, time_zone))


def _is_regular(values: Any) -> bool:
    """Whether every value has seconds where RFC 3339 has them and a zone that is given in full, if any."""
    data = values.buffers()[2]
    if data is None or values.null_count == len(values):
        return True
    letters = np.frombuffer(data, np.uint8)
    offsets = np.frombuffer(values.buffers()[1], np.int32)[values.offset : values.offset + len(values) + 1]
    begin, size = offsets[:-1].astype(np.int64), np.diff(offsets)
    if values.null_count or (size == 0).any():
        begin, size = begin[size > 0], size[size > 0]
    if not len(size) or size.min() < 19:
        return not len(size)
    seconds = (letters[begin + 16] == ord(":")) & (letters[begin + 13] == ord(":"))
    short_zone = np.isin(letters[begin + size - 3], (ord("+"), ord("-")))
    return bool(seconds.all() and not short_zone.any())


def _placed(values: Any, time_zone: str | None) -> Any:
    """Local timestamps as instants, all at once. Raises if one of them comes twice or never, or without a zone."""
    if not time_zone:
        raise ValueError("no zone")
    zone(time_zone)
    return pc.cast(pc.assume_timezone(values, time_zone, ambiguous="raise", nonexistent="raise"), _UTC)


def _stamps(values: Any, time_zone: str | None) -> tuple[Any, list[Wrong]]:
    """Timestamps of whatever unit, with or without a zone."""
    naive = values.type.tz is None
    try:
        exact = pc.cast(values, _LOCAL if naive else _UTC)
        return (_placed(exact, time_zone) if naive else exact), []
    except (pa.ArrowInvalid, ValueError):
        return _one_by_one(_spelled(values), lambda text: instant(text, time_zone))


def _spelled(values: Any) -> Any:
    """Timestamps as texts, so that each can be refused in its own words."""
    if values.type.tz is None:
        return pc.cast(values, pa.string())
    plain = pc.cast(pc.cast(values, pa.int64()), pa.timestamp(values.type.unit))
    return pc.binary_join_element_wise(pc.cast(plain, pa.string()), pa.scalar("Z"), "")


def _one_by_one(values: Any, make: Callable[[str], datetime]) -> tuple[Any, list[Wrong]]:
    found: list[datetime | None] = []
    wrong: list[Wrong] = []
    for at, text in enumerate(values.to_pylist()):
        try:
            found.append(make(text) if text else None)
        except ValueError as error:
            found.append(None)
            wrong.append((at, str(error)))
    return pa.array(found, _UTC), wrong
