"""Clients that send rows, files and wishes for runs, and send the same again until they are answered."""

from __future__ import annotations

import hashlib
import http.client
import json
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.faults.promises import Promise, Promises, Row

NDJSON, JSON, CSV = "application/x-ndjson", "application/json", "text/csv"
PATIENCE = 300  # seconds after which a client gives up, which is a fault of the portal
STEADY = "steady"  # ids that begin so always come with the same content: files may hold them too


@dataclass(frozen=True)
class Door:
    """Where rows of one source go."""

    kind: str
    path: str
    key: str
    promises: Promises

    def files(self) -> str:
        """Where its files go."""
        return self.path.replace("/events/", "/batches/")


def row(kind: str, name: str, content: int) -> dict[str, Any]:
    """A row with this id; its content is a number that stands in its effect."""
    common = {"target": f"crm/Case/{name}", "action": "record_update", "effect": {"status": f"v{content}"}}
    if kind == "claims":
        charge = {
            "agent_id": "a1",
            "occurred_at": "2026-03-02T09:00:00Z",
            "charge_micros": 1_500_000,
            "currency": "EUR",
        }
        return {"claim_id": name, **common, **charge}
    return {"event_id": name, **common, "occurred_at": "2026-03-02T09:00:10Z", "outcome": "done"}


class Client(threading.Thread):
    """Sends until it is told to stop, then finishes what it began."""

    def __init__(
        self, number: int, seed: int, port: int, doors: list[Door], stop: threading.Event, *, rows: int, pause: float
    ) -> None:
        super().__init__(name=f"client-{number}", daemon=True)
        self.rng, self.rows, self.pause = random.Random(f"{seed}/{number}"), rows, pause
        self.number, self.port, self.doors, self.stop = number, port, doors, stop
        self.sent = 0
        self.connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        """Send one request after the other."""
        while not self.stop.is_set():
            self.send()
            time.sleep(self.rng.uniform(0, 0.05))

    def send(self) -> None:
        """One request with rows; now and then the same once more under its key."""
        door = self.rng.choice(self.doors)
        single = self.rng.random() < 0.3
        rows = list(self._rows(door, 1 if single else self.rng.randint(2, self.rows)))
        bad = [] if single else self._bad()
        lines = [json.dumps(row(door.kind, *name[1:], content)) for name, content in rows] + bad
        self.rng.shuffle(lines)
        body = "\n".join(lines).encode()
        key, kind = self.next_key(), JSON if single else NDJSON
        receipt = self.ask(door, door.path, kind, body, key)
        if receipt is None:
            return
        door.promises.keep(rows, len(bad), Promise(receipt, hashlib.sha256(body).hexdigest()))
        if self.rng.random() < 0.05:
            again = self.ask(door, door.path, kind, body, key)
            if again is not None and again != receipt:
                door.promises.broken.append(f"another receipt under the key {key}: {again}, before {receipt}")

    def _rows(self, door: Door, count: int) -> Iterator[tuple[Row, int]]:
        recent = door.promises.recent
        for at in range(count):
            known = recent[self.rng.randrange(len(recent))] if recent and self.rng.random() < 0.15 else None
            if known and known[0] == door.kind:
                steady = known[1].startswith(STEADY)
                yield known, 0 if steady else self.rng.choice((0, 0, 0, 1, 2))
                continue
            name = (door.kind, f"{STEADY if self.rng.random() < 0.1 else 'row'}-{self.number}-{self.sent}-{at}")
            recent.append(name)
            yield name, 0

    def _bad(self) -> list[str]:
        kinds = ("no JSON at all", '{"event_id": "x", "claim_id": "x", "occurred_at": "some day"}', "[1, 2]")
        return [self.rng.choice(kinds) for _ in range(self.rng.choice((0, 0, 0, 1, 3)))]

    def next_key(self) -> str:
        """A key that nobody used."""
        self.sent += 1
        return f"{self.name}-{self.sent}"

    def ask(self, door: Door, path: str, kind: str, body: bytes, key: str) -> dict[str, Any] | None:
        """The answer to a POST, sent again under the same key until there is one; None after too long or a refusal."""
        headers = {"Authorization": f"Bearer {door.key}", "Content-Type": kind, "Idempotency-Key": key}
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            status, text = self._post(path, body, headers)
            if status == 202:
                answer: dict[str, Any] = json.loads(text)
                return answer
            if 400 <= status <= 500 and status != 429:  # what passes by itself is 503
                door.promises.broken.append(f"{status} to {path}: {text[:300]!r}")
                return None
            time.sleep(self.rng.uniform(0.05, 0.3))
        door.promises.broken.append(f"no answer from {path} for {PATIENCE} s")
        return None

    def _post(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Status and body of the answer; 0 where none came."""
        try:
            self.connection = self.connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            self.connection.request("POST", path, body, headers)
            answer = self.connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            if self.connection is not None:
                self.connection.close()
            self.connection = None
            return 0, str(error).encode()


class Clerk(Client):
    """Hands in a file or opens a run now and then."""

    def run(self) -> None:
        """A file or a run every few seconds."""
        while not self.stop.wait(self.rng.uniform(0.5, 1.5) * self.pause):
            door = self.rng.choice(self.doors)
            if self.rng.random() < 0.7:
                self._hand_in(door)
            else:
                self._open_run(door)

    def _hand_in(self, door: Door) -> None:
        """New rows, and some that went through streams too."""
        key = self.next_key()
        steady = {name for name in list(door.promises.recent) if name[0] == door.kind and name[1].startswith(STEADY)}
        names = [*sorted(steady)[:50], *((door.kind, f"file-{self.number}-{self.sent}-{at}") for at in range(200))]
        lines = "".join(json.dumps(row(*name, 0)) + "\n" for name in names)
        receipt = self.ask(door, f"{door.files()}?name=file-{self.sent}.ndjson", NDJSON, lines.encode(), key)
        if receipt is not None:
            door.promises.keep_file(UUID(receipt["batch"]), [(name, 0) for name in names])

    def _open_run(self, door: Door) -> None:
        period = {"period_start": "2026-03-01T00:00:00Z", "period_end": "2026-04-01T00:00:00Z"}
        opened = self.ask(door, "/api/v1/runs/", JSON, json.dumps(period).encode(), self.next_key())
        if opened is not None:
            door.promises.runs.add(UUID(opened["id"]))
