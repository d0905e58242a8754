"""Real workers in processes of their own, over a real broker, that can be stopped and killed at any moment."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from audit.models import Finding, Job, LedgerEntry, Run, Score, Total
from audit.operations import runs
from tenants.models import Tenant
from tenants.scope import directory, scope
from tests import database

SECONDS = 60  # the longest that anything may take on a busy machine
BIN = Path(sys.executable).parent


@dataclass
class Workshop:
    """A folder and a broker for workers on one database, with short leases and a sweeper every second."""

    folder: Path
    broker: str
    queue: str
    database: str | None = None
    lease_seconds: int = 2

    def environment(self) -> dict[str, str]:
        """What the workers are told."""
        return database.environment(
            self.database,
            AWU_VAR=str(self.folder),
            CELERY_BROKER_URL=self.broker,
            CELERY_QUEUE=self.queue,
            JOB_LEASE_SECONDS=str(self.lease_seconds),
            SWEEP_SECONDS="1",
            VAULT_URL=str(settings.VAULT_URL),
            BENCH_DIR=str(settings.BENCH_DIR),
            SECRET_KEY=settings.SECRET_KEY,
            DATABASE_OWNER_URL="",
            LOG_LEVEL="INFO",
        )

    @contextlib.contextmanager
    def worker(self, name: str, *, sweeps: bool = True) -> Iterator[Worker]:
        """A worker with the sweeper inside, killed with all its children in the end."""
        self.folder.mkdir(parents=True, exist_ok=True)
        schedule = ["--beat", "--schedule", str(self.folder / f"{name}-schedule")] if sweeps else []
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=INFO"]
        command = [str(BIN / "celery"), "-A", "awu_portal", "worker", "--concurrency=1", "-n", f"{name}@%h"]
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, *schedule, *quiet],
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        worker = Worker(process, self.folder / f"{name}.log")
        try:
            yield worker
        finally:
            worker.signal(signal.SIGKILL)
            process.wait()

    def ask(self, task: str) -> None:
        """Send the message of a task."""
        command = [str(BIN / "celery"), "-A", "awu_portal", "call", task]
        subprocess.run(command, env=self.environment(), stdout=subprocess.DEVNULL, check=True)


@dataclass
class Worker:
    """One worker: the head of a process group."""

    process: subprocess.Popen[bytes]
    log: Path

    def signal(self, number: int) -> None:
        """Send a signal to the worker and all its children."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def said(self, words: str) -> bool:
        """Whether its log holds the words."""
        return words in self.log.read_text(errors="replace")


@dataclass
class Case:
    """A tenant with a finished run, on a database that other processes can see."""

    tenant_id: UUID
    undisturbed: Run
    workshop: Workshop

    @classmethod
    def of(cls, slug: str, workshop: Workshop) -> Case:
        """The case of one tenant of the demonstration."""
        with directory():
            tenant_id = Tenant.objects.get(slug=slug).id
        with scope(tenant_id):
            return cls(tenant_id, Run.objects.select_related("rule_set").get(), workshop)

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


@contextlib.contextmanager
def case_of(judged_database: str, suffix: str) -> Iterator[str]:
    """A copy of the demonstration's database, which other processes may write; its name. Dropped in the end."""
    name = f"{database.NAME}_{suffix}"
    database.use(database.copy_database(judged_database, name))
    try:
        yield name
    finally:
        database.use(database.NAME)
        database.drop_database(name)


def until(question: Callable[[], Any], seconds: float, what: str, every: float = 0.02) -> Any:
    """Ask until the answer is true; raise after so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := question():
            return answer
        time.sleep(every)
    raise AssertionError(f"not within {seconds} s: {what}")
