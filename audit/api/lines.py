"""Lines: the verdicts of a run, of a discrepancy, of one claim; as pages of JSON or as files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import FileResponse, Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from tenants.access import enters_scope

from audit.api.base import Endpoint
from audit.api.exports import export_answer
from audit.api.files import send
from audit.api.paging import NAMES, PARAMETERS, bad_cursor, cursor_of, edges, page, size_of, turn
from audit.api.runs import RUN, NotYet, run_of
from audit.models import Export, Run
from audit.operations import exports
from audit.queries import catalogue, downloads, lines, runs
from audit.queries.lines import COLUMNS, ORDER, Lines
from audit.serializers.lines import FORMATS, LineFilters, LineOrder, LineSerializer, filters_of, plain
from audit.serializers.runs import ExportSerializer
from tenants.scope import scope

Answer = Response | FileResponse
PAGING = [
    OpenApiParameter(entry["name"], {"string": str, "integer": int}[entry["schema"]["type"]], description=entry["description"])
    for entry in PARAMETERS
]
FILES = {
    (200, "text/csv"): OpenApiTypes.STR,
    (200, "application/x-ndjson"): OpenApiTypes.STR,
    (200, "application/vnd.apache.parquet"): OpenApiTypes.BINARY,
    202: OpenApiResponse(ExportSerializer, description="Too many lines to be written at once: poll the export."),
}


class Verdicts(Endpoint):
    """The lines of one run."""

    @extend_schema(
        operation_id="runs_verdicts_list",
        parameters=[LineFilters, LineOrder, *PAGING],
        responses={200: OpenApiResponse(LineSerializer(many=True)), **FILES},
    )
    @enters_scope
    def get(self, request: Request, id: UUID) -> Answer:
        """One line a claim row: filtered, a page at a time; or all of them as a file, never fewer."""
        with scope(request.auth.tenant_id):
            chosen = _chosen(request, _done(runs.get(id)), _filters(request, "format", "ordering"))
        return _answer(request, chosen, id)


class DiscrepancyClaims(Endpoint):
    """The lines of one discrepancy."""

    @extend_schema(
        operation_id="discrepancies_claims_list",
        parameters=[RUN, LineFilters, LineOrder, *PAGING],
        responses={200: OpenApiResponse(LineSerializer(many=True)), **FILES},
    )
    @enters_scope
    def get(self, request: Request, id: UUID) -> Answer:
        """Its claims in the run that is named, else in the newest that found it."""
        with scope(request.auth.tenant_id):
            found = catalogue.finding(id, run_of(request))
            about = found.discrepancy
            group = {"vendor": about.vendor, "agent_id": about.agent_id}
            group |= {"action": about.action, "reason": about.reason}
            chosen = _chosen(request, found.run, _filters(request, "run", "format", "ordering") | group)
        return _answer(request, chosen, found.run_id)


class Claim(Endpoint):
    """One claim."""

    @extend_schema(
        operation_id="claims_lines_list",
        parameters=[RUN, *PAGING],
        responses={200: OpenApiResponse(LineSerializer(many=True))},
    )
    @enters_scope
    def get(self, request: Request, vendor: str, claim_id: str) -> Response:
        """The lines of a claim: one for each revision and each time that its id was claimed."""
        with scope(request.auth.tenant_id):
            run, key = claim_run(request, vendor, claim_id)
            chosen = lines.of(run, {"vendor": key, "claim_id": claim_id})
        return _walk(request, chosen)


def claim_run(request: Request, vendor: str, claim_id: str) -> tuple[Run, str]:
    """The run to look a claim up in, and its vendor's key. Raises Http404 where no run judged it, or NotYet."""
    key, run_id = catalogue.vendor_key(vendor), run_of(request)
    run = _done(runs.get(run_id)) if run_id else lines.latest(key, claim_id)
    if run is None or not lines.of(run, {"vendor": key, "claim_id": claim_id}).read(0, 1):
        raise Http404
    return run, key


def _done(run: Run) -> Run:
    if run.state != Run.State.DONE:
        raise NotYet
    return run


def _filters(request: Request, *others: str) -> dict[str, str]:
    known = {*others, *NAMES}
    return filters_of({name: value for name, value in request.query_params.items() if name not in known})


def _chosen(request: Request, run: Run, filters: Mapping[str, str]) -> Lines:
    names = [name.strip() for name in request.query_params.get("ordering", "").split(",") if name.strip()]
    if unknown := [name for name in names if name.removeprefix("-") not in COLUMNS]:
        raise exceptions.ValidationError({"ordering": [f"There is no column {', '.join(unknown)}."]})
    return lines.of(run, filters).order_by(*names)


def _answer(request: Request, chosen: Lines, run_id: UUID) -> Answer:
    form = request.query_params.get("format", "json")
    if form not in FORMATS:
        raise exceptions.ValidationError({"format": [f"Use {', '.join(FORMATS)}."]})
    if form == "json":
        return _walk(request, chosen)
    tenant_id = request.auth.tenant_id
    if chosen.count <= downloads.AT_ONCE_MAX:
        with downloads.written(tenant_id, chosen, form) as path:
            return send(path, form, f"lines.{form}")
    with scope(tenant_id):
        return _export(request, runs.get(run_id), form, dict(chosen.filters))


def _export(request: Request, run: Run, form: str, filters: dict[str, str]) -> Answer:
    """The file of an export that is ready, else 202 with the export that will have it."""
    export = catalogue.ready_export(run, form, filters)
    if export is None:
        export = exports.ask(run, form, filters, f"key:{request.auth.pk}")
    if export.state == Export.State.DONE:
        return send(catalogue.stored(export.file_key), form, export.file_name)
    return export_answer(request, export)


def _walk(request: Request, chosen: Lines) -> Response:
    """A page of lines: by identity, or by number where another order is asked for."""
    if chosen.order:
        return turn(request, chosen, plain)
    size, cursor = size_of(request), cursor_of(request, len(ORDER))
    backward = cursor is not None and cursor.backward
    place = _place(cursor.values) if cursor else None
    found = chosen.before(place, size + 1) if backward and place else chosen.after(place, size + 1)
    more = len(found) > size
    found = found[-size:] if backward else found[:size]
    ends = edges(found, more, cursor, lambda line: [line[name] for name in ORDER])
    return page(request, ends, [plain(line) for line in found])


def _place(values: tuple[Any, ...]) -> tuple[Any, ...]:
    vendor, claim_id, revision, row = values
    if not (isinstance(revision, int) and isinstance(row, int) and max(revision, row) < 2**62):
        raise bad_cursor()
    return str(vendor), str(claim_id), revision, row
