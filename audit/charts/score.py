"""The score as one scale with two ends, and the fall from what was claimed to what is verified."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.charts.svg import (
    EMPTY,
    drawing,
    edges,
    hatch,
    inward,
    join,
    label,
    name_of,
    percent,
    rect,
    silent,
    upright,
)
from audit.kernel.terms import State
from audit.templatetags import words
from audit.templatetags.ledger import MARKS, STATE_WORDS, mark, verdict

Address = Callable[[str], str]
ORDER = ("verified", "unverifiable", "unsupported", "contradicted")
HATCHED = ("unverifiable", "unsupported")
TOP, DEPTH = 24, 26  # of the scale, in pixels
NOT_DRAWN = (
    '<p class="soft">A line holds more credit than charge, which no bar can show: the numbers stand without bars.</p>'
)


def score_bar(
    verified: int,
    unverifiable: int,
    unsupported: int,
    contradicted: int,
    *,
    law: Address | None = None,
    lines: Address | None = None,
) -> SafeString:
    """Units by state on one scale: what is verified, what could be, and the rest.

    The low end is named above the scale and the high end below it, each running towards the middle: the two
    labels never meet. With nothing undecided there is one end. With nothing claimed it says so. `law` gives the
    address of a state's meaning, `lines` that of its lines.
    """
    parts = (verified, unverifiable, unsupported, contradicted)
    total = sum(parts)
    if not total:
        return SafeString(
            '<figure class="score"><p class="soft">No units were claimed, so there is no score.</p></figure>'
        )
    low, high = words.share_of(verified, total), words.share_of(verified + unverifiable, total)
    aloud = ", ".join(
        f"{STATE_WORDS[State(state)].lower()} {words.share_of(part, total)} ({words.units(part)} units)"
        for state, part in zip(ORDER, parts, strict=True)
    )
    title = f"{low} verified, {high} could be" if unverifiable else f"{low} verified"
    height = TOP + DEPTH + (26 if unverifiable else 2)
    return format_html(
        '<figure class="score">{}<figcaption><ul class="legend">{}</ul></figcaption></figure>',
        drawing(height, title, f"Of {words.units(total)} units claimed: {aloud}.", _scale(parts, low, high)),
        _legend(parts, law, lines),
    )


def _scale(parts: Sequence[int], low: str, high: str) -> SafeString:
    marks, name = edges(parts), name_of(parts)
    pieces = []
    for state, start, end, part in zip(ORDER, marks, marks[1:], parts, strict=False):
        if part:
            pieces.append(_bar(state, start, end, TOP, DEPTH, f"{name}-{state}", tinted=state == "contradicted"))
    pieces.append(SafeString(f'<rect class="frame" x="0" y="{TOP}" width="100%" height="{DEPTH}"/>'))
    pieces.append(_end(marks[1], TOP - 10, (TOP - 20, TOP + DEPTH), low, "verified", "verified strong"))
    if parts[1]:
        bottom = TOP + DEPTH
        pieces.append(_end(marks[2], bottom + 18, (TOP, bottom + 20), high, "could be", "unverifiable strong"))
    return join(pieces)


def _bar(state: str, start: int, end: int, top: int, depth: int, pattern: str, *, tinted: bool = False) -> SafeString:
    """One bar, solid or with the texture of its state, so that states can be told apart without colour."""
    if state in HATCHED:
        return hatch(state, pattern) + rect(start, end, top, depth, f"textured {state}", pattern)
    return rect(start, end, top, depth, f"part {state}{' tint' if tinted else ''}")


def _end(at: int, y: int, line: tuple[int, int], share: str, word: str, classes: str) -> SafeString:
    """A mark across the scale and what it stands for, running towards the middle."""
    anchor = inward(at)
    text = format_html('<tspan class="{}">{}</tspan> {}', classes, share, word)
    return upright(at, *line, "guide") + label(at, y, text, "", anchor, 6 if anchor == "start" else -6)


def _legend(parts: Sequence[int], law: Address | None, lines: Address | None) -> SafeString:
    return join(
        format_html(
            "<li>{}<b>{}</b><small>{}</small></li>",
            verdict(state, href=law(state) if law else ""),
            format_html('<a href="{}">{}</a>', lines(state), words.units(part)) if lines else words.units(part),
            words.share_of(part, sum(parts)),
        )
        for state, part in zip(ORDER, parts, strict=True)
    )


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the waterfall. `state` is a verdict's, or `claimed`; `money` is text that is already exact.

    Bars are as long as `size`, which is `units` unless it is given: money in micros of one currency, say.
    """

    label: str
    state: str
    units: int
    money: str = ""
    link: str = ""
    size: int | None = None

    @property
    def length(self) -> int:
        """What the bar stands for."""
        return self.units if self.size is None else self.size


def waterfall(rows: Sequence[Step]) -> SafeString:
    """From claimed (first) over one line a reason to verified (last). Each bar begins where the one above ends.

    What is unverifiable stands again behind the last bar, dashed and without an end: the range that is open.
    Lengths below nothing (a credit note) cannot be drawn: then the table stands without bars, and says so.
    Raises ValueError unless the reasons and what is verified sum to what was claimed: a chart may not hide a gap.
    """
    claimed, *steps, verified = rows
    for of in ("units", "length"):
        if getattr(claimed, of) != sum(getattr(step, of) for step in steps) + getattr(verified, of):
            raise ValueError("the reasons and what is verified do not sum to what was claimed")
    drawn = all(row.length >= 0 for row in rows)
    parts = [verified.length, *(step.length for step in reversed(steps))]
    marks = edges(parts if drawn else [0] * len(parts))
    places = [(0, marks[-1]), *reversed(list(pairwise(marks)))]
    open_units = sum(step.length for step in steps if step.state == State.UNVERIFIABLE)
    open_end = edges([verified.length, open_units, claimed.length - verified.length - open_units])[2] if drawn else 0
    lines = [
        _line(row, start, end, total=row is claimed or row is verified, open_end=open_end if row is verified else 0)
        for row, (start, end) in zip(rows, places, strict=True)
    ]
    return format_html(
        '<table class="fall" role="table"><caption class="said">From claimed to verified: each claim '
        "stands in one line; the lines add up</caption>"
        '<thead class="said"><tr><th scope="col">What</th><th scope="col">Bar</th><th scope="col">Units</th>'
        '<th scope="col">Money</th></tr></thead><tbody role="rowgroup">{}</tbody></table>{}',
        join(lines),
        EMPTY if drawn else SafeString(NOT_DRAWN),
    )


def _line(row: Step, start: int, end: int, *, total: bool, open_end: int) -> SafeString:
    inside = join([mark(row.state) if row.state in MARKS else EMPTY, format_html("{}", row.label)])
    if row.link:
        inside = format_html('<a class="verdict {}" href="{}">{}</a>', row.state, row.link, inside)
    else:
        inside = format_html('<span class="verdict {}">{}</span>', row.state, inside)
    track = SafeString('<line class="baseline" x1="0" x2="100%" y1="8" y2="8"/>')
    bar = _bar(row.state, start, end, 0, 16, name_of(row, start, end))
    return format_html(
        '<tr role="row"{}><th role="rowheader" scope="row">{}</th><td role="cell" class="bar">{}</td>'
        '<td role="cell" class="r">{}</td><td role="cell" class="r money">{}</td></tr>',
        SafeString(' class="total"') if total else EMPTY,
        inside,
        silent(16, track, bar, _open(end, open_end) if open_end > end else EMPTY),
        words.units(row.units),
        row.money,
    )


def _open(start: int, end: int) -> SafeString:
    """The range from the low end to the high one: two dashed edges and nothing that closes it."""
    edge = '<line class="ajar" x1="{}" x2="{}" y1="{}" y2="{}"/>'
    return format_html(
        '<g class="unverifiable">{}{}</g>',
        *(format_html(edge, percent(start), percent(end), y, y) for y in (1, 15)),
    )
