"""The key figures of a run, each with how it was computed and where its lines are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from audit.kernel.terms import State
from audit.models import Run
from audit.queries import overview
from audit.queries.overview import Tally
from audit.templatetags import words

Figure = dict[str, Any]
Inputs = list[tuple[str, str]]


def lines_of(run: Run, tenant: str, **filters: str) -> str:
    """The address of a run's lines, narrowed."""
    return f"{reverse('lines', args=[tenant])}?{urlencode({'run': str(run.id), **filters})}"


def discrepancies_of(run: Run, tenant: str, **filters: str) -> str:
    """The address of a run's discrepancies, narrowed."""
    return f"{reverse('discrepancies', args=[tenant])}?{urlencode({'run': str(run.id), **filters})}"


def computed(
    run: Run, formula: str, inputs: Inputs, href: str = "", clause: str = "score", **more: Any
) -> dict[str, Any]:
    """What the drawer "how was this computed" says: formula, inputs, the rules, where the lines are.

    clause: the place in the law that the number rests on, with the numbers that judged the run.
    """
    law = words.short(run.summary.get("law_sha256", ""))
    rule = f"Run {run.number}, rules {run.rule_set}" + (f", law {law}" if law else "")
    return {"formula": formula, "inputs": inputs, "rule": rule, "href": href, "run": run, "clause": clause, **more}


def figure(label: str, value: str, how: dict[str, Any], *, note: str = "", state: str = "") -> Figure:
    """A figure as its partial shows it."""
    return {"label": label, "value": value, "how": how, "note": note, "state": state}


def figures(run: Run, tenant: str, rows: Sequence[Tally]) -> list[Figure]:
    """Claimed and verified units, and the money at stake by currency."""
    units = overview.units_by_state(rows)
    claimed = sum(units.values()) - units[State.NOT_CLAIMED]
    return [
        _claimed(run, tenant, units, claimed),
        _verified(run, tenant, units[State.VERIFIED], claimed),
        *_money(run, tenant, rows),
    ]


def _claimed(run: Run, tenant: str, units: dict[str, int], claimed: int) -> Figure:
    inputs = [
        ("All rows", words.units(run.summary.get("claims"))),
        ("Units outside every score", words.units(units[State.NOT_CLAIMED])),
    ]
    formula = "units of every claim that stands, whatever its verdict"
    return figure("Claimed", words.units(claimed), computed(run, formula, inputs, lines_of(run, tenant)), note="units")


def _verified(run: Run, tenant: str, verified: int, claimed: int) -> Figure:
    inputs = [("Claimed units", words.units(claimed)), ("Share", words.share_of(verified, claimed))]
    formula = "units of claims that an independent witness saw, and no better one denies"
    how = computed(run, formula, inputs, lines_of(run, tenant, state=State.VERIFIED), "supported")
    return figure("Verified", words.units(verified), how, state="verified")


def _money(run: Run, tenant: str, rows: Sequence[Tally]) -> Iterator[Figure]:
    """What was overcharged at least, for each currency; lines without a charge are named, never taken as zero."""
    uncharged = overview.uncharged(run)
    for purse in overview.purses(rows):
        least, most = (words.money(micros, purse.currency) for micros in (purse.stake_at_least, purse.stake_at_most))
        inputs = [
            ("Charged", words.money(purse.charged, purse.currency)),
            (
                "Due at most (verified or unverifiable)",
                words.money(purse.charged - purse.stake_at_least, purse.currency),
            ),
            ("Due at least (verified)", words.money(purse.charged - purse.stake_at_most, purse.currency)),
            ("Overcharged at least", least),
            ("Could be overcharged", most),
        ]
        if uncharged:
            inputs.append(("Claimed lines without a charge, all currencies", words.units(uncharged)))
        formula = "at least: charged − due at most; could be: charged − due at least"
        href = lines_of(run, tenant, currency=purse.currency)
        yield figure(
            f"Overcharged at least, {purse.currency}",
            least,
            computed(run, formula, inputs, href, "money", links=[("Its discrepancies", discrepancies_of(run, tenant))]),
            note="" if least == most else f"could be {most}",
            state="contradicted" if purse.stake_at_least > 0 else "",
        )
