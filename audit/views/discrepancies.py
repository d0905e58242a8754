"""Discrepancies of a run, and the lines behind one."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponseBase
from django.urls import reverse

from audit.forms.lines import AmountFilter
from audit.kernel.terms import MEANINGS, Reason
from audit.queries import catalogue, lines, runs
from audit.tables.discrepancies import FindingTable
from audit.tables.lines import LineTable
from audit.tables.runs import period
from audit.views.choice import chosen_run
from audit.views.page import fill, show
from tenants.access import TenantRequest, requires


@requires("see")
def index(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """What a run found, most money first; `?reason=`, `?amount=` (micros), `?currency=` and `?vendor=` narrow."""
    run = chosen_run(request)
    if run is None:
        return show(request, "audit/overview_empty.html", here="discrepancies")
    reason = request.GET.get("reason", "")
    amount = AmountFilter(request.GET)
    found = amount.of(run)
    counts = runs.finding_counts(found)
    if reason in Reason.__members__.values():
        found = found.filter(discrepancy__reason=reason)
    table = fill(request, FindingTable(found, slug=tenant, may=request.may))
    return show(
        request,
        "audit/discrepancy_list.html",
        run=run,
        period=period(run),
        table=table,
        reason=reason,
        counts=counts,
        amount=amount.words(),
        kept=amount.address(),
    )


@requires("see")
def one(request: TenantRequest, tenant: str, discrepancy_id: UUID) -> HttpResponseBase:
    """The lines of one discrepancy."""
    run = chosen_run(request) if request.GET.get("run") else None
    finding = catalogue.finding(discrepancy_id, run.id if run else None)
    what = finding.discrepancy
    filters = {name: getattr(what, name) for name in ("vendor", "agent_id", "action", "reason")}
    rows = lines.of(finding.run, filters)
    hidden = ("state", "vendor", "agent_id", "action")
    table = LineTable(rows, run_id=finding.run_id, slug=tenant, may=request.may, exclude=hidden)
    return show(
        request,
        "audit/discrepancy_detail.html",
        here="discrepancies",
        finding=finding,
        what=what,
        meaning=MEANINGS[Reason(what.reason)],
        run=finding.run,
        period=period(finding.run),
        filters=filters,
        table=fill(request, table),
        crumbs=[
            ("Discrepancies", f"{reverse('discrepancies', args=[tenant])}?run={finding.run_id}"),
            (f"{MEANINGS[Reason(what.reason)].title} · {what.agent_id} · {what.action}", ""),
        ],
    )
