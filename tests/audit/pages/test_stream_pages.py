"""Pages of a segment while it is receiving: what came so far, and nothing that is not there yet."""

from __future__ import annotations

import pytest
from django.test import Client

from audit.operations import sources, streams
from tests.audit.test_streams import row, segment, stream
from tests.desk import BY, Desk, drain, open_desk
from tests.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    """Northwind's desk."""
    return open_desk(world.northwind.id)


def test_an_open_segment_is_shown_with_what_came_so_far(as_alice: Client, desk: Desk) -> None:
    received = stream(desk, desk.evidence, row(1), row(2), row(3, "odd"))
    address = f"/t/northwind/batches/{received.batch.id}/"
    page = as_alice.get(address).content.decode()
    assert "is receiving: 3 rows so far" in page
    assert "odd" in page
    assert "Read it again" not in page
    listed = as_alice.get(f"/t/northwind/sources/{desk.evidence.id}/").content.decode()
    assert "receiving" in listed
    assert ">3<" in listed
    assert as_alice.get(f"{address}raw/").status_code == 404
    assert as_alice.get(f"{address}refused.csv").status_code == 200
    desk.ask(lambda: streams.close(received.batch.id))
    assert "is being sealed" in as_alice.get(address).content.decode()
    assert "Seal a segment" in as_alice.get("/t/northwind/jobs/").content.decode()
    drain(desk.tenant_id)
    page = as_alice.get(address).content.decode()
    assert "2 of 3 rows" in page
    assert "The file as received" in page
    raw = b"".join(as_alice.get(f"{address}raw/").streaming_content)  # type: ignore[attr-defined]
    assert raw.count(b"\n") == 3


def test_an_outsider_sees_nothing_of_a_segment(as_charlie: Client, desk: Desk) -> None:
    received = stream(desk, desk.evidence, row(1))
    assert as_charlie.get(f"/t/northwind/batches/{received.batch.id}/").status_code == 404


def test_a_quota_is_part_of_a_source(desk: Desk) -> None:
    source = segment(desk, stream(desk, desk.evidence, row(1))).source
    assert desk.ask(lambda: sources.edit_source(source, BY, events_per_minute=7)).events_per_minute == 7
