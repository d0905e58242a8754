"""Evidence seen twice: a second row of one (system, event_id) is dropped if it says the same, else refused."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from audit.kernel.inputs.canonical import Sheet
from audit.kernel.inputs.faults import Fault, Refusals
from audit.kernel.inputs.taken import Taken

KEYS: Final = ("system", "event_id")
SQL: Final = Path(__file__).parent.parent / "sql" / "inputs"
BATCH: Final = 122_880
MEMORY: Final = "256MB"
"""What the engine may hold before it spills: whoever reads a file has 1 GiB in all."""


def drop_repeats(staged: Path, refusals: Refusals, taken: Taken) -> Taken:
    """Rewrite a staged evidence file without the rows that came before; the first of each stays.

    Rows of other content are refused. Where nothing repeats, two columns are read once and the file stays as it is.
    """
    with _bench(staged.with_suffix(".spill")) as bench:
        bench.register("staged", _reader(staged, KEYS))
        _make(bench, "repeated_keys")
        if not bench.sql("select key from repeated_keys limit 1").fetchall():
            return taken
        bench.register("staged", _reader(staged, (*KEYS, "content", "file", "line")))
        _make(bench, "repeated_events")
        drop, conflicts = _refuse_conflicts(bench, refusals)
    first_at, last_at = _rewrite(staged, drop)
    return replace(
        taken,
        accepted=taken.accepted - len(drop),
        duplicate=len(drop) - conflicts,
        refused=taken.refused + conflicts,
        first_at=first_at,
        last_at=last_at,
    )


@contextmanager
def _bench(spill: Path) -> Iterator[Any]:
    """An engine that reads only what it is handed, and spills beside the file."""
    bench = duckdb.connect(config={"threads": 1, "memory_limit": MEMORY, "temp_directory": str(spill)})
    try:
        bench.execute("set enable_external_access = false")
        yield bench
    finally:
        bench.close()
        shutil.rmtree(spill, ignore_errors=True)


def _make(bench: Any, table: str) -> None:
    try:
        bench.execute(f"create temp table {table} as {(SQL / table).with_suffix('.sql').read_text()}")
    except duckdb.OutOfMemoryException:
        raise MemoryError from None


def _reader(staged: Path, columns: tuple[str, ...]) -> Any:
    """Some columns of the staged file as a stream, with `row`: the place of each row, from 0."""
    source = pq.ParquetFile(staged)
    kinds = source.schema_arrow

    def batches() -> Iterator[Any]:
        first = 0
        for batch in source.iter_batches(BATCH, columns=list(columns), use_threads=False):
            place = pa.array(range(first, first + batch.num_rows), pa.int64())
            first += batch.num_rows
            yield pa.RecordBatch.from_arrays([place, *(batch.column(name) for name in columns)], schema=schema)

    schema = pa.schema([("row", pa.int64()), *((name, kinds.field(name).type) for name in columns)])
    return pa.RecordBatchReader.from_batches(schema, batches())


def _refuse_conflicts(bench: Any, refusals: Refusals) -> tuple[npt.NDArray[np.int64], int]:
    """The places of all rows to leave out, and how many of them were refused for their content."""
    drop: list[int] = []
    conflicts = 0
    found = bench.execute("from repeated_events order by row")
    while rows := found.fetchmany(BATCH):
        for row, same, event, file, line, first_file, first_line in rows:
            drop.append(row)
            if not same:
                conflicts += 1
                reason = f"was received before ({first_file} line {first_line}) with other content: keep the right one"
                refusals.add(file, [Fault(line, "event_id", event, reason)])
    return np.array(drop, np.int64), conflicts


def _rewrite(staged: Path, drop: npt.NDArray[np.int64]) -> tuple[datetime, datetime]:
    """Leave rows out of the staged file; the span of the rest."""
    source = pq.ParquetFile(staged)
    rewritten = staged.with_suffix(".rest")
    sheet = Sheet(rewritten, "evidence")
    first, span = 0, []
    for batch in source.iter_batches(BATCH, use_threads=False):
        keep = np.ones(batch.num_rows, bool)
        here = drop[np.searchsorted(drop, first) : np.searchsorted(drop, first + batch.num_rows)]
        keep[here - first] = False
        first += batch.num_rows
        rest = batch.filter(pa.array(keep))
        if rest.num_rows:
            span += pc.min_max(rest.column("occurred_at")).as_py().values()
            sheet.add(pa.Table.from_batches([rest]))
    sheet.close()
    rewritten.replace(staged)
    return min(span), max(span)
