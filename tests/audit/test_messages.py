"""What workers are told: a hint, sent once the job is committed, and sent again where it got lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from celery import current_app
from django.conf import LazySettings
from django.utils import timezone

from audit import tasks
from audit.models import Job
from audit.operations import jobs
from tenants.scope import scope
from tests.desk import change, new
from tests.world import World

Captured = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def tenant(world: World) -> UUID:
    """Northwind."""
    return world.northwind.id


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """The jobs that workers were told of."""
    told: list[UUID] = []
    monkeypatch.setattr(jobs, "send", lambda tenant_id, job_id: told.append(job_id))
    return told


def test_workers_hear_of_a_job_once_it_is_committed(
    tenant: UUID, sent: list[UUID], django_capture_on_commit_callbacks: Captured
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        job = new(tenant)
        assert sent == []
    assert sent == [job.id]
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(ZeroDivisionError):
        add_and_burst(tenant)
    assert sent == [job.id]


def add_and_burst(tenant: UUID) -> None:
    """A job whose transaction is rolled back."""
    with scope(tenant):
        jobs.add(Job.Kind.EXPORT, uuid4())
        raise ZeroDivisionError


def test_a_broker_that_is_away_refuses_nobody(
    tenant: UUID, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*given: Any, **more: Any) -> None:
        raise ConnectionError("nobody there")

    monkeypatch.setattr("celery.Celery.send_task", away)
    jobs.send(tenant, uuid4())
    assert "the sweeper will send it again" in caplog.text


def test_the_sweeper_sends_what_is_due_in_every_tenant(world: World, sent: list[UUID]) -> None:
    past, later = timezone.now() - timedelta(seconds=1), timezone.now() + timedelta(seconds=60)
    expected = set()
    for tenant in (world.northwind.id, world.contoso.id):
        fresh, silent, busy, waiting, done, stuck = (new(tenant) for _ in range(6))
        change(tenant, silent, state=Job.State.LEASED, lease_until=past)
        change(tenant, busy, state=Job.State.LEASED, lease_until=later)
        change(tenant, waiting, due_at=later)
        change(tenant, done, state=Job.State.DONE)
        change(tenant, stuck, state=Job.State.QUARANTINED)
        expected |= {fresh.id, silent.id}
    tasks.sweep()
    assert set(sent) == expected
    assert len(sent) == 4


def test_the_sweeper_adds_nothing_to_a_long_queue(
    tenant: UUID, sent: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    new(tenant)
    monkeypatch.setattr(jobs, "backlog", lambda: tasks.BACKLOG_MAX + 1)
    tasks.sweep()
    assert sent == []


@pytest.fixture
def empty_queue() -> Iterator[None]:
    """A broker that nobody has sent anything to."""
    with current_app.connection_for_write() as broker:
        channel: Any = broker.default_channel
        channel.queue_purge(current_app.conf.task_default_queue)
        yield
        channel.queue_purge(current_app.conf.task_default_queue)


def test_the_backlog_is_what_waits_at_the_broker(tenant: UUID, empty_queue: None) -> None:
    before = jobs.backlog()
    jobs.send(tenant, uuid4())
    assert (before, jobs.backlog()) == (0, 1)


def test_what_workers_leave_is_tidied(settings: LazySettings, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.BENCH_DIR = tmp_path
    (tmp_path / "t1" / "arriving").mkdir(parents=True)
    (tmp_path / "t1" / "arriving" / "half").write_bytes(b"half a file")
    monkeypatch.setattr(tasks, "LEFT_SECONDS", -1)
    tasks.tidy()
    assert list((tmp_path / "t1" / "arriving").iterdir()) == []
