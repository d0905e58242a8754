"""Workers that are killed, stopped and started again: the run ends once, with the same verdicts as if nothing had been."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connections

from audit.models import Finding, Job, LedgerEntry, Run, Score, Total
from audit.operations import runs
from tenants.models import Tenant
from tenants.scope import directory, scope
from tests import database
from tests.workers import Workshop, until

SECONDS = 60  # the longest that anything may take on a busy machine


@dataclass
class Case:
    """A tenant with a finished run, on a database that other processes can see."""

    tenant_id: UUID
    undisturbed: Run
    workshop: Workshop

    def open(self) -> Run:
        """Open the same run again."""
        with scope(self.tenant_id):
            before = self.undisturbed
            return runs.open_run(before.period_start, before.period_end, "user:1", rule_set=before.rule_set)

    def see(self, run: Run) -> Run:
        """The run as it stands."""
        with scope(self.tenant_id):
            return Run.objects.get(id=run.id)

    def job(self, run: Run) -> Job:
        """Its job."""
        with scope(self.tenant_id):
            return Job.objects.get(object_id=run.id)

    def results(self, run: Run) -> dict[str, Any]:
        """Everything that the run left in PostgreSQL, without ids."""
        with scope(self.tenant_id):
            kept: dict[str, Any] = {
                model.__name__: sorted(
                    str({name: value for name, value in row.items() if name not in ("id", "created_at", "run_id")})
                    for row in model.objects.filter(run=run).values()
                )
                for model in (Total, Score, Finding)
            }
            done = LedgerEntry.objects.filter(object=f"run:{run.id}", action="run.done").count()
            return kept | {"row_root": run.row_root, "state": run.state, "done": done}

    def scratch(self) -> list[str]:
        """What lies on the tenant's bench."""
        home = Path(settings.BENCH_DIR) / str(self.tenant_id)
        return sorted(path.name for path in home.iterdir() if path.name != "arriving")


@pytest.fixture
def case(judged_database: str, django_db_blocker: Any, tmp_path: Path) -> Iterator[Case]:
    """A copy of the demonstration, and a workshop over a filesystem broker."""
    name = f"{database.NAME}_killed"
    with django_db_blocker.unblock():
        database.use(database.copy_database(judged_database, name))
        with directory():
            tenant_id = Tenant.objects.get(slug="northwind").id
        with scope(tenant_id):
            undisturbed = Run.objects.select_related("rule_set").get()
        workshop = Workshop(tmp_path, "filesystem://localhost/", "awu", name)
        try:
            yield Case(tenant_id, undisturbed, workshop)
        finally:
            for alias in connections:
                connections[alias].close()
            database.use(database.NAME)
            database.drop_database(name)


def test_a_run_survives_three_killed_workers(case: Case) -> None:
    run = case.open()
    stages: list[str] = []
    for name, waits_for in (("first", "inputs"), ("second", "judgement"), ("third", "")):
        with case.workshop.worker(name) as worker:
            until(lambda stage=waits_for, seen=len(stages): reached(case, run, stage, seen), SECONDS, waits_for)
            worker.signal(signal.SIGKILL)
            stages.append(case.see(run).stage)
        assert case.see(run).state == "running", stages
    with case.workshop.worker("last"):
        until(lambda: case.see(run).state == "done", SECONDS, "done")
    assert case.job(run).fence == case.job(run).attempts == 4
    assert case.results(case.see(run)) == case.results(case.undisturbed)
    assert case.scratch() == []


def reached(case: Case, run: Run, stage: str, seen: int) -> bool:
    """Whether a new holder has the run in the stage."""
    now = case.see(run)
    return case.job(run).fence == seen + 1 and now.stage.startswith(stage) and (seen < 2 or "verdicts" in now.files)


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
