"""The time line of one claim: what the vendor claims, what each system saw, what was undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.charts.svg import EMPTY, WHOLE, Axis, drawing, inward, join, label, percent, rect, upright
from audit.templatetags import words
from audit.templatetags.ledger import grade, when

HEIGHT = 36
FLOOR = 30  # where a lane's line runs, in pixels from its top
NEAR = WHOLE // 60  # marks nearer than this touch
CROWD = 4  # so many touching marks fold into one
ROOM = WHOLE // 9  # what the count over a fold needs
FINE = 80  # more strokes than this become a block
LISTED = 500  # marks in the list under the lanes

SHAPES = {
    "failed": "M-4 -4L4 4M4 -4L-4 4",
    "undone": "M-5 -1L0 -6V-3.5C4 -3.5 5.5 -1 5.5 3.5C4.5 1.5 3 1 0 1.2V4Z",
}


@dataclass(frozen=True, slots=True)
class Tick:
    """One thing at one instant. Kind: `claim`, `done`, `failed` or `undone`; `focus` marks what the page is about."""

    at: datetime
    text: str
    kind: str = "done"
    focus: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of the time line. `state` colours it; `letter` is the grade of the system, if it is one."""

    name: str
    ticks: Sequence[Tick]
    state: str = "unverifiable"
    letter: str = ""


def lanes(
    rows: Sequence[Lane],
    *,
    window: tuple[datetime, datetime] | None = None,
    span: tuple[datetime, datetime] | None = None,
    zone: tzinfo = UTC,
) -> SafeString:
    """A lane for each row over one axis of time, with the match window shaded.

    Many marks in one place fold into one with their count. What lies outside `span` (by default: around all
    marks and the window) is counted at the lane's end. All of it stands again in a list that can be opened.
    """
    axis = Axis(*(span or _around(rows, window)), zone)
    items = join(
        format_html(
            "<li><span>{} {}</span>{}</li>", row.name, grade(row.letter) if row.letter else "", _lane(row, axis, window)
        )
        for row in rows
    )
    return format_html(
        '<figure class="lanes"><ol>{}<li aria-hidden="true"><span></span>{}</li></ol>'
        "<figcaption>{}{}</figcaption>{}</figure>",
        items,
        axis.drawn(),
        axis.words(),
        f" · shaded: {Axis(*window, zone).words()}, what may answer this claim" if window else "",
        _list(rows),
    )


def _around(rows: Sequence[Lane], window: tuple[datetime, datetime] | None) -> tuple[datetime, datetime]:
    instants = [tick.at for row in rows for tick in row.ticks] + list(window or ())
    if not instants:
        raise ValueError("a time line needs a mark, a window or a span")
    first, last = min(instants), max(instants)
    margin = max((last - first) / 20, timedelta(seconds=1))
    return first - margin, last + margin


def _lane(row: Lane, axis: Axis, window: tuple[datetime, datetime] | None) -> SafeString:
    shown = sorted((tick for tick in row.ticks if axis.holds(tick.at)), key=lambda tick: tick.at)
    pieces = [_shade(axis, window) if window else EMPTY]
    pieces.append(format_html('<line class="rule" x1="0" x2="100%" y1="{}" y2="{}"/>', FLOOR, FLOOR))
    others = [tick for tick in shown if not tick.focus]
    places = [axis.at(tick.at) for tick in others]
    pieces += [_group(group, places, others, row.state) for group in folded(places)]
    pieces += [_focus(tick, axis.at(tick.at), row.state) for tick in shown if tick.focus]
    pieces.append(_beyond(row, axis))
    count = len(row.ticks)
    said = f"{words.units(count)} {'mark' if count == 1 else 'marks'}" if count else "nothing"
    return drawing(HEIGHT, row.name, f"{row.name}: {said}. {_first_texts(row)}", *pieces)


def _first_texts(row: Lane, most: int = 3) -> str:
    texts = [tick.text for tick in row.ticks[:most]]
    more = len(row.ticks) - most
    return "; ".join(texts) + (f"; and {words.units(more)} more" if more > 0 else "")


def _shade(axis: Axis, window: tuple[datetime, datetime]) -> SafeString:
    start, end = (axis.at(instant) for instant in window)
    area = rect(start, end, 0, HEIGHT, "window")
    return area + upright(start, 0, HEIGHT, "bound") + upright(end, 0, HEIGHT, "bound")


def folded(places: Sequence[int]) -> list[range]:
    """Sorted places grouped as they are drawn: alone, or as a fold of touching ones. Ranges index `places`."""
    groups: list[range] = []
    for index, place in enumerate(places):
        if groups and place - places[groups[-1].stop - 1] < NEAR:
            groups[-1] = range(groups[-1].start, index + 1)
        else:
            groups.append(range(index, index + 1))
    return _spread(places, groups)


def _spread(places: Sequence[int], groups: Sequence[range]) -> list[range]:
    """Crowds whose counts would run into each other become one; small groups fall apart again."""
    kept: list[range] = []
    for group in groups:
        before = kept[-1] if kept else range(0)
        if len(before) >= CROWD and len(group) >= CROWD and _middle(places, group) - _middle(places, before) < ROOM:
            kept[-1] = range(before.start, group.stop)
        elif len(group) >= CROWD:
            kept.append(group)
        else:
            kept += [range(index, index + 1) for index in group]
    return kept


def _middle(places: Sequence[int], group: range) -> int:
    return (places[group[0]] + places[group[-1]]) // 2


def _group(group: range, places: Sequence[int], ticks: Sequence[Tick], state: str) -> SafeString:
    first, last = ticks[group[0]], ticks[group[-1]]
    if len(group) < CROWD:
        return _mark(first, places[group[0]], state)
    start, end = places[group[0]], places[group[-1]]
    middle = (start + end) // 2
    hint = f"{words.units(len(group))} marks from {words.rfc3339(first.at)} to {words.rfc3339(last.at)}"
    return format_html(
        '<g class="{}"><title>{}</title>{}{}</g>',
        state,
        hint,
        _crowd([places[index] for index in group]),
        label(middle, FLOOR - 19, f"×{words.units(len(group))}", "count", _anchor(middle)),
    )


def _crowd(places: Sequence[int]) -> SafeString:
    """A fold as fine strokes at their true places; as a block where there are too many to see."""
    if len(places) <= FINE:
        return join(upright(at, FLOOR - 14, FLOOR, "fine") for at in places)
    return rect(places[0], max(places[-1], places[0] + 1), FLOOR - 14, 14, "part tint")


def _anchor(at: int) -> str:
    """Centred over its place, but turned inward at the very ends."""
    return inward(at) if not ROOM // 2 < at < WHOLE - ROOM // 2 else "middle"


def _mark(tick: Tick, at: int, state: str) -> SafeString:
    """One mark: a stroke for a claim, a dot for what was seen, a cross for a failure, an arrow back for an undoing."""
    tone = "contradicted" if tick.kind in SHAPES else state
    if tick.kind == "claim":
        drawn = upright(at, FLOOR - 14, FLOOR, "tick")
    elif tick.kind in SHAPES:
        drawn = format_html(
            '<svg x="{}" y="{}" overflow="visible"><path class="shape" d="{}"/></svg>',
            percent(at),
            FLOOR - 8,
            SHAPES[tick.kind],
        )
    else:
        drawn = format_html('<circle class="dot" cx="{}" cy="{}" r="4.5"/>', percent(at), FLOOR)
    return format_html('<g class="{}"><title>{}</title>{}</g>', tone, _hint(tick), drawn)


def _focus(tick: Tick, at: int, state: str) -> SafeString:
    """What the page is about: a ring with a dot, over everything else."""
    return format_html(
        '<g class="{}"><title>{}</title><circle class="halo" cx="{}" cy="{}" r="7"/>'
        '<circle class="dot" cx="{}" cy="{}" r="3.5"/></g>',
        state,
        _hint(tick),
        percent(at),
        FLOOR,
        percent(at),
        FLOOR,
    )


def _hint(tick: Tick) -> str:
    return f"{tick.text} · {words.rfc3339(tick.at)}"


def _beyond(row: Lane, axis: Axis) -> SafeString:
    earlier = sum(tick.at < axis.start for tick in row.ticks)
    later = sum(tick.at > axis.end for tick in row.ticks)
    return join(
        [
            label(0, 11, f"← {words.units(earlier)} earlier", "axis", "start") if earlier else EMPTY,
            label(WHOLE, 11, f"{words.units(later)} later →", "axis", "end") if later else EMPTY,
        ]
    )


def _list(rows: Sequence[Lane]) -> SafeString:
    """Everything on the time line in order, as a table in a drawer."""
    every = sorted(((tick, row) for row in rows for tick in row.ticks), key=lambda pair: pair[0].at)
    lines = join(
        format_html(
            "<tr{}><td>{}</td><td>{}</td><td>{}</td></tr>",
            SafeString(' class="chosen"') if tick.focus else EMPTY,
            when(tick.at, "seconds"),
            row.name,
            format_html('<a href="{}">{}</a>', tick.link, tick.text) if tick.link else tick.text,
        )
        for tick, row in every[:LISTED]
    )
    more = len(every) - LISTED
    return format_html(
        '<details class="fold"><summary>The same as a list, {} {}</summary><div class="frame"><table><thead><tr>'
        '<th scope="col">When</th><th scope="col">Where</th><th scope="col">What</th></tr></thead>'
        "<tbody>{}</tbody></table></div>{}</details>",
        words.units(len(every)),
        "mark" if len(every) == 1 else "marks",
        lines,
        format_html('<p class="soft">and {} more</p>', words.units(more)) if more > 0 else "",
    )
