"""The key figures of a run, each with how it was computed and where its lines are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from audit.kernel.terms import State
from audit.models import Run
from audit.queries import overview
from audit.templatetags import words

Figure = dict[str, Any]


def lines_of(run: Run, tenant: str, **filters: str) -> str:
    """The address of a run's lines, narrowed."""
    return f"{reverse('lines', args=[tenant])}?{urlencode({'run': str(run.id), **filters})}"


def figures(run: Run, tenant: str, units: dict[str, int]) -> list[Figure]:
    """Claimed and verified units, money by currency, tokens. units: by state."""
    claimed = sum(units.values()) - units[State.NOT_CLAIMED]
    return [
        _claimed(run, tenant, units, claimed),
        _verified(run, tenant, units[State.VERIFIED], claimed),
        *_money(run, tenant),
        *_tokens(run, tenant, units[State.VERIFIED], claimed),
    ]


def _claimed(run: Run, tenant: str, units: dict[str, int], claimed: int) -> Figure:
    inputs = [
        ("All rows", words.units(run.summary["claims"])),
        ("Units outside every score", words.units(units[State.NOT_CLAIMED])),
    ]
    formula = "units of every claim that stands, whatever its verdict"
    return _figure("Claimed", words.units(claimed), formula, inputs, lines_of(run, tenant), note="units")


def _verified(run: Run, tenant: str, verified: int, claimed: int) -> Figure:
    inputs = [("Claimed units", words.units(claimed)), ("Share", words.share_of(verified, claimed))]
    formula = "units of claims that an independent witness saw, and no better one denies"
    href = lines_of(run, tenant, state=State.VERIFIED)
    return _figure("Verified", words.units(verified), formula, inputs, href, state="verified")


def _money(run: Run, tenant: str) -> Iterator[Figure]:
    """What was overcharged at least, for each currency; lines without a charge are named, never taken as zero."""
    uncharged = overview.uncharged(run)
    for purse in overview.purses(run):
        money = {name: words.money(micros, purse["currency"]) for name, micros in purse.items() if "micros" in name}
        inputs = [
            ("Charged", money["charged_micros"]),
            ("Due at most (verified or beyond checking)", money["due_at_most_micros"]),
            ("Due at least (verified)", money["due_at_least_micros"]),
        ]
        if uncharged:
            inputs.append(("Claimed lines without a charge", words.units(uncharged)))
        over = purse["overcharged_at_least_micros"]
        yield _figure(
            f"Overcharged at least, {purse['currency']}",
            money["overcharged_at_least_micros"],
            "charged − due at most",
            inputs,
            f"{reverse('discrepancies', args=[tenant])}?run={run.id}",
            state="contradicted" if over else "",
        )


def _tokens(run: Run, tenant: str, verified: int, claimed: int) -> Iterator[Figure]:
    spent, spent_on_verified = overview.tokens(run)
    if not (spent and verified):
        return
    inputs = [
        ("Tokens of claimed lines", words.units(spent)),
        ("Tokens of verified lines", words.units(spent_on_verified)),
        ("Verified units", words.units(verified)),
    ]
    formula = "tokens of every claimed line ÷ verified units, cut off"
    note = f"{words.units(spent // claimed)} per claimed"
    value = words.units(spent // verified)
    yield _figure("Tokens per verified unit", value, formula, inputs, lines_of(run, tenant), note=note)


def _figure(
    label: str, value: str, formula: str, inputs: list[tuple[str, str]], href: str, *, note: str = "", state: str = ""
) -> Figure:
    how = {"formula": formula, "inputs": inputs, "href": href}
    return {"label": label, "value": value, "how": how, "note": note, "state": state}
