"""Previews: a rule set tried on a finished run, and the lines that would be judged otherwise."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.base import Endpoint, Nouns, once
from audit.api.files import send
from audit.api.lines import PAGING, Answer, walk
from audit.api.paging import NAMES
from audit.api.runs import NotYet
from audit.kernel.ruleset import parse
from audit.operations import previews as operations
from audit.queries import downloads, previews, rules
from audit.serializers.lines import filters_of
from audit.serializers.previews import (
    FORMATS,
    ChangeFilters,
    ChangePageSerializer,
    NewPreviewSerializer,
    PreviewSerializer,
    shown,
)
from tenants.access import enters_scope
from tenants.scope import scope


class RuleSetPreviews(Endpoint):
    """Previews of one rule set."""

    required_scopes = {"POST": "run"}

    @extend_schema(
        operation_id="rule_sets_preview_create", request=NewPreviewSerializer, responses={202: PreviewSerializer}
    )
    @once
    def post(self, request: Request, id: UUID) -> Response:
        """Try the rules on a finished run; a worker does it. The same rules on the same run are the same preview."""
        rule_set = rules.get(id)
        serializer = NewPreviewSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        preview = operations.ask(rule_set, serializer.validated_data["run"], self.by)
        where = request.build_absolute_uri(f"/api/v1/previews/{preview.pk}/")
        data = PreviewSerializer(preview, context={"request": request}).data
        return Response(data, status=202, headers={"Location": where})


class Previews(Nouns):
    """Previews."""

    rows = staticmethod(previews.all_previews)
    serializer_class = PreviewSerializer


class PreviewChanges(Endpoint):
    """The changed lines of one preview."""

    @extend_schema(
        operation_id="previews_changes_list",
        parameters=[ChangeFilters, OpenApiParameter("format", str, enum=FORMATS), *PAGING],
        responses={
            200: ChangePageSerializer,
            (200, "text/csv"): OpenApiTypes.STR,
            (200, "application/x-ndjson"): OpenApiTypes.STR,
            (200, "application/vnd.apache.parquet"): OpenApiTypes.BINARY,
        },
    )
    @enters_scope
    def get(self, request: Request, id: UUID) -> Answer:
        """One line a claim row whose verdict would be another, each with its clause; or all as a file, without it."""
        with scope(self.key.tenant_id):
            preview = previews.get(id)
            if not preview.file_key:
                raise NotYet("The preview is not done yet: look at its state and ask again.")
            others = {"format", *NAMES}
            given = {name: value for name, value in request.query_params.items() if name not in others}
            chosen = previews.lines(preview, filters_of(given, ChangeFilters))
        return self._answer(request, chosen, partial(shown, rule=parse(preview.rules)))

    def _answer(self, request: Request, chosen: previews.ChangedLines, show: Any) -> Answer:
        form = request.query_params.get("format", "json")
        if form not in FORMATS:
            raise exceptions.ValidationError({"format": [f"Use {', '.join(FORMATS)}."]})
        if form == "json":
            return walk(request, chosen, show)
        if chosen.count > downloads.AT_ONCE_MAX:
            fault = f"More than {downloads.AT_ONCE_MAX} lines: narrow them with filters, or read them page by page."
            raise exceptions.ValidationError({"format": [fault]})
        with downloads.written(self.key.tenant_id, chosen, form) as path:
            return send(path, form, f"changes.{form}")
