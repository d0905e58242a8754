"""Workers over Redis and RabbitMQ: a run is carried, and a broker that forgets everything loses nothing."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from amqp.exceptions import PreconditionFailed
from celery import Celery
from kombu import Connection

from audit.models import Export, Job, Run
from audit.operations import exports, jobs
from tenants.scope import scope
from tests.workers import SECONDS, Case, Workshop, case_of, until

pytestmark = pytest.mark.services
BROKERS = {"redis": "AWU_TEST_REDIS_URL", "rabbitmq": "AWU_TEST_AMQP_URL"}
QUEUE = f"awu-test-{os.getpid()}"


def address(broker: str) -> str:
    """Where the broker is. Without an address: skipped on a person's machine, failed in CI."""
    variable = BROKERS[broker]
    if url := os.environ.get(variable):
        return url
    if os.environ.get("CI"):
        pytest.fail(f"{variable} is not set: CI must test {broker}")
    pytest.skip(f"{variable} is not set: no {broker} to test")


@pytest.fixture(params=sorted(BROKERS))
def case(
    request: pytest.FixtureRequest, judged_database: str, django_db_blocker: Any, tmp_path: Path
) -> Iterator[Case]:
    """A copy of the demonstration and a workshop over one of the brokers, whose queue is emptied in the end."""
    url = address(request.param)
    with django_db_blocker.unblock(), case_of(judged_database, "broker") as name:
        case = Case.of("northwind", Workshop(tmp_path, url, QUEUE, name))
        try:
            yield case
        finally:
            forget(case, drop=True)


def forget(case: Case, *, drop: bool = False) -> None:
    """Throw away every message that the broker holds for us."""
    with Connection(case.workshop.broker) as broker:
        channel: Any = broker.default_channel
        with contextlib.suppress(*broker.channel_errors):  # where there was no queue yet
            channel.queue_delete(QUEUE) if drop else channel.queue_purge(QUEUE)
        if drop and case.workshop.broker.startswith("redis"):
            for key in channel.client.scan_iter(f"*{QUEUE}*"):
                channel.client.delete(key)


def tell(case: Case, job: Job) -> None:
    """Send the message of a job over the broker, as the web does."""
    kind = "quorum" if case.workshop.broker.startswith("amqp") else "classic"
    with Celery("web", broker=case.workshop.broker, set_as_current=False) as web:
        web.conf.update(task_default_queue=QUEUE, task_default_queue_type=kind)
        web.send_task(jobs.MESSAGE, kwargs={"tenant_id": str(case.tenant_id), "job_id": str(job.id)})


def test_a_message_is_enough(case: Case) -> None:
    run = case.open()
    with case.workshop.worker("one", sweeps=False):
        tell(case, case.job(run))
        until(lambda: case.see(run).state == "done", SECONDS, "done")
    assert case.job(run).fence == 1
    assert case.results(case.see(run)) == case.results(case.undisturbed)


def test_a_broker_that_forgets_everything_loses_nothing(case: Case) -> None:
    run = case.open()
    tell(case, case.job(run))
    forget(case)
    with case.workshop.worker("one"):
        until(lambda: case.see(run).state == "running", SECONDS, "running")
        asked = [ask(case, form) for form in Export.Format.values]
        for export in asked:
            tell(case, job_of(case, export))
        forget(case)
        until(lambda: case.see(run).state == "done", SECONDS, "done")
        until(lambda: [state_of(case, export) for export in asked] == ["done"] * 4, SECONDS, "exports")
    assert {job_of(case, export).fence for export in asked} == {1}
    assert case.results(case.see(run)) == case.results(case.undisturbed)


def ask(case: Case, form: str) -> Export:
    """Ask for a file of the finished run."""
    with scope(case.tenant_id):
        return exports.ask(Run.objects.get(id=case.undisturbed.id), form, {}, "user:1")


def job_of(case: Case, export: Export) -> Job:
    """The job that makes it."""
    with scope(case.tenant_id):
        return Job.objects.get(object_id=export.id)


def state_of(case: Case, export: Export) -> str:
    """Whether it is made."""
    with scope(case.tenant_id):
        return Export.objects.get(id=export.id).state


def test_messages_in_rabbitmq_are_kept_by_a_quorum(
    judged_database: str, django_db_blocker: Any, tmp_path: Path
) -> None:
    url = address("rabbitmq")
    with django_db_blocker.unblock(), case_of(judged_database, "quorum") as name:
        case = Case.of("northwind", Workshop(tmp_path, url, QUEUE, name))
        with case.workshop.worker("one", sweeps=False) as worker:
            until(lambda: worker.said("ready."), SECONDS, "the worker")
            with Connection(url) as broker:
                channel: Any = broker.default_channel
                channel.queue_declare(QUEUE, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
                with pytest.raises(PreconditionFailed):
                    channel.queue_declare(QUEUE, durable=True, auto_delete=False)
        forget(case, drop=True)
