"""Batches: what arrived, what became of it, which rows were refused."""

from __future__ import annotations

import csv
from typing import Any

from django.http import FileResponse, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.base import Nouns
from audit.api.files import MEDIA_TYPES, send
from audit.api.filters import BatchFilters, refuse_unknown
from audit.api.paging import NAMES, turn
from audit.kernel.terms import REFUSED
from audit.models import Batch
from audit.queries import batches, catalogue
from audit.queries.streams import counted
from audit.serializers.batches import BatchSerializer, RefusedPageSerializer

FORMAT = OpenApiParameter("format", str, enum=["json", "csv"], description="json where not given; csv: the whole file.")
COLUMN = OpenApiParameter("column", str, description="Only what was refused for this column.")
REASON = OpenApiParameter("reason", str, description="Only what was refused for this reason.")
BYTES = {(200, "application/octet-stream"): OpenApiTypes.BINARY}


class Batches(Nouns):
    """Received files, and segments of streams."""

    rows = staticmethod(catalogue.batches)
    serializer_class = BatchSerializer
    filterset_class = BatchFilters
    ordering = ("-position", "id")
    ordering_fields = ("id", "position", "file_name", "byte_count", "created_at")

    def paginate_queryset(self, queryset: Any) -> list[Any]:
        """A page; open segments with what came so far."""
        return counted(super().paginate_queryset(queryset) or [])

    def get_object(self) -> Batch:
        """One of them, an open segment with what came so far."""
        return counted([super().get_object()])[0]

    @extend_schema(
        operation_id="batches_refused_list",
        parameters=[FORMAT, COLUMN, REASON],
        filters=False,
        responses={200: RefusedPageSerializer, (200, "text/csv"): OpenApiTypes.STR},
    )
    def refused(self, request: Request, **kwargs: Any) -> Response | HttpResponse | FileResponse:
        """The refused rows in the order of the file's lines: a page of JSON, or all of them as CSV."""
        refuse_unknown(request, ["format", "column", "reason", *NAMES])
        form = request.query_params.get("format", "json")
        if form not in ("json", "csv"):
            raise exceptions.ValidationError({"format": ["Use json or csv."]})
        batch = self._batch()
        if form == "csv":
            return _refused_file(batch)
        words = {name: request.query_params.get(name, "") for name in ("column", "reason")}
        return turn(request, batches.refused(batch, **words) or [])

    @extend_schema(operation_id="batches_file", filters=False, responses=BYTES)
    def file(self, request: Request, **kwargs: Any) -> FileResponse:
        """The bytes as they were received."""
        batch = self._batch()
        if not batch.raw_key:
            raise exceptions.NotFound("The file is made when the segment is sealed.")
        return send(catalogue.stored(batch.raw_key), "raw", batch.file_name)

    def _batch(self) -> Batch:
        return batches.get(self.kwargs["id"])


def _refused_file(batch: Batch) -> HttpResponse | FileResponse:
    name = f"{batch.file_name}.refused.csv"
    if batch.refused_key:
        return send(catalogue.stored(batch.refused_key), "csv", name)
    waiting = HttpResponse(content_type=MEDIA_TYPES["csv"])
    rows = csv.writer(waiting)
    rows.writerow(REFUSED)
    rows.writerows([row[name] for name in REFUSED] for row in batches.refused(batch) or [])
    return waiting
