"""Starting the portal's processes together, and stopping all of them with one Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import FrameType

GRACE_SECONDS = 20
LIVED_SECONDS = 10  # what ends sooner would end again


class Supervisor:
    """Child processes with their logs. One that is killed is started again; all end when the person says so."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.stopping = False
        self._started: dict[str, tuple[float, Callable[[], None]]] = {}  # when, and how to do so again

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start a process in a session of its own; its output goes to `<name>.log`."""
        self._started[name] = time.monotonic(), partial(self.start, name, command, environment)
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{name}.log").open("ab") as log:
            self.children[name] = subprocess.Popen(
                command,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self) -> int:
        """Until Ctrl-C or a SIGTERM (0), or until a process ends that had hardly begun (1); then stop the others."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        code = 0
        while not self.stopping:
            if not self.mend():
                code = 1
                break
            time.sleep(0.2)
        self.stop()
        return code

    def mend(self) -> bool:
        """Start again what ended by itself; False where something ended too soon after its start."""
        for name in [name for name, child in self.children.items() if child.poll() is not None]:
            begun, again = self._started[name]
            sys.stderr.write(f"{name} ended by itself: see {self.logs / name}.log\n")
            if time.monotonic() - begun < LIVED_SECONDS:
                return False
            _signal(self.children[name], signal.SIGKILL, group=True)  # whoever it left behind
            again()
        return True

    def stop(self) -> None:
        """Ask every process to end; kill what does not within the grace."""
        for child in self.children.values():
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for child in self.children.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0.1, deadline - time.monotonic()))
            _signal(child, signal.SIGKILL, group=True)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True


def _signal(child: subprocess.Popen[bytes], number: int, *, group: bool = False) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if group:
            os.killpg(child.pid, number)
        elif child.poll() is None:
            child.send_signal(number)


def answers(url: str, seconds: float) -> bool:
    """Whether the address answers within the time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return True
        time.sleep(0.2)
    return False
