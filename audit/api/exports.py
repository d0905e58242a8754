"""Exports: files of lines that a job makes."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.base import Endpoint, Nouns, once
from audit.api.files import send
from audit.api.filters import ExportFilters
from audit.api.runs import NotYet
from audit.models import Export
from audit.operations import exports
from audit.queries import catalogue, runs
from audit.serializers.lines import filters_of
from audit.serializers.runs import ExportSerializer, NewExportSerializer


class RunExports(Endpoint):
    """Exports of one run."""

    required_scopes = {"POST": "read"}

    @extend_schema(operation_id="runs_exports_create", request=NewExportSerializer, responses={202: ExportSerializer})
    @once
    def post(self, request: Request, id: Any) -> Response:
        """Ask for the lines that pass the filters, as a file."""
        run = runs.get(id)
        serializer = NewExportSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        filters = filters_of(given.get("filters", {}))
        return export_answer(request, exports.ask(run, given["format"], filters, self.by))


class Exports(Nouns):
    """Exports."""

    rows = staticmethod(catalogue.exports)
    serializer_class = ExportSerializer
    filterset_class = ExportFilters
    ordering = ("-created_at", "id")

    @extend_schema(operation_id="exports_file", responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def file(self, request: Request, **kwargs: Any) -> FileResponse:
        """The file. 409 until it is made."""
        export = self.get_object()
        if export.state != Export.State.DONE:
            raise NotYet(export.error or "The file is not made yet: ask again.")
        return send(catalogue.stored(export.file_key), export.format, export.file_name)


def export_answer(request: Request, export: Export) -> Response:
    """202 with an export and where to look for it."""
    data = ExportSerializer(export, context={"request": request}).data
    where = request.build_absolute_uri(f"/api/v1/exports/{export.pk}/")
    return Response(data, status=202, headers={"Location": where})
