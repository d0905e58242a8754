"""When each system was watching: one lane a system, its holes hatched, the ends of watching marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.charts.svg import EMPTY, Axis, drawing, hatch, join, name_of, percent, rect, upright
from audit.queries.spans import Span, holes, watched
from audit.templatetags import words
from audit.templatetags.ledger import grade

HEIGHT, TOP, DEPTH = 30, 8, 16


@dataclass(frozen=True, slots=True)
class Watch:
    """One system: its grade, and the stretches of time in which it was watching, in any order.

    partly: stretches in which only some of its records were watched; settling: in which work was not watched for its
    whole undo window. links: from a hole, whole or partly, to where it is told in words.
    """

    name: str
    letter: str
    spans: Sequence[Span]
    link: str = ""
    partly: Sequence[Span] = ()
    settling: Sequence[Span] = ()
    links: Mapping[Span, str] = field(default_factory=dict)


def coverage_lanes(
    rows: Sequence[Watch], *, start: datetime, end: datetime, zone: tzinfo = UTC, period: Span | None = None
) -> SafeString:
    """A lane for each system from start to end: what was watched is solid, holes are hatched; `period` is shaded."""
    axis = Axis(start, end, zone)
    items = join(_item(row, axis, period) for row in rows)
    told = [" · hatched: nobody was watching"]
    told += [", half hatched: only some of its records"] if any(row.partly for row in rows) else []
    told += [" · dashed: not watched for the whole undo window"] if any(row.settling for row in rows) else []
    told += [" · shaded: the period of the newest run"] if period else []
    return format_html(
        '<figure class="lanes"><ol>{}<li aria-hidden="true"><span></span>{}</li></ol>'
        "<figcaption>{}{}</figcaption></figure>",
        items,
        axis.drawn(),
        axis.words(),
        "".join(told),
    )


def _share_watched(spans: Sequence[Span], axis: Axis) -> int:
    length = sum((last - first for first, last in watched(spans, axis.start, axis.end)), timedelta())
    return length * 10_000 // (axis.end - axis.start)


def _item(row: Watch, axis: Axis, period: Span | None) -> SafeString:
    gaps = holes(row.spans, axis.start, axis.end)
    share = words.share(_share_watched(row.spans, axis))
    said = f"watching {share} of the time, {_holes(len(gaps))}"
    name = name_of(row.name, gaps, axis)
    shade = _shade(axis, period) if period else EMPTY
    bars = [
        _titled(_stretch("Watching", span, axis), _bar(span, axis, "part verified tint"))
        for span in watched(row.spans, axis.start, axis.end)
    ]
    bars += [_gap("Some records not watched", gap, row, axis, name, DEPTH // 2) for gap in row.partly]
    bars += [_gap("Nobody was watching", gap, row, axis, name, DEPTH) for gap in gaps]
    bars += [_settling(span, axis) for span in row.settling if span[0] < axis.end and axis.start < span[1]]
    pattern = hatch("unverifiable", name) if gaps or row.partly else EMPTY
    title = format_html('<a href="{}">{}</a>', row.link, row.name) if row.link else format_html("{}", row.name)
    return format_html(
        "<li><span>{} {}<br><small>{}</small></span>{}</li>",
        title,
        grade(row.letter),
        f"{share} watched",
        drawing(HEIGHT, row.name, f"{row.name}: {said}", pattern, shade, *bars, role="group" if row.links else "img"),
    )


def _shade(axis: Axis, period: Span) -> SafeString:
    start, end = (axis.at(instant) for instant in period)
    return _titled(_stretch("Period of the newest run", period, axis), rect(start, end, 0, HEIGHT, "window"))


def _gap(what: str, gap: Span, row: Watch, axis: Axis, pattern: str, depth: int) -> SafeString:
    """A hole; where it is told in words it leads there, so that it can be reached by keyboard."""
    drawn = _titled(_stretch(what, gap, axis), _hole(axis.at(gap[0]), axis.at(gap[1]), pattern, depth))
    link = row.links.get(gap)
    return format_html('<a href="{}" aria-label="{}">{}</a>', link, _stretch(what, gap, axis), drawn) if link else drawn


def _settling(span: Span, axis: Axis) -> SafeString:
    start, end = (axis.at(instant) for instant in span)
    line = format_html(
        '<line class="bound" x1="{}" x2="{}" y1="{}" y2="{}"/>',
        percent(start),
        percent(end),
        TOP + DEPTH + 3,
        TOP + DEPTH + 3,
    )
    drawn = rect(start, end, TOP + DEPTH, 6, "clear") + line + upright(end, TOP - 4, TOP + DEPTH + 6, "guide")
    return _titled(_stretch("Not watched for the whole undo window", span, axis), drawn)


def _titled(title: str, drawn: SafeString) -> SafeString:
    return format_html("<g><title>{}</title>{}</g>", title, drawn)


def _bar(span: Span, axis: Axis, classes: str) -> SafeString:
    return rect(axis.at(span[0]), axis.at(span[1]), TOP, DEPTH, classes)


def _hole(start: int, end: int, pattern: str, depth: int) -> SafeString:
    return rect(start, end, TOP, depth, "textured", pattern) + rect(start, end, TOP, depth, "frame")


def _holes(count: int) -> str:
    return f"{words.units(count)} {'hole' if count == 1 else 'holes'}" if count else "no hole"


def _stretch(what: str, span: Span, axis: Axis) -> str:
    """What, from when to when exactly: in the zone, and in UTC."""
    first, last = (words.when(instant, "seconds", axis.zone) for instant in span)
    utc = " to ".join(words.rfc3339(instant) for instant in span)
    return f"{what}: {first} to {last}, {words.duration(span[1] - span[0])} ({utc})"
