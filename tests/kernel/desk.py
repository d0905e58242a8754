"""A desk for small runs: rows in plain Python become canonical Parquet files, and a run's files become rows again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from audit.kernel import effects
from audit.kernel.reconcile import Inputs, judge
from audit.kernel.ruleset import parse
from audit.kernel.terms import INPUTS, Column

Row = dict[str, Any]
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
_TYPES = {"integer": pa.int64(), "boolean": pa.bool_(), "instant": pa.timestamp("us", tz="UTC")}


def at(seconds: float) -> datetime:
    """An instant so many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def claim(claim_id: str, seconds: float = 0, **changes: Any) -> Row:
    """A claim of `acme` on `crm/Case/1`."""
    row = {"vendor": "acme", "claim_id": claim_id, "agent_id": "a1", "action": "record_update"}
    return {**row, "target": "crm/Case/1", "occurred_at": at(seconds), **changes}


def event(event_id: str, seconds: float = 0, **changes: Any) -> Row:
    """A change that the system of record saw done on `crm/Case/1`."""
    row = {"system": "crm", "event_id": event_id, "grade": "A", "target": "crm/Case/1"}
    return {**row, "action": "record_update", "occurred_at": at(seconds), "outcome": "done", **changes}


def watch(**changes: Any) -> Row:
    """Coverage of everything in the system of record, for two months around noon."""
    row = {"system": "crm", "grade": "A", "target_prefix": "crm/"}
    return {**row, "starts_at": at(-30 * 86_400), "ends_at": at(30 * 86_400), **changes}


def lay_down(folder: Path, name: str, kind: str, rows: Iterable[Row]) -> Path:
    """Write canonical Parquet."""
    path = folder / f"{name}.parquet"
    listed = list(rows)
    columns = {column.name: _column(column, listed) for column in INPUTS[kind]}
    pq.write_table(pa.table(columns), path)
    return path


def _column(column: Column, rows: list[Row]) -> pa.Array:
    values = [row.get(column.name, column.default) for row in rows]
    if column.kind == "effect":
        values = [None if value is None else effects.canonical(json.dumps(value)) for value in values]
    return pa.array(values, _TYPES.get(column.kind, pa.string()))


def run(
    folder: Path,
    claims: list[Row],
    evidence: Iterable[Row] = (),
    coverage: Iterable[Row] = (),
    actors: Iterable[Row] = (),
    rules: Row | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Judge and return the summary; the run lies in `folder/out`."""
    given = {"claims": claims, "evidence": evidence, "coverage": coverage, "actors": actors}
    paths = {kind: [lay_down(folder, kind, kind, rows)] for kind, rows in given.items()}
    return judge(Inputs(**paths), parse(rules or {}), folder / "out", **options)


def rows_of(folder: Path, name: str = "verdicts") -> list[Row]:
    """The rows of one file of the run."""
    rows: list[Row] = pq.read_table(folder / "out" / f"{name}.parquet").to_pylist()
    return rows


def reasons(folder: Path) -> dict[str, str]:
    """Claim id -> reason of its last row."""
    return {row["claim_id"]: row["reason"] for row in rows_of(folder)}
