"""When systems were watching: seen as lanes, declared, confirmed, withdrawn."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from audit.forms.coverage import CoverageForm
from audit.operations import sources as operations
from audit.queries import coverage, sources
from audit.tables.coverage import CoverageTable, ProposalTable
from audit.views.gaps import picture
from audit.views.page import act_once, attempt, fill, show
from tenants.access import TenantRequest, actor, requires


@requires("see")
def index(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """Lanes, proposals and what counts."""
    return _index(request, CoverageForm())


@require_POST
@requires("manage")
def declare(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """Say that a system was watching."""
    form = CoverageForm(request.POST)
    if form.is_valid():
        row = attempt(form, lambda: operations.add_coverage(by=actor(request), **form.cleaned_data))
        if row:
            messages.success(request, f"{row.system} counts as watching {row.target_prefix} from the next run on.")
            return redirect("coverage", tenant)
    return _index(request, form)


def _index(request: TenantRequest, form: CoverageForm) -> HttpResponseBase:
    slug, may = request.tenant.slug, request.may
    proposals = coverage.proposed()
    return show(
        request,
        "audit/coverage.html",
        form,
        form=form,
        **picture(slug),
        table=fill(request, CoverageTable(coverage.declared(), slug=slug, may=may)),
        proposals=fill(request, ProposalTable(proposals, slug=slug, may=may, prefix="p-")),
        proposal_count=proposals.count(),
        witnesses=sources.witnesses(),
    )


@require_POST
@requires("manage")
def decide(request: TenantRequest, tenant: str, coverage_id: UUID) -> HttpResponseBase:
    """Confirm a row or withdraw it; the other of the two undoes it."""
    row = coverage.get(coverage_id)
    if request.POST.get("decision") == "confirm":
        act, done = operations.confirm_coverage, f"{row} counts from the next run on."
    elif request.POST.get("decision") == "withdraw":
        act, done = operations.withdraw_coverage, f"{row} no longer counts. It can be confirmed again below."
    else:
        raise Http404
    act_once(request, lambda: act(row, actor(request)), done)
    return redirect("coverage", tenant)


@require_POST
@requires("manage")
def confirm_all(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """Confirm every proposal that was on the page."""
    rows = [row for row in coverage.proposed() if str(row.id) in request.POST.getlist("row")]
    act_once(
        request,
        lambda: [operations.confirm_coverage(row, actor(request)) for row in rows],
        f"{len(rows)} proposals count from the next run on. Each can be withdrawn.",
    )
    return redirect("coverage", tenant)
