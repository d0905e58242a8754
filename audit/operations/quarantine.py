"""Jobs that failed too often, tried once more: the job gets fresh attempts, and what it is about is open again."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from audit.models import Job
from audit.operations import batches, deliveries, exports, jobs, loops, previews, reckoning, runs, screens

REOPEN: dict[str, Callable[[UUID], None]] = {
    Job.Kind.TAKE: batches.reopen,
    Job.Kind.SEAL: batches.reopen,
    Job.Kind.CARRY: runs.reopen,
    Job.Kind.EXPORT: exports.reopen,
    Job.Kind.PREVIEW: previews.reopen,
    Job.Kind.WATCH: loops.reopen,
    Job.Kind.DELIVER: deliveries.reopen,
    Job.Kind.COUNT: reckoning.reopen,
    Job.Kind.SCREEN: screens.reopen,
}


def retry(job: Job, by: str) -> None:
    """Take a job out of quarantine. Raises Refused where it is not in it."""
    jobs.again(job, by)
    REOPEN[job.kind](job.object_id)
