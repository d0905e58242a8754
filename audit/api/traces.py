"""OTLP/HTTP traces of one source: answered as the OTLP specification says, errors too."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.base import Endpoint, answer_once
from audit.api.events import read_body
from audit.intake import otlp
from audit.intake import streams as reading
from audit.operations import streams
from audit.operations.streams import Receipt, Sent
from audit.queries import sources
from tenants.access import enters_scope

TAKEN = "ExportTraceServiceResponse, with partial success where spans were refused. Errors are google.rpc.Status."
SPAN = {
    "resourceSpans": [
        {
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "helpdesk-agent"}}]},
            "scopeSpans": [
                {
                    "spans": [
                        {
                            "traceId": "5b8efff798038103d269b633813fc60c",
                            "spanId": "eee19b7ec3c1b174",
                            "name": "execute_tool close_case",
                            "startTimeUnixNano": "1782896410000000000",
                            "endTimeUnixNano": "1782896411000000000",
                            "attributes": [{"key": "app.record.id", "value": {"stringValue": "77"}}],
                        }
                    ]
                }
            ],
        }
    ]
}


class SourceTraces(Endpoint):
    """The traces of one source."""

    required_scopes = {"POST": "ingest"}
    reads_body = False

    @extend_schema(
        operation_id="sources_otlp_traces_create",
        request={otlp.JSON: OpenApiTypes.OBJECT, otlp.PROTOBUF: OpenApiTypes.BINARY},
        responses={
            (200, otlp.JSON): OpenApiResponse(OpenApiTypes.OBJECT, description=TAKEN),
            (200, otlp.PROTOBUF): OpenApiResponse(OpenApiTypes.BINARY, description=TAKEN),
        },
        examples=[OpenApiExample("A tool call", value=SPAN, request_only=True, media_type=otlp.JSON)],
    )
    @enters_scope
    def post(self, request: Request, id: UUID) -> HttpResponse:
        """Send spans; those of tool calls become rows, as the source is of claims or of evidence."""
        content_type = self._content_type
        body, encoding, plain = read_body(request)
        sent = Sent(self.by, body, content_type, encoding, plain, partial(reading.spans, content_type, plain))
        with streams.taking(self.key.tenant_id):
            digest = hashlib.sha256(body).hexdigest()
            said = answer_once(request, digest, lambda: self._receive(id, sent)).data
        answer = otlp.answer(content_type, said["rejected"], said["message"])
        return HttpResponse(answer, content_type=otlp.spoken(content_type))

    post.once = True  # type: ignore[attr-defined]

    def handle_exception(self, exc: Exception) -> Any:
        """The problem as a google.rpc.Status, in the encoding of the request; when to send again stays in the head."""
        problem = super().handle_exception(exc)
        body = otlp.failure(self._content_type, problem.status_code, problem.data["detail"])
        kept = {name: problem[name] for name in ("Retry-After", "WWW-Authenticate") if name in problem}
        return HttpResponse(body, otlp.spoken(self._content_type), problem.status_code, headers=kept)

    @property
    def _content_type(self) -> str:
        return str(self.request.headers.get("Content-Type", ""))

    def _receive(self, source_id: UUID, sent: Sent) -> Response:
        try:
            (receipt,) = streams.receive(sources.get(source_id), [sent])
        except streams.Empty:  # a span that is no row is no fault
            return Response({"rejected": 0, "message": ""})
        return Response({"rejected": receipt.read.refused, "message": _message(receipt)})


def _message(receipt: Receipt) -> str:
    if not receipt.read.refusals:
        return ""
    first = receipt.read.refusals[0]
    return (
        f"Refused for example: {first.column} {first.reason}. All of them: /api/v1/batches/{receipt.batch.id}/refused/"
    )
