"""Workers are killed, stopped and started again: the run ends once, with the verdicts of an undisturbed one."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from audit.models import Run
from tests import database
from tests.workers import SECONDS, Case, Workshop, case_of, until

pytestmark = pytest.mark.xdist_group("judged")


@pytest.fixture
def case(judged_database: str, django_db_blocker: Any, tmp_path: Path) -> Iterator[Case]:
    """A copy of the demonstration, and a workshop over a filesystem broker."""
    with django_db_blocker.unblock(), case_of(judged_database, "killed") as name:
        yield Case.of("northwind", Workshop(tmp_path, "filesystem://localhost/", "awu", name))


def test_a_run_survives_three_killed_workers(case: Case) -> None:
    run = case.open()
    kill_when(case, run, "first", lambda now: now.stage != "")
    kill_when(case, run, "second", lambda now: now.stage.startswith("judgement"))
    assert case.scratch() == [f"run-{run.id}-2"], "the dead do not tidy up, those that come after them do"
    with database.connect("owner") as owner, owner.transaction():
        owner.execute("lock table audit_total in share mode")  # holds the worker up in its last transaction
        kill_when(case, run, "third", lambda now: now.stage == "results" and somebody_waits(owner))
    assert case.results(case.see(run))["Total"] == []
    with case.workshop.worker("last"):
        until(lambda: case.see(run).state == "done", SECONDS, "done")
    assert case.job(run).fence == case.job(run).attempts == 4
    assert case.results(case.see(run)) == case.results(case.undisturbed)
    assert case.scratch() == []


def kill_when(case: Case, run: Run, name: str, moment: Callable[[Run], bool]) -> None:
    """Start a worker, and kill it and its children once it has the run and the moment has come."""
    before = case.job(run).fence
    with case.workshop.worker(name) as worker:
        until(lambda: case.job(run).fence > before and moment(case.see(run)), SECONDS, f"the {name} worker at work")
        worker.signal(signal.SIGKILL)
    assert (case.see(run).state, case.job(run).state) == ("running", "leased")


def somebody_waits(owner: psycopg.Connection[Any]) -> bool:
    """Whether a statement waits for a lock on this database."""
    query = "select count(*) from pg_locks where not granted and relation = 'audit_total'::regclass"
    return owner.execute(query).fetchone() != (0,)


def test_a_worker_that_slept_past_its_lease_writes_nothing(case: Case) -> None:
    run = case.open()
    with case.workshop.worker("sleeper") as sleeper:
        until(lambda: case.see(run).stage.startswith("judgement"), SECONDS, "judgement")
        sleeper.signal(signal.SIGSTOP)
        with case.workshop.worker("other"):
            until(lambda: case.see(run).state == "done", SECONDS, "done")
        done, job = case.see(run), case.job(run)
        sleeper.signal(signal.SIGCONT)
        until(lambda: sleeper.said("went to another worker") or sleeper.said("failed"), SECONDS, "the sleeper awake")
    after = case.see(run)
    assert (after.ended_at, after.files, after.stage) == (done.ended_at, done.files, "")
    assert (case.job(run).fence, case.job(run).state) == (job.fence, "done") == (2, "done")
    assert case.results(after) == case.results(case.undisturbed)
    assert case.scratch() == []


def test_a_worker_whose_children_were_killed_takes_the_next_job(case: Case) -> None:
    with case.workshop.worker("bereaved", sweeps=False) as worker:
        case.workshop.ask("audit.tasks.sweep")
        until(lambda: worker.said("succeeded in"), SECONDS, "the worker waiting for more")
        run = case.open()
        for child in psutil.Process(worker.process.pid).children(recursive=True):
            child.kill()
        case.workshop.ask("audit.tasks.sweep")
        until(lambda: case.see(run).state == "done", SECONDS, "done")
    assert case.job(run).attempts == 1
