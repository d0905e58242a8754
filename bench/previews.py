"""How long a person waits for a preview of rules: over HTTP, with the web and the worker of `make demo`.

Part of `python -m bench.pages`. Each round drafts rules, asks for their preview on the run as the page's form does, and
looks at the page again and again until it shows the sample, and until it shows the answer on every claim.
"""

from __future__ import annotations

import http.client
import re
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

LOOK_SECONDS = 0.1  # from one look at the page to the next; a browser looks once a second
GIVEN_UP_SECONDS = 600
SAMPLE = re.compile(rb"<h2>Sample of ")
WHOLE = re.compile(rb"<h1>[^<]*(would be judged otherwise|Nothing would change)")
CHANGES: dict[str, Callable[[dict[str, Any], int], dict[str, Any]]] = {
    "a longer burst": lambda rules, n: {"burst_window_seconds": rules["burst_window_seconds"] + 3_600 * n},
    "a longer undo window": lambda rules, n: {"undo_window_seconds": rules["undo_window_seconds"] + 86_400 * n},
    "a window that reaches further": lambda rules, n: {"match_after_seconds": rules["match_after_seconds"] + 600 * n},
}


def measure(tenant_id: UUID, run: Any, cookie: str, folder: Path, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Seconds until the sample and until the whole answer, by what was changed, round by round.

    One preview goes before and is not counted: it waits for the worker to start.
    """
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in CHANGES}
    with _processes(folder) as port:
        _waited(port, cookie, _drafted(tenant_id, run, {}), str(run.pk))
        for number in range(1, rounds + 1):
            for name, change in CHANGES.items():
                rule_set = _drafted(tenant_id, run, change(run.summary["rules"], number))
                found[name].append(_waited(port, cookie, rule_set, str(run.pk)))
                print(f"preview, {name}: sample {found[name][-1][0]:.1f} s, all {found[name][-1][1]:.1f} s", flush=True)
    return found


def _drafted(tenant_id: UUID, run: Any, changed: dict[str, Any]) -> UUID:
    """Rules that are the run's but for what is changed."""
    from audit.operations import rules
    from tenants.scope import scope

    with scope(tenant_id):
        name = f"Tried {secrets.token_hex(3)}"
        key: UUID = rules.draft(name, run.summary["rules"] | changed, "user:bench").pk
    return key


def _waited(port: int, cookie: str, rule_set: UUID, run: str) -> tuple[float, float]:
    """Ask as the form of the page does, then look until it says so."""
    from django.conf import settings

    path, token = f"/t/northwind/rules/{rule_set}/preview/", secrets.token_hex(16)
    headers = {"Cookie": f"{cookie}; {settings.CSRF_COOKIE_NAME}={token}", "Host": "testserver"}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    begun, sample = time.perf_counter(), 0.0
    _ask(port, "POST", path, headers | form, urlencode({"run": run, "csrfmiddlewaretoken": token}))
    while (waited := time.perf_counter() - begun) < GIVEN_UP_SECONDS:
        page = _ask(port, "GET", f"{path}?run={run}", headers)
        waited = time.perf_counter() - begun
        sample = sample or (waited if SAMPLE.search(page) else 0.0)
        if WHOLE.search(page):
            return sample or waited, waited
        time.sleep(LOOK_SECONDS)
    raise SystemExit(f"{path}: no answer after {GIVEN_UP_SECONDS} seconds")


def _ask(port: int, method: str, path: str, headers: dict[str, str], body: str | None = None) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        page = answer.read()
    finally:
        connection.close()
    if answer.status not in (200, 302):
        raise SystemExit(f"{method} {path}: {answer.status}")
    return page


@contextmanager
def _processes(folder: Path) -> Iterator[int]:
    """Web, worker and beat as `make demo` starts them; the port of the web."""
    from audit.management.commands import demo
    from awu_portal.supervise import Supervisor, answers

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    supervisor = Supervisor(folder / "logs")
    environment = demo.environment(port) | {"ALLOWED_HOSTS": "testserver,127.0.0.1"}
    try:
        for name, command in demo.processes(port).items():
            supervisor.start(name, command, environment)
        if not answers(f"http://127.0.0.1:{port}/health/live", 60):
            raise SystemExit(f"the web did not start: see {folder / 'logs'}")
        yield port
    finally:
        supervisor.stop()
