"""Traces in binary Protobuf, as the SDKs send them by default."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans

from audit.intake.otlp.spans import CALLED, Attributes, Span, Spans
from audit.kernel.inputs import BadInput


def read(body: bytes) -> Spans:
    """The spans of an ExportTraceServiceRequest. Raises BadInput for what is none; unknown fields are passed over."""
    try:
        request = ExportTraceServiceRequest.FromString(body)
    except DecodeError:
        raise BadInput(CALLED, "is no Protobuf message ExportTraceServiceRequest: send one, unpacked whole") from None
    return [span for group in request.resource_spans for span in _spans(group)]


def _spans(group: ResourceSpans) -> Iterator[Span]:
    resource = _attributes(group.resource.attributes)
    for scope in group.scope_spans:
        for span in scope.spans:
            yield Span(
                trace_id=span.trace_id.hex(),
                span_id=span.span_id.hex(),
                parent_id=span.parent_span_id.hex(),
                name=span.name,
                kind=span.kind,
                ended=span.end_time_unix_nano,
                status=span.status.code,
                attributes=_attributes(span.attributes),
                resource=resource,
            )


def _attributes(pairs: Iterable[KeyValue]) -> Attributes:
    return {pair.key: pair.value.string_value or _value(pair.value) for pair in pairs}  # most values are texts


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    return _READ[kind](value) if kind in _READ else None


_READ: Final[dict[str | None, Callable[[AnyValue], Any]]] = {
    "string_value": lambda value: value.string_value,
    "bool_value": lambda value: value.bool_value,
    "int_value": lambda value: str(value.int_value),
    "double_value": lambda value: repr(value.double_value),
    "bytes_value": lambda value: base64.b64encode(value.bytes_value).decode(),
    "array_value": lambda value: [_value(item) for item in value.array_value.values],
    "kvlist_value": lambda value: _attributes(value.kvlist_value.values),
}
