"""Anything by its id, its name or how they begin: what it is, where it is, and the page that shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from audit.models import Agent, Batch, Discrepancy, Job, RuleSet, Run, Source, Vendor
from audit.queries import jobs
from audit.queries.found_lines import Hit, Place
from audit.vault.seek import Wanted

MOST = 20  # of one kind
HEX_MIN = 6  # digits of a digest that are looked up
TEXT_MAX = 500
PAGES = {Job.Kind.TAKE: ("batch", "batch_id"), Job.Kind.SEAL: ("batch", "batch_id"), Job.Kind.CARRY: ("run", "run_id")}


@dataclass(frozen=True, slots=True)
class Found:
    """What there is: hits by exactly that id or name, hits that only begin so, and what was looked in."""

    exact: list[Hit]
    near: list[Hit]
    looked: list[str]


def cleaned(text: str) -> str:
    """What can be looked for in a text that somebody typed; it may be empty, and then there is nothing to find."""
    return text.replace("\0", "").strip()[:TEXT_MAX]


def everything(text: str, may: Mapping[str, bool], *, near: bool = False) -> Found:
    """Look everywhere in the tenant. What only begins like the text is looked for if nothing is it, or if `near`."""
    wanted = Wanted(text)
    place = Place.now()
    exact = [*_numbered(wanted.text), *_by_id(wanted.text, may), *_named(wanted, whole=True)]
    exact += place.exact(wanted)
    begun = [] if exact and not near else [*_named(wanted, whole=False), *place.begun(wanted)]
    known = {_place(hit) for hit in exact}
    return Found(exact, [hit for hit in begun if _place(hit) not in known], place.looked())


def _place(hit: Hit) -> tuple[Any, ...]:
    return hit.kind, hit.route, *hit.keys.items(), *hit.query.items()


def _numbered(text: str) -> Iterator[Hit]:
    """Run 7, #7 or 7."""
    if named := re.fullmatch(r"(?:run\s*#?|#)?\s*(\d{1,9})", text, flags=re.IGNORECASE):
        yield from map(_run, Run.objects.filter(number=int(named[1])))


def _by_id(text: str, may: Mapping[str, bool]) -> Iterator[Hit]:
    try:
        key = UUID(text)
    except ValueError:
        return
    yield from map(_run, Run.objects.filter(id=key))
    yield from map(_batch, Batch.objects.select_related("source").filter(id=key))
    yield from map(_source, Source.objects.filter(id=key))
    yield from map(_rule_set, RuleSet.objects.filter(id=key))
    yield from map(_discrepancy, Discrepancy.objects.filter(id=key))
    yield from map(_vendor, Vendor.objects.filter(id=key))
    yield from map(_agent, Agent.objects.select_related("vendor").filter(id=key))
    if may["upload"]:
        yield from map(_job, Job.objects.filter(id=key))


def _named(wanted: Wanted, *, whole: bool) -> Iterator[Hit]:
    """Files, sources, rule sets, vendors and agents by name, files, rules and runs by digest."""
    yield from map(_batch, _few(Batch.objects.select_related("source"), wanted, whole, "file_name"))
    yield from map(_source, _few(Source.objects.all(), wanted, whole, "name"))
    yield from map(_rule_set, _few(RuleSet.objects.all(), wanted, whole, "name"))
    yield from map(_vendor, _few(Vendor.objects.all(), wanted, whole, "key", "name"))
    yield from map(_agent, _few(Agent.objects.select_related("vendor"), wanted, whole, "agent_id", "name"))
    if re.fullmatch(rf"[0-9a-f]{{{HEX_MIN},}}(…[0-9a-f]*)?", wanted.text.lower()):
        lowered = Wanted(wanted.text.lower())
        yield from map(_batch, _few(Batch.objects.select_related("source"), lowered, whole, "sha256"))
        yield from map(_rule_set, _few(RuleSet.objects.all(), lowered, whole, "digest"))
        yield from map(_run, _few(Run.objects.all(), lowered, whole, "row_root"))


def _few(rows: QuerySet[Any], wanted: Wanted, whole: bool, *names: str) -> list[Any]:
    asked = Q()
    for name in names:
        if whole:
            asked |= Q(**{f"{name}__iexact": wanted.text})
        else:
            asked |= Q(**{f"{name}__istartswith": wanted.head, f"{name}__iendswith": wanted.tail})
    return list(rows.filter(asked)[:MOST])


def _run(run: Run) -> Hit:
    days = f"{run.period_start:%Y-%m-%d} to {run.period_end:%Y-%m-%d}, UTC"
    return Hit("Run", str(run), f"{run.get_state_display()}; period {days}", "run", {"run_id": run.id})


def _batch(batch: Batch) -> Hit:
    where = f"batch {batch.position} of {batch.source}, {batch.get_state_display().lower()}"
    return Hit("File", batch.file_name, where, "batch", {"batch_id": batch.id})


def _source(source: Source) -> Hit:
    return Hit("Source", source.name, source.get_kind_display(), "source", {"source_id": source.id})


def _rule_set(rules: RuleSet) -> Hit:
    return Hit("Rule set", str(rules), rules.get_state_display(), "rule-set", {"rule_set_id": rules.id})


def _discrepancy(row: Discrepancy) -> Hit:
    keys = {"discrepancy_id": row.id}
    return Hit("Discrepancy", str(row), f"{row.vendor}: {row.get_reason_display()}", "discrepancy", keys)


def _vendor(vendor: Vendor) -> Hit:
    return Hit("Vendor", vendor.name, f"in its claims: {vendor.key}", "vendor", {"vendor_id": vendor.id})


def _agent(agent: Agent) -> Hit:
    title = agent.agent_id if not agent.name else f"{agent.agent_id} ({agent.name})"
    return Hit(
        "Agent", title, f"of {agent.vendor}", "vendor", {"vendor_id": agent.vendor_id}, {"agent": agent.agent_id}
    )


def _job(job: Job) -> Hit:
    """A job has no page of its own: the batch or the run that it is about has."""
    title = f"{job.get_kind_display()}: {jobs.names([job]).get(job.object_id, job.object_id)}"
    route, key = PAGES.get(Job.Kind(job.kind), ("jobs", ""))
    return Hit("Job", title, job.get_state_display(), route, {key: job.object_id} if key else {})
