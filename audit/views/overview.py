"""The overview of one run: its finding in a sentence, the score, the fall from claimed to verified, the money."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode

from audit.charts import Cell, Point, Step, heat, score_bar, trend, waterfall
from audit.kernel.terms import State
from audit.models import Run, Score
from audit.queries import overview, runs
from audit.tables.discrepancies import FindingTable
from audit.tables.runs import period
from audit.templatetags import words
from audit.views.choice import chosen_run
from audit.views.figures import figures, lines_of
from audit.views.page import show
from tenants.access import TenantRequest, requires

TOP = 8  # discrepancies shown


@requires("see")
def overview_page(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """The newest run that counts, or the one that the address names."""
    run = chosen_run(request)
    if run is None:
        return show(request, "audit/overview_empty.html")
    units = runs.units_by_state(run)
    steps = runs.steps(run)
    findings = FindingTable(runs.findings(run)[:TOP], slug=tenant, may=request.may, orderable=False)
    return show(
        request,
        "audit/overview.html",
        run=run,
        period=period(run),
        headline=headline(units),
        lead=lead(run, units),
        bar=score_bar(*(units[state] for state in ("verified", "unverifiable", "unsupported", "contradicted"))),
        fall=waterfall(fall(run, tenant, steps)),
        figures=figures(run, tenant, units),
        not_claimed=[step for step in steps if step.state == State.NOT_CLAIMED],
        heat=heat_map(run, tenant),
        days=trend([_point(day) for day in runs.scores(run, Score.By.DAY)], title="Verified share by day"),
        findings=findings,
        unclaimed=run.summary.get("unclaimed", {}),
        agents=runs.scores(run, Score.By.AGENT),
        lines_url=lines_of(run, tenant),
    )


def headline(units: dict[str, int]) -> str:
    """The finding in one sentence."""
    claimed = sum(units.values()) - units[State.NOT_CLAIMED]
    if not claimed:
        return "Nothing was claimed in this period"
    low = words.share_of(units[State.VERIFIED], claimed)
    high = words.share_of(units[State.VERIFIED] + units[State.UNVERIFIABLE], claimed)
    if not units[State.UNVERIFIABLE]:
        return f"{low} of what was claimed can be verified"
    return f"Between {low} and {high} of what was claimed can be verified"


def lead(run: Run, units: dict[str, int]) -> str:
    """What the headline rests on, in numbers."""
    claimed = sum(units.values()) - units[State.NOT_CLAIMED]
    charged = " and ".join(words.money(purse["charged_micros"], purse["currency"]) for purse in overview.purses(run))
    money = f" and {charged} charged" if charged else ""
    return (
        f"{words.units(claimed)} units were claimed{money}. Independent systems confirm "
        f"{words.units(units[State.VERIFIED])} of them. {words.units(units[State.CONTRADICTED])} are contradicted, "
        f"{words.units(units[State.UNSUPPORTED])} were not seen by a system that was watching, and "
        f"{words.units(units[State.UNVERIFIABLE])} are beyond checking."
    )


def fall(run: Run, tenant: str, steps: list[runs.Step]) -> list[Step]:
    """The rows of the waterfall: what was claimed, each reason that takes from it, and what is verified."""
    claimed = [step for step in steps if step.state != State.NOT_CLAIMED]
    order = [State.CONTRADICTED, State.UNSUPPORTED, State.UNVERIFIABLE]
    falling = sorted((step for step in claimed if step.state in order), key=lambda step: order.index(State(step.state)))
    verified = [step for step in claimed if step.state == State.VERIFIED]
    return [
        Step("Claimed", "claimed", sum(step.units for step in claimed), _money(claimed), lines_of(run, tenant)),
        *(Step(step.title, step.state, step.units, _money([step]), _link(run, tenant, step)) for step in falling),
        Step(
            "Verified",
            "verified",
            sum(step.units for step in verified),
            _money(verified),
            lines_of(run, tenant, state=State.VERIFIED),
        ),
    ]


def _link(run: Run, tenant: str, step: runs.Step) -> str:
    """A contradicted or unsupported reason leads to its discrepancies, another to its lines."""
    if step.state in (State.CONTRADICTED, State.UNSUPPORTED):
        return f"{reverse('discrepancies', args=[tenant])}?{urlencode({'run': str(run.id), 'reason': step.reason})}"
    return lines_of(run, tenant, reason=step.reason)


def _money(steps: list[runs.Step]) -> str:
    sums: dict[str, int] = {}
    for step in steps:
        for currency, micros in step.money.items():
            sums[currency] = sums.get(currency, 0) + micros
    return " + ".join(words.money(micros, currency) for currency, micros in sorted(sums.items()))


def heat_map(run: Run, tenant: str) -> str:
    """Agents against actions: the share that is contradicted or unsupported."""
    shares = overview.shares(run)
    cells = {
        key: Cell(share.bps, share.claimed, lines_of(run, tenant, agent_id=key[0], action=key[1]))
        for key, share in shares.items()
        if share.claimed
    }
    agents = sorted({agent for agent, _ in cells})
    actions = sorted({action for _, action in cells})
    return heat(agents[:40], actions[:12], cells, caption="Share contradicted or unsupported, agent × action")


def _point(day: Score) -> Point:
    return Point(f"{day.day:%-d %b}" if day.day else "", day.low_bps, day.high_bps)
