"""Times that are not RFC 3339: numbers since 1970, and texts of a date pattern."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from audit.intake.mapping import EPOCHS
from audit.kernel.inputs.instants import instant

PATTERNS: Final = (
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y, %I:%M %p",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y%m%d%H%M%S.%f",
    "%Y%m%d%H%M%S",
    "%d-%b-%Y %H:%M:%S",
    "%d %b %Y %H:%M:%S",
    "%a, %d %b %Y %H:%M:%S %z",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%Y-%m-%d",
    "%Y-%m",
    "%b %Y",
    "%B %Y",
)
"""Date patterns that are looked for; where two fit, the first is taken."""
_NUMBER: Final = re.compile(r"(-?[0-9]{1,17})(?:\.([0-9]{1,9}))?")
_BEGAN: Final = datetime(1970, 1, 1, tzinfo=UTC)

Reader = Callable[[str], str]


def epoch(unit: str) -> Reader:
    """Reads numbers since 1970 as RFC 3339; raises ValueError with the reason."""
    micros = EPOCHS[unit]

    def read(text: str) -> str:
        match = _NUMBER.fullmatch(text)
        if not match:
            raise ValueError(f"is no number of {unit} since 1970: correct it or change the mapping")
        whole, places = match.groups()
        part = int((places or "0").ljust(9, "0")) * micros // 10**9
        try:
            at = _BEGAN + timedelta(microseconds=int(whole) * micros + (-part if whole[0] == "-" else part))
        except OverflowError:
            raise ValueError(f"is out of range as {unit} since 1970: correct it or change the mapping") from None
        return at.isoformat()

    return read


def pattern(form: str) -> Reader:
    """Reads texts of a `strptime` pattern as RFC 3339, without a zone if they have none; raises ValueError."""

    def read(text: str) -> str:
        try:
            return datetime.strptime(text, form).isoformat()  # noqa: DTZ007  (the kernel puts it in its zone)
        except ValueError:
            raise ValueError(f"does not follow the date pattern {form}: correct it or change the mapping") from None

    return read


def is_instant(text: str) -> bool:
    """Whether a text is RFC 3339, with a zone or without."""
    try:
        instant(text, "UTC")
    except ValueError:
        return False
    return True


def is_midnight(text: str, *, first: bool = False) -> bool:
    """Whether a text is a day, or the midnight that begins one; `first`: of a month."""
    for form in (None, *PATTERNS):
        try:
            at = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007
        except ValueError:
            continue
        if (at.hour, at.minute, at.second, at.microsecond) == (0, 0, 0, 0) and (at.day == 1 or not first):
            return True
    return False


def unit_of(texts: Iterable[str]) -> str | None:
    """The unit of times that are numbers, told by their size: this century in seconds, milli- or microseconds."""
    numbers = [int(match[1]) if (match := _NUMBER.fullmatch(text)) else None for text in texts]
    for unit, micros in EPOCHS.items():
        low, high = 946_684_800_000_000 // micros, 4_102_444_800_000_000 // micros
        if numbers and all(number is not None and low <= number < high for number in numbers):
            return unit
    return None


def follows(text: str, form: str) -> bool:
    """Whether a text is of a `strptime` pattern."""
    try:
        datetime.strptime(text, form)  # noqa: DTZ007  (only whether it fits)
    except ValueError:
        return False
    return True
