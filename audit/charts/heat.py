"""A table whose cells are shaded by a share in eleven steps: agents against actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from audit.charts.svg import join
from audit.templatetags import words

TOP_STEP = 10
ALL = 10_000  # basis points


@dataclass(frozen=True, slots=True)
class Cell:
    """A share in basis points of so many units, and where it leads."""

    bps: int
    units: int
    link: str = ""


def heat(
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Mapping[tuple[str, str], Cell],
    *,
    caption: str,
) -> SafeString:
    """Rows against columns: the share and its units. The less the share, the deeper the shade; only all has none.

    The deepest shade is the lowest share. A pair without a cell reads as a dash. `caption` says what is shared,
    and is read aloud.
    """
    top = max((ALL - cell.bps for cell in cells.values()), default=0) or ALL
    head = join(format_html('<th scope="col">{}</th>', breakable(column)) for column in columns)
    body = join(
        format_html(
            '<tr><th scope="row">{}</th>{}</tr>', row, join(_cell(cells.get((row, column)), top) for column in columns)
        )
        for row in rows
    )
    return format_html(
        '<figure><div class="frame" tabindex="0" role="region" aria-label="{}"><table class="heat">'
        '<caption class="said">{}</caption><thead><tr><td class="none"></td>{}</tr></thead><tbody>{}</tbody>'
        "</table></div>{}</figure>",
        caption,
        caption,
        head,
        body,
        _scale(top),
    )


def step_of(bps: int, top_bps: int) -> int:
    """The shade of a lack, 0–10: 0 for nothing alone, 10 from the top on, the steps between of equal width."""
    return min(TOP_STEP, -(-bps * TOP_STEP // top_bps)) if bps > 0 else 0


def _cell(cell: Cell | None, top: int) -> SafeString:
    if cell is None:
        return SafeString('<td class="none">–<span class="said"> no claims</span></td>')
    hint = f"{words.share(cell.bps, 2)} of {words.units(cell.units)} units"
    inside = format_html(
        '{} <small><span class="said">of </span>{}<span class="said"> units</span></small>',
        words.share(cell.bps, 0),
        words.units(cell.units),
    )
    if cell.link:
        inside = format_html('<a href="{}">{}</a>', cell.link, inside)
    return format_html('<td class="h{}" title="{}">{}</td>', step_of(ALL - cell.bps, top), hint, inside)


def breakable(name: str) -> SafeString:
    """A name that may break after its underscores, escaped."""
    return mark_safe("_<wbr>".join(escape(part) for part in name.split("_")))


def _scale(top: int) -> SafeString:
    swatches = join(format_html('<i class="h{}"></i>', step) for step in range(TOP_STEP + 1))
    return format_html(
        '<div class="steps" aria-hidden="true"><span>{}</span>{}<span>{}</span></div>',
        words.share(ALL),
        swatches,
        words.share(ALL - top, 0),
    )
