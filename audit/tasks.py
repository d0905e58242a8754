"""What Celery workers and beat run: one task that works on a job, one that sends again what is due, one that tidies."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from types import ModuleType
from uuid import UUID

from celery import shared_task
from django.conf import settings

from audit.models import Job
from audit.operations import batches, exports, jobs, runs
from audit.operations.faults import LostLease, NotNow
from audit.vault import files
from tenants.models import Tenant
from tenants.scope import directory, scope
from tenants.tasks import TenantTask

log = logging.getLogger(__name__)

HANDLERS: dict[str, tuple[ModuleType, Callable[[jobs.Lease], None]]] = {
    Job.Kind.TAKE: (batches, batches.take),
    Job.Kind.CARRY: (runs, runs.carry),
    Job.Kind.EXPORT: (exports, exports.make),
}
BACKLOG_MAX = 1_000  # with so many messages at the broker, more would only be in the way
LEFT_SECONDS = 86_400  # what nobody touched on the bench for so long was left by the dead


@shared_task(base=TenantTask, name=jobs.MESSAGE, in_scope=False)
def work(*, tenant_id: str, job_id: str) -> None:
    """Take the job, do it, and close it; or give it back with the reason."""
    with scope(UUID(str(tenant_id))):
        lease = jobs.lease(UUID(str(job_id)))
    if lease is None:
        return
    try:
        _do(lease, *HANDLERS[lease.kind])
    except LostLease:
        log.warning("a job went to another worker", extra={"job": job_id, "kind": lease.kind})


def _do(lease: jobs.Lease, noun: ModuleType, handler: Callable[[jobs.Lease], None]) -> None:
    if lease.attempt > settings.JOB_ATTEMPTS_MAX:
        _give_back(lease, noun, "Each worker that took this job died or fell silent.")
        return
    try:
        with jobs.kept(lease):
            handler(lease)
    except LostLease:
        raise
    except NotNow as wait:
        with scope(lease.tenant_id):
            jobs.postpone(lease, wait.seconds)
    except Exception as error:
        log.exception("a job failed", extra={"job": str(lease.job_id), "kind": lease.kind})
        _give_back(lease, noun, f"{type(error).__name__}: {error}\n\n{traceback.format_exc(limit=-3)}")


def _give_back(lease: jobs.Lease, noun: ModuleType, error: str) -> None:
    with scope(lease.tenant_id):
        if jobs.fail(lease, error[:5000]):
            noun.give_up(lease.object_id, f"The work failed too often: {error.splitlines()[0]}")


@shared_task(name="audit.tasks.sweep")
def sweep() -> None:
    """Send every due job of every tenant again: messages may get lost, jobs may not."""
    if jobs.backlog() > BACKLOG_MAX:
        return
    with directory():
        tenants = list(Tenant.objects.values_list("id", flat=True))
    for tenant_id in tenants:
        with scope(tenant_id):
            waiting = jobs.due()
        for job_id in waiting:
            jobs.send(tenant_id, job_id)


@shared_task(name="audit.tasks.tidy")
def tidy() -> None:
    """Remove what killed workers and broken uploads left on the bench."""
    files.tidy(LEFT_SECONDS)
