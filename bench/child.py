"""One contender in a process of its own: `python -m bench.child TASK.json`; leaves measured.json where it wrote."""

from __future__ import annotations

import importlib
import json
import resource
import sys
from pathlib import Path

from bench.contenders import BY_NAME
from bench.data import Data
from bench.task import Options, Task


def main(path: Path) -> None:
    """Run the task that a file describes."""
    given = json.loads(path.read_text(encoding="utf-8"))
    contender = BY_NAME[given["contender"]]
    task = Task(Data(Path(given["data"])), Path(given["out"]), Options(**given["options"]))
    run = getattr(importlib.import_module(contender.module), contender.function)
    run(task)
    measured = {
        "phases": task.seconds,
        "processor": task.processor,
        "told": task.told,
        "peak_memory": peak_memory(),
    }
    (task.out / "measured.json").write_text(json.dumps(measured), encoding="utf-8")


def peak_memory() -> int:
    """The most bytes that this process ever held; getrusage, which also counts its starter, is asked last."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
