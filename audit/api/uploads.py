"""Files sent to a source: a multipart form or a raw body, spooled to disk before any transaction is open."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Protocol, cast
from uuid import UUID

from django.conf import settings
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.http import parse_header_parameters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.base import Endpoint, answer_once
from audit.operations import batches
from audit.operations.batches import Spooled, TooBig
from audit.operations.faults import Refused
from audit.queries import sources
from audit.serializers.batches import ReceiptSerializer
from tenants.access import enters_scope
from tenants.scope import scope

CHUNK = 1 << 20
FORM_BYTES_MAX = 1 << 20  # what a form may weigh beside its file
SUFFIXES = {
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/json": ".json",
    "application/x-ndjson": ".ndjson",
    "application/jsonl": ".jsonl",
    "application/vnd.apache.parquet": ".parquet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/gzip": ".gz",
    "application/zip": ".zip",
}
RECEIPT = OpenApiExample(
    "Receipt",
    value={
        "batch": "01981f6e-3c1a-7d2e-9c4b-2f1f5c0a7e11",
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "bytes": 48213,
        "received": 0,
        "accepted": 0,
        "duplicate": 0,
        "conflicting": 0,
        "refused": 0,
        "ledger_index": 17,
        "state": "received",
        "new": True,
    },
    response_only=True,
    status_codes=["202"],
)
NAME = OpenApiParameter("name", str, description="The file's name, for raw bodies without Content-Disposition.")
FORM = {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}}
TAKEN = "Bytes and receipt are durable; a worker reads the rows. Counts are filled once the state is sealed or refused."


class LengthRequired(exceptions.APIException):
    """Nobody could tell whether the body came whole."""

    status_code = 411
    default_detail = "Say how long the body is: send Content-Length."
    default_code = "length_required"


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int = ..., /) -> bytes: ...


class SourceBatches(Endpoint):
    """Files of one source."""

    required_scopes = {"POST": "ingest"}
    reads_body = False

    @extend_schema(
        operation_id="sources_batches_create",
        parameters=[NAME],
        request={"multipart/form-data": FORM, "application/octet-stream": OpenApiTypes.BINARY},
        responses={202: OpenApiResponse(ReceiptSerializer, description=TAKEN)},
        examples=[RECEIPT],
    )
    @enters_scope
    def post(self, request: Request, id: UUID) -> Response:
        """Send a file; the same bytes again are the batch of before."""
        tenant_id = self.key.tenant_id
        with scope(tenant_id):
            sources.get(id)
        spooled, name = spool(request, tenant_id)
        try:
            with scope(tenant_id):
                body = hashlib.sha256(f"{spooled.sha256} {name}".encode()).hexdigest()
                return answer_once(request, body, lambda: self._receive(id, spooled, name))
        finally:
            spooled.path.unlink(missing_ok=True)

    post.once = True  # type: ignore[attr-defined]

    def _receive(self, source_id: UUID, spooled: Spooled, name: str) -> Response:
        batch, new = batches.receive(sources.get(source_id), spooled, name, self.by)
        receipt = ReceiptSerializer(batch, context={"new": new}).data
        where = self.request.build_absolute_uri(f"/api/v1/batches/{batch.pk}/")
        return Response(receipt, status=202, headers={"Location": where})


def spool(request: Request, tenant_id: UUID) -> tuple[Spooled, str]:
    """The file of a request on disk, and its name. Raises TooBig, Refused, LengthRequired."""
    plain = request._request
    if _length(plain) > settings.UPLOAD_BYTES_MAX + FORM_BYTES_MAX:
        raise TooBig(f"The file is larger than {settings.UPLOAD_BYTES_MAX:,} bytes: split it.", field="file")
    form = (plain.content_type or "").startswith("multipart/")
    spooled, name = _spool_form(plain, tenant_id) if form else _spool_raw(plain, tenant_id)
    if not spooled.byte_count:
        spooled.path.unlink(missing_ok=True)
        raise Refused("The file is empty: send its bytes as the body, or as the part “file” of a form.", field="file")
    return spooled, name


def _length(request: HttpRequest) -> int:
    """Content-Length; -1 where the body comes in chunks and its end is told."""
    text = request.META.get("CONTENT_LENGTH") or ""
    if text.isascii() and text.isdigit():
        return int(text)
    if request.META.get("wsgi.input_terminated") and request.headers.get("Transfer-Encoding", "").lower() == "chunked":
        return -1
    raise LengthRequired


class Counted:
    """A body that counts what is read of it."""

    def __init__(self, request: HttpRequest) -> None:
        self.length = _length(request)
        self.stream: Readable = request.META["wsgi.input"] if self.length < 0 else request
        self.count = 0

    def read(self, size: int = CHUNK) -> bytes:
        """The next bytes. Raises Refused where the sender fell silent."""
        try:
            data = self.stream.read(size)
        except (UnreadablePostError, OSError) as error:
            raise _ended_early() from error
        self.count += len(data)
        return data

    def chunks(self) -> Iterator[bytes]:
        """The bytes, to their end, which must be where it was said to be."""
        while data := self.read(CHUNK):
            yield data
        self.expect_end()

    def expect_end(self) -> None:
        """Raises Refused where less came than was announced: a part of a file must not pass for the whole."""
        if 0 <= self.count < self.length:
            raise _ended_early()


def _ended_early() -> Refused:
    return Refused("The body ended before its announced length: nothing was kept, send it again.", field="file")


def _spool_raw(request: HttpRequest, tenant_id: UUID) -> tuple[Spooled, str]:
    return batches.spool(tenant_id, Counted(request).chunks()), _name(request)


def _spool_form(request: HttpRequest, tenant_id: UUID) -> tuple[Spooled, str]:
    body = Counted(request)
    if body.length < 0:
        raise LengthRequired
    handlers = [TemporaryFileUploadHandler(request)]
    try:
        _, files = MultiPartParser(
            request.META, cast("HttpRequest", body), handlers, request.encoding or "utf-8"
        ).parse()
    except MultiPartParserError as error:
        raise exceptions.ParseError(f"The form cannot be read: {error}") from error
    try:
        body.expect_end()
        file = files.get("file")
        if file is None:
            raise Refused("The form has no part “file” with a file name.", field="file")
        return batches.spool(tenant_id, file.chunks()), file.name or "file"
    finally:
        for part in _all(files):
            part.close()


def _all(files: Any) -> Iterator[Any]:
    for _, parts in files.lists():
        yield from parts


def _name(request: HttpRequest) -> str:
    """The name of a raw body's file: from Content-Disposition, `?name=`, or its content type."""
    _, parameters = parse_header_parameters(request.headers.get("Content-Disposition", ""))
    suffix = SUFFIXES.get(request.content_type or "", "")
    packed = ".gz" if request.headers.get("Content-Encoding", "").lower() == "gzip" else ""
    return parameters.get("filename") or request.GET.get("name") or f"body{suffix}{packed}"
