"""A small line of scores over time: the low end drawn, the band up to the high end shaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.charts.svg import WHOLE, drawing, label, percent
from audit.templatetags import words

HEIGHT, TOP, DEPTH = 84, 6, 52
ALL = 10_000  # basis points


@dataclass(frozen=True, slots=True)
class Point:
    """A score of one run or day: verified share, low and high. None: nothing was claimed."""

    label: str
    low_bps: int | None
    high_bps: int | None


def trend(points: Sequence[Point], *, title: str) -> SafeString:
    """The points in order over one scale of 0–100 %. Where there is no score the line breaks.

    One point is a dot. The last score is named; every point stands in the description.
    """
    if not any(point.low_bps is not None for point in points):
        return SafeString(
            '<figure class="trend"><p class="soft">No score yet: it begins with the first finished run.</p></figure>'
        )
    places = [index * WHOLE // max(1, len(points) - 1) for index in range(len(points))]
    drawn = [(at, point) for at, point in zip(places, points, strict=True) if point.low_bps is not None]
    aloud = "; ".join(f"{point.label}: {_said(point)}" for point in points)
    at, last = drawn[-1]
    return format_html(
        '<figure class="trend verified">{}<figcaption>{}: {}. The scale runs from 0 to 100 %.</figcaption></figure>',
        drawing(HEIGHT, title, aloud, _ground(points), *_stretches(places, points), _dot(at, last.low_bps or 0)),
        last.label,
        _said(last),
    )


def _said(point: Point) -> str:
    if point.low_bps is None or point.high_bps is None:
        return "no score"
    low = f"{words.share(point.low_bps)} verified"
    return low if point.high_bps == point.low_bps else f"{low}, {words.share(point.high_bps)} could be"


def _ground(points: Sequence[Point]) -> SafeString:
    """The lines of 0 and 100 %, and the labels of the first and the last point."""
    rules = "".join(f'<line class="rule" x1="0" x2="100%" y1="{y}" y2="{y}"/>' for y in (TOP, TOP + DEPTH))
    ends = label(0, HEIGHT - 6, points[0].label, "axis", "start")
    if len(points) > 1:
        ends += label(WHOLE, HEIGHT - 6, points[-1].label, "axis", "end")
    return SafeString(rules) + ends


def _stretches(places: Sequence[int], points: Sequence[Point]) -> Iterator[SafeString]:
    """Line and band of each unbroken stretch, in a drawing that is stretched to the width of its place."""
    pairs = zip(places, points, strict=True)
    for known, group in groupby(pairs, key=lambda pair: pair[1].low_bps is not None):
        stretch = [(at, point.low_bps or 0, point.high_bps or 0) for at, point in group]
        if known:
            low = [f"{at},{ALL - bps}" for at, bps, _ in stretch]
            high = [f"{at},{ALL - bps}" for at, _, bps in reversed(stretch)]
            yield format_html(
                '<svg x="0" y="{}" width="100%" height="{}" viewBox="0 0 {} {}" preserveAspectRatio="none">'
                '<polygon class="band" points="{}"/>'
                '<polyline class="line" points="{}" vector-effect="non-scaling-stroke"/></svg>',
                TOP,
                DEPTH,
                WHOLE,
                ALL,
                " ".join(low + high),
                " ".join(low),
            )


def _dot(at: int, bps: int) -> SafeString:
    """The last score, as a dot that keeps its shape."""
    y = TOP + DEPTH - bps * DEPTH // ALL
    return format_html('<circle class="dot" cx="{}" cy="{}" r="4"/>', percent(at), y)
