"""What every chart draws with: exact shares of a width, patterns, and an SVG that says what it shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from hashlib import sha256
from itertools import accumulate

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from audit.templatetags import words

WHOLE = 1_000_000  # the width of a chart, in millionths
EMPTY = SafeString("")


def edges(parts: Sequence[int]) -> list[int]:
    """Where each part begins and the last ends, in millionths of the width; exact at both ends.

    Raises ValueError for a negative part. Parts that sum to nothing have no width.
    """
    if any(part < 0 for part in parts):
        raise ValueError("a part of a whole cannot be negative")
    total = sum(parts)
    return [upto * WHOLE // total if total else 0 for upto in accumulate(parts, initial=0)]


def percent(millionths: int) -> str:
    """Millionths of the width as an SVG length: 702345 → "70.2345%"."""
    whole, rest = divmod(millionths, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".") + "%"


def join(pieces: Iterable[SafeString]) -> SafeString:
    """Pieces of markup in a row."""
    return mark_safe("".join(pieces))


def name_of(*parts: object) -> str:
    """An id for parts of a chart: the same for the same data, another for other data on the same page."""
    return "c" + sha256(repr(parts).encode()).hexdigest()[:10]


def drawing(height: int, title: str, description: str, *content: SafeString, role: str = "img") -> SafeString:
    """An SVG as wide as its place, with a title and a description for those who do not see it.

    role: `group` where links are in it, for an image has nothing inside to those who hear it.
    """
    name = name_of(height, title, description)
    return format_html(
        '<svg width="100%" height="{}" role="{}" aria-labelledby="{}t {}d">'
        '<title id="{}t">{}</title><desc id="{}d">{}</desc>{}</svg>',
        height,
        role,
        name,
        name,
        name,
        title,
        name,
        description,
        join(content),
    )


def silent(height: int, *content: SafeString) -> SafeString:
    """An SVG that only repeats what the text beside it says."""
    return format_html('<svg width="100%" height="{}" aria-hidden="true">{}</svg>', height, join(content))


def rect(start: int, end: int, y: float, height: float, classes: str, fill: str = "") -> SafeString:
    """A bar from start to end (millionths); what is not empty is never thinner than a hair."""
    paint = format_html(' fill="url(#{})"', fill) if fill else EMPTY
    hair = EMPTY
    if 0 < end - start < 3_000:
        hair = format_html(
            '<rect class="hair {}" x="{}" y="{}" width="1.5" height="{}"/>', classes, percent(start), y, height
        )
    return format_html(
        '{}<rect class="{}" x="{}" y="{}" width="{}" height="{}"{}/>',
        hair,
        classes,
        percent(start),
        y,
        percent(end - start),
        height,
        paint,
    )


def upright(at: int, top: float, bottom: float, classes: str) -> SafeString:
    """A vertical line at a place (millionths)."""
    return format_html(
        '<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"/>', classes, percent(at), percent(at), top, bottom
    )


def label(at: int, y: float, text: str | SafeString, classes: str = "", anchor: str = "", shift: int = 0) -> SafeString:
    """Text at a place. Without an anchor it runs towards the middle, so that it stays inside the chart."""
    return format_html(
        '<text class="{}" x="{}" y="{}" dx="{}" text-anchor="{}">{}</text>',
        classes,
        percent(at),
        y,
        shift,
        anchor or inward(at),
        text,
    )


def inward(at: int) -> str:
    """The text-anchor that makes a label run towards the middle of the chart."""
    return "start" if at < WHOLE // 2 else "end"


HATCHES = {  # size, turn and drawing of each texture
    "unverifiable": (6, 45, '<line class="stripe" x1="0" x2="0" y1="0" y2="6"/>'),
    "unsupported": (5, 0, '<rect class="dot tint" width="5" height="5"/><circle class="dot" cx="2" cy="2" r="1.2"/>'),
}


def hatch(state: str, name: str) -> SafeString:
    """The texture of a state that is not drawn solid; `name` is its id on the page."""
    size, turn, content = HATCHES[state]
    return format_html(
        '<defs><pattern id="{}" class="{}" width="{}" height="{}" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate({})">{}</pattern></defs>',
        name,
        state,
        size,
        size,
        turn,
        mark_safe(content),
    )


@dataclass(frozen=True, slots=True)
class Axis:
    """A stretch of time as a width. Instants outside of it are clamped to its ends."""

    start: datetime
    end: datetime
    zone: tzinfo

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError("an axis must end after it starts")

    def at(self, instant: datetime) -> int:
        """The place of an instant in millionths of the width."""
        return max(0, min(WHOLE, (instant - self.start) * WHOLE // (self.end - self.start)))

    def holds(self, instant: datetime) -> bool:
        """Whether the instant lies on the axis."""
        return self.start <= instant <= self.end

    def words(self) -> str:
        """From when to when, in the zone."""
        exact = "seconds" if self.end - self.start < timedelta(hours=2) else "minutes"
        first, last = (words.when(instant, exact, self.zone) for instant in (self.start, self.end))
        day, until = (words.when(instant, "day", self.zone) for instant in (self.start, self.end))
        return f"{first} to {last.removeprefix(day).strip() if day == until else last}"

    def ticks(self, most: int = 5) -> list[tuple[datetime, str]]:
        """Round instants on the axis, at most so many, with their labels."""
        step = _round_step(self.end - self.start, most)
        walls = self._months(most) if step is None else self._steps(step)
        detail = "clock_seconds" if step and step < 60 else "clock" if step and step < DAY else "day"
        found = [(words.moment(wall), words.when(wall, detail, self.zone)) for wall in walls]
        if detail == "day" and self.end - self.start < timedelta(days=366):
            found = [(instant, text.rsplit(" ", 1)[0]) for instant, text in found]  # the year stands below
        return [(instant, text) for instant, text in found if self.holds(instant)]

    def _steps(self, step: int) -> Iterator[datetime]:
        """Every so many seconds since midnight, on the clock of the wall."""
        local = self.start.astimezone(self.zone)
        wall = local.replace(hour=0, minute=0, second=0, microsecond=0)
        if step < DAY:
            wall += (local - wall) // timedelta(seconds=step) * timedelta(seconds=step)
        while words.moment(wall) <= self.end:
            yield wall
            wall += timedelta(seconds=step)

    def _months(self, most: int) -> Iterator[datetime]:
        """The first of every month, or of so many of them that no more than `most` are named."""
        first, last = self.start.astimezone(self.zone), self.end.astimezone(self.zone)
        count = (last.year - first.year) * 12 + last.month - first.month
        step = next(months for months in (*ROUND_MONTHS, count + 1) if count / months <= most)
        for month in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
            if month % step == 0:
                yield datetime(month // 12, month % 12 + 1, 1, tzinfo=self.zone)

    def drawn(self) -> SafeString:
        """The axis itself: marks and times."""
        pieces = []
        for instant, text in self.ticks():
            at = self.at(instant)
            anchor = "start" if at < WHOLE // 15 else "end" if at > WHOLE - WHOLE // 15 else "middle"
            pieces.append(upright(at, 0, 5, "guide") + label(at, 18, text, "axis", anchor))
        return silent(22, *pieces)


DAY = 86_400
ROUND_SECONDS = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200),
    *(DAY, 2 * DAY, 7 * DAY),
)
ROUND_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120)


def _round_step(span: timedelta, most: int) -> int | None:
    """The smallest round step, in seconds, that names at most so many instants; None: go by months."""
    return next((step for step in ROUND_SECONDS if span <= timedelta(seconds=step) * most), None)
