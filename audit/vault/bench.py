"""The embedded engine for files: one locked-down connection a piece of work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from django.conf import settings

Connection = duckdb.DuckDBPyConnection


@contextmanager
def connect(*folders: Path, threads: int | None = None) -> Iterator[Connection]:
    """A connection that may touch the vault, the bench and the given folders, and nothing else."""
    temporary = Path(settings.BENCH_DIR) / "spill"
    temporary.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(
        config={"memory_limit": settings.BENCH_MEMORY, "temp_directory": str(temporary), "TimeZone": "UTC"}
    )
    try:
        if threads:
            connection.execute(f"set threads = {threads:d}")
        allowed = [settings.VAULT_URL.removeprefix("file://"), settings.BENCH_DIR, *folders]
        connection.execute("set allowed_directories = ?", [[str(folder) for folder in allowed]])
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        yield connection
    finally:
        connection.close()


def copy(connection: Connection, query: str, out: Path, parameters: list[object] | None = None) -> None:
    """Write a query's rows to a Parquet file."""
    target = str(out).replace("'", "''")
    connection.execute(f"copy ({query}) to '{target}' (format parquet, compression zstd)", parameters or [])
