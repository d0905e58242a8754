"""The overview of one run: its finding in a sentence, the score, the fall from claimed to verified, three tiers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponseBase

from audit.charts import Cell, Point, days, heat, score_bar, trend
from audit.kernel.terms import State
from audit.models import Run, Score
from audit.queries import changes, overview, runs
from audit.queries.overview import Tally
from audit.tables.discrepancies import FindingTable
from audit.tables.runs import period
from audit.templatetags import words
from audit.templatetags.ledger import law_url
from audit.views import periods, tiers
from audit.views.choice import chosen_run
from audit.views.fall import fall
from audit.views.figures import computed, figures, lines_of
from audit.views.page import show
from tenants.access import TenantRequest, requires

BAR = (State.VERIFIED, State.UNVERIFIABLE, State.UNSUPPORTED, State.CONTRADICTED)
TOP = 8  # discrepancies shown
AGENTS, ACTIONS = 20, 12  # of the heat map


@requires("see")
def overview_page(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """The newest run that counts, or the one that the address names; `?bars=` a currency draws money for units."""
    run = chosen_run(request)
    if run is None:
        return show(request, "audit/overview_empty.html")
    rows = overview.tallies(run)
    units = overview.units_by_state(rows)
    return show(
        request,
        "audit/overview.html",
        run=run,
        period=period(run),
        since=changes.count(run),
        headline=headline(units),
        lead=lead(rows, units),
        bar=score_bar(
            *(units[state] for state in BAR),
            law=lambda state: law_url(tenant, state, run),
            lines=lambda state: lines_of(run, tenant, state=state),
        ),
        fall=fall(run, tenant, rows, request.GET.get("bars", "")),
        figures=figures(run, tenant, rows),
        heat=heat_map(run, tenant, rows),
        findings=FindingTable(runs.findings(run)[:TOP], slug=tenant, may=request.may, orderable=False),
        unclaimed=run.summary.get("unclaimed", {}),
        agents=runs.scores(run, Score.By.AGENT),
        lines_url=lines_of(run, tenant),
        **_tiers(run, tenant, rows),
    )


def _tiers(run: Run, tenant: str, rows: Sequence[Tally]) -> dict[str, Any]:
    """Activity, efficiency and outcome, and this period against the one before."""
    by_day = list(runs.scores(run, Score.By.DAY))
    earlier = overview.before(run)
    then = overview.tallies(earlier) if earlier else []
    return {
        "activity": tiers.activity(run, tenant, rows),
        "activity_how": tiers.activity_how(run, tenant, rows),
        "units_by_day": days(tiers.days(run, tenant, by_day), title="Claimed and verified units by day"),
        "efficiency": tiers.efficiency(run, tenant, rows, earlier, then),
        "outcome": tiers.outcome(run, tenant, rows),
        "days": trend([_point(day) for day in by_day], title="Verified share by day"),
        "earlier": earlier,
        "earlier_period": period(earlier) if earlier else "",
        "compared": periods.compared(run, earlier, tenant, rows, then) if earlier else [],
        "compared_how": periods.how(run, earlier, tenant) if earlier else {},
    }


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


def lead(rows: Sequence[Tally], units: dict[str, int]) -> str:
    """What the headline rests on, in numbers."""
    claimed = sum(units.values()) - units[State.NOT_CLAIMED]
    charged = " and ".join(words.money(purse.charged, purse.currency) for purse in overview.purses(rows))
    money = f" and {charged} charged" if charged else ""
    return (
        f"{words.units(claimed)} units were claimed{money}. Independent systems confirm "
        f"{words.units(units[State.VERIFIED])} of them. {words.units(units[State.CONTRADICTED])} are contradicted, "
        f"{words.units(units[State.UNSUPPORTED])} were not seen by a system that was watching, and "
        f"{words.units(units[State.UNVERIFIABLE])} are beyond checking."
    )


def heat_map(run: Run, tenant: str, rows: Sequence[Tally]) -> dict[str, Any]:
    """Agents against actions: the verified share, low end. The busiest of each; how many more there are."""
    shares = overview.shares(rows)
    agents, actions = overview.busiest(shares, lambda key: key[:2]), overview.busiest(shares, lambda key: key[2])
    several = len({vendor for vendor, _ in agents}) > 1
    titles = {agent: f"{agent[1]} · {agent[0]}" if several else agent[1] for agent in agents}
    cells = {
        (titles[vendor, agent], action): Cell(
            share.bps, share.claimed, lines_of(run, tenant, vendor=vendor, agent_id=agent, action=action)
        )
        for (vendor, agent, action), share in shares.items()
    }
    kept = {key: cell for key, cell in cells.items() if key[1] in actions[:ACTIONS]}
    shown = [titles[agent] for agent in agents[:AGENTS]]
    inputs = [("Agents", words.units(len(agents))), ("Actions", words.units(len(actions)))]
    formula = "verified units ÷ claimed units of an agent's action, rounded down; below it the claimed units"
    return {
        "drawing": heat(
            shown, actions[:ACTIONS], kept, caption="Verified share, low end, and claimed units, agent × action"
        ),
        "more_agents": max(0, len(agents) - AGENTS),
        "more_actions": max(0, len(actions) - ACTIONS),
        "how": computed(run, formula, inputs, lines_of(run, tenant)),
        "empty": not shares,
    }


def _point(day: Score) -> Point:
    return Point(f"{day.day:%-d %b}" if day.day else "", day.low_bps, day.high_bps)
