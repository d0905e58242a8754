"""When each system was watching: one lane a system, its holes hatched and listed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.charts.svg import EMPTY, Axis, drawing, hatch, join, name_of, rect
from audit.templatetags import words
from audit.templatetags.ledger import grade, when

HEIGHT, TOP, DEPTH = 30, 8, 16
LISTED = 200  # holes in the list under the lanes

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Watch:
    """One system: its grade, and the stretches of time in which it was watching, in any order."""

    name: str
    letter: str
    spans: Sequence[Span]
    link: str = ""


def coverage_lanes(rows: Sequence[Watch], *, start: datetime, end: datetime, zone: tzinfo = UTC) -> SafeString:
    """A lane for each system from start to end: what was watched is solid, holes are hatched and listed below."""
    axis = Axis(start, end, zone)
    items = join(_item(row, axis) for row in rows)
    return format_html(
        '<figure class="lanes"><ol>{}<li aria-hidden="true"><span></span>{}</li></ol>'
        "<figcaption>{} · hatched: nobody was watching</figcaption>{}</figure>",
        items,
        axis.drawn(),
        axis.words(),
        _list(rows, axis),
    )


def watched(spans: Iterable[Span], start: datetime, end: datetime) -> list[Span]:
    """The spans inside start and end, in order, with those that meet or overlap as one."""
    kept: list[Span] = []
    for first, last in sorted((max(first, start), min(last, end)) for first, last in spans):
        if first >= last:
            continue
        if kept and first <= kept[-1][1]:
            kept[-1] = (kept[-1][0], max(last, kept[-1][1]))
        else:
            kept.append((first, last))
    return kept


def holes(spans: Iterable[Span], start: datetime, end: datetime) -> list[Span]:
    """What between start and end no span holds, in order."""
    found, reached = [], start
    for first, last in watched(spans, start, end):
        if first > reached:
            found.append((reached, first))
        reached = last
    return [*found, (reached, end)] if reached < end else found


def _share_watched(spans: Sequence[Span], axis: Axis) -> int:
    length = sum((last - first for first, last in watched(spans, axis.start, axis.end)), timedelta())
    return length * 10_000 // (axis.end - axis.start)


def _item(row: Watch, axis: Axis) -> SafeString:
    gaps = holes(row.spans, axis.start, axis.end)
    share = words.share(_share_watched(row.spans, axis))
    said = f"watching {share} of the time, {_holes(len(gaps))}"
    name = name_of(row.name, gaps, axis)
    bars = [
        rect(axis.at(first), axis.at(last), TOP, DEPTH, "part verified tint")
        for first, last in watched(row.spans, axis.start, axis.end)
    ]
    bars += [
        format_html("<g><title>{}</title>{}</g>", _stretch(gap, axis), _hole(axis.at(gap[0]), axis.at(gap[1]), name))
        for gap in gaps
    ]
    title = format_html('<a href="{}">{}</a>', row.link, row.name) if row.link else format_html("{}", row.name)
    return format_html(
        "<li><span>{} {}<br><small>{}</small></span>{}</li>",
        title,
        grade(row.letter),
        f"{share} watched",
        drawing(HEIGHT, row.name, f"{row.name}: {said}", hatch("unverifiable", name) if gaps else EMPTY, *bars),
    )


def _hole(start: int, end: int, pattern: str) -> SafeString:
    return rect(start, end, TOP, DEPTH, "textured", pattern) + rect(start, end, TOP, DEPTH, "frame")


def _holes(count: int) -> str:
    return f"{words.units(count)} {'hole' if count == 1 else 'holes'}" if count else "no hole"


def _stretch(gap: Span, axis: Axis) -> str:
    first, last = (words.when(instant, "minutes", axis.zone) for instant in gap)
    return f"{first} to {last}, {words.duration(gap[1] - gap[0])}"


def _list(rows: Sequence[Watch], axis: Axis) -> SafeString:
    every = [(row, gap) for row in rows for gap in holes(row.spans, axis.start, axis.end)]
    if not every:
        return SafeString("")
    lines = join(
        format_html(
            '<tr><td>{}</td><td>{}</td><td>{}</td><td class="r">{}</td></tr>',
            row.name,
            when(gap[0]),
            when(gap[1]),
            words.duration(gap[1] - gap[0]),
        )
        for row, gap in every[:LISTED]
    )
    more = len(every) - LISTED
    return format_html(
        '<details class="fold"><summary>{} as a list</summary><div class="frame"><table><thead><tr>'
        '<th scope="col">System</th><th scope="col">From</th><th scope="col">To</th>'
        '<th scope="col" class="r">Length</th></tr></thead><tbody>{}</tbody></table></div>{}</details>',
        _holes(len(every)).capitalize(),
        lines,
        format_html('<p class="soft">and {} more</p>', words.units(more)) if more > 0 else "",
    )
