"""The lines of a run: filtered and sorted by the address, and made into files."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from audit.forms.lines import LineFilter
from audit.models import Export
from audit.operations import exports as operations
from audit.operations.faults import Refused
from audit.queries import lines, runs
from audit.queries.exports import file_of
from audit.tables.lines import LineTable
from audit.tables.runs import period
from audit.views.choice import chosen_run
from audit.views.page import fill, show
from tenants.access import TenantRequest, actor, requires
from tenants.middleware import reads_files_only


@requires("see")
def index(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """Lines of the chosen run, a page at a time."""
    run = chosen_run(request)
    if run is None:
        return show(request, "audit/overview_empty.html", here="lines")
    form = LineFilter(request.GET, choices=runs.words_of(run))
    filters = form.filters()
    table = LineTable(lines.of(run, filters), run_id=run.id, slug=tenant, may=request.may)
    return show(
        request,
        "audit/line_list.html",
        run=run,
        period=period(run),
        form=form,
        filters=filters,
        formats=[choice for choice in Export.Format.choices if _may_have(request, choice[0])],
        table=fill(request, table),
    )


@require_POST
@requires("export_own_view")
def export(request: TenantRequest, tenant: str, run_id: UUID) -> HttpResponseBase:
    """Queue a file of the lines that the filters let through."""
    run = runs.get(run_id)
    if not _may_have(request, request.POST.get("format", "")):
        raise PermissionDenied
    try:
        operations.ask(
            run,
            request.POST.get("format", ""),
            {name: str(value) for name, value in request.POST.items()},
            actor(request),
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The file is being made; it appears under Exports below, also when you leave.")
    return redirect("run", tenant, run.id)


@requires("export_own_view")
def export_file(request: TenantRequest, tenant: str, export_id: UUID) -> HttpResponseBase:
    """A file that was made."""
    export, path = file_of(export_id)
    if not _may_have(request, export.format):
        raise PermissionDenied
    return reads_files_only(FileResponse(path.open("rb"), as_attachment=True, filename=export.file_name))


def _may_have(request: TenantRequest, form: str) -> bool:
    """Who may not export has their own view as CSV."""
    return form == Export.Format.CSV or request.may["export"]
