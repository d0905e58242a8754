"""CloudEvents 1.0 in each of its three modes become rows; what the specification forbids is refused alone.

The official SDK is the client. The conformance samples of the specification are read where they lie beside the
repository, and skipped with a word where they do not.
"""

from __future__ import annotations

import base64
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from audit.intake.cloudevents import BATCH, STRUCTURED, Event, is_cloudevent, read
from audit.intake.mediatypes import UnknownMediaType
from audit.kernel.inputs import BadInput, Fault

SHARED = Path(os.environ.get("AWU_SHARED") or Path(__file__).resolve().parents[3] / "shared")
SAMPLES = SHARED / "data" / "format-samples" / "cloudevents-conformance"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no conformance samples at {SAMPLES}: set AWU_SHARED")

ENVELOPE = {"specversion": "1.0", "id": "e1", "source": "/own/crm", "type": "com.example.case.updated.v1"}
DATA = {"action": "record_update", "outcome": "done"}


def structured(kind: str = "evidence", **event: Any) -> Event | Fault:
    (found,) = read(STRUCTURED, {}, json.dumps({**ENVELOPE, "data": DATA, **event}).encode(), kind)
    return found


def binary(headers: dict[str, str] | None = None, body: bytes = b"{}", content_type: str = "application/json") -> Any:
    every = {f"ce-{name}": value for name, value in ENVELOPE.items()} | (headers or {})
    (found,) = read(content_type, {name: value for name, value in every.items() if value}, body, "evidence")
    return found


def row(found: Event | Fault) -> dict[str, Any]:
    assert isinstance(found, Event), found
    return found.row


def refusal(found: Event | Fault) -> str:
    assert isinstance(found, Fault), found
    return f"{found.column} {found.reason}"


def by_sdk(**more: Any) -> CloudEvent:
    at = datetime(2026, 9, 14, 8, 15, 3, 21_000, UTC)
    attributes = {**ENVELOPE, "time": at, "subject": "crm/Case/Größe 5%", "datacontenttype": "application/json", **more}
    return CloudEvent(attributes=attributes, data=DATA)


# the official SDK as the client


SENT = {**DATA, "event_id": "e1", "occurred_at": "2026-09-14T08:15:03.021000Z", "target": "crm/Case/Größe 5%"}


def test_a_structured_event_of_the_sdk_is_a_row() -> None:
    message = to_structured_event(by_sdk())
    (found,) = read(message.headers["content-type"], message.headers, message.body, "evidence")
    assert found == Event(1, "/own/crm", "e1", SENT)


def test_a_binary_event_of_the_sdk_is_the_same_row() -> None:
    message = to_binary_event(by_sdk(traceparent="00-5b8efff798038103d269b633813fc60c-eee19b7ec3c1b174-01"))
    headers = {name.title(): value for name, value in message.headers.items()}
    (found,) = read(headers["Content-Type"], headers, message.body, "evidence")
    assert found == Event(1, "/own/crm", "e1", SENT)


def test_a_batch_of_events_of_the_sdk_is_a_row_each() -> None:
    events = [to_structured_event(by_sdk(id=f"e{at}")).body for at in range(3)]
    found = read(BATCH + "; charset=UTF-8", {}, b"[" + b",".join(events) + b"]", "claims")
    assert [(event.number, row(event)["claim_id"]) for event in found] == [(1, "e0"), (2, "e1"), (3, "e2")]


# the conformance samples


def samples(name: str) -> list[dict[str, Any]]:
    # BaseLoader leaves every value the text that was written: versions, times
    documents = yaml.load_all((SAMPLES / name).read_text(), yaml.BaseLoader)
    return [document for document in documents if document]


def sent(sample: dict[str, Any], mode: str) -> Event | Fault:
    """A sample as a message of a mode, put together by hand after the specification."""
    attributes = dict(sample["ContextAttributes"])
    attributes |= attributes.pop("Extensions", {})
    form = attributes.get("datacontenttype", "")
    transport = sample.get("TransportExtensions", {})
    if mode == "binary":
        attributes.pop("datacontenttype", None)
        headers = {f"ce-{name}": quote(value) for name, value in attributes.items()}
        (found,) = read(form, headers | transport, sample["Data"].encode(), "evidence")
        return found
    data = json.loads(sample["Data"]) if "json" in form or not form else sample["Data"]
    body = json.dumps(attributes | {"data": data}).encode()
    (found,) = read(STRUCTURED, transport, body, "evidence")
    return found


@needs_samples
@pytest.mark.parametrize("mode", ["binary", "structured"])
def test_the_conformance_sample_of_version_1_is_read(mode: str) -> None:
    for sample in samples("v1.yaml"):
        assert row(sent(sample, mode)) == {
            "world": "hello",
            "event_id": "4321-4321-4321",
            "occurred_at": "2018-04-05T03:56:24Z",
        }


@needs_samples
@pytest.mark.parametrize("mode", ["binary", "structured"])
def test_of_the_minimal_samples_those_with_a_json_object_are_rows_and_the_others_are_refused_for_their_data(
    mode: str,
) -> None:
    found = [sent(sample, mode) for sample in samples("v1_minimum.yaml")]
    assert [event.row for event in found if isinstance(event, Event)] == [
        {"msg": "Hello, 🌎!", "event_id": "conformance-0004"}
    ]
    assert [fault.column for fault in found if isinstance(fault, Fault)] == [
        "datacontenttype",
        "datacontenttype",
        "data",
        "data",
        "datacontenttype",
    ]


@needs_samples
@pytest.mark.parametrize("mode", ["binary", "structured"])
@pytest.mark.parametrize("name", ["v03.yaml", "v03_minimum.yaml"])
def test_every_sample_of_version_0_3_is_refused_by_name(name: str, mode: str) -> None:
    assert {refusal(sent(sample, mode)) for sample in samples(name)} == {
        "specversion is CloudEvents 0.3, which is not read: send specversion 1.0"
    }


# whose word stands


def test_the_data_wins_over_the_envelope() -> None:
    said = {"event_id": "own", "occurred_at": "2026-01-01T00:00:00Z", "target": "crm/Case/1", "actor": "bot"}
    found = structured(data=said, time="2026-02-02T00:00:00Z", subject="crm/Case/2", actor="relay")
    assert row(found) == said


@pytest.mark.parametrize("nothing", [None, ""])
def test_data_that_says_nothing_does_not_win(nothing: str | None) -> None:
    assert row(structured(data={"target": nothing}, subject="crm/Case/2"))["target"] == "crm/Case/2"


def test_an_extension_called_like_a_column_is_that_column_and_others_are_tolerated() -> None:
    found = row(structured(data={}, actor="bot", outcome="done", traceparent="00-ab", sampledrate=3, flag=True))
    assert found == {"event_id": "e1", "actor": "bot", "outcome": "done"}


def test_the_id_names_a_claim_where_claims_are_sent() -> None:
    assert row(structured("claims", data={})) == {"claim_id": "e1"}


def test_every_number_of_the_data_stays_as_it_was_written() -> None:
    body = json.dumps({**ENVELOPE, "data": {"units": 0}}).replace(
        "0}", '1, "effect": {"a": [1.10, 1e400, 12345678901234567890]}}'
    )
    (found,) = read(STRUCTURED, {}, body.encode(), "evidence")
    assert row(found)["effect"] == {"a": ["1.10", "1e400", "12345678901234567890"]}


def test_a_time_finer_than_a_microsecond_is_cut_and_never_rounded() -> None:
    assert (
        row(structured(time="2026-09-14t10:15:03.123456999+02:00"))["occurred_at"] == "2026-09-14t10:15:03.123456+02:00"
    )


# what an event must be


BAD: list[tuple[dict[str, Any], str]] = [
    *(({name: None}, f"{name} is missing or empty") for name in ("id", "source", "specversion", "type")),
    *(({name: ""}, f"{name} is missing or empty") for name in ("id", "source", "specversion", "type")),
    ({"id": 5}, "id is no string"),
    ({"specversion": 1.0}, "specversion is no string"),
    ({"specversion": "1.1"}, "specversion is no version that is read"),
    ({"specversion": "0.3"}, "specversion is CloudEvents 0.3"),
    ({"source": "my crm"}, "source is no URI reference"),
    ({"dataschema": "schema"}, "dataschema is no URI"),
    ({"subject": ""}, "subject is empty"),
    ({"subject": "a\nb"}, "subject holds a control character"),
    ({"id": "\udead"}, "id holds a control character, half a surrogate pair"),
    ({"id": "\uffff"}, "id holds a control character, half a surrogate pair or a noncharacter"),
    ({"time": "2026-09-14"}, "time is not a date and time of RFC 3339"),
    ({"time": "2026-09-14T08:15:03"}, "time is not a date and time of RFC 3339"),
    ({"time": "2026-02-30T08:15:03Z"}, "time is no date and time that a calendar has"),
    ({"Actor": "bot"}, "Actor is no attribute name"),
    ({"actor_id": "bot"}, "actor_id is no attribute name"),
    ({"actor": {"id": 1}}, "actor is no string, integer or boolean"),
    ({"datacontenttype": "json"}, "datacontenttype is no media type"),
    ({"datacontenttype": "text/plain", "data": "a"}, "datacontenttype is not JSON"),
    ({"data": [1]}, "data is no JSON object"),
    ({"data": None}, "data is no JSON object"),
    ({"data_base64": "e30="}, "data_base64 stands beside data"),
]


@pytest.mark.parametrize(("change", "reason"), BAD, ids=[reason for _, reason in BAD])
def test_what_the_specification_forbids_is_refused_with_the_attribute(change: dict[str, Any], reason: str) -> None:
    assert refusal(structured(**change)).startswith(reason)


@pytest.mark.parametrize("form", ["application/json", "application/vnd.case+json; charset=utf-8", "text/json"])
def test_data_of_any_json_type_is_read(form: str) -> None:
    assert row(structured(datacontenttype=form))["action"] == "record_update"


def test_an_attribute_that_is_null_is_absent() -> None:
    assert "target" not in row(structured(subject=None, time=None, dataschema=None, data_base64=None))


def packed(data: str | bytes, **more: Any) -> Event | Fault:
    text = data if isinstance(data, str) else base64.b64encode(data).decode()
    (found,) = read(STRUCTURED, {}, json.dumps({**ENVELOPE, **more, "data_base64": text}).encode(), "evidence")
    return found


def test_data_in_base64_is_unpacked_and_must_be_a_json_object() -> None:
    assert row(packed('{"target": "Größe"}'.encode())) == {"target": "Größe", "event_id": "e1"}
    for wrong in ("e30", "e3 0=", b"{", b"\xff", b"[1]"):
        assert refusal(packed(wrong)).startswith("data")
    assert refusal(packed(b"{}", datacontenttype="text/plain")) == refusal(structured(datacontenttype="text/plain"))


# a batch


def test_an_empty_batch_is_fine() -> None:
    assert read(BATCH, {}, b"[]", "evidence") == []


def test_one_bad_event_of_a_batch_is_refused_alone_with_its_place() -> None:
    good = {**ENVELOPE, "data": {}}
    found = read(BATCH, {}, json.dumps([good, {**good, "id": ""}, "x", good]).encode(), "evidence")
    assert [(event.number if isinstance(event, Event) else (event.line, event.column)) for event in found] == [
        1,
        (2, "id"),
        (3, ""),
        4,
    ]


@pytest.mark.parametrize(
    ("content_type", "body", "reason"),
    [
        (BATCH, b"{}", "is no JSON array"),
        (BATCH, b'[{"id": NaN}]', "NaN"),
        (STRUCTURED, b"{", "is not valid JSON"),
        (STRUCTURED, b'{"id": "a", "id": "b"}', "twice"),
        (STRUCTURED, b"\xff", "is not UTF-8"),
        (STRUCTURED, b"[" * 100_000, "nested too deep"),
        (STRUCTURED + "; charset=utf-16", b"{}", "utf-16: JSON is sent as UTF-8"),
    ],
)
def test_a_body_that_is_no_json_is_refused_whole(content_type: str, body: bytes, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        read(content_type, {}, body, "evidence")


@pytest.mark.parametrize("form", ["application/cloudevents+avro", "application/cloudevents-batch+xml"])
def test_an_event_format_other_than_json_is_an_unknown_media_type(form: str) -> None:
    with pytest.raises(UnknownMediaType, match="send application/cloudevents"):
        read(form, {}, b"", "evidence")


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*ENVELOPE, "time", "subject", "data", "data_base64", "x"]), ANY_JSON), ANY_JSON)
def test_whatever_json_comes_every_event_is_a_row_or_a_refusal(change: dict[str, Any], other: Any) -> None:
    events = [{**ENVELOPE, "data": DATA, **change}, change, other]
    found = read(BATCH, {}, json.dumps(events).encode(), "evidence")
    assert [event.number if isinstance(event, Event) else event.line for event in found] == [1, 2, 3]


# binary mode


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
        ("%e2%82%ac", "€"),
        ("%41bc", "Abc"),
        ("%2541", "%41"),
        ('"a \\"b\\" \\\\c%20d"', 'a "b" \\c d'),
        ("plus+stays", "plus+stays"),
    ],
)
def test_header_values_are_unquoted_and_percent_decoded_once(value: str, meant: str) -> None:
    assert row(binary({"ce-subject": value}))["target"] == meant


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"ce-subject": "%C0%A0"}, "subject does not percent-decode to UTF-8"),
        ({"ce-subject": "100%"}, "subject holds a % that begins no %xy"),
        ({"ce-subject": "Größe"}, "subject is not ASCII"),
        ({"ce-subject": "a%0Ab"}, "subject holds a control character"),
        ({"ce-datacontenttype": "application/json"}, "ce-datacontenttype must not be sent in binary mode"),
        ({"ce-my-name": "a"}, "my-name is no attribute name"),
        ({"ce-id": ""}, "id is missing or empty"),
        ({"ce-specversion": "0.3"}, "specversion is CloudEvents 0.3"),
    ],
)
def test_a_header_that_breaks_the_binding_refuses_the_event(headers: dict[str, str], reason: str) -> None:
    assert refusal(binary(headers)).startswith(reason)


def test_binary_data_of_no_declared_type_is_json_and_other_types_are_refused() -> None:
    assert row(binary(content_type="")) == {"event_id": "e1"}
    assert refusal(binary(content_type="text/plain")).startswith("datacontenttype is not JSON")
    with pytest.raises(BadInput, match="not valid JSON"):
        binary(body=b"hello")


def test_what_is_meant_as_a_cloudevent_is_told_by_type_or_header() -> None:
    assert is_cloudevent("application/cloudevents-batch+json; charset=UTF-8", {})
    assert is_cloudevent("application/json", {"Ce-Id": "1"})
    assert not is_cloudevent("application/json", {"Id": "1", "Ce-Other": "2"})
