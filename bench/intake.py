"""Intake: what a vendor or a system sends, as CSV, to canonical Parquet."""

from __future__ import annotations

import csv

from audit.intake import identity, take_file
from bench.task import Task


def take_uploads(task: Task) -> None:
    """Each file on its own, one after another, as the uploads of one source each."""
    rows = {"claims": 0, "evidence": 0}
    for kind in rows:
        for path in task.data.uploads(kind):
            with path.open(encoding="utf-8", newline="") as handle:
                mapping = identity(kind, next(csv.reader(handle)))
            out = task.out / f"{path.stem}.parquet"
            with task.phase(kind):
                taken = take_file(path, path.name, kind, mapping, out, task.out / "refused.csv", constants={})
            if taken.refused:
                raise RuntimeError(f"{path.name} should be taken whole: {taken}")
            rows[kind] += taken.received
    task.told["rows"] = sum(rows.values())
    task.told["rates"] = {kind: int(count / task.seconds[kind]) for kind, count in rows.items()}
