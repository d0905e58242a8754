"""OTLP/HTTP as the specification has it: a real SDK exports, both encodings are the same spans, answers are as told."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from google.rpc.error_details_pb2 import BadRequest
from google.rpc.status_pb2 import Status
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import SpanKind, StatusCode

from audit.intake import otlp
from audit.intake.otlp import JSON, PROTOBUF, Span, UnknownMediaType, genai
from audit.kernel.inputs import BadInput
from tests.intake.otlp_client import collector, tracer

SHARED = Path(os.environ.get("AWU_SHARED") or Path(__file__).resolve().parents[3] / "shared")
SAMPLES = SHARED / "data" / "format-samples" / "otlp-examples"
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason=f"there are no OTLP samples at {SAMPLES}: set AWU_SHARED"
)

TRACE, SPAN, PARENT = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174", "eee19b7ec3c1b173"


def document(**span: Any) -> dict[str, Any]:
    """A request in JSON with one span."""
    return {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": TRACE, "spanId": SPAN, **span}]}]}]}


def one(request: Any) -> Span:
    (span,) = otlp.read(JSON, json.dumps(request).encode())
    return span


def attribute(value: dict[str, Any]) -> Any:
    return one(document(attributes=[{"key": "a", "value": value}])).attributes["a"]


# a real client


def test_spans_of_the_sdk_are_read_with_their_resource() -> None:
    with (
        collector(lambda kind, body: (200, otlp.answer(kind, 0, ""))) as received,
        tracer(received, service_name="crm-agent") as trace,
        trace.start_as_current_span("outer", kind=SpanKind.SERVER) as outer,
    ):
        values = {"text": "Größe", "yes": True, "count": 42, "share": 0.1, "list": ["a", "b"]}
        inner = trace.start_span("inner", attributes=values, start_time=1, kind=SpanKind.INTERNAL)
        inner.set_status(StatusCode.ERROR)
        inner.end(1789373703021000999)
    assert [kind for kind, _ in received.requests] == [PROTOBUF, PROTOBUF]
    assert received.results == [SpanExportResult.SUCCESS] * 2
    (first,), (second,) = (otlp.read(*request) for request in received.requests)
    context = outer.get_span_context()
    trace_id, span_id = f"{context.trace_id:032x}", f"{context.span_id:016x}"
    assert (first.trace_id, first.parent_id, first.name, first.kind) == (trace_id, span_id, "inner", 1)
    assert (first.ended, first.status) == (1789373703021000999, 2)
    assert first.attributes == {"text": "Größe", "yes": True, "count": "42", "share": "0.1", "list": ["a", "b"]}
    assert first.resource["service.name"] == "crm-agent"
    assert (second.span_id, second.parent_id, second.kind, second.status) == (span_id, "", 2, 0)


@pytest.mark.parametrize(("status", "message"), [(400, "bad data"), (413, "too big")])
def test_an_sdk_gives_up_on_a_failure_that_is_not_to_be_sent_again(status: int, message: str) -> None:
    with (
        collector(lambda kind, body: (status, otlp.failure(kind, status, message))) as received,
        tracer(received) as trace,
    ):
        trace.start_span("a").end()
    assert (len(received.requests), received.results) == (1, [SpanExportResult.FAILURE])


def test_an_sdk_does_not_send_again_what_was_rejected_in_part() -> None:
    with collector(lambda kind, body: (200, otlp.answer(kind, 1, "no agent"))) as received, tracer(received) as trace:
        trace.start_span("a").end()
    assert (len(received.requests), received.results) == (1, [SpanExportResult.SUCCESS])


# both encodings


@needs_samples
def test_the_sample_of_the_specification_is_read() -> None:
    (span,) = otlp.read(JSON, (SAMPLES / "trace.json").read_bytes())
    assert span == Span(
        trace_id=TRACE,
        span_id=SPAN,
        parent_id=PARENT,
        name="I'm a server span",
        kind=2,
        ended=1544712661000000000,
        status=0,
        attributes={"my.span.attr": "some value"},
        resource={"service.name": "my.service"},
    )


def test_protobuf_and_json_of_one_span_are_the_same() -> None:
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.add(key="service.name").value.string_value = "crm"
    span = group.scope_spans.add().spans.add(
        trace_id=bytes.fromhex(TRACE), span_id=bytes.fromhex(SPAN), name="n", kind=3, end_time_unix_nano=2**64 - 1
    )
    span.status.code = 1
    values = {
        "i": ("int_value", -(2**63)),
        "d": ("double_value", 1.5),
        "b": ("bytes_value", b"\xff"),
        "f": ("bool_value", False),
    }
    for key, (field, value) in values.items():
        setattr(span.attributes.add(key=key).value, field, value)
    span.attributes.add(key="empty")
    entry = span.attributes.add(key="kv").value.kvlist_value.values.add(key="x")
    entry.value.array_value.values.add().string_value = "y"
    said = [
        {"key": "i", "value": {"intValue": str(-(2**63))}},
        {"key": "d", "value": {"doubleValue": 1.5}},
        {"key": "b", "value": {"bytesValue": "/w=="}},
        {"key": "f", "value": {"boolValue": False}},
        {"key": "empty", "value": {}},
        {
            "key": "kv",
            "value": {
                "kvlistValue": {"values": [{"key": "x", "value": {"arrayValue": {"values": [{"stringValue": "y"}]}}}]}
            },
        },
    ]
    same = document(name="n", kind=3, endTimeUnixNano=2**64 - 1, status={"code": 1}, attributes=said)
    same["resourceSpans"][0]["resource"] = {"attributes": [{"key": "service.name", "value": {"stringValue": "crm"}}]}
    assert otlp.read(PROTOBUF, request.SerializeToString()) == [one(same)]


def test_an_empty_request_is_fine() -> None:
    assert otlp.read(PROTOBUF, b"") == []
    assert otlp.read(JSON, b"{}") == otlp.read(JSON, b'{"resourceSpans": null}') == []


# OTLP's JSON


def test_ids_are_hex_in_any_case_and_not_base64() -> None:
    assert one(document(traceId=TRACE.upper(), parentSpanId=PARENT.upper())).trace_id == TRACE
    with pytest.raises(BadInput, match=r"traceId .* is no hex text"):
        one(document(traceId="W47/95gDgQPSabYzgT/GDA=="))


@pytest.mark.parametrize("ended", ["1789373703021000999", 1789373703021000999])
def test_integers_of_64_bits_are_strings_or_numbers_and_exact(ended: str | int) -> None:
    assert one(document(endTimeUnixNano=ended)).ended == 1789373703021000999
    assert attribute({"intValue": ended}) == "1789373703021000999"


def test_enums_are_integers_only() -> None:
    assert one(document(kind=2)).kind == 2
    with pytest.raises(BadInput, match="kind 'SPAN_KIND_SERVER' is no integer"):
        one(document(kind="SPAN_KIND_SERVER"))


def test_unknown_fields_and_names_that_are_not_camel_case_are_passed_over() -> None:
    span = one(document(name="n", end_time_unix_nano="1", flags=1, status={"code": 2, "new": []}, isRemote=True))
    assert (span.ended, span.status) == (0, 2)
    assert attribute({"futureValue": 1}) is None


def test_null_is_an_absent_field() -> None:
    span = one(document(name=None, kind=None, status=None, attributes=None, parentSpanId=None))
    assert (span.name, span.kind, span.status, span.attributes, span.parent_id) == ("", 0, 0, {}, "")


@pytest.mark.parametrize(
    ("content_type", "body", "reason"),
    [
        (PROTOBUF, b"\xff\xff", "is no Protobuf message"),
        (PROTOBUF, b"{}", "is no Protobuf message"),
        (JSON, b"", "is not valid JSON"),
        (JSON, b"\xff", "is not UTF-8"),
        (JSON, b"[]", "is no JSON object"),
        (JSON, b'{"resourceSpans": 5}', "resourceSpans '5' is no list of objects"),
        (JSON, b'{"resourceSpans": [5]}', "is no list of objects"),
        (JSON, b'{"resourceSpans": [{"resource": []}]}', "resource .* is no object"),
        (JSON, json.dumps(document(status=2)).encode(), "status '2' is no object"),
        (JSON, json.dumps(document(name=["a"])).encode(), "name .* is no string"),
        (JSON, json.dumps(document(name="\udead")).encode(), "half of a surrogate pair"),
        (JSON, json.dumps(document(endTimeUnixNano=1.5)).encode(), "endTimeUnixNano '1.5' is no integer"),
        (JSON, json.dumps(document(attributes={"a": 1})).encode(), "attributes .* is no list of objects"),
        (JSON, json.dumps(document(attributes=[{"key": "a", "value": {"boolValue": "yes"}}])).encode(), "neither true"),
        (JSON, b"[" * 100_000, "nested too deep"),
    ],
)
def test_a_body_that_cannot_be_parsed_is_bad_input(content_type: str, body: bytes, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        otlp.read(content_type, body)


def test_attributes_nested_too_deep_are_bad_input() -> None:
    value = '{"arrayValue":{"values":[' * 400 + "{}" + "]}}" * 400
    body = json.dumps(document(attributes=[{"key": "a", "value": {}}])).replace('"value": {}', f'"value": {value}')
    with pytest.raises(BadInput, match="nested too deep"):
        otlp.read(JSON, body.encode())


@given(st.binary(max_size=200), st.sampled_from([PROTOBUF, JSON]))
def test_whatever_bytes_come_they_are_spans_or_bad_input(body: bytes, content_type: str) -> None:
    try:
        spans = otlp.read(content_type, body)
    except BadInput:
        return
    for kind in ("claims", "evidence"):
        mapped = genai.rows(spans, kind)
        assert len(mapped.rows) + len(mapped.refused) + mapped.ignored == len(spans)


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/protobuf", "application/jsonx"])
def test_another_content_type_is_an_error_of_its_own(content_type: str) -> None:
    with pytest.raises(UnknownMediaType, match="send application/x-protobuf or application/json"):
        otlp.read(content_type, b"")


def test_parameters_of_the_content_type_do_no_harm() -> None:
    assert otlp.read("Application/JSON; charset=utf-8", b"{}") == []


# answers


def test_full_success_says_nothing() -> None:
    assert otlp.answer(PROTOBUF, 0, "") == b""
    assert json.loads(otlp.answer(JSON, 0, "")) == {}


def test_partial_success_says_how_many_and_why_in_the_encoding_of_the_request() -> None:
    response = ExportTraceServiceResponse.FromString(otlp.answer(PROTOBUF, 3, "no agent"))
    assert (response.partial_success.rejected_spans, response.partial_success.error_message) == (3, "no agent")
    said = {"partialSuccess": {"rejectedSpans": "3", "errorMessage": "no agent"}}
    assert json.loads(otlp.answer("application/json; charset=utf-8", 3, "no agent")) == said


def test_a_warning_rejects_nothing_and_has_a_message() -> None:
    assert json.loads(otlp.answer(JSON, 0, "old names")) == {"partialSuccess": {"errorMessage": "old names"}}


def test_a_failure_is_a_status_and_bad_data_is_described_in_its_details() -> None:
    status = Status.FromString(otlp.failure(PROTOBUF, 400, "is no Protobuf message"))
    detail = BadRequest()
    assert status.details[0].Unpack(detail)
    assert (status.code, status.message) == (3, "is no Protobuf message")
    assert detail.field_violations[0].description == "is no Protobuf message"
    assert json.loads(otlp.failure(JSON, 503, "later")) == {"code": 14, "message": "later"}
    assert json.loads(otlp.failure(JSON, 400, "bad"))["details"] == [
        {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{"description": "bad"}]}
    ]


def test_an_answer_has_the_content_type_of_the_request_or_json() -> None:
    assert otlp.spoken("application/x-protobuf") == PROTOBUF
    assert otlp.spoken("Application/json; charset=utf-8") == otlp.spoken("text/plain") == JSON
