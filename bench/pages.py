"""How long the server takes for each page: a tenant with a finished run, asked page by page, in this process.

    python -m bench.pages [--claims 1000000] [--repeat 15] [--times 10] [--previews 3] [--only NAME] [--keep FOLDER]

Starts the embedded PostgreSQL in a folder of its own, loads the demonstration with so many claims in the larger of its
two tenants, and asks for that tenant's pages as its admin, through all middleware, without a socket; then for the lines
of a run that has them `--times` over, and for previews of rules over HTTP (`previews.py`). Writes `bench/PAGES.md`:
median and 95th percentile in milliseconds, processor milliseconds, size. With `--keep` the folder stays, and a second
run measures without loading.
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
SLUG = "northwind"
REASONS = ("supported", "repeat", "no_evidence", "tainted")
PLACES = (
    *("overview", "vendors", "sources", "coverage", "counts", "runs", "discrepancies", "rules", "jobs", "ledger"),
    "members",
)
Figures = dict[str, float]


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
        tenant = Tenant.objects.get(slug=SLUG)
    yield tenant.id


def chosen(tenant_id: UUID) -> Any:
    """The newest finished run."""
    from audit.models import Run
    from tenants.scope import scope

    with scope(tenant_id):
        return Run.objects.filter(state=Run.State.DONE).latest("number")


def examples(tenant_id: UUID, run: Any, reason: str, count: int) -> list[dict[str, Any]]:
    """So many lines of a reason, spread over the run."""
    from audit.queries import lines
    from tenants.scope import scope

    with scope(tenant_id):
        every = lines.of(run, {"reason": reason})
        return [every.read(every.count * at // count, 1)[0] for at in range(count)]


def of_lines(tenant_id: UUID, run: Any) -> dict[str, list[str]]:
    """The pages of lines: filtered, sorted, searched, far on."""
    one = examples(tenant_id, run, "supported", 3)[1]
    filters = {
        "lines": {},
        "lines, one reason": {"reason": "repeat"},
        "lines, one agent, by units": {"agent_id": one["agent_id"], "sort": "-units"},
        "lines, one target": {"q": one["target"]},
        "lines, one claim id": {"q": one["claim_id"]},
        "lines, a part of a record": {"q": one["target"].partition("~")[0][-3:]},
        "lines, a page far on": {"page": "400"},
        "lines, newest first": {"sort": "-occurred_at"},
    }
    paths = {name: f"claims/?{urlencode({'run': str(run.id)} | given)}" for name, given in filters.items()}
    return {name: [f"/t/{SLUG}/{path}"] for name, path in paths.items()}


def of_claims(tenant_id: UUID, run: Any, repeat: int) -> dict[str, list[str]]:
    """The page of one claim again and again, and of as many claims once each."""
    found: dict[str, list[str]] = {}
    for reason in REASONS:
        some = [f"{line['vendor']}/{line['claim_id']}" for line in examples(tenant_id, run, reason, repeat + 2)]
        paths = [f"/t/{SLUG}/claims/{claim}/?run={run.id}" for claim in some]
        found |= {f"claim, {reason}": paths[:1], f"claim, {reason}, the first time": paths[1:]}
    return found


def of_others(tenant_id: UUID, run: Any) -> dict[str, list[str]]:
    """Every other page that a sign-in leads to."""
    from audit.models import Batch, Finding, Source, Vendor
    from tenants.scope import scope

    with scope(tenant_id):
        finding = Finding.objects.filter(run=run).order_by("-claims")[0]
        batch, source, vendor = (model.objects.all()[0].pk for model in (Batch, Source, Vendor))
    paths = {"start": ""} | {place: f"{place}/" for place in PLACES}
    paths |= {
        "one run": f"runs/{run.id}/",
        "one discrepancy, the largest": f"discrepancies/{finding.discrepancy_id}/?run={run.id}",
        "one batch": f"batches/{batch}/",
        "one source": f"sources/{source}/",
        "one vendor": f"vendors/{vendor}/",
        "one rule set": f"rules/{run.rule_set_id}/",
    }
    return {name: [f"/t/{SLUG}/{path}"] for name, path in paths.items()}


def measure(client: Any, paths: list[str], repeat: int) -> Figures:
    """Milliseconds on the clock and of this process's processors, and kilobytes. One path is asked again and again,
    of several each once; the first asking is not counted."""
    answer = client.get(paths[0], follow=True)
    if answer.status_code != 200:
        raise SystemExit(f"{paths[0]}: {answer.status_code}")
    took = []
    processor = time.process_time()
    for path in (paths * repeat)[:repeat] if len(paths) == 1 else paths[1 : repeat + 1]:
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


def ask(client: Any, pages: dict[str, list[str]], repeat: int) -> dict[str, Figures]:
    """Each page measured, and told as it is."""
    found = {}
    for name, paths in pages.items():
        found[name] = took = measure(client, paths, repeat)
        print(f"{name:<36} {took['median']:8.0f} ms, processor {took['processor']:8.0f} ms", flush=True)
    return found


def table(found: dict[str, Figures]) -> list[str]:
    """A table as Markdown, slowest first."""
    rows = sorted(found.items(), key=lambda item: -item[1]["median"])
    return [
        "| page | median ms | p95 ms | processor ms | kB |",
        "| --- | ---: | ---: | ---: | ---: |",
        *(
            f"| {name} | {one['median']:.0f} | {one['p95']:.0f} | {one['processor']:.0f} | {one['kilobytes']:.0f} |"
            for name, one in rows
        ),
    ]


def report(
    claims: int,
    repeat: int,
    found: dict[str, Figures],
    many: tuple[int, dict[str, Figures]],
    waited: dict[str, list[tuple[float, float]]],
) -> str:
    """All that was measured as Markdown."""
    lines = [
        "# Server time of the pages",
        "",
        f"`python -m bench.pages --claims {claims} --repeat {repeat}`: the demonstration, {claims:,} claims in "
        "its larger tenant; each page asked by its admin, warm, through all middleware, without a socket. *The first "
        "time*: each of as many claims asked once, so that nothing of it is kept. Processor time is that of the web's "
        "own process, not of PostgreSQL and not of the cell that reads a received row.",
        "",
        *table(found),
        "",
        "Asked: median under 100 ms at 1 M claims.",
    ]
    if many[1]:
        lines += ["", f"## {many[0]:,} lines", "", f"The lines of that run {many[0] // claims} times over."]
        lines += ["", *table(many[1]), "", "Asked: under 300 ms in 95 of 100 at 10 M."]
    if waited:
        lines += ["", "## Previews of rules", "", "Seconds from the click until the page shows it, over HTTP with the "]
        lines[-1] += f"web and the worker of `make demo`, on {claims:,} claims; each round drafts rules of its own."
        lines += ["", "| what is changed | sample, median s | worst | all claims, median s | worst |"]
        lines += ["| --- | ---: | ---: | ---: | ---: |", *(_preview(name, rows) for name, rows in waited.items())]
        lines += ["", "Asked: a sample within 2 s, all claims within 60 s."]
    lines += ["", *(f"* {name}: {value}" for name, value in machine.facts().items() if name in machine.BASE)]
    return "\n".join(lines) + "\n"


def _preview(name: str, rows: list[tuple[float, float]]) -> str:
    sample, whole = zip(*rows, strict=True)
    cells = (f"{figure:.1f}" for side in (sample, whole) for figure in (statistics.median(side), max(side)))
    return f"| {name} | {' | '.join(cells)} |"


def main() -> int:
    """Load, ask, write."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--claims", type=int, default=1_000_000)
    asked.add_argument("--repeat", type=int, default=15)
    asked.add_argument("--times", type=int, default=10, help="lines of a run so many times over; 1: not asked for")
    asked.add_argument("--previews", type=int, default=3, help="rounds of previews; 0: none")
    asked.add_argument("--only", default="", help="pages whose names contain this")
    asked.add_argument("--keep", type=Path)
    asked.add_argument("--out", type=Path, default=OUT)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        folder = (given.keep or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        with portal(folder, given.claims) as tenant_id:
            text = _measured(tenant_id, folder, given)
    given.out.write_text(text, encoding="utf-8")
    return 0


def _measured(tenant_id: UUID, folder: Path, given: argparse.Namespace) -> str:
    from django.conf import settings
    from django.test import Client

    from bench.previews import measure as wait
    from bench.tiled import grown
    from tenants.models import User

    client, run = Client(), chosen(tenant_id)
    client.force_login(User.objects.get(email=ADMIN))
    session = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    pages = of_lines(tenant_id, run) | of_claims(tenant_id, run, given.repeat) | of_others(tenant_id, run)
    found = ask(client, {name: paths for name, paths in pages.items() if given.only in name}, given.repeat)
    many, waited = dict[str, Figures](), dict[str, list[tuple[float, float]]]()
    if given.times > 1:
        with grown(tenant_id, run, given.times, folder) as big:
            many = ask(client, of_lines(tenant_id, big), given.repeat)
    if given.previews:
        waited = wait(tenant_id, run, session, folder, given.previews)
    return report(given.claims, given.repeat, found, (given.claims * given.times, many), waited)


if __name__ == "__main__":
    sys.exit(main())
