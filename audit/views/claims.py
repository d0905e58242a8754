"""One claim: its verdict in a sentence, its time line, why, what else was considered, and the row as received."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from audit.charts import Lane, Tick, lanes
from audit.kernel.terms import MEANINGS, Reason
from audit.models import Run
from audit.queries import addresses, claims, explanations, lines
from audit.templatetags import words
from audit.views.choice import chosen_run
from audit.views.page import show
from tenants.access import TenantRequest, requires

MARGIN = timedelta(seconds=30)


@requires("see")
def one(request: TenantRequest, tenant: str, vendor: str, claim_id: str) -> HttpResponseBase:
    """The claim in the chosen run, or in the newest that judged it."""
    vendor = addresses.vendor_key(vendor)
    run, claim_id = addresses.claim(vendor, claim_id, chosen_run(request) if request.GET.get("run") else None)
    if run is None:
        raise Http404("No finished run has judged this claim.")
    found = claims.of(run, vendor, claim_id)
    line = next((row for row in found if row["reason"] != Reason.SUPERSEDED), found[0])
    received = claims.receiving(line)
    said = claims.testimony(run, vendor, claim_id)
    events = claims.events(run, line, said)
    siblings = claims.siblings(run, line)
    explanation = explanations.explain(run, vendor, claim_id)
    return show(
        request,
        "audit/claim_detail.html",
        here="lines",
        run=run,
        line=line,
        others=[row for row in found if row is not line],
        meaning=MEANINGS[Reason(line["reason"])],
        lead=_lead(line, siblings),
        said=said,
        events=events,
        siblings=siblings[:20],
        sibling_count=len(siblings),
        timeline=_timeline(request, run, line, siblings, events),
        explanation=explanation,
        candidates=[_with_instants(row, at="occurred_at") for row in explanation["candidates"]],
        elsewhen=[_with_instants(row, starts="starts_at", ends="ends_at") for row in explanation["watched_elsewhen"]],
        received=received(),
        crumbs=_crumbs(tenant, run, line),
    )


def _with_instants(row: dict[str, Any], **names: str) -> dict[str, Any]:
    return row | {name: datetime.fromisoformat(row[column]) for name, column in names.items()}


def _crumbs(tenant: str, run: Run, line: lines.Line) -> list[tuple[str, str]]:
    address = f"{reverse('lines', args=[tenant])}?run={run.id}"
    title = MEANINGS[Reason(line["reason"])].title
    return [
        ("Claims", address),
        (f"{title} · {line['agent_id']}", f"{address}&{urlencode({n: line[n] for n in ('reason', 'agent_id')})}"),
        (words.short(line["claim_id"]), ""),
    ]


def _lead(line: lines.Line, siblings: list[lines.Line]) -> str:
    """Who claims what, and how often near it."""
    target = line["target"] or "a record that it does not name"
    text = f"{line['agent_id']} claims {line['action']} on {target}."
    if siblings:
        text += f" The same agent claims this {words.units(len(siblings))} more times on the same record in this run."
    return text


def _timeline(
    request: TenantRequest, run: Run, line: lines.Line, siblings: list[lines.Line], events: list[dict[str, Any]]
) -> str:
    window = _window(run, line)
    rows = [_claims_lane(request, run, line, siblings), *_event_lanes(line, events)]
    near = [tick.at for row in rows for tick in row.ticks if abs(tick.at - line["occurred_at"]) <= _reach(window, line)]
    first, last = min([*near, window[0]]) - MARGIN, max([*near, window[1]]) + MARGIN
    return lanes(rows, window=window, span=(first, last), zone=timezone.get_current_timezone())


def _window(run: Run, line: lines.Line) -> tuple[datetime, datetime]:
    """What may answer this claim by record: the match window of its action in the run's rules."""
    rules = run.summary["rules"]
    before = rules["match_before_by_action"].get(line["action"], rules["match_before_seconds"])
    after = rules["match_after_by_action"].get(line["action"], rules["match_after_seconds"])
    limit = 3650 * 86_400
    at: datetime = line["occurred_at"]
    return at - timedelta(seconds=min(before, limit)), at + timedelta(seconds=min(after, limit))


def _reach(window: tuple[datetime, datetime], line: lines.Line) -> timedelta:
    """How far around the claim the time line shows: three windows, or to what undid it."""
    return max(window[1] - window[0], timedelta(minutes=5)) * 3


def _claims_lane(request: TenantRequest, run: Run, line: lines.Line, siblings: list[lines.Line]) -> Lane:
    ticks = [Tick(line["occurred_at"], f"this claim, {line['claim_id']}", "claim", focus=True)]
    for row in siblings:
        address = reverse("claim", args=[request.tenant.slug, row["vendor"], row["claim_id"]])
        title = MEANINGS[Reason(row["reason"])].title
        ticks.append(Tick(row["occurred_at"], f"{row['claim_id']}: {title}", "claim", link=f"{address}?run={run.id}"))
    return Lane("Vendor’s claims", ticks, state=line["state"])


def _event_lanes(line: lines.Line, events: list[dict[str, Any]]) -> list[Lane]:
    """A lane for each system that has an event near the record."""
    systems: dict[tuple[str, str], list[Tick]] = {}
    for event in events:
        deciding = (event["system"], event["event_id"]) == (line["event_system"], line["event_id"])
        text = f"{event['event_id']}: {event['outcome']}{' · ' + event['action'] if event['action'] else ''}"
        tick = Tick(event["occurred_at"], text, event["outcome"], focus=deciding)
        systems.setdefault((event["grade"], event["system"]), []).append(tick)
    return [
        Lane(system, ticks, state="verified" if grade != "D" else "unverifiable", letter=grade)
        for (grade, system), ticks in sorted(systems.items())
    ]
