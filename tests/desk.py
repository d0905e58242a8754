"""A tenant's desk: files handed in, jobs done here and now, runs opened. For tests of the pipeline."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

from django.db.models import Model
from django.utils import timezone

from audit import tasks
from audit.models import Batch, Job, RuleSet, Run, Source, Vendor
from audit.operations import batches, jobs, parties, rules, runs, sources
from tenants.scope import scope

Row = TypeVar("Row", bound=Model)
Answer = TypeVar("Answer")
BY, OTHER = "user:1", "user:2"
START, END = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
CLAIMS = "claim_id,agent_id,action,target,occurred_at,charge_micros,currency,effect\n"
EVIDENCE = "event_id,target,action,occurred_at,outcome,effect\n"
GRADED = "system,grade,event_id,target,action,occurred_at,outcome\n"


def claim(number: int, *, agent: str = "a1", day: int = 2, micros: int = 1_500_000, effect: str = "") -> str:
    """One claim on the case of the same number, at nine o'clock."""
    return f"c{number},{agent},record_update,crm/Case/{number},2026-03-{day:02}T09:00:00Z,{micros},EUR,{effect}\n"


def event(number: int, *, day: int = 2, outcome: str = "done", effect: str = "") -> str:
    """What the CRM saw of that case, ten seconds later."""
    return f"e{number},crm/Case/{number},record_update,2026-03-{day:02}T09:00:10Z,{outcome},{effect}\n"


@dataclass
class Desk:
    """One tenant, its vendor Acme, Acme's claims and the CRM's evidence. Everything opens its own scope."""

    tenant_id: UUID
    vendor: Vendor
    claims: Source
    evidence: Source

    def send(self, source: Source, text: str | bytes, name: str = "file.csv") -> Batch:
        """Hand a file in; nothing reads it yet."""
        data = text.encode() if isinstance(text, str) else text
        spooled = batches.spool(self.tenant_id, [data])
        with scope(self.tenant_id):
            return batches.receive(Source.objects.get(id=source.id), spooled, name, BY)[0]

    def take(self, source: Source, text: str | bytes, name: str = "file.csv") -> Batch:
        """Hand a file in and do every job."""
        batch = self.send(source, text, name)
        drain(self.tenant_id)
        return self.see(batch)

    def open(self, rule_set: RuleSet | None = None, start: datetime = START, end: datetime = END, **more: Any) -> Run:
        """Open a run over March; nothing carries it yet."""
        with scope(self.tenant_id):
            return runs.open_run(start, end, BY, rule_set=rule_set, **more)

    def run(self, rule_set: RuleSet | None = None, **more: Any) -> Run:
        """Open a run and do every job."""
        opened = self.open(rule_set, **more)
        drain(self.tenant_id)
        return self.see(opened)

    def rules(self, name: str = "Ours", approved: bool = True, **given: Any) -> RuleSet:
        """A rule set: drafted, and approved by another person."""
        with scope(self.tenant_id):
            rule_set = rules.draft(name, given, BY)
            return rules.approve(rules.submit(rule_set, BY), OTHER) if approved else rule_set

    def see(self, thing: Row) -> Row:
        """The thing as it stands now."""
        with scope(self.tenant_id):
            return type(thing)._default_manager.get(pk=thing.pk)

    def ask(self, question: Callable[[], Answer]) -> Answer:
        """The answer to a question that must be asked inside the tenant."""
        with scope(self.tenant_id):
            return question()

    def job(self, thing: Any) -> Job:
        """The job about a thing."""
        with scope(self.tenant_id):
            return Job.objects.get(object_id=thing.id)

    def work(self, thing: Any) -> Job:
        """Do the job about a thing once, and show what became of it."""
        tasks.work(tenant_id=str(self.tenant_id), job_id=str(self.job(thing).id))
        return self.job(thing)


def open_desk(tenant_id: UUID) -> Desk:
    """A desk in a tenant, with the CRM watching its cases from February to May."""
    with scope(tenant_id):
        vendor = parties.add_vendor("acme", "Acme", BY)
        claims = sources.add_source("claims", "Acme claims", BY, vendor=vendor)
        evidence = sources.add_source("evidence", "CRM", BY, system="crm", grade="A")
        watched = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
        sources.add_coverage("crm", "crm/", *watched, BY)
    return Desk(tenant_id, vendor, claims, evidence)


def drain(tenant_id: UUID, seconds: float = 60) -> None:
    """Do every job that can be done, as a worker would; raise where one fails."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with scope(tenant_id):
            due = jobs.due()
            failed = Job.objects.exclude(state=Job.State.DONE).filter(error__gt="").first()
            more = Job.objects.filter(state__in=(Job.State.DUE, Job.State.LEASED)).exists()
        assert failed is None, failed.error
        if not more:
            return
        for job_id in due:
            tasks.work(tenant_id=str(tenant_id), job_id=str(job_id))
        if not due:
            time.sleep(0.05)
    raise AssertionError("the jobs do not come to an end")


def make_due(tenant_id: UUID) -> None:
    """Let the time of every waiting job come, and every lease run out."""
    past = timezone.now() - timedelta(seconds=1)
    with scope(tenant_id):
        Job.objects.filter(state=Job.State.DUE).update(due_at=past)
        Job.objects.filter(state=Job.State.LEASED).update(lease_until=past)


def new(tenant: UUID) -> Job:
    """A job that is due."""
    with scope(tenant):
        return jobs.add(Job.Kind.EXPORT, uuid4())


def see(tenant: UUID, job: Job) -> Job:
    """The job as it stands."""
    with scope(tenant):
        return Job.objects.get(id=job.id)


def change(tenant: UUID, job: Job, **values: Any) -> None:
    """Let time pass for a job."""
    with scope(tenant):
        Job.objects.filter(id=job.id).update(**values)
