"""Traces in OTLP's JSON: Protobuf's JSON with hex ids, integers for enums and camel case only.

Source: the OTLP specification, JSON Protobuf Encoding. It is read by hand because Protobuf's own reader takes ids for
Base64, and takes names of enums and of fields that OTLP forbids. Null is an absent field; unknown fields are passed
over; integers of 64 bits may be strings or numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from audit.intake.mediatypes import MediaType, text
from audit.intake.otlp.spans import CALLED, Attributes, Span, Spans
from audit.kernel import effects
from audit.kernel.inputs import BadInput
from audit.kernel.inputs.faults import shown

_DIGITS: Final = re.compile(r"-?[0-9]{1,20}")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})*")


def read(body: bytes, media: MediaType) -> Spans:
    """The spans of a request. Raises BadInput, with the field, for what is no such JSON."""
    try:
        request = effects.parse(text(body, media, CALLED))
        if not isinstance(request, dict):
            raise BadInput(CALLED, "is no JSON object: send an ExportTraceServiceRequest")
        return [span for group in _objects(request, "resourceSpans") for span in _spans(group)]
    except RecursionError:
        raise BadInput(CALLED, "is nested too deep: flatten its attributes") from None
    except ValueError as error:
        raise BadInput(CALLED, f"{error}: send JSON as OTLP has it") from None


def _spans(group: dict[str, Any]) -> Iterator[Span]:
    resource = _attributes(_object(group, "resource"), "attributes")
    for scope in _objects(group, "scopeSpans"):
        for span in _objects(scope, "spans"):
            yield Span(
                trace_id=_hex(span, "traceId"),
                span_id=_hex(span, "spanId"),
                parent_id=_hex(span, "parentSpanId"),
                name=_text(span, "name"),
                kind=_integer(span, "kind"),
                ended=_integer(span, "endTimeUnixNano"),
                status=_integer(_object(span, "status"), "code"),
                attributes=_attributes(span, "attributes"),
                resource=resource,
            )


def _attributes(holder: dict[str, Any], field: str) -> Attributes:
    return {_text(pair, "key"): _value(_object(pair, "value")) for pair in _objects(holder, field)}


def _value(value: dict[str, Any]) -> Any:
    """An AnyValue: at most one of its fields is set."""
    for field, read_one in _READ.items():
        if value.get(field) is not None:
            return read_one(value, field)
    return None


def _array(value: dict[str, Any], field: str) -> list[Any]:
    return [_value(item) for item in _objects(_object(value, field), "values")]


def _kvlist(value: dict[str, Any], field: str) -> Attributes:
    return _attributes(_object(value, field), "values")


def _objects(holder: dict[str, Any], field: str) -> list[dict[str, Any]]:
    found = holder.get(field) or []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise _wrong(field, found, "is no list of objects")
    return found


def _object(holder: dict[str, Any], field: str) -> dict[str, Any]:
    found = holder.get(field)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise _wrong(field, found, "is no object")
    return found


def _text(holder: dict[str, Any], field: str) -> str:
    found = holder.get(field)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise _wrong(field, found, "is no string")
    if not found.isascii() and _SURROGATE.search(found):
        raise _wrong(field, found, "holds half of a surrogate pair")
    return found


def _boolean(holder: dict[str, Any], field: str) -> bool:
    found = holder[field]
    if not isinstance(found, bool):
        raise _wrong(field, found, "is neither true nor false")
    return found


def _integer(holder: dict[str, Any], field: str) -> int:
    found = holder.get(field)
    if found is None:
        return 0
    if not isinstance(found, str) or not _DIGITS.fullmatch(found):
        raise _wrong(field, found, "is no integer")
    return int(found)


def _digits(holder: dict[str, Any], field: str) -> str:
    return str(_integer(holder, field))


def _hex(holder: dict[str, Any], field: str) -> str:
    found = _text(holder, field)
    if not _HEX.fullmatch(found):
        raise _wrong(field, found, "is no hex text")
    return found.lower()


def _wrong(field: str, value: Any, what: str) -> BadInput:
    return BadInput(CALLED, f"{field} {shown(value)[:60]!r} {what}: send JSON as OTLP has it")


_READ: Final[dict[str, Callable[[dict[str, Any], str], Any]]] = {
    "stringValue": _text,
    "boolValue": _boolean,
    "intValue": _digits,
    "doubleValue": _text,
    "bytesValue": _text,
    "arrayValue": _array,
    "kvlistValue": _kvlist,
}
