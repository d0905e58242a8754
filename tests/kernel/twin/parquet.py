"""A world as the canonical Parquet files that the kernel reads."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from audit.kernel.terms import INPUTS
from tests.kernel.worlds import KINDS, World

ARROW: Final = {
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "instant": pa.timestamp("us", tz="UTC"),
}


def cell(value: Any, kind: str) -> Any:
    """Return a value as Parquet holds it."""
    if value is not None and kind == "instant":
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)
    if value is not None and kind == "effect":
        return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return value


def write(inputs: World, folder: Path) -> dict[str, list[Path]]:
    """Lay a world down as canonical Parquet, one file for each kind of input."""
    paths = {}
    for kind in KINDS:
        table = pa.table(
            {
                column.name: pa.array(
                    [cell(row[column.name], column.kind) for row in inputs.rows(kind)],
                    type=ARROW.get(column.kind, pa.string()),
                )
                for column in INPUTS[kind]
            }
        )
        path = folder / f"{kind}.parquet"
        pq.write_table(table, path)
        paths[kind] = [path]
    return paths
