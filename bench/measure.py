"""Measuring: a contender in a child process, its time by phases, its peak memory and its peak disk."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from bench.contenders import POSTGRES, Contender
from bench.data import Data
from bench.task import Options

_PAUSE = 0.2


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: seconds by phase, processor seconds, peak bytes of memory and disk (scratch, results), what it told."""

    phases: dict[str, float]
    processor: float
    peak_memory: int
    peak_disk: int
    told: dict[str, Any]

    @property
    def seconds(self) -> float:
        """All phases together."""
        return sum(self.phases.values())


def measure(contender: Contender, data: Data, out: Path, options: Options, servers: Path) -> Measured:
    """Run a contender once; what it wrote stays in `out`. Raises RuntimeError with what it said if it fails."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    task = {"contender": contender.name, "data": str(data.folder), "out": str(out), "options": asdict(options)}
    file = out / "task.json"
    file.write_text(json.dumps(task), encoding="utf-8")
    watched = [out, servers] if contender.name == POSTGRES else [out]
    with _Watch(watched, servers if contender.name == POSTGRES else None) as watch:
        done = subprocess.run([sys.executable, "-m", "bench.child", str(file)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{contender.name} failed with {done.returncode}:\n{done.stderr[-4000:]}")
    told = json.loads((out / "measured.json").read_text(encoding="utf-8"))
    memory = told["peak_memory"] + watch.server_memory
    return Measured(told["phases"], told["processor"], memory, watch.disk, told["told"])


def median(runs: Sequence[Measured]) -> Measured:
    """The run in the middle by time (the lower one of an even number), with the highest peaks of all."""
    middle = sorted(runs, key=lambda run: run.seconds)[(len(runs) - 1) // 2]
    memory, disk = max(run.peak_memory for run in runs), max(run.peak_disk for run in runs)
    return Measured(middle.phases, middle.processor, memory, disk, middle.told)


def spread(runs: Sequence[Measured]) -> tuple[float, float, float]:
    """Fastest, median and slowest run in seconds."""
    times = [run.seconds for run in runs]
    return min(times), statistics.median(times), max(times)


class _Watch:
    """Looks at folders, and at the server that lives in one of them, while a child runs."""

    def __init__(self, folders: Sequence[Path], servers: Path | None) -> None:
        self.folders, self.servers = folders, servers
        self.disk = self.server_memory = self._before = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> _Watch:
        self._before = sum(_bytes(folder) for folder in self.folders)
        self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(_PAUSE):
            self.disk = max(self.disk, sum(_bytes(folder) for folder in self.folders) - self._before)
            if self.servers:
                self.server_memory = max(self.server_memory, _server_memory(self.servers))


def _bytes(folder: Path) -> int:
    """What a folder takes on disk; files may come and go meanwhile."""
    whole = 0
    try:
        for entry in folder.iterdir():
            try:
                is_folder = entry.is_dir() and not entry.is_symlink()
                whole += _bytes(entry) if is_folder else entry.lstat().st_blocks * 512
            except OSError:
                continue
    except OSError:
        return whole
    return whole


def _server_memory(servers: Path) -> int:
    """What the server's processes hold, pages that they share counted once."""
    try:
        pid = int((servers / "postgres" / "postmaster.pid").read_text().split("\n")[0])
        first = psutil.Process(pid)
        family = [first, *first.children(recursive=True)]
    except (OSError, ValueError, psutil.Error):
        return 0
    whole = 0
    for process in family:
        try:
            whole += int(process.memory_full_info().pss)
        except (psutil.Error, AttributeError):
            continue
    return whole
