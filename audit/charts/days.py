"""Units day by day: a column as high as what was claimed, solid as far as it is verified, with its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.charts.svg import EMPTY, WHOLE, drawing, join, label, percent
from audit.templatetags import words

HEIGHT, TOP, DEPTH = 132, 18, 92
AIR = WHOLE // 8  # of a day's place, in millionths of it, between two columns


@dataclass(frozen=True, slots=True)
class Day:
    """Units of one UTC day: all that were claimed, and those verified. `link` leads to its lines."""

    on: date
    claimed: int
    verified: int
    link: str = ""


def days(rows: Sequence[Day], *, title: str) -> SafeString:
    """A column a day between the first and the last, in true distance: a day without a claim is a gap.

    The scale runs from 0 to the busiest day, which is named. Every day stands in the table below.
    """
    if not any(day.claimed for day in rows):
        return SafeString('<figure class="days"><p class="soft">No units were claimed on any day.</p></figure>')
    rows = sorted(rows, key=lambda day: day.on)
    busiest = max(rows, key=lambda day: day.claimed)
    said = f"{words.units(len(rows))} days, the busiest {_name(busiest)} with {words.units(busiest.claimed)} units"
    return format_html(
        '<figure class="days">{}<figcaption>Column: claimed units of a day (UTC). Solid: verified.</figcaption>{}'
        "</figure>",
        drawing(HEIGHT, title, f"{said}. The table below has them all.", _scale(busiest), *_columns(rows, busiest)),
        _table(rows, title),
    )


def _columns(rows: Sequence[Day], busiest: Day) -> list[SafeString]:
    first, places = rows[0].on, (rows[-1].on - rows[0].on).days + 1
    ends = label(0, HEIGHT - 6, _name(rows[0]), "axis", "start")
    if places > 1:
        ends += label(WHOLE, HEIGHT - 6, _name(rows[-1]), "axis", "end")
    return [*(_column(day, (day.on - first).days, places, busiest.claimed) for day in rows if day.claimed), ends]


def _column(day: Day, place: int, places: int, most: int) -> SafeString:
    start, end = place * WHOLE // places, (place + 1) * WHOLE // places
    air = (end - start) * AIR // WHOLE
    return format_html(
        "<g><title>{}</title>{}{}</g>",
        f"{_name(day)}: {words.units(day.claimed)} claimed, {words.units(day.verified)} verified",
        _bar(start, end - air, day.claimed, most, "part claimed tint"),
        _bar(start, end - air, day.verified, most, "part verified") if day.verified else EMPTY,
    )


def _bar(start: int, end: int, units: int, most: int, classes: str) -> SafeString:
    """A column of whole pixels from the ground; what is not nothing is at least one high."""
    high = max(1, units * DEPTH // most)
    return format_html(
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>',
        classes,
        percent(start),
        TOP + DEPTH - high,
        percent(end - start),
        high,
    )


def _scale(busiest: Day) -> SafeString:
    rules = join(format_html('<line class="rule" x1="0" x2="100%" y1="{}" y2="{}"/>', y, y) for y in (TOP, TOP + DEPTH))
    return rules + label(0, TOP - 5, f"{words.units(busiest.claimed)} units", "axis", "start")


def _table(rows: Sequence[Day], title: str) -> SafeString:
    lines = join(
        format_html(
            '<tr><td>{}</td><td class="r">{}</td><td class="r">{}</td><td class="r">{}</td></tr>',
            format_html('<a href="{}">{}</a>', day.link, _name(day)) if day.link else _name(day),
            words.units(day.claimed),
            words.units(day.verified),
            words.share_of(day.verified, day.claimed),
        )
        for day in rows
    )
    return format_html(
        '<details class="fold"><summary>The same as a table, {} days</summary>'
        '<div class="frame" tabindex="0" role="region" aria-label="{}"><table><thead><tr>'
        '<th scope="col">Day (UTC)</th><th scope="col" class="r">Claimed units</th>'
        '<th scope="col" class="r">Verified units</th><th scope="col" class="r">Verified</th></tr></thead>'
        "<tbody>{}</tbody></table></div></details>",
        words.units(len(rows)),
        title,
        lines,
    )


def _name(day: Day) -> str:
    return f"{day.on:%-d %b %Y}"
