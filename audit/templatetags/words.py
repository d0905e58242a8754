"""Numbers, money and instants in words: what tables, charts and templates all say the same way.

Shares are basis points, money is integer micros, instants are aware datetimes or microseconds UTC.
Grouping and decimal signs follow the reader's locale; the zone is the one that is active for the request.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from django.utils import formats, timezone

NONE = "–"
NARROW = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}  # every other currency is named by its code


def units(count: int | None) -> str:
    """A whole number with thousands grouped; nothing known reads as a dash."""
    if count is None:
        return NONE
    text = formats.number_format(abs(count), force_grouping=True)
    return f"{MINUS}{text}" if count < 0 else text


def money(micros: int | None, currency: str | None = None) -> str:
    """Money exactly: all decimals it has (up to six), at least two, never rounded."""
    if micros is None:
        return NONE
    whole, rest = divmod(abs(micros), 1_000_000)
    decimals = f"{rest:06d}".rstrip("0").ljust(2, "0")
    amount = f"{units(whole)}{formats.get_format('DECIMAL_SEPARATOR')}{decimals}"
    minus = MINUS if micros < 0 else ""
    if currency in SIGNS:
        return f"{minus}{SIGNS[currency]}{amount}"
    return f"{minus}{currency}{NARROW}{amount}" if currency else f"{minus}{amount}"


def share(bps: int | None, places: int = 1) -> str:
    """Basis points as per cent, cut off (not rounded) at 0–2 decimals, so that only all reads as 100 %.

    A share above nothing that would read as nothing is said as "< 0.1 %".
    """
    if bps is None:
        return NONE
    step = 10 ** (2 - places)
    cut = abs(bps) // step
    minus = MINUS if bps < 0 else ""
    if not cut and bps:
        return f"{minus}<{NARROW}{_decimal(1, places)}{NARROW}%"
    if abs(bps) % 10_000 == 0:
        return f"{minus}{abs(bps) // 100}{NARROW}%"
    return f"{minus}{_decimal(cut, places)}{NARROW}%"


def points(bps: int | None) -> str:
    """A difference between two shares: 37 → "0.37 points"."""
    if bps is None:
        return NONE
    return f"{MINUS if bps < 0 else ''}{_decimal(abs(bps), 2)}{NARROW}points"


def share_of(part: int, whole: int) -> str:
    """A part of a whole as per cent; the smallest part of the largest whole is still told from nothing."""
    return share(part * 10_000 // whole or (1 if part else 0)) if whole else NONE


def _decimal(value: int, places: int) -> str:
    """An integer with its last digits set behind a point: (702, 1) → "70.2"."""
    if not places:
        return str(value)
    digits = str(value).rjust(places + 1, "0")
    return f"{digits[:-places]}{formats.get_format('DECIMAL_SEPARATOR')}{digits[-places:]}"


def moment(instant: datetime | int) -> datetime:
    """An aware datetime in UTC, from one or from microseconds since 1970. A naive datetime is refused."""
    if isinstance(instant, int):
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no time zone")
    return instant.astimezone(UTC)


def rfc3339(instant: datetime | int) -> str:
    """The instant in UTC as RFC 3339 writes it: 2026-09-14T08:15:02.5Z."""
    at = moment(instant)
    fraction = f".{at.microsecond:06d}".rstrip("0") if at.microsecond else ""
    return f"{at:%Y-%m-%dT%H:%M:%S}{fraction}Z"


PATTERNS = {"minutes": "j M Y H:i", "seconds": "j M Y H:i:s", "day": "j M Y", "clock": "H:i", "clock_seconds": "H:i:s"}


def when(instant: datetime | int | None, detail: str = "minutes", zone: tzinfo | None = None) -> str:
    """The instant on the reader's wall: "2 Oct 2026 09:14". Detail: one of `PATTERNS`."""
    if instant is None:
        return NONE
    local = moment(instant).astimezone(zone or timezone.get_current_timezone())
    return formats.date_format(local, PATTERNS[detail])


STEPS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def duration(length: timedelta | float | None) -> str:
    """A length of time in its two largest parts: "4 min 12 s"; below one second in milliseconds.

    Takes a timedelta or seconds. Parts below the second largest are cut off.
    """
    if length is None:
        return NONE
    span = length if isinstance(length, timedelta) else timedelta(seconds=length)
    minus = MINUS if span < timedelta() else ""
    span = abs(span)
    rest = span // timedelta(seconds=1)
    if not rest:
        return f"{minus}{span // timedelta(milliseconds=1)}{NARROW}ms"
    first = next(place for place, (_, size) in enumerate(STEPS) if rest >= size)
    parts = []
    for name, size in STEPS[first : first + 2]:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{NARROW}{name}")
    return minus + " ".join(parts)


def short(identifier: object) -> str:
    """An id cut in the middle, so that both its time and its chance part can be told: 0199a1de…aa0001."""
    text = str(identifier)
    return text if len(text) <= 18 else f"{text[:8]}…{text[-6:]}"
