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

from django.conf import settings

from tests import database

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
    def worker(self, name: str) -> Iterator[Worker]:
        """A worker with the sweeper inside, killed with all its children in the end."""
        self.folder.mkdir(parents=True, exist_ok=True)
        schedule = ["--beat", "--schedule", str(self.folder / f"{name}-schedule")]
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


def until(question: Callable[[], Any], seconds: float, what: str, every: float = 0.02) -> Any:
    """Ask until the answer is true; raise after so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := question():
            return answer
        time.sleep(every)
    raise AssertionError(f"not within {seconds} s: {what}")
