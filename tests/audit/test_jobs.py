"""Jobs: one holder at a time, no write without the lease, nothing forgotten, nothing tried for ever."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID

import duckdb
import psycopg
import pytest
from django.conf import LazySettings
from django.db import OperationalError, connection
from django.utils import timezone

from audit import tasks
from audit.models import Export, Job, LedgerEntry
from audit.operations import batches, exports, jobs, quarantine, room, runs
from audit.operations import work as working
from audit.operations.faults import LostLease, NotNow, Refused
from audit.vault import files
from audit.vault.sift import sift
from tenants.scope import is_open, scope
from tests.desk import BY, CLAIMS, Desk, change, claim, drain, make_due, new, open_desk, see
from tests.world import World

Captured = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def tenant(world: World) -> UUID:
    """Northwind."""
    return world.northwind.id


@pytest.fixture
def desk(tenant: UUID) -> Desk:
    """Northwind's desk."""
    return open_desk(tenant)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """The jobs that workers were told of."""
    told: list[UUID] = []
    monkeypatch.setattr(jobs, "send", lambda tenant_id, job_id: told.append(job_id))
    return told


class Noun:
    """What a job is about, for jobs that do nothing but what a test says."""

    def __init__(self) -> None:
        self.given_up: list[str] = []
        self.calls = 0
        self.act: Callable[[jobs.Lease], None] = self.finish

    def finish(self, lease: jobs.Lease) -> None:
        """Do the work."""
        with scope(lease.tenant_id):
            jobs.finish(lease)

    def handle(self, lease: jobs.Lease) -> None:
        """What the worker calls: outside any scope."""
        assert not is_open()
        self.calls += 1
        self.act(lease)

    def give_up(self, object_id: UUID, error: str) -> None:
        """What is called in the end."""
        self.given_up.append(error)


@pytest.fixture
def noun(monkeypatch: pytest.MonkeyPatch) -> Noun:
    """Stands for exports."""
    noun = Noun()
    monkeypatch.setitem(working.HANDLERS, Job.Kind.EXPORT, (noun, noun.handle))
    return noun


def leased(tenant: UUID, job: Job) -> jobs.Lease | None:
    """Try to take a job."""
    with scope(tenant):
        return jobs.lease(job.id)


def work(tenant: UUID, job: Job) -> Job:
    """Work on a job as a worker does."""
    tasks.work(tenant_id=str(tenant), job_id=str(job.id))
    return see(tenant, job)


# Leases


def test_a_job_has_one_holder_until_its_lease_runs_out(tenant: UUID) -> None:
    job, past = new(tenant), timezone.now() - timedelta(seconds=1)
    first = leased(tenant, job)
    assert first is not None
    assert (first.kind, first.object_id, first.fence, first.attempt) == ("export", job.object_id, 1, 1)
    assert leased(tenant, job) is None
    change(tenant, job, lease_until=past)
    second = leased(tenant, job)
    assert second is not None
    assert (second.fence, second.attempt) == (2, 2)
    change(tenant, job, state=Job.State.DONE)
    assert leased(tenant, job) is None


def test_a_job_is_not_taken_before_its_time_nor_by_another_tenant(world: World) -> None:
    tenant = world.northwind.id
    job = new(tenant)
    change(tenant, job, due_at=timezone.now() + timedelta(seconds=5))
    assert leased(tenant, job) is None
    change(tenant, job, due_at=timezone.now())
    assert leased(world.contoso.id, job) is None
    assert leased(tenant, job) is not None


def test_every_act_of_an_old_holder_is_refused(tenant: UUID) -> None:
    job = new(tenant)
    old = leased(tenant, job)
    change(tenant, job, lease_until=timezone.now() - timedelta(seconds=1))
    holder = leased(tenant, job)
    assert old is not None
    assert holder is not None
    acts: tuple[Callable[[jobs.Lease], object], ...] = (
        *(jobs.hold, jobs.finish),
        lambda lease: jobs.postpone(lease, 1),
        lambda lease: jobs.fail(lease, "late"),
    )
    for act in acts:
        with pytest.raises(LostLease), scope(tenant):
            act(old)
    assert see(tenant, job).state == Job.State.LEASED
    with scope(tenant):
        jobs.finish(holder)
    for act in acts:
        with pytest.raises(LostLease), scope(tenant):
            act(holder)
    assert see(tenant, job).state == Job.State.DONE


def test_a_reader_that_lost_its_lease_writes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = desk.send(desk.claims, CLAIMS + claim(1))
    job = desk.job(batch)
    thieves: list[jobs.Lease | None] = []

    def slow(*given: Any) -> Any:
        make_due(desk.tenant_id)
        thieves.append(leased(desk.tenant_id, job))
        return sift(*given)

    with monkeypatch.context() as patched:
        patched.setattr("audit.operations.batches.sift", slow)
        assert desk.work(batch).state == Job.State.LEASED
    assert desk.see(batch).state == "received"
    assert desk.ask(lambda: list(desk.vendor.agents.all())) == []
    make_due(desk.tenant_id)
    drain(desk.tenant_id)
    assert (desk.see(batch).state, desk.see(batch).accepted_count, desk.job(batch).fence) == ("sealed", 1, 3)
    assert desk.ask(LedgerEntry.objects.filter(action="batch.sealed").count) == 1


@pytest.mark.parametrize("stage", ["select_evidence", "judge", "join_lines"])
def test_a_run_that_lost_its_lease_writes_nothing(desk: Desk, stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.take(desk.claims, CLAIMS + claim(1))
    run = desk.open()
    job, act = desk.job(run), getattr(runs, stage)

    def slow(*given: Any, **more: Any) -> Any:
        made = act(*given, **more)
        make_due(desk.tenant_id)
        leased(desk.tenant_id, job)
        return made

    with monkeypatch.context() as patched:
        patched.setattr(runs, stage, slow)
        assert desk.work(run).state == Job.State.LEASED
    before = desk.see(run)
    assert before.state == "running"
    assert {"select_evidence": "claims", "judge": "verdicts", "join_lines": "lines"}[stage] not in before.files
    make_due(desk.tenant_id)
    drain(desk.tenant_id)
    assert desk.see(run).state == "done"
    assert desk.ask(LedgerEntry.objects.filter(action="run.done").count) == 1


def test_the_lease_is_renewed_while_the_work_goes_on(
    committed: None, world: World, noun: Noun, settings: LazySettings
) -> None:
    settings.JOB_LEASE_SECONDS = 0.6
    tenant = world.northwind.id
    job = new(tenant)
    seen: list[bool] = []

    def slow(lease: jobs.Lease) -> None:
        for _ in range(3):
            time.sleep(0.5)
            seen.append(leased(tenant, job) is None)
        noun.finish(lease)

    noun.act = slow
    assert work(tenant, job).state == Job.State.DONE
    assert seen == [True] * 3
    assert see(tenant, job).fence == 1
    assert threading.active_count() < 20


# Giving back


def test_waiting_costs_no_attempt(tenant: UUID, noun: Noun) -> None:
    job = new(tenant)

    def wait(lease: jobs.Lease) -> None:
        raise NotNow("something else comes first", 7)

    noun.act = wait
    for _ in range(8):
        change(tenant, job, due_at=timezone.now())
        job = work(tenant, job)
        assert (job.state, job.attempts, job.error) == ("due", 0, "")
    assert 5 < (job.due_at - timezone.now()).total_seconds() <= 7
    assert noun.given_up == []


@pytest.mark.parametrize(
    "full",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OperationalError("could not extend file: No space left on device"),
        duckdb.IOException('Could not write file "x": No space left on device'),
        duckdb.OutOfMemoryException("failed to offload data block (max_temp_directory_size limit)"),
    ],
    ids=lambda full: type(full).__name__,
)
def test_a_full_disk_costs_no_attempt_and_is_told(
    tenant: UUID, noun: Noun, settings: LazySettings, full: Exception
) -> None:
    job, settings.SWEEP_SECONDS = new(tenant), 4
    if isinstance(full, OperationalError):
        full.__cause__ = psycopg.errors.DiskFull(str(full))

    def write(lease: jobs.Lease) -> None:
        raise full

    noun.act = write
    for _ in range(7):
        job = work(tenant, job)
        assert (job.state, job.attempts, job.error) == ("due", 0, room.WAITS)
        assert 2 < (job.due_at - timezone.now()).total_seconds() <= 4
        change(tenant, job, due_at=timezone.now())
    noun.act = noun.finish
    job = work(tenant, job)
    assert (job.state, job.error, noun.given_up) == ("done", "", [])


def test_a_failing_job_waits_longer_each_time_and_is_quarantined_in_the_end(tenant: UUID, noun: Noun) -> None:
    job, waits = new(tenant), []

    def burst(lease: jobs.Lease) -> None:
        raise RuntimeError("no space left")

    noun.act = burst
    for _ in range(4):
        job = work(tenant, job)
        assert job.state == Job.State.DUE
        waits.append(round((job.due_at - timezone.now()).total_seconds()))
        assert work(tenant, job).attempts == job.attempts, "not before its time"
        change(tenant, job, due_at=timezone.now())
    assert waits == [10, 20, 40, 80]
    job = work(tenant, job)
    assert (job.state, job.attempts) == ("quarantined", 5)
    assert job.error.startswith("RuntimeError: no space left\n")
    assert "in burst" in job.error
    assert noun.given_up == ["The work failed too often: RuntimeError: no space left"]
    assert work(tenant, job).state == Job.State.QUARANTINED
    assert noun.calls == 5


def test_a_job_that_kills_its_workers_is_quarantined_too(tenant: UUID, noun: Noun) -> None:
    job = new(tenant)
    for _ in range(5):
        assert leased(tenant, job) is not None
        change(tenant, job, lease_until=timezone.now() - timedelta(seconds=1))
    job = work(tenant, job)
    assert (job.state, noun.calls) == ("quarantined", 0)
    assert noun.given_up == ["The work failed too often: Each worker that took this job died or fell silent."]


def test_only_a_quarantined_job_is_tried_again(
    desk: Desk, sent: list[UUID], django_capture_on_commit_callbacks: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = desk.send(desk.claims, CLAIMS + claim(1))
    with pytest.raises(Refused, match="Only a quarantined job"):
        desk.ask(lambda: quarantine.retry(desk_job(batch.id), BY))
    later = desk.send(desk.claims, CLAIMS + claim(1) + claim(2))
    with monkeypatch.context() as broken:
        broken.setattr(batches.cell, "take_file", lambda *given, **more: 1 / 0)
        for _ in range(5):
            make_due(desk.tenant_id)
            job = desk.work(batch)
    assert (job.state, desk.see(batch).state) == ("quarantined", "refused")
    assert "ZeroDivisionError" in desk.see(batch).error
    assert desk.work(later).state == "done", "nothing waits for what was given up"
    sent.clear()
    with django_capture_on_commit_callbacks(execute=True):
        desk.ask(lambda: quarantine.retry(desk_job(batch.id), BY))
    assert sent == [job.id]
    assert (desk.see(batch).state, desk.see(batch).position) == ("received", 3)
    assert (desk.job(batch).state, desk.job(batch).attempts, desk.job(batch).error) == ("due", 0, "")
    assert desk.work(batch).state == "done"
    assert (desk.see(batch).state, desk.see(batch).duplicate_count) == ("sealed", 1)
    assert desk.ask(LedgerEntry.objects.filter(action="job.retried").count) == 1


def desk_job(object_id: UUID) -> Job:
    """The job about an object, inside a scope."""
    return Job.objects.get(object_id=object_id)


def test_an_export_that_was_given_up_is_made_after_a_retry(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    run = desk.run()
    export = desk.ask(lambda: exports.ask(run, "csv", {}, BY))
    with monkeypatch.context() as broken:
        broken.setattr(exports, "write_lines", lambda *given: 1 / 0)
        for _ in range(5):
            make_due(desk.tenant_id)
            desk.work(export)
    assert desk.see(export).state == Export.State.FAILED
    desk.ask(lambda: quarantine.retry(desk_job(export.id), BY))
    drain(desk.tenant_id)
    assert (desk.see(export).state, desk.see(export).error) == (Export.State.DONE, "")


def test_two_workers_that_reach_for_a_job_do_it_once(committed: None, world: World, noun: Noun) -> None:
    tenant = world.northwind.id
    made = [new(tenant) for _ in range(5)]

    def reach() -> None:
        for job in made:
            tasks.work(tenant_id=str(tenant), job_id=str(job.id))
        connection.close()

    threads = [threading.Thread(target=reach) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert noun.calls == 5
    assert {see(tenant, job).state for job in made} == {"done"}


def test_files_of_a_dead_holder_are_gone_when_the_next_one_begins(desk: Desk) -> None:
    batch = desk.send(desk.claims, CLAIMS + claim(1))
    assert leased(desk.tenant_id, desk.job(batch)) is not None
    with files.scratch(desk.tenant_id, f"take-{batch.id}", 1) as folder:
        (folder / "half").write_bytes(b"")
        make_due(desk.tenant_id)
        drain(desk.tenant_id)
        assert not folder.exists()
    assert desk.see(batch).state == "sealed"
