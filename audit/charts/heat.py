"""A table whose cells are shaded by a share in eleven steps: agents against actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from audit.charts.svg import join
from audit.templatetags import words

TOP_STEP = 10


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
    top_bps: int | None = None,
) -> SafeString:
    """Rows against columns. The deepest shade is `top_bps`, or the highest share; only nothing has no shade.

    A pair without a cell reads as a dash. `caption` says what is shared, and is read aloud.
    """
    top = top_bps or max((cell.bps for cell in cells.values()), default=0) or 10_000
    head = join(format_html('<th scope="col">{}</th>', _breakable(column)) for column in columns)
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
    """The shade, 0–10: 0 for nothing alone, 10 from the top on, the steps between of equal width."""
    return min(TOP_STEP, -(-bps * TOP_STEP // top_bps)) if bps > 0 else 0


def _cell(cell: Cell | None, top: int) -> SafeString:
    if cell is None:
        return SafeString('<td class="none">–<span class="said"> no claims</span></td>')
    text = words.share(cell.bps, 0)
    hint = f"{words.share(cell.bps, 2)} of {words.units(cell.units)} units"
    inside = format_html('<a href="{}">{}</a>', cell.link, text) if cell.link else format_html("{}", text)
    return format_html('<td class="h{}" title="{}">{}</td>', step_of(cell.bps, top), hint, inside)


def _breakable(name: str) -> SafeString:
    """A name that may break after its underscores."""
    return mark_safe("_<wbr>".join(escape(part) for part in name.split("_")))


def _scale(top: int) -> SafeString:
    swatches = join(format_html('<i class="h{}"></i>', step) for step in range(TOP_STEP + 1))
    return format_html(
        '<div class="steps" aria-hidden="true"><span>{}</span>{}<span>{}</span></div>',
        words.share(0),
        swatches,
        words.share(top, 0),
    )
