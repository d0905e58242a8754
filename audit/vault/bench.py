"""The embedded engine for files: one locked-down connection a piece of work."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import duckdb
import pyarrow.parquet as pq
from django.conf import settings

Connection = duckdb.DuckDBPyConnection
GROUP = 122_880  # rows that are written, and skipped, together
KNOBS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


@contextmanager
def connect(*folders: Path, threads: int | None = None) -> Iterator[Connection]:
    """A connection that may touch the vault, the bench and the given folders, and nothing else. Times are UTC."""
    spill = Path(settings.BENCH_DIR) / "spill" / uuid4().hex  # its own: engines that share one overwrite each other
    spill.parent.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(config={**KNOBS, "memory_limit": settings.BENCH_MEMORY, "temp_directory": str(spill)})
    try:
        connection.execute("set TimeZone = 'UTC'")
        if threads:
            connection.execute(f"set threads = {threads:d}")
        allowed = [settings.VAULT_URL.removeprefix("file://"), settings.BENCH_DIR, *folders]
        connection.execute("set allowed_directories = ?", [[str(folder) for folder in allowed]])
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        yield connection
    finally:
        connection.close()
        shutil.rmtree(spill, ignore_errors=True)


def copy(
    connection: Connection, query: str, out: Path, parameters: list[object] | dict[str, object] | None = None
) -> None:
    """Write a query's rows to a Parquet file."""
    target = str(out).replace("'", "''")
    connection.execute(f"copy ({query}) to '{target}' (format parquet, compression zstd)", parameters or [])


def copy_findable(
    connection: Connection,
    query: str,
    out: Path,
    ids: Sequence[str],
    parameters: list[object] | dict[str, object] | None = None,
) -> None:
    """Write a query's rows to a Parquet file in which a row among millions is found by one of the columns `ids`.

    Each group of rows carries a Bloom filter for each of them: a group that cannot hold an id is not read.
    """
    rows = connection.sql(query, params=parameters or []).to_arrow_reader(GROUP)
    others = [name for name in rows.schema.names if name not in ids]
    filters = {name: {"ndv": GROUP, "fpp": 0.01} for name in ids}
    with pq.ParquetWriter(
        out, rows.schema, compression="zstd", use_dictionary=others, bloom_filter_options=filters, store_schema=False
    ) as writer:
        for batch in rows:
            writer.write_batch(batch, row_group_size=GROUP)
