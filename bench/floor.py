"""The floor: what reading the inputs and writing rows of verdicts costs when nothing is decided.

The columns that a verdict repeats, and ids of events to fill it with, are read where they are written; every other
column that the kernel needs is read by asking for the sum of its lengths or values.
"""

from __future__ import annotations

from typing import Final

import duckdb

from audit.kernel import terms
from bench.task import Task

WRITTEN: Final = {
    "claims": ("vendor", "claim_id", "revision", "units", "charge_micros"),
    "evidence": ("system", "event_id", "outcome"),
}
UNREAD: Final = {"claims": ("file", "line", "content"), "evidence": ("file", "line", "content")}
_TEXTS: Final = ("text", "effect", "grade", "outcome", "status")


def read_and_write(task: Task) -> None:
    """Read every needed column; write as many verdict rows as there are claims, in received order."""
    with task.phase("reading"):
        connection = duckdb.connect()
        for kind in WRITTEN:
            connection.execute(f"select {_sums(kind)} from '{task.data.canonical(kind)}'").fetchall()
    with task.phase("writing"):
        query = f"""
        select
            claims.vendor, claims.claim_id, claims.revision, 1 as row,
            case outcome when 'failed' then 'contradicted' else 'verified' end as state,
            case outcome when 'failed' then 'failed' else 'supported' end as reason,
            case outcome when 'failed' then 'B' end as class,
            4 as rank, evidence.system as event_system, evidence.event_id,
            null::varchar as repeat_of, null::varchar as undone_by, null::varchar as tainted_by,
            false as provisional, claims.units, claims.charge_micros
        from (select {", ".join(WRITTEN["claims"])} from '{task.data.canonical("claims")}') as claims
        positional join (select {", ".join(WRITTEN["evidence"])} from '{task.data.canonical("evidence")}') as evidence
        """
        target = task.out / "verdicts.parquet"
        connection.execute(f"copy ({query}) to '{target}' (format parquet, compression zstd, compression_level 1)")
        rows = connection.execute(f"select count(*) from '{target}'").fetchall()[0][0]
    task.told["rows"] = rows


def _sums(kind: str) -> str:
    columns = [column for column in terms.INPUTS[kind] if column.name not in WRITTEN[kind]]
    sums = []
    for column in columns:
        value = {"boolean": f"{column.name}::int", "instant": f"epoch_us({column.name})"}.get(column.kind, column.name)
        sums.append(f"sum(strlen({value}))" if column.kind in _TEXTS else f"sum({value})")
    return ", ".join(sums)
