"""The map from GenAI spans to claims and evidence: docs/otel-genai-map.md, line by line."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.trace import SpanKind, StatusCode, set_span_in_context

from audit.intake import otlp
from audit.intake.otlp import JSON, genai
from audit.intake.otlp.spans import CLIENT, CONSUMER, INTERNAL, SERVER, Span
from audit.kernel import inputs
from audit.kernel.inputs.jsonlines import gather
from audit.kernel.terms import INPUTS
from tests.intake.otlp_client import collector, tracer

TRACE, SPAN, PARENT = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174", "eee19b7ec3c1b173"
ENDED = 1789373703021000999

TOOL = Span(
    trace_id=TRACE,
    span_id=SPAN,
    parent_id=PARENT,
    name="execute_tool update_case",
    kind=INTERNAL,
    ended=ENDED,
    status=0,
    attributes={
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "update_case",
        "gen_ai.agent.id": "agt_17",
        "gen_ai.conversation.id": "conv_5j66",
    },
    resource={"service.name": "crm-agent"},
)
SEEN = replace(
    TOOL, name="PATCH /cases/{id}", kind=SERVER, attributes={"app.record.id": "500A"}, resource={"service.name": "crm"}
)


def with_(span: Span, **attributes: Any) -> Span:
    """The span with further attributes; `_` stands for a dot in their names, `__` for itself, None takes one away."""
    named = {name.replace("__", "\0").replace("_", ".").replace("\0", "_"): v for name, v in attributes.items()}
    kept = {name: value for name, value in (span.attributes | named).items() if value is not None}
    return replace(span, attributes=kept)


def claim(span: Span) -> dict[str, Any]:
    (row,), refused, ignored = genai.rows([span], "claims")
    assert (refused, ignored) == ([], 0)
    return row


def event(span: Span) -> dict[str, Any]:
    (row,), refused, ignored = genai.rows([span], "evidence")
    assert (refused, ignored) == ([], 0)
    return row


def refusal(span: Span, kind: str) -> tuple[str, str]:
    rows, (fault,), ignored = genai.rows([span], kind)
    assert (rows, ignored) == ([], 0)
    return fault.column, fault.reason


# a real client


def test_a_tool_call_of_the_sdk_is_a_claim_and_its_service_is_evidence_of_it() -> None:
    with (
        collector(lambda kind, body: (200, otlp.answer(kind, 0, ""))) as received,
        tracer(received, service_name="crm-agent") as agent,
        tracer(received, service_name="crm") as crm,
    ):
        tool = agent.start_span("execute_tool update_case", attributes=TOOL.attributes)
        with agent.start_as_current_span("invoke_agent", attributes={"gen_ai.operation.name": "invoke_agent"}):
            pass
        served = crm.start_span("PATCH", set_span_in_context(tool), SpanKind.SERVER, {"app.record.id": "500A"})
        served.end(ENDED)
        tool.set_status(StatusCode.OK)
        tool.end(ENDED)
    spans = [span for request in received.requests for span in otlp.read(*request)]
    (claimed,), refused, ignored = genai.rows(spans, "claims")
    assert (refused, ignored, claimed["occurred_at"]) == ([], 2, "2026-09-14T08:15:03.021000Z")
    (seen, _), refused, ignored = genai.rows(spans, "evidence")
    assert (refused, ignored, seen["system"], seen["outcome"]) == ([], 1, "crm", "done")
    assert seen["claim_ref"] == claimed["claim_id"]


# claims


def test_a_tool_call_is_a_claim() -> None:
    assert claim(TOOL) == {
        "claim_id": f"{TRACE}:{SPAN}",
        "agent_id": "agt_17",
        "action": "update_case",
        "occurred_at": "2026-09-14T08:15:03.021000Z",
        "session_id": "conv_5j66",
        "status": "completed",
    }


@pytest.mark.parametrize("operation", ["chat", "invoke_agent", "text_completion", "create_agent", "plan", "retrieval"])
def test_other_operations_are_no_unit_of_work_and_are_ignored(operation: str) -> None:
    assert genai.rows([with_(TOOL, gen__ai_operation_name=operation)], "claims") == ([], [], 1)


@pytest.mark.parametrize("kind", [SERVER, CONSUMER])
def test_the_called_side_of_a_tool_call_is_not_a_second_claim(kind: int) -> None:
    assert genai.rows([replace(TOOL, kind=kind)], "claims") == ([], [], 1)
    assert claim(replace(TOOL, kind=CLIENT))["action"] == "update_case"


def test_an_old_span_says_what_it_is_in_its_name_alone() -> None:
    old = with_(TOOL, gen__ai_operation_name=None, gen__ai_tool_name=None)
    assert claim(old)["action"] == "update_case"
    assert genai.rows([replace(old, name="chat gpt-4o")], "claims") == ([], [], 1)


def test_a_tool_call_without_tool_agent_or_end_is_refused_and_says_what_it_lacks() -> None:
    nameless = replace(with_(TOOL, gen__ai_tool_name=None), name="execute_tool")
    agentless = replace(with_(TOOL, gen__ai_agent_id=None), resource={"service.name": "unknown_service:python"})
    assert refusal(nameless, "claims") == (
        "gen_ai.tool.name",
        "span 'execute_tool' names no tool: set gen_ai.tool.name on it",
    )
    assert refusal(agentless, "claims")[0] == "gen_ai.agent.id"
    assert refusal(replace(TOOL, ended=0), "claims")[0] == "endTimeUnixNano"


@pytest.mark.parametrize(
    "change", [{"trace_id": ""}, {"trace_id": "0" * 32}, {"span_id": "0" * 16}, {"span_id": "ab"}], ids=str
)
@pytest.mark.parametrize("kind", ["claims", "evidence"])
def test_an_invalid_id_is_refused(change: dict[str, str], kind: str) -> None:
    assert refusal(replace(TOOL, **change), kind)[0] in ("traceId", "spanId")


def test_a_refused_span_is_told_by_its_place_and_the_others_stand() -> None:
    chat = with_(TOOL, gen__ai_operation_name="chat")
    rows, refused, ignored = genai.rows([chat, replace(TOOL, ended=0), TOOL], "claims")
    assert (len(rows), [fault.line for fault in refused], ignored) == (1, [2], 1)


def test_an_agent_is_its_id_or_its_name_in_its_service_or_its_service() -> None:
    named = with_(TOOL, gen__ai_agent_id=None, gen__ai_agent_name="Case Closer")
    assert claim(named)["agent_id"] == "crm-agent/Case Closer"
    assert claim(replace(named, resource={}))["agent_id"] == "Case Closer"
    assert claim(with_(TOOL, gen__ai_agent_id=None))["agent_id"] == "crm-agent"


@pytest.mark.parametrize(
    "change", [{"status": 2}, {"attributes": {**TOOL.attributes, "error.type": "timeout"}}], ids=["status", "type"]
)
def test_an_error_is_a_failed_claim(change: dict[str, Any]) -> None:
    assert claim(replace(TOOL, **change))["status"] == "failed"


def test_old_names_of_tokens_are_read_and_new_ones_win() -> None:
    old = with_(TOOL, gen__ai_usage_prompt__tokens="7", gen__ai_usage_completion__tokens="3")
    assert (claim(old)["tokens_input"], claim(old)["tokens_output"]) == ("7", "3")
    new = with_(old, gen__ai_usage_input__tokens="8", gen__ai_usage_cache__read_input__tokens="5")
    assert (claim(new)["tokens_input"], claim(new)["tokens_cached"]) == ("8", "5")


def test_tokens_of_parents_and_children_are_never_added_up() -> None:
    parent = replace(
        with_(TOOL, gen__ai_operation_name="invoke_agent", gen__ai_usage_input__tokens="100"), span_id=PARENT
    )
    child = replace(with_(TOOL, gen__ai_operation_name="chat", gen__ai_usage_input__tokens="100"), parent_id=SPAN)
    rows, _, ignored = genai.rows([parent, child, TOOL], "claims")
    assert (rows, ignored) == ([claim(TOOL)], 2)


@pytest.mark.parametrize(
    ("said", "meant"), [("production", "production"), ("Prod", "production"), ("staging", "sandbox"), ("blue", "blue")]
)
@pytest.mark.parametrize("name", ["deployment.environment.name", "deployment.environment"])
def test_the_environment_is_that_of_the_resource(name: str, said: str, meant: str) -> None:
    assert claim(replace(TOOL, resource={**TOOL.resource, name: said}))["environment"] == meant


def test_a_step_whose_output_was_used_is_named_outright_and_never_guessed_from_the_parent_span() -> None:
    assert "parent_id" not in claim(TOOL)
    assert claim(with_(TOOL, app_claim_parent__id="c1"))["parent_id"] == "c1"


# targets and effects


def test_a_target_is_the_record_that_a_span_names() -> None:
    record = with_(TOOL, app_record_system="crm", app_record_type="Case", app_record_id="500A")
    assert claim(record)["target"] == "crm/Case/500A"
    assert claim(with_(record, app_record_system=None))["target"] == "Case/500A"
    assert "target" not in claim(with_(record, app_record_id=None))


ARGUMENTS = {"caseId": "500A", "status": "Closed", "score": "1.10"}


@pytest.mark.parametrize("said", [ARGUMENTS, json.dumps(ARGUMENTS), '{"caseId":"500A","status":"Closed","score":1.10}'])
def test_arguments_give_effect_and_target_as_an_object_or_as_its_json(said: Any) -> None:
    row = claim(with_(TOOL, gen__ai_tool_call_arguments=said))
    assert (row["target"], row["effect"]) == ("case/500A", {"status": "Closed", "score": "1.10"})


def test_a_record_named_outright_wins_over_an_argument() -> None:
    row = claim(with_(TOOL, gen__ai_tool_call_arguments=ARGUMENTS, app_record_id="1"))
    assert (row["target"], row["effect"]) == ("1", ARGUMENTS)


@pytest.mark.parametrize(
    "arguments", [{"caseId": "1", "userId": "2"}, {"id": "1"}, {"paid": "1"}, {"caseId": " "}, {"caseId": ["1"]}]
)
def test_a_target_is_not_guessed(arguments: dict[str, Any]) -> None:
    row = claim(with_(TOOL, gen__ai_tool_call_arguments=arguments))
    assert ("target" in row, row["effect"]) == (False, arguments)


@pytest.mark.parametrize("said", ["hello", "[1]", "{", ["a"], True])
def test_arguments_that_are_no_object_say_nothing_of_fields(said: Any) -> None:
    assert claim(with_(TOOL, gen__ai_tool_call_arguments=said)) == claim(TOOL)


# evidence


def test_a_span_that_names_a_record_is_evidence() -> None:
    assert event(with_(SEEN, enduser_id="bot@crm", app_record_type="Case", app_record_action="record_update")) == {
        "system": "crm",
        "event_id": f"{TRACE}:{SPAN}",
        "target": "Case/500A",
        "action": "record_update",
        "occurred_at": "2026-09-14T08:15:03.021000Z",
        "actor": "bot@crm",
        "outcome": "done",
        "claim_ref": f"{TRACE}:{PARENT}",
    }


def test_a_span_that_names_nothing_is_ignored_and_a_tool_call_is_evidence() -> None:
    assert genai.rows([with_(SEEN, app_record_id=None)], "evidence") == ([], [], 1)
    assert event(TOOL)["action"] == "update_case"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("http.request.method", "GET"),
        ("http.method", "HEAD"),
        ("db.operation.name", "select"),
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.operation.name", "invoke_agent"),
    ],
)
def test_what_only_looks_or_thinks_is_no_evidence_of_work(name: str, value: str) -> None:
    looked = replace(SEEN, attributes={**SEEN.attributes, name: value})
    assert genai.rows([looked], "evidence") == ([], [], 1)


@pytest.mark.parametrize(
    ("name", "value", "outcome"),
    [
        ("http.response.status_code", "200", "done"),
        ("http.response.status_code", "303", "done"),
        ("http.response.status_code", "409", "failed"),
        ("http.status_code", "422", "failed"),
        ("http.status_code", "²", "done"),
        ("rpc.grpc.status_code", "0", "done"),
        ("rpc.grpc.status_code", "5", "failed"),
        ("rpc.response.status_code", "OK", "done"),
        ("rpc.response.status_code", "NOT_FOUND", "failed"),
        ("error.type", "500", "failed"),
    ],
)
def test_a_refused_request_has_failed_even_where_its_span_has_no_error_status(
    name: str, value: str, outcome: str
) -> None:
    assert event(replace(SEEN, attributes={**SEEN.attributes, name: value}))["outcome"] == outcome


def test_a_claim_is_named_outright_or_by_the_calling_span_and_else_not() -> None:
    assert event(with_(SEEN, app_claim_id="c1"))["claim_ref"] == "c1"
    assert "claim_ref" not in event(replace(SEEN, kind=INTERNAL))
    assert "claim_ref" not in event(replace(SEEN, parent_id=""))


@pytest.mark.parametrize("resource", [{}, {"service.name": "unknown_service"}])
def test_a_system_is_the_service_or_what_the_source_says(resource: dict[str, Any]) -> None:
    assert refusal(replace(SEEN, resource=resource), "evidence")[0] == "service.name"
    ((row,), _, _) = genai.rows([replace(SEEN, resource=resource)], "evidence", told=("system", "grade"))
    assert "system" not in row


# rows


@given(st.integers(1, 2**64 - 1))
def test_an_instant_is_cut_to_the_microsecond_exactly(nanos: int) -> None:
    row = claim(replace(TOOL, ended=nanos))
    since = datetime.fromisoformat(row["occurred_at"]) - datetime(1970, 1, 1, tzinfo=UTC)
    assert since // timedelta(microseconds=1) == nanos // 1000


@given(st.permutations([TOOL, SEEN, with_(TOOL, gen__ai_operation_name="chat"), replace(TOOL, span_id="a" * 16)]))
def test_a_row_depends_on_its_own_span_alone(spans: list[Span]) -> None:
    together = genai.rows(spans, "claims").rows
    alone = [row for span in spans for row in genai.rows([span], "claims").rows]
    assert together == alone


@pytest.mark.parametrize("kind", ["claims", "evidence"])
def test_the_kernel_takes_the_rows(kind: str, tmp_path: Path) -> None:
    full = with_(TOOL, gen__ai_tool_call_arguments=ARGUMENTS, gen__ai_usage_input__tokens="7")
    rows = genai.rows([full, replace(SEEN, span_id="a" * 16)], kind).rows
    assert {name for row in rows for name in row} <= {column.name for column in INPUTS[kind]}
    told = {"claims": {"vendor": "acme"}, "evidence": {"grade": "B"}}[kind]
    found = gather(enumerate(rows, 1), "otlp")
    taken = inputs.take(kind, found, tmp_path / "o", tmp_path / "r", file="otlp", constants=told)
    assert (taken.accepted, taken.refused) == (len(rows), 0)


def test_a_row_is_the_same_from_either_encoding() -> None:
    said = {"key": "gen_ai.tool.call.arguments", "value": {"kvlistValue": {"values": [
        {"key": "caseId", "value": {"stringValue": "500A"}}, {"key": "n", "value": {"intValue": "3"}}]}}}  # fmt: skip
    span = {
        "traceId": TRACE,
        "spanId": SPAN,
        "name": "execute_tool a",
        "endTimeUnixNano": str(ENDED),
        "attributes": [said],
    }
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "s"}}]}
    body = json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]})
    (row,) = genai.rows(otlp.read(JSON, body.encode()), "claims").rows
    assert (row["target"], row["effect"], row["agent_id"]) == ("case/500A", {"n": "3"}, "s")
