"""Period against period: the run before beside this one, and what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from audit.kernel.score import share_bps
from audit.kernel.terms import State
from audit.models import Run
from audit.queries import overview
from audit.queries.overview import Purse, Tally
from audit.templatetags import words
from audit.views.figures import computed, lines_of

Say = Callable[[int | None], str]
MONEY = {
    "Charged": "charged",
    "Overcharged at least": "stake_at_least",
    "Could be overcharged": "stake_at_most",
}


def compared(run: Run, earlier: Run, tenant: str, rows: Sequence[Tally], then: Sequence[Tally]) -> list[dict[str, Any]]:
    """Units, score and money at stake of both runs; each number with its lines, each change with its sign."""
    return [
        {
            "label": label,
            "before": say(was),
            "before_href": lines_of(earlier, tenant, **filters),
            "now": say(now),
            "now_href": lines_of(run, tenant, **filters),
            "change": _change(was, now, words.points if say is words.share else say),
        }
        for label, was, now, say, filters in _rows(rows, then)
    ]


def how(run: Run, earlier: Run, tenant: str) -> dict[str, Any]:
    """How a comparison was computed: two runs, each under its own rules."""
    inputs = [
        (f"Run {earlier.number}", f"{earlier.rule_set}, {words.units(earlier.summary.get('claims'))} rows"),
        (f"Run {run.number}", f"{run.rule_set}, {words.units(run.summary.get('claims'))} rows"),
    ]
    formula = "change = this run − the finished run whose period ended last before this one began"
    links = [(f"Show the lines of run {earlier.number}", lines_of(earlier, tenant))]
    return computed(run, formula, inputs, lines_of(run, tenant), links=links)


def _rows(
    rows: Sequence[Tally], then: Sequence[Tally]
) -> Iterator[tuple[str, int | None, int | None, Say, dict[str, str]]]:
    was, now = _ends(then), _ends(rows)
    yield "Claimed units", was[0], now[0], words.units, {}
    yield "Verified units", was[1], now[1], words.units, {"state": State.VERIFIED.value}
    yield "Score, low end", share_bps(was[1], was[0]), share_bps(now[1], now[0]), words.share, {}
    yield "Score, high end", share_bps(was[2], was[0]), share_bps(now[2], now[0]), words.share, {}
    one, other = _by_currency(then), _by_currency(rows)
    for currency in sorted({*one, *other}):
        say: Say = partial(words.money, currency=currency)
        for label, name in MONEY.items():
            before, after = (getattr(purses.get(currency), name, None) for purses in (one, other))
            yield f"{label}, {currency}", before, after, say, {"currency": currency}


def _ends(rows: Sequence[Tally]) -> tuple[int, int, int]:
    """Units claimed, verified, and verified or unverifiable."""
    units = overview.units_by_state(rows)
    verified = units[State.VERIFIED]
    return sum(units.values()) - units[State.NOT_CLAIMED], verified, verified + units[State.UNVERIFIABLE]


def _by_currency(rows: Sequence[Tally]) -> dict[str, Purse]:
    return {purse.currency: purse for purse in overview.purses(rows)}


def _change(was: int | None, now: int | None, say: Say) -> str:
    if was is None or now is None:
        return words.NONE
    return f"+{say(now - was)}" if now > was else say(now - was)
