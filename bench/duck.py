"""Plain DuckDB: the simple matching in SQL, the same text as for PostgreSQL."""

from __future__ import annotations

import duckdb

from bench import simple
from bench.data import COPIED
from bench.task import Task


def match_simply(task: Task) -> None:
    """Views over the Parquet files, the matching, the verdicts written as Parquet."""
    given = simple.rule(task.data.rules)
    with task.phase("matching"):
        connection = duckdb.connect(config={"memory_limit": "8GB", "temp_directory": str(task.out / ".spill")})
        connection.execute("set TimeZone = 'UTC'")
        for kind, number in (("claims", "claim"), ("evidence", "event")):
            source = f"read_parquet('{task.data.canonical(kind)}', file_row_number = true)"
            columns = f"file_row_number as {number}, {COPIED[kind]}"
            connection.execute(f"create view {kind} as select {columns} from {source}")
        connection.execute(f"create table matched as {simple.matched(given)}")
    with task.phase("verdicts"):
        target = task.out / "verdicts.parquet"
        connection.execute(f"copy ({simple.verdicts(given)}) to '{target}' (format parquet, compression zstd)")
    connection.execute(f"copy ({simple.PAIRS}) to '{task.out / 'pairs.parquet'}' (format parquet)")
    states = connection.execute(f"select state, count(*) from '{target}' group by state").fetchall()
    task.told["states"] = dict(states)
    task.told["rows"] = sum(task.told["states"].values())
