"""How fast streams take events: gunicorn and PostgreSQL and the clients, all on this machine, each event durable.

    python -m bench.ingest [--seconds 5] [--rounds 3] [--workers 3] [--threads 16] [--clients 48] [--size 1000]
                           [--spans 500] [--out bench/INGEST.md]

Starts the embedded PostgreSQL (fsync on) in a folder of its own, migrates, makes one tenant, one source and one key,
starts gunicorn, and posts from client processes over kept connections: single events, NDJSON of `--size` events, OTLP
Protobuf of `--spans` spans. Writes the rounds, their median and the processor time of each event, and checks that what
PostgreSQL holds is what was acknowledged.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil

from bench import ingested
from bench.ingested import Figure

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
LENGTH = re.compile(rb"\r\nContent-Length: (\d+)\r\n(?:.+\r\n)*\r\n", re.IGNORECASE)
MARK = b"0123456789abcdef"  # stands in a body where each request has sixteen bytes of its own


@dataclass(frozen=True, slots=True)
class Load:
    """What is posted: the name of the figure, what is asked and aimed at in events/s, and one body with MARK in it."""

    name: str
    asked: int
    aim: int
    path: str
    content_type: str
    size: int
    body: bytes

    @property
    def asks_receipt(self) -> bool:
        """Whether the answer tells how many were accepted."""
        return self.path.endswith("events/")


def ndjson(size: int) -> bytes:
    """NDJSON of about 230 bytes an event."""
    return b"\n".join(
        json.dumps(
            {
                "event_id": f"{MARK.decode()}-{at}",
                "target": f"crm/Case/{at % 5_000}",
                "action": "record_update",
                "occurred_at": f"2026-03-02T09:{at // 60 % 60:02}:{at % 60:02}Z",
                "actor": f"agent-{at % 20}",
                "outcome": "done",
                "effect": {"status": "closed", "owner": f"u{at % 50}"},
            }
        ).encode()
        for at in range(size)
    )


def otlp(size: int) -> bytes:
    """An ExportTraceServiceRequest of tool calls, about 260 bytes a span."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    _say(group.resource.attributes, {"service.name": "helpdesk-agent"})
    spans = group.scope_spans.add().spans
    for at in range(size):
        ended = 1_782_896_410_000_000_000 + at * 1_000_000_000
        span = spans.add(trace_id=MARK, span_id=(at + 1).to_bytes(8, "big"), name="execute_tool record_update", kind=3)
        span.start_time_unix_nano, span.end_time_unix_nano = ended - 500_000_000, ended
        said = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "record_update"}
        said |= {"gen_ai.agent.id": f"agent-{at % 20}", "app.record.system": "crm", "app.record.type": "Case"}
        _say(span.attributes, said | {"app.record.id": str(at % 5_000)})
    return request.SerializeToString()


def _say(attributes: Any, said: dict[str, str]) -> None:
    for name, text in said.items():
        attributes.add(key=name).value.string_value = text


def client(port: int, load: Load, key: str, seconds: float, out: Any) -> None:
    """Post until the time is over; tell requests, acknowledged events, and the slowest request's milliseconds.

    It speaks to the socket itself, so that the client takes little of the machine that is measured.
    """
    head = (
        f"POST {load.path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: {load.content_type}\r\nContent-Length: {len(load.body)}\r\n\r\n"
    ).encode()
    wanted = f'"accepted":{load.size},'.encode() if load.asks_receipt else b""
    requests, slowest = 0, 0.0
    with socket.create_connection(("127.0.0.1", port)) as connection:
        end = time.monotonic() + seconds
        while (begun := time.monotonic()) < end:
            connection.sendall(head + load.body.replace(MARK, secrets.token_hex(8).encode()))
            answer = _answer(connection)
            if not answer.startswith(b"HTTP/1.1 20") or wanted not in answer:
                raise SystemExit(answer[:600])
            requests += 1
            slowest = max(slowest, time.monotonic() - begun)
    out.put((requests, requests * load.size, slowest * 1000))


def _answer(connection: socket.socket) -> bytes:
    """A whole answer, which says how long it is."""
    answer = b""
    while not (found := LENGTH.search(answer)) or len(answer) < answer.index(b"\r\n\r\n") + 4 + int(found[1]):
        more = connection.recv(65_536)
        if not more:
            raise SystemExit("the server hung up")
        answer += more
    return answer


def measure(port: int, load: Load, key: str, clients: int, seconds: float) -> tuple[float, float, float, int]:
    """Requests and events a second over all clients, the slowest request in milliseconds, and events in all."""
    out: Any = multiprocessing.Queue()
    given = (port, load, key, seconds, out)
    processes = [multiprocessing.Process(target=client, args=given) for _ in range(clients)]
    begun = time.monotonic()
    for process in processes:
        process.start()
    told = [out.get(timeout=seconds + 60) for _ in processes]
    took = time.monotonic() - begun
    for process in processes:
        process.join()
    requests, events, slowest = (sum(one[0] for one in told), sum(one[1] for one in told), max(one[2] for one in told))
    return requests / took, events / took, slowest, events


def prepare() -> tuple[UUID, str, str]:
    """A tenant with one source of evidence: the tenant, the address of its stream, and a key that may send."""
    from django.core.management import call_command

    from audit.operations import sources
    from tenants import operations
    from tenants.models import Role, Scope
    from tenants.scope import scope

    call_command("migrate", verbosity=0)
    tenant = operations.create_tenant("bench", "Bench")
    with scope(tenant.id):
        person, _ = operations.add_member("bench@example.org", "Bench", Role.ADMIN)
        _, secret = operations.create_key("bench", [Scope.INGEST], person.user)
        source = sources.add_source("evidence", "CRM", "system", system="crm", grade="A", events_per_minute=2**31 - 1)
    return tenant.id, f"/api/v1/sources/{source.id}/", secret


def loads(path: str, size: int, spans: int) -> list[Load]:
    """What is measured, in order."""
    events, traces = f"{path}events/", f"{path}otlp/v1/traces"
    return [
        Load("single events", 400, 1_500, events, "application/json", 1, ndjson(1)),
        Load(f"NDJSON, {size:,} a request", 15_000, 40_000, events, "application/x-ndjson", size, ndjson(size)),
        Load(
            f"OTLP Protobuf, {spans:,} a request", 8_000, 25_000, traces, "application/x-protobuf", spans, otlp(spans)
        ),
    ]


@contextmanager
def served(workers: int, threads: int) -> Iterator[tuple[int, int]]:
    """Gunicorn on a free port: the port and its process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kind = ["--worker-class", "gthread", "--threads", str(threads)] if threads > 1 else []
    where = ["--bind", f"127.0.0.1:{port}", "--workers", str(workers), *kind, "--log-level", "warning"]
    process = subprocess.Popen([str(BIN / "gunicorn"), "awu_portal.wsgi", *where], cwd=ROOT)
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), 0.1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def held(tenant_id: UUID) -> int:
    """How many accepted events PostgreSQL holds."""
    from django.db.models import Sum

    from audit.models import Arrival
    from tenants.scope import scope

    with scope(tenant_id):
        return int(Arrival.objects.aggregate(count=Sum("accepted_count"))["count"] or 0)


def seconds_of(*processes: int) -> Callable[[], float]:
    """How many processor seconds these processes and those under them have used from here on."""

    def used() -> float:
        found = {one for pid in processes for root in [psutil.Process(pid)] for one in [root, *root.children(True)]}
        return sum(sum(one.cpu_times()[:2]) for one in found)

    before = used()
    return lambda: used() - before


def postmaster(folder: str) -> int:
    """The process id of the embedded server."""
    return int((Path(folder) / "postgres" / "postmaster.pid").read_text().split()[0])


def main() -> None:
    """Measure, write, and fail where something acknowledged is not there."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options = {"seconds": 5, "rounds": 3, "workers": 3, "threads": 16, "clients": 48, "size": 1000, "spans": 500}
    for name, value in options.items():
        asked.add_argument(f"--{name}", type=int, default=value)
    asked.add_argument("--out", type=Path, default=ROOT / "bench" / "INGEST.md")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ |= {"AWU_VAR": folder, "DJANGO_SETTINGS_MODULE": "awu_portal.settings", "LOG_LEVEL": "WARNING"}
        import django

        django.setup()
        tenant_id, path, key = prepare()
        figures: list[Figure] = []
        with served(given.workers, given.threads) as (port, web):
            chosen = loads(path, given.size, given.spans)
            measure(port, chosen[0], key, 2 * given.clients, 3)  # every worker warm
            acknowledged = held(tenant_id)
            for load in chosen:
                spent = seconds_of(web), seconds_of(postmaster(folder))
                rounds = [measure(port, load, key, given.clients, given.seconds) for _ in range(given.rounds)]
                events = sum(one[3] for one in rounds)
                acknowledged += events
                rates = tuple(one[1] for one in rounds)
                costs = [used() / max(events, 1) for used in spent]
                slowest = statistics.median(one[2] for one in rounds)
                figures.append(Figure(load.name, load.asked, load.aim, rates, slowest, *costs))
                print(figures[-1], flush=True)
        there = held(tenant_id)
    told = {
        "command": " ".join(["python -m bench.ingest", *sys.argv[1:]]),
        **{name: getattr(given, name) for name in options},
    }
    given.out.write_text(ingested.text(figures, told, acknowledged, there))
    if there != acknowledged:
        raise SystemExit(f"acknowledged {acknowledged:,}, held {there:,}")


if __name__ == "__main__":
    main()
