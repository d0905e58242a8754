"""Digests of what a run was given: of the canonical files as they lie there, and of their content.

The **content digest** does not depend on how Parquet packed the rows: SHA-256 over the names of the columns of
`terms.INPUTS`, then block by block of 65,536 rows in received order; of each block and column the validity (a byte a
row), then for text the lengths in bytes (int32) and the bytes, for booleans a byte, for numbers and instants
(microseconds) 8 bytes, all little-endian, nulls as zero and as empty text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from audit.kernel import terms

BLOCK: Final = 1 << 16


def describe(kind: str, paths: Sequence[Path]) -> dict[str, Any]:
    """Rows and content digest of all files of one kind together, and name, size and SHA-256 of each file."""
    names = [column.name for column in terms.INPUTS[kind]]
    digest, rows = hashlib.sha256(",".join(names).encode()), 0
    for block in _blocks(paths, names):
        rows += block.num_rows
        for column in block.columns:
            for part in _parts(column.combine_chunks()):
                digest.update(part)
    return {"rows": rows, "content_sha256": digest.hexdigest(), "files": [_file(path) for path in paths]}


def _file(path: Path) -> dict[str, Any]:
    with path.open("rb") as handle:
        return {
            "name": path.name,
            "bytes": path.stat().st_size,
            "sha256": hashlib.file_digest(handle, "sha256").hexdigest(),
        }


def _blocks(paths: Sequence[Path], names: Sequence[str]) -> Iterator[pa.Table]:
    """The rows of all files in blocks of the same size, whatever the row groups."""
    held: list[pa.RecordBatch] = []
    count = 0
    for path in paths:
        for batch in pq.ParquetFile(path, pre_buffer=False).iter_batches(BLOCK, columns=list(names)):
            held.append(batch.select(list(names)))
            count += batch.num_rows
            if count >= BLOCK:
                block = pa.Table.from_batches(held)
                yield block.slice(0, BLOCK)
                held = block.slice(BLOCK).to_batches()
                count -= BLOCK
    if count:
        yield pa.Table.from_batches(held)


def _parts(column: Any) -> Iterator[bytes | memoryview]:
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks)
    yield np.asarray(column.is_valid().cast(pa.uint8())).tobytes()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        text = column.fill_null("").cast(pa.large_binary())
        yield np.asarray(pc.binary_length(text)).astype("<i4").tobytes()
        bounds = np.frombuffer(text.buffers()[1], dtype="<i8")[text.offset : text.offset + len(text) + 1]
        data = text.buffers()[2]
        if data is not None and len(bounds):
            yield memoryview(data)[int(bounds[0]) : int(bounds[-1])]
        return
    if pa.types.is_boolean(column.type):
        yield np.asarray(column.fill_null(False).cast(pa.uint8())).tobytes()
        return
    numbers = column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
    yield np.asarray(numbers.fill_null(0)).astype("<i8").tobytes()
