"""Streams: what was acknowledged is there once, whoever sends it how often at the same time, whatever dies."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.models.expressions import RawSQL

from audit import tasks
from audit.intake import streams as reading
from audit.models import Arrival, Batch, Identity, Source
from audit.operations import batches, sealing, sources, streams
from audit.operations.points import POINTS
from audit.operations.record import lock
from audit.operations.streams import Receipt, Sent
from audit.queries import batches as batch_queries
from audit.queries import claims as claim_queries
from audit.queries import lines
from audit.vault import files
from tenants.scope import scope
from tests import database
from tests.desk import BY, CLAIMS, EVIDENCE, Desk, claim, drain, event, make_due, open_desk
from tests.workers import until
from tests.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    """Northwind's desk."""
    return open_desk(world.northwind.id)


def row(number: int, outcome: str = "done", **more: Any) -> dict[str, Any]:
    """The same event as `event` writes in CSV."""
    at = {"target": f"crm/Case/{number}", "action": "record_update", "occurred_at": "2026-03-02T09:00:10Z"}
    return {"event_id": f"e{number}", **at, "outcome": outcome, **more}


def claimed(number: int, micros: int = 1_500_000) -> dict[str, Any]:
    """The same claim as `claim` writes in CSV."""
    said = {"agent_id": "a1", "action": "record_update", "target": f"crm/Case/{number}"}
    return {
        "claim_id": f"c{number}",
        **said,
        "occurred_at": "2026-03-02T09:00:00Z",
        "charge_micros": micros,
        "currency": "EUR",
    }


def ndjson(*rows: dict[str, Any]) -> Sent:
    """Rows as a body of JSON Lines."""
    body = "\n".join(json.dumps(row) for row in rows).encode()
    return Sent(BY, body, "application/x-ndjson", "", body, lambda kind, told: reading.ndjson(body))


def stream(desk: Desk, source: Source, *rows: dict[str, Any]) -> Receipt:
    """Rows sent in one request."""
    return desk.ask(lambda: streams.receive(Source.objects.get(id=source.id), [ndjson(*rows)])[0])


def counts(thing: Arrival | Batch) -> tuple[int, ...]:
    """Received, accepted, duplicate, conflicting, refused."""
    return tuple(
        getattr(thing, f"{name}_count") for name in ("received", "accepted", "duplicate", "conflicting", "refused")
    )


def segment(desk: Desk, receipt: Receipt) -> Batch:
    """The segment of a request as it stands now."""
    return desk.ask(lambda: Batch.objects.select_related("source").get(id=receipt.batch.id))


def sealed(desk: Desk, receipt: Receipt) -> Batch:
    """The segment of a request, closed and sealed."""
    desk.ask(lambda: streams.close(receipt.batch.id))
    drain(desk.tenant_id)
    return segment(desk, receipt)


def rows_of(desk: Desk, key: str) -> list[dict[str, Any]]:
    """The rows of a Parquet file in the vault."""
    found: list[dict[str, Any]] = pq.read_table(desk.ask(lambda: files.local(key))).to_pylist()
    return found


def test_streamed_rows_wait_in_one_segment_and_are_sealed_like_a_file(desk: Desk) -> None:
    first, second = stream(desk, desk.evidence, row(1), row(2)), stream(desk, desk.evidence, row(3))
    assert (first.batch.id, counts(first.arrival)) == (second.batch.id, (2, 2, 0, 0, 0))
    batch = sealed(desk, first)
    assert (batch.state, counts(batch)) == ("sealed", (3, 3, 0, 0, 0))
    kept = rows_of(desk, batch.rows_key)
    assert [(row["event_id"], row["line"], row["file"]) for row in kept] == [
        (f"e{n}", n, batch.file_name) for n in (1, 2, 3)
    ]
    by_file = desk.take(desk.evidence, EVIDENCE + event(1) + event(2) + event(3))
    assert counts(by_file) == (3, 0, 3, 0, 0), "the same rows in a file have the same content"


def test_a_row_that_comes_again_is_a_duplicate_for_ever(desk: Desk) -> None:
    first = stream(desk, desk.evidence, row(1), row(1), row(2))
    assert counts(first.arrival) == (3, 2, 1, 0, 0)
    sealed(desk, first)
    later = stream(desk, desk.evidence, row(2), row(3))
    assert later.batch.id != first.batch.id
    assert counts(later.arrival) == (2, 1, 1, 0, 0)
    assert counts(sealed(desk, later)) == (2, 1, 1, 0, 0)


def test_a_known_id_with_other_content_is_kept_once_and_does_not_count_as_evidence(desk: Desk) -> None:
    first = stream(desk, desk.evidence, row(1), row(1, "failed"), row(1, "failed"))
    assert counts(first.arrival) == (3, 1, 1, 1, 0)
    assert counts(stream(desk, desk.evidence, row(1, "failed"), row(1, "undone")).arrival) == (2, 0, 1, 1, 0)
    batch = sealed(desk, first)
    assert counts(batch) == (5, 1, 2, 2, 0)
    assert [row["outcome"] for row in rows_of(desk, batch.rows_key)] == ["done"]
    assert [(row["outcome"], row["line"]) for row in rows_of(desk, batch.conflicts_key)] == [
        ("failed", 2),
        ("undone", 5),
    ]


def test_a_claim_told_otherwise_is_judged_by_the_law_and_a_claim_sent_again_is_not(desk: Desk) -> None:
    stream(desk, desk.claims, claimed(1), claimed(1), claimed(1, 9_000_000), claimed(2))
    run = desk.run()
    told = desk.ask(lambda: [(line["claim_id"], line["row"], line["reason"]) for line in lines.of(run)])
    assert told == [("c1", 1, "no_evidence"), ("c1", 2, "duplicate_id"), ("c2", 1, "no_evidence")]


def test_the_first_to_say_a_thing_counts_though_its_segment_is_closed_later(desk: Desk) -> None:
    other = desk.ask(lambda: sources.add_source("evidence", "CRM too", BY, system="crm", grade="A"))
    first, second = stream(desk, desk.evidence, row(1)), stream(desk, other, row(1, "failed"), row(2))
    assert counts(second.arrival) == (2, 1, 0, 1, 0)
    assert counts(sealed(desk, second)) == (2, 1, 0, 1, 0)
    assert counts(sealed(desk, first)) == (1, 1, 0, 0, 0)


def test_files_and_streams_know_each_others_rows(desk: Desk) -> None:
    desk.take(desk.evidence, EVIDENCE + event(1) + event(2))
    received = stream(desk, desk.evidence, row(1), row(2, "failed"), row(3))
    assert counts(received.arrival) == (3, 3, 0, 0, 0), "the receipt knows what came in streams"
    assert counts(sealed(desk, received)) == (3, 1, 1, 1, 0), "the seal knows the files too"
    assert counts(desk.take(desk.evidence, EVIDENCE + event(3))) == (1, 0, 1, 0, 0)


def test_an_open_segment_holds_up_no_file_and_is_read_by_the_next_run(desk: Desk) -> None:
    desk.take(desk.claims, CLAIMS + claim(1))
    received = stream(desk, desk.evidence, row(1))
    assert desk.take(desk.evidence, EVIDENCE + event(2)).state == "sealed"
    assert segment(desk, received).state == "open"
    run = desk.run()
    assert desk.ask(lambda: [line["reason"] for line in lines.of(run)]) == ["supported"]
    batch = segment(desk, received)
    assert (batch.state, [row["id"] for row in run.inputs["batches"]][-1]) == ("sealed", str(batch.id))
    assert batch.position == 4, "its place is where it was closed"


def test_a_row_that_comes_after_a_run_was_opened_is_not_in_it(desk: Desk) -> None:
    stream(desk, desk.claims, claimed(1))
    run = desk.open()
    late = stream(desk, desk.claims, claimed(2))
    drain(desk.tenant_id)
    done = desk.see(run)
    assert desk.ask(lambda: [line["claim_id"] for line in lines.of(done)]) == ["c1"]
    assert segment(desk, late).state == "open"


def test_bad_rows_do_not_refuse_good_ones(desk: Desk) -> None:
    body = b"\xef\xbb\xbf" + json.dumps(row(1)).encode() + b"\nnot json\n\n" + json.dumps(row(2, "odd")).encode()
    sent = Sent(BY, body, "application/x-ndjson", "", body, lambda kind, told: reading.ndjson(body))
    first = stream(desk, desk.evidence, row(9, occurred_at="when?"), row(8))
    second = desk.ask(lambda: streams.receive(Source.objects.get(id=desk.evidence.id), [sent])[0])
    assert counts(second.arrival) == (3, 1, 0, 0, 2)
    assert [(fault.line, fault.column) for fault in second.read.refusals] == [(2, ""), (4, "outcome")]
    before = desk.ask(lambda: list(batch_queries.refused(batch_queries.get(first.batch.id)) or []))
    batch = sealed(desk, first)
    after = desk.ask(lambda: list(batch_queries.refused(batch) or []))
    assert before == after
    assert [(row["line"], row["column"], row["value"]) for row in after] == [
        (1, "occurred_at", "when?"),
        (4, None, "not json"),
        (6, "outcome", "odd"),
    ]
    assert counts(batch) == (5, 2, 0, 0, 3)


def test_a_streamed_claim_opens_down_to_the_line_as_received(desk: Desk) -> None:
    first = Sent(BY, body := b"rubbish", "application/x-ndjson", "", body, lambda kind, told: reading.ndjson(body))
    desk.ask(lambda: streams.receive(Source.objects.get(id=desk.claims.id), [first]))
    packed = json.dumps([claimed(1), claimed(2) | {"note": ["kept", "as it came"]}], indent=1).encode()
    document = Sent(BY, packed, "application/json", "", packed, lambda kind, told: reading.document(packed))
    desk.ask(lambda: streams.receive(Source.objects.get(id=desk.claims.id), [document]))
    run = desk.run()
    line = desk.ask(lambda: claim_queries.of(run, "acme", "c2")[0])
    received = desk.ask(lambda: claim_queries.received(line))
    assert received is not None
    assert (received.line, received.columns["note"]) == (3, '["kept","as it came"]')


def test_every_request_is_kept_byte_for_byte_and_its_receipt_stays(desk: Desk) -> None:
    packed = gzip.compress(json.dumps(row(1)).encode())
    plain = gzip.decompress(packed)
    sent = Sent(BY, packed, "application/x-ndjson", "gzip", plain, lambda kind, told: reading.ndjson(plain))
    received = desk.ask(lambda: streams.receive(Source.objects.get(id=desk.evidence.id), [sent])[0])
    batch = sealed(desk, received)
    (kept,) = rows_of(desk, batch.bodies_key)
    assert (kept["body"], kept["arrival"], kept["content_encoding"]) == (packed, str(received.arrival.id), "gzip")
    arrival = desk.see(received.arrival)
    assert (arrival.body, arrival.rows, arrival.text) == (None, None, None)
    assert (counts(arrival), arrival.sha256) == ((1, 1, 0, 0, 0), hashlib.sha256(packed).hexdigest())
    assert desk.ask(lambda: files.local(batch.raw_key)).read_bytes() == plain + b"\n"


def test_an_arrival_that_loses_a_row_cannot_be_written(desk: Desk) -> None:
    received = stream(desk, desk.evidence, row(1))
    with pytest.raises(IntegrityError), scope(desk.tenant_id), transaction.atomic():
        Arrival.objects.filter(id=received.arrival.id).update(accepted_count=0)


def test_a_system_has_one_grade_in_streams_too(desk: Desk) -> None:
    free = desk.ask(lambda: sources.add_source("evidence", "Everything", BY))
    rows = [row(1, system="crm", grade="B"), row(2, system="erp", grade="B"), row(3, system="erp", grade="A")]
    assert counts(stream(desk, free, *rows).arrival) == (3, 1, 0, 0, 2)
    assert counts(stream(desk, free, row(4, system="erp", grade="A")).arrival) == (1, 0, 0, 0, 1)


def test_segments_are_closed_by_age_or_by_size(desk: Desk, settings: Any) -> None:
    settings.SEGMENT_SECONDS, settings.SEGMENT_ROWS = 3600, 3
    received = stream(desk, desk.evidence, row(1), row(2))
    assert desk.ask(streams.to_close) == []
    stream(desk, desk.evidence, row(3))
    assert desk.ask(streams.to_close) == [received.batch.id]
    settings.SEGMENT_SECONDS, settings.SEGMENT_ROWS = 0, 100
    tasks.close_segments()
    assert segment(desk, received).state == "received"
    assert desk.ask(streams.to_close) == []


def test_where_much_waits_segments_are_closed_sooner(
    desk: Desk, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SEGMENT_SECONDS, settings.STREAM_BACKLOG_MAX = 3600, 4
    monkeypatch.setattr(streams, "CROWDED_SECONDS", 0)
    received = stream(desk, desk.evidence, row(1))
    assert desk.ask(streams.to_close) == []
    stream(desk, desk.evidence, row(2))
    assert desk.ask(streams.to_close) == [received.batch.id]


class Died(BaseException):
    """The process is gone: nothing catches it."""


@pytest.mark.parametrize("point", [point for point in POINTS if point.startswith(("stream.", "seal."))])
def test_a_death_at_any_point_loses_nothing_and_doubles_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    def die(reached: str) -> None:
        if reached == point:
            raise Died

    first = stream(desk, desk.evidence, row(1), row(2))
    with monkeypatch.context() as patch:
        for module in (streams, sealing):
            patch.setattr(module, "reached", die)
        if point.startswith("stream."):
            with pytest.raises(Died):
                stream(desk, desk.evidence, row(2, "failed"), row(3))
        else:
            desk.ask(lambda: streams.close(first.batch.id))
            with pytest.raises(Died):
                desk.work(first.batch)
            assert segment(desk, first).state == "received"
    assert counts(stream(desk, desk.evidence, row(2, "failed"), row(3)).arrival) == (2, 1, 0, 1, 0)
    make_due(desk.tenant_id)
    desk.ask(streams.close_all)
    drain(desk.tenant_id)
    done = desk.ask(lambda: list(Batch.objects.order_by("position")))
    assert {batch.state for batch in done} == {"sealed"}
    assert sum(batch.received_count for batch in done) == 4
    assert sorted(row["event_id"] for batch in done for row in rows_of(desk, batch.rows_key)) == ["e1", "e2", "e3"]


def test_a_segment_that_cannot_be_sealed_is_set_aside_with_its_rows_and_can_be_tried_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.JOB_ATTEMPTS_MAX = 1
    received = stream(desk, desk.evidence, row(1))
    desk.ask(lambda: streams.close(received.batch.id))
    with monkeypatch.context() as patch:
        patch.setattr(sealing, "gather", lambda *given: 1 / 0)
        assert desk.work(received.batch).state == "quarantined"
    batch = segment(desk, received)
    assert (batch.state, counts(batch)) == ("refused", (1, 1, 0, 0, 0))
    desk.ask(lambda: batches.retake(batch, BY))
    drain(desk.tenant_id)
    assert (desk.see(batch).state, counts(desk.see(batch))) == ("sealed", (1, 1, 0, 0, 0))


def test_what_is_acknowledged_is_on_disk_whatever_the_server_does_for_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Any] = {}

    def look(point: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("show synchronous_commit")
            seen[point] = cursor.fetchone()

    monkeypatch.setattr(streams, "reached", look)
    with connection.cursor() as cursor:
        cursor.execute("set synchronous_commit = off")
    stream(desk, desk.evidence, row(1))
    assert seen == {"stream.judged": ("on",), "stream.kept": ("on",)}


def test_a_request_that_comes_again_whole_is_told_by_what_it_said_at_first(desk: Desk) -> None:
    rows = [row(n) for n in range(60)]
    stream(desk, desk.evidence, *rows)
    again = [*rows[:50], *(row(n, "failed") for n in range(50, 60)), row(60), row(60)]
    assert counts(stream(desk, desk.evidence, *again).arrival) == (62, 1, 51, 10, 0)
    assert counts(stream(desk, desk.evidence, *again[::-1]).arrival) == (62, 0, 62, 0, 0)


@pytest.mark.usefixtures("committed")
def test_a_segment_is_closed_only_once_whoever_adds_to_it_is_done(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first, held, go = stream(desk, desk.evidence, row(1)), threading.Event(), threading.Event()

    def hold(point: str) -> None:
        held.set()
        assert go.wait(60)

    def late() -> None:
        stream(desk, desk.evidence, row(2))
        connections.close_all()

    def close() -> None:
        desk.ask(lambda: streams.close(first.batch.id))
        connections.close_all()

    monkeypatch.setattr(streams, "reached", hold)
    writer, closer = threading.Thread(target=late), threading.Thread(target=close)
    writer.start()
    assert held.wait(60)
    closer.start()
    with database.connect("owner") as owner:
        waits = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
        until(lambda: owner.execute(waits).fetchone() == (1,), 60, "the closing waits")
    assert segment(desk, first).state == "open"
    go.set()
    writer.join()
    closer.join()
    assert (segment(desk, first).state, counts(segment(desk, first))) == ("received", (2, 2, 0, 0, 0))


def test_identities_are_entered_in_one_order_so_that_no_two_requests_wait_for_each_other(desk: Desk) -> None:
    stream(desk, desk.evidence, *[row(n) for n in range(50)])
    entered = desk.ask(lambda: list(Identity.objects.order_by(RawSQL("ctid", [])).values_list("id", flat=True)))
    assert (len(entered), entered) == (50, sorted(entered))


def test_whoever_closes_every_segment_holds_every_stream_before_the_line_of_batches(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream(desk, desk.evidence, row(1))
    stream(desk, desk.claims, claimed(1))
    taken: list[str] = []

    def noted(name: str, **how: bool) -> None:
        taken.append(name)
        lock(name, **how)

    monkeypatch.setattr(streams, "lock", noted)
    desk.ask(streams.close_all)
    both = {f"stream/{source.id}" for source in (desk.claims, desk.evidence)}
    assert set(taken[: taken.index("batches")]) == both, (
        "a sender that holds a stream waits for the line, and we for it"
    )


def test_whoever_hears_of_a_segment_that_must_wait_reads_the_file_that_it_waits_for(desk: Desk) -> None:
    file = desk.send(desk.evidence, EVIDENCE + event(1))
    received = stream(desk, desk.evidence, row(2))
    desk.ask(lambda: streams.close(received.batch.id))
    assert desk.work(segment(desk, received)).state == "due"
    assert desk.see(file).state == "sealed"


def test_a_refusal_may_hold_anything_that_a_sender_can_write(desk: Desk) -> None:
    odd = row(1, "\0\ud800")
    received = stream(desk, desk.evidence, odd, {"\0": 1})
    assert counts(received.arrival)[-1] == 2
    assert counts(sealed(desk, received)) == (2, 0, 0, 0, 2)
