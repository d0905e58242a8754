"""Doing a job: each kind has a module that carries it out and knows what giving it up means."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from types import ModuleType
from uuid import UUID

from django.conf import settings

from audit.models import Job
from audit.operations import (
    batches,
    deliveries,
    exports,
    jobs,
    loops,
    previews,
    reckoning,
    room,
    runs,
    screens,
    sealing,
)
from audit.operations.faults import LostLease, NotNow
from tenants.scope import scope

log = logging.getLogger(__name__)

HANDLERS: dict[str, tuple[ModuleType, Callable[[jobs.Lease], None]]] = {
    Job.Kind.TAKE: (batches, batches.take),
    Job.Kind.SEAL: (batches, sealing.seal),
    Job.Kind.CARRY: (runs, runs.carry),
    Job.Kind.EXPORT: (exports, exports.make),
    Job.Kind.PREVIEW: (previews, previews.make),
    Job.Kind.WATCH: (loops, loops.watch),
    Job.Kind.DELIVER: (deliveries, deliveries.deliver),
    Job.Kind.COUNT: (reckoning, reckoning.reckon),
    Job.Kind.SCREEN: (screens, screens.make),
}


def work_on(tenant_id: UUID, job_id: UUID) -> None:
    """Take the job, do it, and close it; or give it back with the reason. Called outside any scope.

    Where another must be done first, that one is done now, whose message may be far behind this one's.
    """
    with scope(tenant_id):
        lease = jobs.lease(job_id)
    if lease is None:
        return
    try:
        first = _do(lease, *HANDLERS[lease.kind])
    except LostLease:
        log.warning("a job went to another worker", extra={"job": str(job_id), "kind": lease.kind})
        return
    if first is not None:
        work_on(tenant_id, first)


def _do(lease: jobs.Lease, noun: ModuleType, handler: Callable[[jobs.Lease], None]) -> UUID | None:
    """The job that must be done before this one, where there is such."""
    if lease.attempt > jobs.patience(lease.kind)[0]:
        _give_back(lease, noun, "Each worker that took this job died or fell silent.")
        return None
    try:
        with jobs.kept(lease):
            handler(lease)
    except LostLease:
        raise
    except NotNow as wait:
        with scope(lease.tenant_id):
            jobs.postpone(lease, wait.seconds)
            return wait.first and jobs.of(wait.first)
    except Exception as error:
        if room.is_out(error):
            _wait_for_room(lease)
            return None
        log.exception("a job failed", extra={"job": str(lease.job_id), "kind": lease.kind})
        _give_back(lease, noun, f"{type(error).__name__}: {error}\n\n{traceback.format_exc(limit=-3)}")
    return None


def _wait_for_room(lease: jobs.Lease) -> None:
    """A full disk is no fault of the job's: it costs no attempt."""
    log.warning("a job waits for room on the disk", extra={"job": str(lease.job_id), "kind": lease.kind})
    with scope(lease.tenant_id):
        jobs.postpone(lease, settings.SWEEP_SECONDS, room.WAITS)


def _give_back(lease: jobs.Lease, noun: ModuleType, error: str) -> None:
    with scope(lease.tenant_id):
        if jobs.fail(lease, error[:5000]):
            noun.give_up(lease.object_id, f"The work failed too often: {error.splitlines()[0]}")
