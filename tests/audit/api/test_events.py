"""Streams over HTTP: receipts that add up, once however often, within limits, and refusals that say what to do."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import psycopg
import pytest
import requests
from cloudevents.v1.conversion import to_binary, to_structured
from cloudevents.v1.http import CloudEvent
from django.db import connections
from django.test import Client
from django.utils import timezone
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Tracer
from requests.adapters import BaseAdapter

from audit.models import Arrival, Batch, Identity, Job
from audit.operations import limits, room, streams
from audit.vault import files
from tenants.scope import scope
from tests.audit.api.conftest import Shop, drain, problem

NDJSON = "application/x-ndjson"


def event(number: int, **more: Any) -> dict[str, Any]:
    """What the CRM saw of a case."""
    at = {"target": f"crm/Case/{number}", "action": "record_update", "occurred_at": "2026-03-02T09:00:30Z"}
    return {"event_id": f"e{number}", **at, "outcome": "done", **more}


def lines(*rows: dict[str, Any]) -> bytes:
    """A body of JSON Lines."""
    return "\n".join(map(json.dumps, rows)).encode()


def address(shop: Shop) -> str:
    """Where the CRM's events go."""
    return f"/api/v1/sources/{shop.evidence['id']}/events/"


def post(shop: Shop, body: bytes | str, kind: str = NDJSON, **headers: str) -> Any:
    """A body of a kind, sent to the CRM's stream."""
    return shop.client.post(address(shop), body, content_type=kind, headers=headers)


def counts(receipt: dict[str, Any]) -> tuple[int, ...]:
    """Received, accepted, duplicate, conflicting, refused."""
    return tuple(receipt[name] for name in ("received", "accepted", "duplicate", "conflicting", "refused"))


def kept(shop: Shop) -> int:
    """How many requests there are receipts of."""
    with scope(shop.tenant.id):
        return Arrival.objects.count()


@pytest.mark.parametrize(
    ("kind", "body", "count"),
    [
        (NDJSON, lines(event(1), event(2)), 2),
        ("application/json", json.dumps(event(1)), 1),
        ("application/json; charset=utf-8", json.dumps([event(1), event(2)]), 2),
    ],
)
def test_rows_are_answered_with_a_receipt_that_adds_up(shop: Shop, kind: str, body: bytes | str, count: int) -> None:
    answer = post(shop, body, kind)
    assert answer.status_code == 202, answer.content
    receipt = answer.json()
    assert counts(receipt) == (count, count, 0, 0, 0)
    data = body if isinstance(body, bytes) else body.encode()
    assert (receipt["sha256"], receipt["bytes"]) == (hashlib.sha256(data).hexdigest(), len(data))
    batch = shop.client.get(answer["Location"]).json()
    assert (batch["id"], batch["state"], batch["received"]) == (receipt["batch"], "open", count)
    assert shop.get("batches/").json()["results"][0]["received"] == count


def test_a_packed_body_is_unpacked_and_the_same_rows_again_are_duplicates(shop: Shop) -> None:
    body = lines(event(1), event(2))
    assert counts(post(shop, gzip.compress(body), **{"Content-Encoding": "gzip"}).json()) == (2, 2, 0, 0, 0)
    assert counts(post(shop, body).json()) == (2, 0, 2, 0, 0)
    assert counts(post(shop, lines(event(1, outcome="failed"), event(3))).json()) == (2, 1, 0, 1, 0)


def test_refused_rows_are_told_in_the_receipt_and_by_the_batch(shop: Shop) -> None:
    receipt = post(shop, lines(event(1), event(2, outcome="odd")) + b"\n[]").json()
    assert counts(receipt) == (3, 1, 0, 0, 2)
    assert [(told["line"], told["column"], told["value"]) for told in receipt["refusals"]] == [
        (2, "outcome", "odd"),
        (3, "", "[]"),
    ]
    told = shop.get(f"batches/{receipt['batch']}/refused/").json()["results"]
    assert [row["line"] for row in told] == [2, 3]
    assert shop.get(f"batches/{receipt['batch']}/refused/", format="csv").content.count(b"\n") == 3
    problem(shop.get(f"batches/{receipt['batch']}/file/"), 404)


def test_a_receipt_lists_the_first_refusals_and_says_how_many_more_the_batch_has(shop: Shop) -> None:
    receipt = post(shop, b"[]\n" * 50).json()
    assert (counts(receipt), len(receipt["refusals"]), receipt["refusals_left_out"]) == ((50, 0, 0, 0, 50), 20, 30)
    assert shop.get(f"batches/{receipt['batch']}/refused/", format="csv").content.count(b"\n") == 51


def test_a_streamed_claim_is_judged_by_the_run_that_comes_next(shop: Shop) -> None:
    claim = {"claim_id": "c1", "agent_id": "a1", "action": "record_update", "target": "crm/Case/1"}
    body = json.dumps(claim | {"occurred_at": "2026-03-02T09:00:00Z"})
    claims = f"/api/v1/sources/{shop.claims['id']}/events/"
    assert shop.client.post(claims, body, content_type="application/json").status_code == 202
    post(shop, lines(event(1)))
    run = shop.run()
    (verdict,) = shop.get(f"runs/{run['id']}/verdicts/").json()["results"]
    assert (verdict["claim_id"], verdict["state"]) == ("c1", "verified")


def test_a_real_cloudevents_client_is_understood_in_every_mode(shop: Shop) -> None:
    made = [
        CloudEvent({"type": "case.updated", "source": "/crm", "id": f"e{n}", "time": "2026-03-02T09:00:30Z"}, data)
        for n in (1, 2, 3)
        for data in [{name: value for name, value in event(n).items() if name not in ("event_id", "occurred_at")}]
    ]
    headers, body = to_structured(made[0])
    assert counts(post(shop, body, headers["content-type"]).json()) == (1, 1, 0, 0, 0)
    headers, body = to_binary(made[1])
    sent = {name: value for name, value in headers.items() if name.startswith("ce-")}
    assert counts(post(shop, body, "application/json", **sent).json()) == (1, 1, 0, 0, 0)
    batch = json.dumps([json.loads(to_structured(one)[1]) for one in made] + [{"id": "bad"}])
    receipt = post(shop, batch, "application/cloudevents-batch+json").json()
    assert counts(receipt) == (4, 1, 2, 0, 1)
    assert [told["line"] for told in receipt["refusals"]] == [4]
    with scope(shop.tenant.id):
        streams.close_all()
    drain(shop.tenant)
    with scope(shop.tenant.id):
        raw = files.local(Batch.objects.get().raw_key).read_text()
    assert [json.loads(line)["id"] for line in raw.splitlines()] == ["e1", "e2", "e1", "e2", "e3", "bad"]


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("text/csv", b"a,b", 415),
        ("application/cloudevents+avro", b"x", 415),
        ("application/json", b"{", 400),
        ("application/json", b'[{"a": 1} {"b": 2}]', 400),
        ("application/json", b"[]", 400),
        ("application/json", b"\xff", 400),
        (NDJSON, b"\n", 400),
        (NDJSON, "\ufeff{}".encode("utf-16"), 400),
    ],
)
def test_what_cannot_be_read_at_all_is_refused_and_nothing_is_kept(
    shop: Shop, kind: str, body: bytes, status: int
) -> None:
    problem(post(shop, body, kind), status)
    assert kept(shop) == 0


def test_broken_gzip_and_other_packings_are_refused(shop: Shop) -> None:
    whole = gzip.compress(lines(event(1)))
    problem(post(shop, whole[:-4], **{"Content-Encoding": "gzip"}), 400)
    problem(post(shop, b"no gzip", **{"Content-Encoding": "gzip"}), 400)
    problem(post(shop, whole, **{"Content-Encoding": "br"}), 415)
    assert kept(shop) == 0


def test_a_body_that_is_too_large_or_unpacks_to_too_much_is_413(shop: Shop, settings: Any) -> None:
    settings.STREAM_BYTES_MAX = 10_000
    problem(post(shop, b" " * 10_001), 413)
    bomb = gzip.compress(b" " * 10_000_000)
    assert len(bomb) < 10_000
    problem(post(shop, bomb, **{"Content-Encoding": "gzip"}), 413)
    assert kept(shop) == 0


def test_more_rows_than_the_source_may_send_in_a_minute_are_429(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = shop.client.patch(
        f"/api/v1/sources/{shop.evidence['id']}/", {"events_per_minute": 3}, content_type="application/json"
    )
    assert changed.json()["events_per_minute"] == 3
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)  # the minute does not end
    problem(post(shop, lines(*map(event, range(4)))), 413)
    assert post(shop, lines(event(1), event(2))).status_code == 202
    answer = post(shop, lines(event(3), event(4)))
    problem(answer, 429)
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert counts(post(shop, lines(event(3))).json()) == (1, 1, 0, 0, 0)
    limits._METERS.clear()
    problem(post(shop, lines(event(5))), 429)


@pytest.mark.parametrize(("name", "value"), [("DISK_FREE_MIN", 1 << 60), ("STREAM_BACKLOG_MAX", 1)])
def test_a_full_disk_and_a_long_backlog_are_503_and_nothing_is_kept(
    shop: Shop, settings: Any, name: str, value: int
) -> None:
    assert post(shop, lines(event(1))).status_code == 202
    setattr(settings, name, value)
    answer = post(shop, lines(event(2)))
    problem(answer, 503)
    assert int(answer["Retry-After"]) > 0
    assert kept(shop) == 1


def test_an_idempotency_key_gets_the_first_receipt_again(shop: Shop) -> None:
    body, key = lines(event(1)), {"Idempotency-Key": "k1"}
    first, again = post(shop, body, **key), post(shop, body, **key)
    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    problem(post(shop, lines(event(2)), **key), 422)
    assert kept(shop) == 1


def test_keys_without_the_scope_and_other_tenants_are_refused(
    shop: Shop, api: Callable[..., Client], outsider: Client
) -> None:
    problem(api("read", "run", "admin").post(address(shop), lines(event(1)), content_type=NDJSON), 403)
    problem(outsider.post(address(shop), lines(event(1)), content_type=NDJSON), 404)
    assert kept(shop) == 0


@pytest.mark.usefixtures("committed")
def test_a_request_asks_postgresql_seven_times_however_many_rows_it_has(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(shop, lines(event(0)))
    asked: list[str] = []

    def counted(cursor: psycopg.Cursor[Any], query: Any, *given: Any, **more: Any) -> psycopg.Cursor[Any]:
        asked.append(str(query))
        return execute(cursor, query, *given, **more)

    def counted_too(cursor: psycopg.Cursor[Any], query: Any, *given: Any, **more: Any) -> None:
        asked.append(str(query))
        executemany(cursor, query, *given, **more)

    execute, executemany = psycopg.Cursor.execute, psycopg.Cursor.executemany
    monkeypatch.setattr(psycopg.Cursor, "execute", counted)
    monkeypatch.setattr(psycopg.Cursor, "executemany", counted_too)
    assert post(shop, lines(*map(event, range(1, 40)))).status_code == 202
    assert len(asked) == 7, "the key, the scope, the source, the segment, identities, the arrival, the end of the scope"


@pytest.mark.usefixtures("committed")
def test_the_same_events_sent_at_once_in_any_order_count_once(shop: Shop) -> None:
    rows = [event(n) for n in range(40)]
    orders = [rows, rows[::-1], rows[20:] + rows[:20], [{**row, "outcome": "failed"} for row in rows[::-1]]]
    barrier = threading.Barrier(len(orders))
    answers: list[Any] = []

    def send(order: list[dict[str, Any]]) -> None:
        client = Client()
        client.defaults = shop.client.defaults
        barrier.wait()
        answers.append(client.post(address(shop), lines(*order), content_type=NDJSON))
        connections.close_all()

    threads = [threading.Thread(target=send, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [202] * 4
    sums = [sum(column) for column in zip(*(counts(answer.json()) for answer in answers), strict=True)]
    assert sums == [160, 40, 80, 40, 0]
    assert len({answer.json()["batch"] for answer in answers}) == 1
    with scope(shop.tenant.id):
        assert Identity.objects.count() == 80
        streams.close_all()
    drain(shop.tenant)
    with scope(shop.tenant.id):
        batch = Batch.objects.get()
        assert (batch.accepted_count, batch.conflicting_count, Job.objects.count()) == (40, 40, 1)


def traces(shop: Shop) -> str:
    """Where the CRM's spans go."""
    return f"/api/v1/sources/{shop.evidence['id']}/otlp/v1/traces"


class Wire(BaseAdapter):
    """Between a real HTTP client and the portal, without a socket; keeps every answer."""

    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self.client, self.answers = shop.client, []

    def send(self, request: Any, *given: Any, **more: Any) -> requests.Response:
        """The portal's answer."""
        told = {name: value for name, value in request.headers.items() if name.lower() != "content-type"}
        answer = self.client.post(
            request.path_url, request.body, content_type=request.headers["Content-Type"], headers=told
        )
        self.answers.append(answer)
        made = requests.Response()
        made.status_code, made.raw, made.request, made.url = answer.status_code, BytesIO(answer.content), request, ""
        made.headers.update(answer.headers)
        return made

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def wire(shop: Shop) -> Wire:
    """A wire to the shop."""
    return Wire(shop)


@pytest.fixture
def tracer(shop: Shop, wire: Wire) -> Iterator[Tracer]:
    """A real OpenTelemetry SDK whose exporter sends each span to the CRM's traces, gzipped, as it ends."""
    session = requests.Session()
    session.mount("http://", wire)
    url = f"http://testserver{traces(shop)}"
    exporter = OTLPSpanExporter(url, compression=Compression.Gzip, session=session, timeout=1)
    provider = TracerProvider(resource=Resource({"service.name": "crm"}), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider.get_tracer("acme.agent", "1.2.0")
    provider.shutdown()


def work(tracer: Tracer, number: int, **more: Any) -> None:
    """A tool call that touched a case."""
    case = {"app.record.system": "crm", "app.record.type": "Case", "app.record.id": str(number)}
    told = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "record_update", **case, **more}
    with tracer.start_as_current_span("execute_tool record_update", attributes=told):
        pass


def test_a_real_exporter_sends_spans_that_become_events(shop: Shop, wire: Wire, tracer: Tracer) -> None:
    work(tracer, 1)
    with tracer.start_as_current_span("chat"):  # no tool call: no row, and no fault either
        pass
    assert [(answer.status_code, answer.content) for answer in wire.answers] == [(200, b""), (200, b"")]
    assert wire.answers[0]["Content-Type"] == "application/x-protobuf"
    with scope(shop.tenant.id):
        assert (Arrival.objects.get().accepted_count, Arrival.objects.get().content_encoding) == (1, "gzip")
        streams.close_all()
    drain(shop.tenant)
    with scope(shop.tenant.id):
        batch = Batch.objects.get()
        assert (batch.state, batch.accepted_count) == ("sealed", 1)
        (line,) = files.local(batch.raw_key).read_text().splitlines()
    assert json.loads(line)["attributes"]["app.record.id"] == "1"


def test_spans_that_lack_what_a_row_needs_are_a_partial_success(shop: Shop) -> None:
    spans = [{"name": "execute_tool x", "traceId": "a" * 32, "spanId": number * 16} for number in "bc"]
    spans[0] |= {"startTimeUnixNano": "1772442029000000000", "endTimeUnixNano": "1772442030000000000"}
    spans[1] |= {"traceId": "0" * 32}
    body = {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}
    answer = shop.client.post(traces(shop), body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    said = answer.json()["partialSuccess"]
    assert said["rejectedSpans"] == "1"
    assert "trace id" in said["errorMessage"]


def test_faults_of_otlp_are_told_as_otlp_tells_them(
    shop: Shop, settings: Any, api: Callable[..., Client], as_nobody: Client
) -> None:
    bad = shop.client.post(traces(shop), b"\xff\xff", content_type="application/x-protobuf")
    assert (bad.status_code, bad["Content-Type"]) == (400, "application/x-protobuf")
    assert Status.FromString(bad.content).code == Code.INVALID_ARGUMENT
    assert shop.client.post(traces(shop), b"a", content_type="text/csv").status_code == 415
    reader = api("read").post(traces(shop), b"x", content_type="application/x-protobuf")
    assert (reader.status_code, Status.FromString(reader.content).code) == (403, Code.PERMISSION_DENIED)
    nobody = as_nobody.post(traces(shop), b"x", content_type="application/x-protobuf")
    assert (nobody.status_code, nobody["WWW-Authenticate"][:6]) == (401, "Bearer")
    assert Status.FromString(nobody.content).code == Code.UNAUTHENTICATED
    settings.DISK_FREE_MIN = 1 << 60
    full = shop.client.post(traces(shop), b"{}", content_type="application/json")
    assert (full.status_code, int(full["Retry-After"]) > 0, full.json()["code"]) == (503, True, Code.UNAVAILABLE)


def test_an_exporter_that_was_told_to_wait_sends_again_and_nothing_doubles(
    shop: Shop, settings: Any, wire: Wire, tracer: Tracer, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = iter([0])
    monkeypatch.setattr(files, "free_bytes", lambda: next(free, 1 << 60))
    monkeypatch.setattr(room, "WAIT_SECONDS", 0)
    work(tracer, 1)
    assert [answer.status_code for answer in wire.answers] == [503, 200]
    with scope(shop.tenant.id):
        assert Arrival.objects.get().accepted_count == 1
