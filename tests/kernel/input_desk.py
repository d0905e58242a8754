"""A folder where inputs are taken, and rows to take."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from audit.kernel import inputs

CLAIM = {
    "vendor": "acme",
    "claim_id": "c1",
    "agent_id": "bot",
    "action": "record_update",
    "occurred_at": "2026-09-14T08:15:03Z",
}
EVENT = {
    "system": "crm",
    "event_id": "e1",
    "grade": "A",
    "occurred_at": "2026-09-14T08:15:03Z",
    "outcome": "done",
}
COVER = {
    "system": "crm",
    "grade": "A",
    "target_prefix": "crm/",
    "starts_at": "2026-01-01T00:00:00Z",
    "ends_at": "2027-01-01T00:00:00Z",
}


class Desk:
    """A folder to take files in."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.out, self.refused = folder, folder / "out.parquet", folder / "refused.csv"

    def file(self, name: str, content: bytes | str) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def table(self, rows: Sequence[dict[str, str]], name: str = "in.csv") -> Path:
        names = list(dict.fromkeys(name for row in rows for name in row))
        path = self.folder / name
        with path.open("w", newline="") as handle:
            writer = csv.DictWriter(handle, names, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return path

    def prepare(self, kind: str, *paths: Path, **options: Any) -> inputs.Taken:
        return inputs.prepare(kind, paths, self.out, self.refused, **options)

    def rows(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = pq.read_table(self.out).to_pylist()
        return found

    def refusals(self) -> list[dict[str, str]]:
        with self.refused.open(newline="") as handle:
            return list(csv.DictReader(handle))


def claim(**changes: str) -> dict[str, str]:
    return {**CLAIM, **changes}


def event(**changes: str) -> dict[str, str]:
    return {**EVENT, **changes}


def packed(world: Desk, name: str, content: bytes) -> Path:
    """A file, packed as its name says."""
    if name.lower().endswith(".gz"):
        content = gzip.compress(content)
    if name.endswith(".zst"):
        content = pa.compress(content, "zstd", asbytes=True)
    return world.file(name, content)


def written(world: Desk, form: str, rows: list[dict[str, str]]) -> Path:
    """Rows as a file of a form: csv, jsonl or parquet."""
    if form == "csv":
        return world.table(rows)
    if form == "jsonl":
        return world.file("in.jsonl", "\n".join(json.dumps(row) for row in rows))
    path = world.folder / "in.parquet"
    names = dict.fromkeys(name for row in rows for name in row)
    pq.write_table(pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in names}), path)
    return path
