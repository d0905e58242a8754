"""Rows that contradict what was received before: the same identity, other content."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.kernel.terms import INPUTS
from audit.models import Batch
from audit.vault import files
from audit.vault.bench import reading
from audit.vault.sift import IDENTITY

NEW = "select * from read_parquet($new) order by line limit $most"
KNOWN = {
    "claims": """
        select known.* from read_parquet($known, filename = true, union_by_name = true) as known
        semi join (select * from read_parquet($new) order by line limit $most) as new
        using (vendor, claim_id, revision)
    """,
    "evidence": """
        select known.* from read_parquet($known, filename = true, union_by_name = true) as known
        semi join (select * from read_parquet($new) order by line limit $most) as new
        using (system, event_id)
    """,
}

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Conflict:
    """One row against the first that had its identity. `differences`: field, what it was, what it is now."""

    identity: str
    line: int
    differences: list[tuple[str, str, str]]


def conflicts(batch: Batch, most: int = 50) -> list[Conflict]:
    """The first conflicting rows of a batch, each with what differs from the row received before."""
    if not batch.conflicts_key:
        return []
    kind, new = batch.source.kind, files.local(batch.conflicts_key)
    with reading() as connection:
        given = {"new": str(new), "most": most}
        rows = _dicts(connection.execute(NEW, given))
        known = _known(batch)
        earlier = _dicts(connection.execute(KNOWN[kind], {**given, "known": [str(path) for path in known]}))
    first = _first(kind, earlier, [str(path) for path in known], {row["line"] for row in rows})
    return [_against(kind, row, first.get(_identity(kind, row), {})) for row in rows]


def _known(batch: Batch) -> list[Path]:
    """Canonical rows of the earlier batches of this kind, in order of arrival; its own last."""
    before = Batch.objects.filter(
        source__kind=batch.source.kind, state=Batch.State.SEALED, position__lte=batch.position
    ).order_by("position")
    return [files.local(key) for key in before.exclude(rows_key="").values_list("rows_key", flat=True)]


def _first(kind: str, rows: list[Row], order: list[str], lines: set[int]) -> dict[tuple[Any, ...], Row]:
    """The row of each identity that came first; a conflicting row of the newest file is not its own witness."""
    found: dict[tuple[Any, ...], Row] = {}
    for row in sorted(rows, key=lambda row: (order.index(row["filename"]), row["line"])):
        if not (row["filename"] == order[-1] and row["line"] in lines):
            found.setdefault(_identity(kind, row), row)
    return found


def _against(kind: str, row: Row, before: Row) -> Conflict:
    named = [column.name for column in INPUTS[kind] if column.name not in IDENTITY[kind]]
    differences = [
        (name, _text(before.get(name)), _text(row.get(name))) for name in named if row.get(name) != before.get(name)
    ]
    return Conflict(" · ".join(str(part) for part in _identity(kind, row)), row["line"], differences)


def _identity(kind: str, row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in IDENTITY[kind])


def _text(value: Any) -> str:
    return "empty" if value is None else str(value)


def _dicts(result: Any) -> list[Row]:
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
