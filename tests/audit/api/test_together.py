"""Small requests that come at once: kept in one transaction, each answered for itself, none at the mercy of another."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connections
from django.test import Client

from audit.models import Arrival
from audit.operations import streams, together
from audit.operations.streams import Receipt, Sent
from tenants.scope import scope
from tests.audit.api.conftest import Shop
from tests.audit.api.test_events import NDJSON, address, counts, event, lines
from tests.workers import until

pytestmark = pytest.mark.usefixtures("committed")


class Till:
    """Stands before `streams.receive`: holds the first request back until as many wait as are wanted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.groups: list[int] = []
        self.wanted, self.first = 0, threading.Event()
        self.fails: Exception | None = None
        self._receive = streams.receive
        monkeypatch.setattr(streams, "receive", self)

    def __call__(self, source: Any, sent: list[Sent]) -> list[Receipt]:
        """As many requests as came together; the first of all waits."""
        self.groups.append(len(sent))
        if len(self.groups) == 1:
            self.first.set()
            until(lambda: sum(map(len, together._WAITING.values())) >= self.wanted, 20, "the others wait")
        if self.fails and len(self.groups) > 1:
            raise self.fails
        return self._receive(source, sent)


@pytest.fixture
def till(monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    """The till, and nobody left waiting at it."""
    yield Till(monkeypatch)
    assert together._WAITING == {}


def at_once(shop: Shop, till: Till, *bodies: bytes) -> list[Any]:
    """The answers to these bodies, all but the first sent while the first is worked on."""
    till.wanted = len(bodies) - 1
    answers: list[Any] = [None] * len(bodies)

    def send(at: int) -> None:
        client = Client()
        client.defaults = shop.client.defaults
        answers[at] = client.post(address(shop), bodies[at], content_type=NDJSON)
        connections.close_all()

    threads = [threading.Thread(target=send, args=(at,)) for at in range(len(bodies))]
    threads[0].start()
    assert till.first.wait(20)
    for thread in threads[1:]:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_what_waits_is_kept_together_and_each_has_its_own_receipt(shop: Shop, till: Till) -> None:
    bodies = [lines(event(n), event(n + 100)) for n in range(5)] + [lines(event(1), event(200, units="many"))]
    answers = at_once(shop, till, *bodies)
    assert till.groups == [1, 5]
    assert [answer.status_code for answer in answers] == [202] * 6
    told = [answer.json() for answer in answers]
    assert [receipt["sha256"] for receipt in told] == [hashlib.sha256(body).hexdigest() for body in bodies]
    assert [refusal["line"] for refusal in told[5]["refusals"]] == [2]
    assert sorted([counts(told[1])[1:3], counts(told[5])[1:3]]) in ([(0, 1), (2, 0)], [(1, 0), (1, 1)])
    with scope(shop.tenant.id):
        kept = {str(arrival.id): arrival for arrival in Arrival.objects.all()}
    assert {name: bytes(arrival.body) for name, arrival in kept.items()} == {
        receipt["receipt"]: body for receipt, body in zip(told, bodies, strict=True)
    }
    assert sum(arrival.accepted_count for arrival in kept.values()) == 10


def test_a_request_that_is_refused_leaves_the_others_alone(shop: Shop, till: Till) -> None:
    answers = at_once(shop, till, lines(event(0)), lines(event(1)), b"\n", lines(event(2)))
    assert [answer.status_code for answer in answers] == [202, 202, 400, 202]
    assert till.groups[:2] == [1, 3]
    assert sorted(till.groups[2:]) == [1, 1, 1], "each of the group by itself"
    with scope(shop.tenant.id):
        assert Arrival.objects.count() == 3


def test_a_database_that_is_away_is_everybodys_trouble(shop: Shop, till: Till) -> None:
    till.fails = OperationalError("the server closed the connection unexpectedly")
    answers = at_once(shop, till, lines(event(0)), lines(event(1)), lines(event(2)))
    assert [answer.status_code for answer in answers] == [202, 503, 503]
    assert (till.groups, "Retry-After" in answers[1].headers) == ([1, 2], True)
    with scope(shop.tenant.id):
        assert Arrival.objects.count() == 1


def test_a_large_request_waits_for_nobody(shop: Shop, till: Till) -> None:
    large = json.dumps(event(1) | {"note": "x" * together.SMALL}).encode()
    assert at_once(shop, till, large)[0].status_code == 202
    assert till.groups == [1]
