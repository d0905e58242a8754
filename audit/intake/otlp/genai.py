"""The map from spans of the GenAI semantic conventions to claims and evidence. For users: docs/otel-genai-map.md.

A row is made from its own span and the resource of that span alone, never from what else came in the request: the
spans of a trace arrive in any order and in several requests, and the same span must become the same row each time.
Hence tokens are those that the span itself states, and nothing is summed up: the sums that a parent span carries and
the parts that its children carry never meet in one column.

What is no unit of work is ignored; what should be one and lacks what its row needs is refused with a sentence. Rows
have canonical columns with text, boolean, object or list values, as NDJSON rows have; what is not known is absent.
`VERSION` changes with every change that makes another row of the same span.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from audit.intake.names import MEANINGS
from audit.intake.otlp.spans import CONSUMER, ERROR, SERVER, Attributes, Span
from audit.kernel import effects
from audit.kernel.inputs import Fault
from audit.kernel.inputs.faults import shown

VERSION: Final = 1
Row = dict[str, Any]

ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "agent_id": ("gen_ai.agent.id",),
    "agent_name": ("gen_ai.agent.name",),
    "session_id": ("gen_ai.conversation.id",),
    "tokens_input": ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
    "tokens_cached": ("gen_ai.usage.cache_read.input_tokens",),
    "tokens_output": ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
    "environment": ("deployment.environment.name", "deployment.environment"),
    "actor": ("gen_ai.agent.id", "enduser.id", "user.id"),
    "method": ("http.request.method", "http.method", "db.operation.name", "db.operation"),
    "http_status": ("http.response.status_code", "http.status_code"),
    "rpc_status": ("rpc.response.status_code", "rpc.grpc.status_code"),
}
"""What is looked for -> the attributes that say it, the newest name first; the first that is there is taken."""

_TRACE: Final = re.compile(r"(?!0{32})[0-9a-f]{32}")
_SPAN: Final = re.compile(r"(?!0{16})[0-9a-f]{16}")
_TOOL: Final = "execute_tool"
_LOOKS: Final = ("GET", "HEAD", "OPTIONS", "TRACE", "SELECT")
_RECORD: Final = ("app.record.system", "app.record.type", "app.record.id")
_ID: Final = re.compile(r"(.+?)(?:_id|_ID|Id|ID)")
_HTTP_ERROR: Final = re.compile(r"[4-9][0-9]{2}")
_BEGAN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ENVIRONMENTS: Final = {word: meant for meant, words in MEANINGS["environment"].items() for word in words.split()}


class Mapped(NamedTuple):
    """The rows in order, a fault for each refused span with its number from 1, and how many were ignored."""

    rows: list[Row]
    refused: list[Fault]
    ignored: int


class _Refused(Exception):
    """What a span that should be a row lacks: the attribute, and what to do."""

    def __init__(self, attribute: str, reason: str, value: object = "") -> None:
        super().__init__(reason)
        self.attribute, self.reason, self.value = attribute, reason, value


def rows(spans: Iterable[Span], kind: str, told: Collection[str] = ()) -> Mapped:
    """The rows of spans, as `claims` or as `evidence`.

    `told` are the columns that the source says of all its rows (its vendor, its system): they are left out.
    """
    is_unit, make = (_is_claim, _CLAIM) if kind == "claims" else (_is_evidence, _EVIDENCE)
    found: list[Row] = []
    refused: list[Fault] = []
    ignored = 0
    for number, span in enumerate(spans, 1):
        if not is_unit(span):
            ignored += 1
            continue
        try:
            found.append({name: value for name, say in make.items() if name not in told and (value := say(span))})
        except _Refused as why:
            reason = f"span {shown(span.name)[:60]!r} {why.reason}"
            refused.append(Fault(number, why.attribute, shown(why.value), reason))
    return Mapped(found, refused, ignored)


def _is_claim(span: Span) -> bool:
    """A tool call as the agent's side saw it; the span of the side that was called is not a second one."""
    return _is_tool(span) and span.kind not in (SERVER, CONSUMER)


def _is_evidence(span: Span) -> bool:
    """A tool call, or any span that names a record; but not what only looks, and not what a model or agent does."""
    if _is_tool(span):
        return True
    if _one(span.attributes, "gen_ai.operation.name") or _said(span.attributes, "method").upper() in _LOOKS:
        return False
    return bool(_one(span.attributes, "app.record.id"))


def _is_tool(span: Span) -> bool:
    operation = _one(span.attributes, "gen_ai.operation.name") or span.name.split(" ")[0]
    return operation == _TOOL


def _identity(span: Span) -> str:
    if not _TRACE.fullmatch(span.trace_id):
        raise _Refused("traceId", "has no valid trace id: 16 bytes, not all zero", span.trace_id)
    if not _SPAN.fullmatch(span.span_id):
        raise _Refused("spanId", "has no valid span id: 8 bytes, not all zero", span.span_id)
    return f"{span.trace_id}:{span.span_id}"


def _agent(span: Span) -> str:
    """Which agent: its id; else its name within its service; else its service, if that has one agent and no name."""
    service = _service(span)
    name = _said(span.attributes, "agent_name")
    found = _said(span.attributes, "agent_id") or "/".join(part for part in (service, name) if part)
    return found or _lack("gen_ai.agent.id", "names no agent: set gen_ai.agent.id, or service.name on its resource")


def _system(span: Span) -> str:
    return _service(span) or _lack(
        "service.name", "names no system: set service.name on its resource, or give the source a system"
    )


def _service(span: Span) -> str:
    """The name of the service; what an SDK puts where nobody gave one is none."""
    name = _one(span.resource, "service.name")
    return "" if name.startswith("unknown_service") else name


def _tool(span: Span) -> str:
    return _action(span) or _lack("gen_ai.tool.name", "names no tool: set gen_ai.tool.name on it")


def _action(span: Span) -> str:
    """The kind of work: said for this product, or the tool, which old spans have in their name alone."""
    said = _one(span.attributes, "app.record.action") or _one(span.attributes, "gen_ai.tool.name")
    return said or (span.name.removeprefix(_TOOL).strip() if _is_tool(span) else "")


def _record(span: Span) -> str:
    """The record that a span names: `system/type/id`, of which system and type may be left out."""
    if not _one(span.attributes, "app.record.id"):
        return ""
    return "/".join(part for part in (_one(span.attributes, name) for name in _RECORD) if part)


def _target(span: Span) -> str:
    """The record of a tool call: named outright, or by the one argument that is an id."""
    arguments = _arguments(span)
    key = _key(span, arguments)
    return _of_argument(key, arguments[key]) if key else _record(span)


def _effect(span: Span) -> Row:
    """What was to be written: the arguments, but not the one that names the record."""
    arguments = _arguments(span)
    key = _key(span, arguments)
    return {name: value for name, value in arguments.items() if name != key}


def _arguments(span: Span) -> Row:
    """The arguments of a tool call: an object, or the JSON of one; anything else says nothing of fields."""
    said = span.attributes.get("gen_ai.tool.call.arguments")
    if isinstance(said, str):
        try:
            said = effects.parse(said)
        except ValueError:
            return {}
    return said if isinstance(said, dict) else {}


def _key(span: Span, arguments: Row) -> str | None:
    """The one argument that names the record by its id; None where there are more, or where the span names it."""
    if _record(span):
        return None
    found = [
        name
        for name, value in arguments.items()
        if _ID.fullmatch(name) and isinstance(value, str) and value and not value.isspace()
    ]
    return found[0] if len(found) == 1 else None


def _of_argument(name: str, value: str) -> str:
    match = _ID.fullmatch(name)
    return f"{match[1] if match else name}/{value}"


def _claim_ref(span: Span) -> str:
    """The claim that an event names: said outright, or the span of the caller, which is the tool call if it is one."""
    said = _one(span.attributes, "app.claim.id")
    if said or span.kind not in (SERVER, CONSUMER) or not _SPAN.fullmatch(span.parent_id):
        return said
    return f"{span.trace_id}:{span.parent_id}"


def _has_failed(span: Span) -> bool:
    """Whether it ended in an error. A server's span of a refused request (4xx) has no error status of its own."""
    if span.status == ERROR or _one(span.attributes, "error.type"):
        return True
    http, rpc = _said(span.attributes, "http_status"), _said(span.attributes, "rpc_status")
    return bool(_HTTP_ERROR.fullmatch(http)) or rpc.upper() not in ("", "0", "OK")


def _environment(span: Span) -> str:
    said = _said(span.resource, "environment")
    return _ENVIRONMENTS.get(said.casefold(), said)


def _ended(span: Span) -> str:
    """The end of a span as RFC 3339 with microseconds; what is finer is cut off."""
    if not span.ended:
        raise _Refused("endTimeUnixNano", "has no end time: send spans when they have ended")
    try:
        at = _BEGAN + timedelta(microseconds=span.ended // 1_000)
    except OverflowError:
        raise _Refused("endTimeUnixNano", "ends at no date of a calendar: check its clock", span.ended) from None
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _saying(what: str) -> Callable[[Span], str]:
    return lambda span: _said(span.attributes, what)


def _said(attributes: Attributes, what: str) -> str:
    """What the first known name says, or nothing."""
    for name in ALIASES[what]:
        if found := _one(attributes, name):
            return found
    return ""


def _one(attributes: Attributes, name: str) -> str:
    """The text of an attribute; empty where it is absent or is no single value."""
    value = attributes.get(name)
    return value if isinstance(value, str) else ""


def _lack(attribute: str, reason: str) -> str:
    raise _Refused(attribute, reason)


_CLAIM: Final[dict[str, Callable[[Span], Any]]] = {
    "claim_id": _identity,
    "agent_id": _agent,
    "action": _tool,
    "target": _target,
    "occurred_at": _ended,
    "session_id": _saying("session_id"),
    "parent_id": lambda span: _one(span.attributes, "app.claim.parent_id"),
    "environment": _environment,
    "status": lambda span: "failed" if _has_failed(span) else "completed",
    "tokens_input": _saying("tokens_input"),
    "tokens_cached": _saying("tokens_cached"),
    "tokens_output": _saying("tokens_output"),
    "effect": _effect,
}
"""Column of a claim -> what a span says of it; nothing if it is empty."""
_EVIDENCE: Final[dict[str, Callable[[Span], Any]]] = {
    "system": _system,
    "event_id": _identity,
    "target": _record,
    "action": _action,
    "occurred_at": _ended,
    "actor": _saying("actor"),
    "outcome": lambda span: "failed" if _has_failed(span) else "done",
    "claim_ref": _claim_ref,
}
"""Column of evidence -> what a span says of it."""
