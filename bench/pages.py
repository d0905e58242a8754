"""How long the server takes for each page: a tenant with a finished run, asked page by page, in this process.

    python -m bench.pages [--claims 1000000] [--repeat 15] [--keep FOLDER]

Starts the embedded PostgreSQL in a folder of its own, loads the demonstration with so many claims in the larger of its
two tenants, and asks for that tenant's pages as its admin, through all middleware, without a socket. Writes
`bench/PAGES.md`: median and 95th percentile in milliseconds, processor milliseconds, size. With `--keep` the folder
stays, and a second run measures without loading.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from bench import machine

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "bench" / "PAGES.md"
ADMIN = "alice@northwind.example"
REASONS = ("supported", "repeat", "no_evidence", "tainted")


@contextmanager
def portal(folder: Path, claims: int) -> Iterator[UUID]:
    """The portal with the demonstration loaded; the id of its larger tenant."""
    os.environ |= {"AWU_VAR": str(folder), "DJANGO_SETTINGS_MODULE": "awu_portal.settings", "LOG_LEVEL": "WARNING"}
    os.environ |= {"ALLOWED_HOSTS": "testserver"}
    import django

    django.setup()
    from django.core.management import call_command

    from tenants.models import Tenant
    from tenants.scope import directory

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("load_demo", claims=claims * 5 // 3)  # three fifths are the larger tenant's
    with directory():
        tenant = Tenant.objects.get(slug="northwind")
    yield tenant.id


def addresses(tenant_id: UUID) -> dict[str, str]:
    """What is asked for: a page's name and its address."""
    from audit.models import Batch, Finding, Run, Source, Vendor
    from audit.queries import lines
    from tenants.scope import scope

    with scope(tenant_id):
        run = Run.objects.filter(state=Run.State.DONE).latest("number")
        finding = Finding.objects.filter(run=run).order_by("-claims")[0]
        examples = {reason: lines.of(run, {"reason": reason}).read(0, 1)[0] for reason in REASONS}
        batch, source, vendor = (model.objects.all()[0].pk for model in (Batch, Source, Vendor))
    claims = {reason: f"claims/{line['vendor']}/{line['claim_id']}/?run={run.id}" for reason, line in examples.items()}
    one = examples["supported"]
    filters = {
        "lines": {},
        "lines, one reason": {"reason": "repeat"},
        "lines, one agent, by units": {"agent_id": one["agent_id"], "sort": "-units"},
        "lines, one target": {"q": one["target"]},
        "lines, one claim id": {"q": one["claim_id"]},
        "lines, a page far on": {"page": "400"},
        "lines, newest first": {"sort": "-occurred_at"},
    }
    places = (
        "overview",
        "vendors",
        "sources",
        "coverage",
        "runs",
        "discrepancies",
        "rules",
        "jobs",
        "ledger",
        "members",
    )
    found = {"start": ""} | {place: f"{place}/" for place in places}
    found |= {name: f"claims/?{urlencode({'run': str(run.id)} | given)}" for name, given in filters.items()}
    found |= {f"claim, {reason}": path for reason, path in claims.items()}
    found |= {
        "one run": f"runs/{run.id}/",
        "one discrepancy, the largest": f"discrepancies/{finding.discrepancy_id}/?run={run.id}",
        "one batch": f"batches/{batch}/",
        "one source": f"sources/{source}/",
        "one vendor": f"vendors/{vendor}/",
        "one rule set": f"rules/{run.rule_set_id}/",
    }
    return {name: f"/t/northwind/{path}" for name, path in found.items()}


def measure(client: Any, path: str, repeat: int) -> dict[str, float]:
    """Milliseconds on the clock and of all processors, and kilobytes, of one page, warm."""
    answer = client.get(path, follow=True)
    if answer.status_code != 200:
        raise SystemExit(f"{path}: {answer.status_code}")
    took = []
    processor = time.process_time()
    for _ in range(repeat):
        begun = time.perf_counter()
        client.get(path, follow=True)
        took.append((time.perf_counter() - begun) * 1000)
    processor = time.process_time() - processor
    took.sort()
    return {
        "median": statistics.median(took),
        "p95": took[min(len(took) - 1, -(-len(took) * 95 // 100) - 1)],
        "processor": processor * 1000 / repeat,
        "kilobytes": len(answer.content) / 1000,
    }


def report(claims: int, repeat: int, found: dict[str, dict[str, float]]) -> str:
    """The table as Markdown, slowest first."""
    rows = sorted(found.items(), key=lambda item: -item[1]["median"])
    lines = [
        "# Server time of the pages",
        "",
        f"`python -m bench.pages --claims {claims} --repeat {repeat}`: the demonstration, {claims:,} claims in "
        "its larger tenant; each page asked by its admin, warm, through all middleware, without a socket.",
        "",
        "| page | median ms | p95 ms | processor ms | kB |",
        "| --- | ---: | ---: | ---: | ---: |",
        *(
            f"| {name} | {one['median']:.0f} | {one['p95']:.0f} | {one['processor']:.0f} | {one['kilobytes']:.0f} |"
            for name, one in rows
        ),
        "",
        "Asked: median under 100 ms at 1 M claims; lines at 10 M under 300 ms in 95 of 100.",
        "",
        *(f"* {name}: {value}" for name, value in machine.facts().items() if name in machine.BASE),
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Load, ask, write."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--claims", type=int, default=1_000_000)
    asked.add_argument("--repeat", type=int, default=15)
    asked.add_argument("--keep", type=Path)
    asked.add_argument("--out", type=Path, default=OUT)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        folder = (given.keep or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        with portal(folder, given.claims) as tenant_id:
            from django.test import Client

            from tenants.models import User

            client = Client()
            client.force_login(User.objects.get(email=ADMIN))
            found = {}
            for name, path in addresses(tenant_id).items():
                found[name] = measure(client, path, given.repeat)
                took = found[name]
                print(f"{name:<32} {took['median']:8.0f} ms, processor {took['processor']:8.0f} ms", flush=True)
    given.out.write_text(report(given.claims, given.repeat, found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
