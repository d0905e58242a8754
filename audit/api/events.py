"""Streams of one source: rows as they happen, each request durable with its receipt before it is answered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.base import Endpoint, answer_once
from audit.api.described import KEY_HEADER
from audit.api.uploads import Counted
from audit.intake import BadInput, cloudevents
from audit.intake import streams as reading
from audit.intake.bodies import ENCODINGS, TooLarge, unpacked
from audit.intake.mediatypes import media_type
from audit.intake.streams import Items
from audit.operations import streams, together
from audit.operations.batches import TooBig
from audit.operations.faults import Refused
from audit.operations.streams import Receipt, Sent
from audit.queries import sources
from audit.serializers.batches import StreamReceiptSerializer
from tenants.access import enters_scope

READERS: dict[str, Callable[[bytes], Items]] = {
    "application/x-ndjson": reading.ndjson,
    "application/json": reading.document,
}
TYPES = (*READERS, cloudevents.STRUCTURED, cloudevents.BATCH)
TOLD = StreamReceiptSerializer()  # its fields are made once: that takes longer than telling
KEPT = "Rows and receipt are durable. Each row is accounted for: accepted, duplicate, conflicting or refused."
EVENT = {
    "event_id": "case-77-history-3",
    "target": "crm/Case/77",
    "action": "record_update",
    "occurred_at": "2026-07-01T09:00:10Z",
    "outcome": "done",
    "effect": {"status": "closed"},
}
RECEIPT = {
    "receipt": "01981f6e-3c1a-7d2e-9c4b-2f1f5c0a7e12",
    "batch": "01981f6e-3c1a-7d2e-9c4b-2f1f5c0a7e11",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "bytes": 173,
    "received": 1,
    "accepted": 1,
    "duplicate": 0,
    "conflicting": 0,
    "refused": 0,
    "ledger_index": 17,
    "refusals": [],
    "refusals_left_out": 0,
}
EXAMPLES = [
    OpenApiExample("An event", value=EVENT, request_only=True, media_type="application/json"),
    OpenApiExample("Receipt", value=RECEIPT, response_only=True, status_codes=["202"]),
]


class SourceEvents(Endpoint):
    """The stream of one source."""

    required_scopes = {"POST": "ingest"}
    reads_body = False

    @extend_schema(
        operation_id="sources_events_create",
        request=dict.fromkeys(TYPES, OpenApiTypes.OBJECT),
        responses={202: OpenApiResponse(StreamReceiptSerializer, description=KEPT)},
        examples=EXAMPLES,
    )
    @enters_scope
    def post(self, request: Request, id: UUID) -> Response:
        """Send rows; a row that came before is told from a new one by its own id, for ever."""
        sent, tenant_id = _sent(request, self.by), self.key.tenant_id
        if KEY_HEADER not in request.headers:
            return self._told(together.receive(tenant_id, id, sent))
        with streams.taking(tenant_id):
            body = hashlib.sha256(sent.body).hexdigest()
            return answer_once(request, body, lambda: self._told(streams.receive(sources.get(id), [sent])[0]))

    post.once = True  # type: ignore[attr-defined]

    def _told(self, receipt: Receipt) -> Response:
        where = self.request.build_absolute_uri(f"/api/v1/batches/{receipt.batch.id}/")
        return Response(TOLD.to_representation(receipt), status=202, headers={"Location": where})


def _sent(request: Request, by: str) -> Sent:
    """The request with what reads its rows. Raises Refused, TooBig, UnsupportedMediaType."""
    content_type, headers = request.headers.get("Content-Type", ""), dict(request.headers)
    enveloped = cloudevents.is_cloudevent(content_type, headers)
    reader = READERS.get(media_type(content_type).name)
    if reader is None and not enveloped:
        raise exceptions.UnsupportedMediaType(content_type, f"Send one of {', '.join(TYPES)}.")
    body, encoding, plain = read_body(request)
    if enveloped or reader is None:
        read = partial(reading.cloudevents, content_type, headers, plain)
        return Sent(by, body, content_type, encoding, plain, lambda kind, told: read(kind))
    return Sent(by, body, content_type, encoding, plain, lambda kind, told: reader(plain))


def read_body(request: Request) -> tuple[bytes, str, bytes]:
    """The body as sent, its content encoding, and unpacked. Raises Refused, TooBig, UnsupportedMediaType."""
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ENCODINGS:
        raise exceptions.UnsupportedMediaType(encoding, "Send the body plain, or with Content-Encoding: gzip.")
    counted = Counted(request._request)
    if counted.length > settings.STREAM_BYTES_MAX:
        raise _too_big()
    parts: list[bytes] = []
    for part in counted.chunks():
        parts.append(part)
        if counted.count > settings.STREAM_BYTES_MAX:
            raise _too_big()
    body = b"".join(parts)
    try:
        return body, encoding, unpacked(body, encoding, settings.STREAM_BYTES_MAX)
    except TooLarge as error:
        raise _too_big() from error
    except BadInput as error:
        raise Refused(str(error)) from error


def _too_big() -> TooBig:
    return TooBig(
        f"One request takes at most {settings.STREAM_BYTES_MAX:,} bytes, unpacked: send fewer rows at a time."
    )
