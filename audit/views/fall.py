"""The waterfall of the overview: what was claimed, each reason that takes from it, what is verified."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from audit.charts import Step, waterfall
from audit.kernel.terms import State
from audit.models import Run
from audit.queries import overview
from audit.queries.overview import Tally
from audit.templatetags import words
from audit.views.figures import computed, discrepancies_of, lines_of

ORDER = (State.CONTRADICTED, State.UNSUPPORTED, State.UNVERIFIABLE)
UNITS = "units"


def fall(run: Run, tenant: str, rows: Sequence[Tally], asked: str) -> dict[str, Any]:
    """The drawing, the switch between units and currencies, how it was computed, what stands apart.

    In a currency the lines that are charged in it are drawn, and they alone: bars, units and links speak of the same.
    """
    currencies = [purse.currency for purse in overview.purses(rows)]
    measure = asked if asked in currencies else UNITS
    steps = overview.steps(row for row in rows if measure in (UNITS, row.currency))
    return {
        "drawing": waterfall(_bars(run, tenant, steps, measure)) if steps else SafeString(""),
        "measures": [
            (name, _address(run, tenant, name), name == measure) for name in (UNITS, *currencies) if currencies
        ],
        "measure": measure,
        "how": _how(run, tenant, steps, measure),
        "apart": [
            (
                step,
                _money([step]) if any(step.money.values()) else "",
                lines_of(run, tenant, reason=step.reason, **_narrowed(measure)),
            )
            for step in steps
            if step.state == State.NOT_CLAIMED
        ],
    }


def _bars(run: Run, tenant: str, steps: Sequence[overview.Step], measure: str) -> list[Step]:
    claimed = [step for step in steps if step.state != State.NOT_CLAIMED]
    falling = sorted((step for step in claimed if step.state in ORDER), key=lambda step: ORDER.index(State(step.state)))
    verified = [step for step in claimed if step.state == State.VERIFIED]
    narrowed = _narrowed(measure)
    all_lines = lines_of(run, tenant, **narrowed)
    kept = lines_of(run, tenant, state=State.VERIFIED, **narrowed)
    return [
        _bar("Claimed", "claimed", claimed, all_lines, measure),
        *(_bar(step.title, step.state, [step], _link(run, tenant, step, narrowed), measure) for step in falling),
        _bar("Verified", "verified", verified, kept, measure),
    ]


def _bar(title: str, state: str, steps: Sequence[overview.Step], link: str, measure: str) -> Step:
    size = None if measure == UNITS else sum(step.money.get(measure, 0) for step in steps)
    return Step(title, state, sum(step.units for step in steps), _money(steps), link, size)


def _narrowed(measure: str) -> dict[str, str]:
    """What narrows lines to those of a measure."""
    return {} if measure == UNITS else {"currency": measure}


def _link(run: Run, tenant: str, step: overview.Step, narrowed: dict[str, str]) -> str:
    """A contradicted or unsupported reason leads to its discrepancies; another, or one currency, to its lines."""
    if step.state in (State.CONTRADICTED, State.UNSUPPORTED) and not narrowed:
        return discrepancies_of(run, tenant, reason=step.reason)
    return lines_of(run, tenant, reason=step.reason, **narrowed)


def _address(run: Run, tenant: str, measure: str) -> str:
    """The same overview with bars in another measure."""
    return f"{reverse('overview', args=[tenant])}?{urlencode({'run': str(run.id), 'bars': measure})}#fall"


def _how(run: Run, tenant: str, steps: Sequence[overview.Step], measure: str) -> dict[str, Any]:
    counts = {state: sum(step.claims for step in steps if step.state == state) for state in State}
    inputs = [
        ("Claimed lines", words.units(sum(counts.values()) - counts[State.NOT_CLAIMED])),
        *((f"{state.value.capitalize()} lines", words.units(counts[state])) for state in (State.VERIFIED, *ORDER)),
        ("Lines outside every score", words.units(counts[State.NOT_CLAIMED])),
    ]
    what = "units" if measure == UNITS else f"charges in {measure}"
    formula = f"{what} by the one reason of each claim: claimed − every reason = verified, exactly"
    return computed(run, formula, inputs, lines_of(run, tenant, **_narrowed(measure)), "order")


def _money(steps: Sequence[overview.Step]) -> str:
    sums: dict[str, int] = {}
    for step in steps:
        for currency, micros in step.money.items():
            sums[currency] = sums.get(currency, 0) + micros
    return " + ".join(words.money(micros, currency) for currency, micros in sorted(sums.items()))
