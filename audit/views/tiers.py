"""The three tiers of the overview: activity, efficiency, outcome. Each number with its computation and its lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from audit.charts import Day, breakable
from audit.models import Run, Score
from audit.queries import overview
from audit.queries.overview import Measure, Rate, Spent, Tally
from audit.templatetags import ledger, words
from audit.views.figures import Figure, Inputs, computed, figure, lines_of

RATES = {
    "verified": ("Verified share", "units that are verified ÷ claimed units", "verified"),
    "failed": ("Failed", "units that were tried and did not take effect ÷ claimed units", "contradicted"),
    "rework": ("Rework", "units of repeats and oscillations ÷ claimed units", "contradicted"),
    "reopened": ("Reopened", "units that were undone inside the undo window ÷ claimed units", "contradicted"),
}
PER: dict[Measure, str] = {"units": "claimed", "verified": "verified"}


def activity(run: Run, tenant: str, rows: Sequence[Tally]) -> list[dict[str, Any]]:
    """Units by action; the vendor is named where there are several."""
    kinds = overview.activity(rows)
    several = len({kind.vendor for kind in kinds}) > 1
    return [
        {
            "action": breakable(kind.action),
            "vendor": kind.vendor if several else "",
            "claims": kind.claims,
            "claimed": kind.claimed,
            "verified": kind.verified,
            "share": words.share_of(kind.verified, kind.claimed),
            "href": lines_of(run, tenant, vendor=kind.vendor, action=kind.action),
        }
        for kind in kinds
    ]


def activity_how(run: Run, tenant: str, rows: Sequence[Tally]) -> dict[str, Any]:
    """How the units by action and by day were computed."""
    kinds = overview.activity(rows)
    inputs: Inputs = [
        ("Lines that claim", words.units(sum(kind.claims for kind in kinds))),
        ("Claimed units", words.units(sum(kind.claimed for kind in kinds))),
        ("Verified units", words.units(sum(kind.verified for kind in kinds))),
    ]
    formula = "claimed units by the vendor's action and by UTC day of the claim; verified: those of them that are"
    return computed(run, formula, inputs, lines_of(run, tenant))


def days(run: Run, tenant: str, scores: Sequence[Score]) -> list[Day]:
    """Units by UTC day, each with the address of its lines."""
    return [
        Day(score.day, score.claimed_units, score.verified_units, _day(run, tenant, score))
        for score in scores
        if score.day
    ]


def _day(run: Run, tenant: str, score: Score) -> str:
    if score.day is None:
        return ""
    until = score.day + timedelta(days=1)
    return lines_of(run, tenant, **{"from": f"{score.day}T00:00:00Z", "until": f"{until}T00:00:00Z"})


def efficiency(
    run: Run, tenant: str, rows: Sequence[Tally], earlier: Run | None, then: Sequence[Tally]
) -> list[Figure]:
    """Tokens per claimed and per verified unit, and the same with the mix of work of the period before."""
    spent = overview.spent(rows)
    found = []
    for measure in PER:
        found.append(_headline(run, tenant, spent, measure))
        if earlier is not None:
            found.append(_held(run, tenant, earlier, rows, then, measure))
    return found


def _headline(run: Run, tenant: str, spent: Spent, measure: Measure) -> Figure:
    value = spent.per(measure)
    inputs: Inputs = [
        ("Tokens of claimed lines", words.units(spent.tokens) if spent.units else "cannot say: no line says them"),
        (f"{PER[measure].capitalize()} units with tokens", words.units(getattr(spent, measure))),
        ("Claimed units without tokens, left out", words.units(spent.silent)),
    ]
    formula = f"tokens of claimed lines ÷ {PER[measure]} units, over totals that carry tokens, cut off"
    note = "" if value is not None else _why_none(spent)
    if value is not None and spent.silent:
        note = f"over {words.share_of(spent.units, spent.units + spent.silent)} of the units"
    how = computed(run, formula, inputs, lines_of(run, tenant))
    return figure(f"Tokens per {PER[measure]} unit", words.units(value), how, note=note)


def _why_none(spent: Spent) -> str:
    if not spent.units:
        return "cannot say: no line says its tokens"
    return "cannot say: nothing that carries tokens is verified"


def _held(
    run: Run, tenant: str, earlier: Run, rows: Sequence[Tally], then: Sequence[Tally], measure: Measure
) -> Figure:
    label = f"Per {PER[measure]} unit, same mix"
    formula = (
        f"Σ ({PER[measure]} units then × tokens per unit now) ÷ Σ {PER[measure]} units then, "
        "over actions that carry tokens in both periods, cut off"
    )
    found = overview.held(rows, then, measure)
    if found is None:
        note = f"not known: no action carries tokens both in run {earlier.number} and here"
        return figure(label, words.NONE, computed(run, formula, [], lines_of(run, tenant)), note=note)
    inputs: Inputs = [
        (f"Run {earlier.number}, its own mix", words.units(found.before)),
        ("This run, that mix", words.units(found.now)),
        (f"{PER[measure].capitalize()} units then, the weights", words.units(found.units)),
        ("Actions compared", words.units(found.kinds)),
        ("Actions left out", words.units(found.left_out)),
    ]
    links = [(f"Lines of run {earlier.number}", lines_of(earlier, tenant))]
    how = computed(run, formula, inputs, lines_of(run, tenant), links=links)
    return figure(label, words.units(found.now), how, note=f"{words.units(found.before)} in run {earlier.number}")


def outcome(run: Run, tenant: str, rows: Sequence[Tally]) -> list[Figure]:
    """Verified share, failed, rework and reopened units, each over all claimed units."""
    return [_rate(run, tenant, name, rate) for name, rate in overview.rates(rows).items()]


def _rate(run: Run, tenant: str, name: str, rate: Rate) -> Figure:
    label, formula, state = RATES[name]
    inputs: Inputs = [
        ("Units of it", words.units(rate.part)),
        ("Claimed units", words.units(rate.whole)),
        ("Lines of it", words.units(rate.claims)),
    ]
    first, *others = rate.reasons
    links = [
        (f"Show the lines: {ledger.reason_title(reason).lower()}", lines_of(run, tenant, reason=reason))
        for reason in others
    ]
    link = f"Show the lines: {ledger.reason_title(first).lower()}"
    how = computed(run, formula, inputs, lines_of(run, tenant, reason=first), first, link=link, links=links)
    note = f"{words.units(rate.part)} of {words.units(rate.whole)}" if rate.whole else "nothing was claimed"
    return figure(label, words.share_of(rate.part, rate.whole), how, note=note, state=state if rate.part else "")
