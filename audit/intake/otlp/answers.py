"""What a client of OTLP/HTTP is told, in the encoding that it sent.

Source: the OTLP specification, OTLP/HTTP Response: success and partial success are an ExportTraceServiceResponse, every
4xx and 5xx is a google.rpc.Status, with a BadRequest in its details where the data was bad.
"""

from __future__ import annotations

from typing import Final

from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import BadRequest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from audit.intake.mediatypes import media_type

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"

_CODES: Final = {
    400: Code.INVALID_ARGUMENT,
    401: Code.UNAUTHENTICATED,
    403: Code.PERMISSION_DENIED,
    404: Code.NOT_FOUND,
    413: Code.RESOURCE_EXHAUSTED,
    415: Code.INVALID_ARGUMENT,
    429: Code.RESOURCE_EXHAUSTED,
    500: Code.INTERNAL,
    502: Code.UNAVAILABLE,
    503: Code.UNAVAILABLE,
    504: Code.UNAVAILABLE,
}


def spoken(content_type: str) -> str:
    """The Content-Type of the answer: that of the request, or JSON where the request's is not one of OTLP's."""
    return PROTOBUF if media_type(content_type).name == PROTOBUF else JSON


def answer(content_type: str, rejected: int, message: str) -> bytes:
    """The body of a 200: empty where all was taken, else how many spans were rejected and why.

    A message without rejected spans is a warning. A client never sends the same spans again after either.
    """
    response = ExportTraceServiceResponse()
    if rejected or message:
        response.partial_success.rejected_spans = rejected
        response.partial_success.error_message = message
    return _encoded(response, content_type)


def failure(content_type: str, code: int, message: str) -> bytes:
    """The body of a 4xx or 5xx; `code` is the HTTP status. Clients send again after 429, 502, 503 and 504 alone."""
    status = Status(code=_CODES.get(code, Code.UNKNOWN), message=message)
    if code == 400:
        violation = BadRequest.FieldViolation(description=message)
        status.details.add().Pack(BadRequest(field_violations=[violation]))
    return _encoded(status, content_type)


def _encoded(message: Message, content_type: str) -> bytes:
    if spoken(content_type) == PROTOBUF:
        return message.SerializeToString()
    return MessageToJson(message, indent=None).encode()
