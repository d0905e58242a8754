"""The embedded engine for files: locked down; one for each piece of work, one that a process keeps for pages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from uuid import uuid4

import duckdb
import pyarrow.parquet as pq
from django.conf import settings

Connection = duckdb.DuckDBPyConnection
GROUP = 1 << 15  # rows that are written, and skipped, together: fewer make a row dearer to know, more dearer to read
KNOBS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


_kept: dict[tuple[int, str, Path], Connection] = {}  # by process: a fork must leave its parent's alone
_keeping = Lock()


@contextmanager
def connect(*folders: Path) -> Iterator[Connection]:
    """A connection that may touch the vault, the bench and the given folders, and nothing else. Times are UTC."""
    spill = _spill() / uuid4().hex  # its own: engines that share one overwrite each other
    spill.parent.mkdir(parents=True, exist_ok=True)
    connection = _open(spill, *folders)
    try:
        yield connection
    finally:
        connection.close()
        shutil.rmtree(spill, ignore_errors=True)


@contextmanager
def reading() -> Iterator[Connection]:
    """A connection for a page: it may read files of the vault and the bench, and makes no tables. Times are UTC.

    All of them are of one engine that the process keeps, because opening one takes longer than most questions. It
    remembers the footers of files, which never change.
    """
    connection = _engine().cursor()
    try:
        yield connection
    except (duckdb.FatalException, duckdb.InternalException):
        _kept.pop(_place(), None)  # such an engine answers nothing more
        raise
    finally:
        connection.close()


def _engine() -> Connection:
    place = _place()
    spill = _spill() / f"pages-{os.getpid()}"
    with _keeping:
        spill.mkdir(parents=True, exist_ok=True)
        os.utime(spill)  # so that nobody tidies it away
        if place not in _kept:
            for other in [other for other in _kept if other[0] == place[0]]:
                _kept.pop(other).close()  # of settings that are no more
            _kept[place] = _open(spill, is_kept=True)
        return _kept[place]


def _place() -> tuple[int, str, Path]:
    return os.getpid(), str(settings.VAULT_URL), Path(settings.BENCH_DIR)


def _open(spill: Path, *folders: Path, is_kept: bool = False) -> Connection:
    connection = duckdb.connect(config={**KNOBS, "memory_limit": settings.BENCH_MEMORY, "temp_directory": str(spill)})
    connection.execute("set global TimeZone = 'UTC'")
    if is_kept:
        connection.execute("set parquet_metadata_cache = true")
        connection.execute("set threads = 2")
    allowed = [settings.VAULT_URL.removeprefix("file://"), settings.BENCH_DIR, *folders]
    connection.execute("set allowed_directories = ?", [[str(folder) for folder in allowed]])
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def _spill() -> Path:
    return Path(settings.BENCH_DIR) / "spill"


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
