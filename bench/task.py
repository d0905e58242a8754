"""A task: the data that a contender works on, where it writes, and the clock of its phases."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.data import Data


@dataclass(frozen=True, slots=True)
class Options:
    """How the kernel is run: slices (null: its own choice), DuckDB's memory, threads (null: all cores)."""

    slices: int | None
    memory: str
    threads: int | None = None


@dataclass(slots=True)
class Task:
    """One run of a contender. What happens outside of a phase (starting a server, imports) is not timed."""

    data: Data
    out: Path
    options: Options
    seconds: dict[str, float] = field(default_factory=dict)
    processor: float = 0.0
    told: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Take the time of a part of the work, and what all threads of this process used of the processor."""
        start, used = time.perf_counter(), processor_seconds()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start
        self.processor += processor_seconds() - used


def processor_seconds() -> float:
    """What this process has used of the processor so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
