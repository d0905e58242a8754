"""How fast streams take events: gunicorn and PostgreSQL and the client, all on this machine, each event durable.

    python -m bench.ingest [--seconds 5] [--rounds 3] [--workers 2] [--threads 4] [--clients 4] [--size 1000]

Starts the embedded PostgreSQL in a folder of its own, migrates, makes one tenant, one source and one key, starts
gunicorn, and posts from client processes over kept connections: single events, then NDJSON of `--size` events. Prints
the rounds and their median, and checks that what PostgreSQL holds is what was acknowledged.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def body(first: str, size: int) -> bytes:
    """Events that nobody has seen: NDJSON of about 230 bytes each."""
    return b"\n".join(
        json.dumps(
            {
                "event_id": f"{first}-{at}",
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


def client(port: int, path: str, key: str, size: int, seconds: float, out: Any) -> None:
    """Post until the time is over; tell requests, acknowledged events, and the slowest request's milliseconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson"}
    requests = events = 0
    slowest = 0.0
    end = time.monotonic() + seconds
    while (begun := time.monotonic()) < end:
        connection.request("POST", path, body(uuid4().hex, size), headers)
        answer = connection.getresponse()
        told = answer.read()
        if answer.status != 202:
            raise SystemExit(f"{answer.status}: {told[:300]!r}")
        requests, events = requests + 1, events + json.loads(told)["accepted"]
        slowest = max(slowest, time.monotonic() - begun)
    out.put((requests, events, slowest * 1000))


def measure(port: int, path: str, key: str, size: int, clients: int, seconds: float) -> tuple[float, float, float, int]:
    """Requests and events a second over all clients, the slowest request in milliseconds, and events in all."""
    out: Any = multiprocessing.Queue()
    given = (port, path, key, size, seconds, out)
    processes = [multiprocessing.Process(target=client, args=given) for _ in range(clients)]
    begun = time.monotonic()
    for process in processes:
        process.start()
    told = [out.get() for _ in processes]
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
    return tenant.id, f"/api/v1/sources/{source.id}/events/", secret


@contextmanager
def served(workers: int, threads: int) -> Iterator[int]:
    """Gunicorn on a free port."""
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
        yield port
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


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("seconds", 5), ("rounds", 3), ("workers", 2), ("threads", 4), ("clients", 4), ("size", 1000)):
        asked.add_argument(f"--{name}", type=int, default=value)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ |= {"AWU_VAR": folder, "DJANGO_SETTINGS_MODULE": "awu_portal.settings", "LOG_LEVEL": "WARNING"}
        import django

        django.setup()
        tenant_id, path, key = prepare()
        acknowledged = 0
        with served(given.workers, given.threads) as port:
            measure(port, path, key, 1, 2 * given.clients, 3)  # every worker warm
            acknowledged = held(tenant_id)
            for size in (1, given.size):
                rounds = [measure(port, path, key, size, given.clients, given.seconds) for _ in range(given.rounds)]
                acknowledged += sum(one[3] for one in rounds)
                posts, events, slowest = (statistics.median(column) for column in list(zip(*rounds, strict=True))[:3])
                each = ", ".join(f"{one[1]:,.0f}" for one in rounds)
                print(
                    f"{size:>6,} a request: {posts:,.0f} posts/s, {events:,.0f} events/s (rounds {each}), "
                    f"slowest {slowest:,.0f} ms"
                )
        print(f"acknowledged {acknowledged:,}, held {held(tenant_id):,}")


if __name__ == "__main__":
    main()
