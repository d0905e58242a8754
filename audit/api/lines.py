"""Lines: the verdicts of a run, of a discrepancy, of one claim; as pages of JSON or as files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.http import FileResponse, Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.base import Endpoint
from audit.api.exports import export_answer
from audit.api.files import send
from audit.api.filters import refuse_unknown
from audit.api.paging import NAMES, PARAMETERS, bad_cursor, cursor_of, edges, page, size_of, turn
from audit.api.runs import RUN, NotYet, run_of
from audit.models import Export, Run
from audit.operations import exports
from audit.queries import addresses, catalogue, downloads, explanations, lines, runs
from audit.queries.lines import COLUMNS, ORDER, Line, Lines
from audit.serializers.lines import (
    FORMATS,
    ExplanationSerializer,
    LineFilters,
    LineOrder,
    LinePageSerializer,
    filters_of,
    plain,
)
from audit.serializers.runs import ExportSerializer
from tenants.access import actor, enters_scope
from tenants.models import ApiKey
from tenants.scope import scope

GROUP = ("vendor", "agent_id", "action", "reason")  # what a discrepancy stands for
Answer = Response | FileResponse
PAGING = [
    OpenApiParameter(
        entry["name"], {"string": str, "integer": int}[entry["schema"]["type"]], description=entry["description"]
    )
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
        responses={200: LinePageSerializer, **FILES},
    )
    @enters_scope
    def get(self, request: Request, id: UUID) -> Answer:
        """One line a claim row: filtered, a page at a time; or all of them as a file, never fewer."""
        with scope(self.key.tenant_id):
            chosen = _chosen(request, _done(runs.get(id)), _filters(request, "format", "ordering"))
        return _answer(request, chosen, self.key, id)


class DiscrepancyClaims(Endpoint):
    """The lines of one discrepancy."""

    @extend_schema(
        operation_id="discrepancies_claims_list",
        parameters=[RUN, LineFilters, LineOrder, *PAGING],
        responses={200: LinePageSerializer, **FILES},
    )
    @enters_scope
    def get(self, request: Request, id: UUID) -> Answer:
        """Its claims in the run that is named, else in the newest that found it."""
        with scope(self.key.tenant_id):
            found = catalogue.finding(id, run_of(request))
            group = {name: getattr(found.discrepancy, name) for name in GROUP}
            filters = _filters(request, "run", "format", "ordering")
            if fixed := {name: ["The discrepancy says this already."] for name in GROUP if name in filters}:
                raise exceptions.ValidationError(fixed)
            chosen = _chosen(request, found.run, filters | group)
        return _answer(request, chosen, self.key, found.run_id)


class Claim(Endpoint):
    """One claim."""

    @extend_schema(
        operation_id="claims_lines_list",
        parameters=[RUN, *PAGING],
        responses=LinePageSerializer,
    )
    @enters_scope
    def get(self, request: Request, vendor: str, claim_id: str) -> Response:
        """The lines of a claim: one for each revision and each time that its id was claimed.

        An id that a path cannot hold (dots or nothing between slashes, control characters, very long) is named by
        its SHA-256: `sha256:<64 hex digits>`. So is a vendor's key with a slash.
        """
        refuse_unknown(request, ["run", *NAMES])
        with scope(self.key.tenant_id):
            run, vendor_key, claim_id = claim_run(request, vendor, claim_id)
            chosen = lines.of(run, {"vendor": vendor_key, "claim_id": claim_id})
        return walk(request, chosen)


class Explain(Endpoint):
    """Why one claim has its verdict."""

    @extend_schema(operation_id="claims_explain", parameters=[RUN], responses=ExplanationSerializer)
    @enters_scope
    def get(self, request: Request, vendor: str, claim_id: str) -> Response:
        """The clause in words, the events that were considered and what became of them, burst, undoing, ancestors."""
        refuse_unknown(request, ["run"])
        with scope(self.key.tenant_id):
            run, vendor_key, claim_id = claim_run(request, vendor, claim_id)
            about = {"run": str(run.pk), "rule_set": str(run.rule_set_id), "rules": run.summary["rules"]}
        return Response(about | explanations.explain(run, vendor_key, claim_id))


def claim_run(request: Request, vendor: str, claim_id: str) -> tuple[Run, str, str]:
    """The run to look a claim up in, its vendor's key, its id. Raises Http404 where no run judged it, or NotYet."""
    key, run_id = catalogue.vendor_key(addresses.vendor_key(vendor)), run_of(request)
    run, found = addresses.claim(key, claim_id, _done(runs.get(run_id)) if run_id else None)
    if run is None or not lines.of(run, {"vendor": key, "claim_id": found}).read(0, 1):
        raise Http404
    return run, key, found


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


def _answer(request: Request, chosen: Lines, key: ApiKey, run_id: UUID) -> Answer:
    form = request.query_params.get("format", "json")
    if form not in FORMATS:
        raise exceptions.ValidationError({"format": [f"Use {', '.join(FORMATS)}."]})
    if form == "json":
        return walk(request, chosen)
    if chosen.order:
        raise exceptions.ValidationError({"ordering": ["Files are in the order of the lines' identity."]})
    if chosen.count <= downloads.AT_ONCE_MAX:
        with downloads.written(key.tenant_id, chosen, form) as path:
            return send(path, form, f"lines.{form}")
    with scope(key.tenant_id):
        return _export(request, runs.get(run_id), form, dict(chosen.filters))


def _export(request: Request, run: Run, form: str, filters: dict[str, str]) -> Answer:
    """The file of an export that is ready, else 202 with the export that will have it."""
    export = catalogue.ready_export(run, form, filters)
    if export is None:
        export = exports.ask(run, form, filters, actor(request))
    if export.state == Export.State.DONE:
        return send(catalogue.stored(export.file_key), form, export.file_name)
    return export_answer(request, export)


def walk(request: Request, chosen: Lines, show: Callable[[Line], Any] = plain) -> Response:
    """A page of lines: by identity, or by number where another order is asked for. show: from a line to its answer."""
    if chosen.order:
        return turn(request, chosen, show)
    size, cursor = size_of(request), cursor_of(request, len(ORDER))
    backward = cursor is not None and cursor.backward
    place = _place(cursor.values) if cursor else None
    found = chosen.before(place, size + 1) if backward and place else chosen.after(place, size + 1)
    more = len(found) > size
    found = found[-size:] if backward else found[:size]
    ends = edges(found, more, cursor, lambda line: [line[name] for name in ORDER])
    return page(request, ends, [show(line) for line in found])


def _place(values: tuple[Any, ...]) -> tuple[Any, ...]:
    vendor, claim_id, revision, row = values
    if not (isinstance(revision, int) and isinstance(row, int) and max(revision, row) < 2**62):
        raise bad_cursor()
    return str(vendor), str(claim_id), revision, row
