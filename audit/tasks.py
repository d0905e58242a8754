"""What Celery workers and beat run: one task that works on a job, one that sends again what is due, one that closes
segments of streams, one that looks for what alerts are about, one that tidies.
"""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from audit.operations import alerts, jobs, streams
from audit.operations.work import work_on
from audit.vault import files
from tenants.models import Tenant
from tenants.scope import directory, scope
from tenants.tasks import TenantTask

BACKLOG_MAX = 100  # with so many messages at the broker, more would only be in the way
LEFT_SECONDS = 86_400  # what nobody touched on the bench for so long was left by the dead


@shared_task(base=TenantTask, name=jobs.MESSAGE, in_scope=False)
def work(*, tenant_id: str, job_id: str) -> None:
    """Work on one job."""
    work_on(UUID(str(tenant_id)), UUID(str(job_id)))


def _tenants() -> list[UUID]:
    with directory():
        return list(Tenant.objects.values_list("id", flat=True))


@shared_task(name="audit.tasks.sweep")
def sweep() -> None:
    """Send every due job of every tenant again: messages may get lost, jobs may not."""
    if jobs.backlog() > BACKLOG_MAX:
        return
    for tenant_id in _tenants():
        with scope(tenant_id):
            waiting = jobs.due()
        for job_id in waiting:
            jobs.send(tenant_id, job_id)


@shared_task(name="audit.tasks.close_segments")
def close_segments() -> None:
    """Close the segments of streams that are old or large enough; their sealing is a job."""
    for tenant_id in _tenants():
        with scope(tenant_id):
            segments = streams.to_close()
        for batch_id in segments:
            with scope(tenant_id):
                streams.close(batch_id)


@shared_task(name="audit.tasks.watch")
def watch() -> None:
    """Look for what time alone brings about: sources that fell silent, loops that ended."""
    for tenant_id in _tenants():
        with scope(tenant_id):
            alerts.look()


@shared_task(name="audit.tasks.tidy")
def tidy() -> None:
    """Remove what killed workers and broken uploads left on the bench."""
    files.tidy(LEFT_SECONDS)
