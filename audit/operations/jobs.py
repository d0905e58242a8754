"""Work that must finish: leased, fenced, swept, and quarantined with its reason after too many attempts."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import close_old_connections, connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from audit.models import Job
from audit.operations.faults import LostLease, Refused
from audit.operations.record import enter
from tenants.scope import current, scope

log = logging.getLogger(__name__)
MESSAGE = "audit.tasks.work"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a job until another fence is drawn."""

    tenant_id: UUID
    job_id: UUID
    kind: str
    object_id: UUID
    fence: int
    attempt: int


def add(kind: str, object_id: UUID) -> Job:
    """Queue work on an object; the worker hears of it once the transaction is committed."""
    job = Job.objects.create(tenant_id=current(), kind=kind, object_id=object_id, due_at=timezone.now())
    transaction.on_commit(partial(send, current(), job.id))
    return job


def ask_again(kind: str, object_id: UUID, pause: float = 0) -> None:
    """Queue work on an object that is done anew whenever asked; at the earliest `pause` seconds after the last time.

    Who works on it meanwhile sees `due_at` move, and must look again before finishing.
    """
    now = timezone.now()
    job, _ = Job.objects.select_for_update().get_or_create(
        kind=kind, object_id=object_id, defaults={"tenant_id": current(), "due_at": now}
    )
    if job.state != Job.State.DUE:
        job.due_at = max(now, job.ended_at + timedelta(seconds=pause)) if job.ended_at else now
    if job.state in (Job.State.DONE, Job.State.QUARANTINED):
        job.state, job.attempts, job.error, job.ended_at = Job.State.DUE, 0, "", None
    job.save(update_fields=["state", "attempts", "error", "ended_at", "due_at"])
    transaction.on_commit(partial(send, current(), job.id))


def send(tenant_id: UUID, job_id: UUID) -> None:
    """Tell the workers. A lost message costs little: the sweeper sends again what is due."""
    arguments = {"tenant_id": str(tenant_id), "job_id": str(job_id)}
    try:
        current_app.send_task(MESSAGE, kwargs=arguments, retry=False)
    except Exception:
        log.warning("the broker did not take a message; the sweeper will send it again", exc_info=True)


def backlog() -> int:
    """How many messages wait at the broker; 0 where it does not say."""
    try:
        with current_app.connection_for_read() as broker:
            channel: Any = broker.default_channel
            return int(channel.queue_declare(current_app.conf.task_default_queue, passive=True).message_count)
    except Exception:
        return 0


def wake(kind: str, object_ids: Iterable[UUID]) -> None:
    """What these jobs may have waited for has happened: they are due now. Those that somebody works on stay as is."""
    waiting = Job.objects.filter(kind=kind, object_id__in=list(object_ids), state=Job.State.DUE, error="")
    woken = list(waiting.values_list("id", flat=True))
    Job.objects.filter(id__in=woken).update(due_at=timezone.now())
    tenant_id = current()
    for job_id in woken:
        transaction.on_commit(partial(send, tenant_id, job_id))


def lease(job_id: UUID) -> Lease | None:
    """Take a due job, or one whose lease ran out; None where another worker has it, it is done or not yet due."""
    now = timezone.now()
    free = Q(state=Job.State.DUE, due_at__lte=now) | Q(state=Job.State.LEASED, lease_until__lt=now)
    taken = Job.objects.filter(free, id=job_id).update(
        state=Job.State.LEASED,
        attempts=F("attempts") + 1,
        fence=F("fence") + 1,
        lease_until=now + timedelta(seconds=settings.JOB_LEASE_SECONDS),
    )
    if not taken:
        return None
    job = Job.objects.get(id=job_id)
    return Lease(current(), job.id, job.kind, job.object_id, job.fence, job.attempts)


def hold(lease: Lease) -> None:
    """Raise LostLease unless the lease still stands; the job's row is locked until the transaction ends."""
    held = Job.objects.select_for_update().filter(id=lease.job_id, fence=lease.fence, state=Job.State.LEASED)
    if not held.exists():
        raise LostLease(f"job {lease.job_id} is in other hands")


def finish(lease: Lease, error: str = "") -> None:
    """Close the job in the transaction that writes its effect."""
    hold(lease)
    Job.objects.filter(id=lease.job_id).update(
        state=Job.State.DONE, ended_at=timezone.now(), lease_until=None, error=error
    )


def postpone(lease: Lease, seconds: float, why: str = "") -> None:
    """Give the job back: it waits for something else, which is not a failed attempt. `wake` or the sweeper sends it.

    why: for people, where they can help; then it is not woken before its time.
    """
    hold(lease)
    Job.objects.filter(id=lease.job_id).update(
        state=Job.State.DUE,
        attempts=F("attempts") - 1,
        lease_until=None,
        error=why,
        due_at=timezone.now() + timedelta(seconds=seconds),
    )


def fail(lease: Lease, error: str) -> bool:
    """Give the job back after an error, later each time; True where it was the last attempt: quarantined."""
    hold(lease)
    job = Job.objects.get(id=lease.job_id)
    attempts_max, wait_max = patience(job.kind)
    last = job.attempts >= attempts_max
    job.state = Job.State.QUARANTINED if last else Job.State.DUE
    job.lease_until, job.error = None, error
    job.due_at = timezone.now() + timedelta(seconds=min(wait_max, 5 * 2**job.attempts))
    job.save()
    return last


def patience(kind: str) -> tuple[int, int]:
    """How often a job of a kind is tried, and the longest wait between two attempts, in seconds."""
    if kind == Job.Kind.DELIVER:  # it waits for somebody else's machine
        return settings.DELIVERY_ATTEMPTS_MAX, 6 * 3600
    return settings.JOB_ATTEMPTS_MAX, 300


def again(job: Job, by: str) -> None:
    """Take a job out of quarantine, with fresh attempts."""
    if job.state != Job.State.QUARANTINED:
        raise Refused("Only a quarantined job can be tried again.")
    renew(job)
    enter("job.retried", job, by)


def renew(job: Job) -> None:
    """Make a job due once more, done or not, with fresh attempts. Raises Refused while a worker has it."""
    resting = Job.objects.filter(id=job.id).exclude(state=Job.State.LEASED)
    if not resting.update(state=Job.State.DUE, attempts=0, due_at=timezone.now(), ended_at=None, error=""):
        raise Refused("A worker has it in hand right now: look again in a moment.")
    transaction.on_commit(partial(send, current(), job.id))


def of(object_id: UUID) -> UUID | None:
    """The job about a thing that must still be done."""
    left = Job.objects.filter(object_id=object_id, state__in=(Job.State.DUE, Job.State.LEASED))
    return left.values_list("id", flat=True).first()


def due() -> list[UUID]:
    """Jobs that a worker should look at now: due ones, and leased ones whose holder fell silent."""
    now = timezone.now()
    waiting = Q(state=Job.State.DUE, due_at__lte=now) | Q(state=Job.State.LEASED, lease_until__lt=now)
    return list(Job.objects.filter(waiting).order_by("due_at", "id").values_list("id", flat=True)[:1000])


@contextmanager
def kept(lease: Lease) -> Iterator[None]:
    """Renew the lease from a thread while the work goes on. Called outside any scope."""
    stop = threading.Event()
    thread = threading.Thread(target=_renew, args=(lease, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _renew(lease: Lease, stop: threading.Event) -> None:
    while not stop.wait(settings.JOB_LEASE_SECONDS / 3):
        try:
            with scope(lease.tenant_id):
                until = timezone.now() + timedelta(seconds=settings.JOB_LEASE_SECONDS)
                Job.objects.filter(id=lease.job_id, fence=lease.fence, state=Job.State.LEASED).update(lease_until=until)
        except Exception:
            log.warning("a lease could not be renewed", exc_info=True, extra={"job": str(lease.job_id)})
            close_old_connections()
    connection.close()
