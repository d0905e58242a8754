"""Parquet files: columns keep their types, the line of a row is its number.

A small file may unpack to very much, so what a row group will unpack to is checked against its own figures before
it is read, and what was read against the cap after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from audit.kernel.inputs.faults import BadInput
from audit.kernel.inputs.rows import Rows, check_names

BATCH: Final = 32_768
"""How many rows a batch holds at most."""
CELLS: Final = 4_000_000
"""How many fields a batch holds at most."""
DECODED_BYTES: Final = 20 << 30
"""The most bytes that a file may unpack to."""
_BUFFER: Final = 1 << 16  # bytes of each column


def read(whole: Any, file: str, cap: int = DECODED_BYTES) -> Iterator[Rows]:
    """The rows of an open Parquet file, column by column as they are stored. Raises BadInput.

    `cap` is the most bytes that it may unpack to. A row group is read piece by piece, however large it is.
    """
    try:
        yield from _batches(pq.ParquetFile(whole, pre_buffer=False, buffer_size=_BUFFER), file, cap)
    except MemoryError:
        raise BadInput(file, "unpacks to more than there is room for: split it into smaller files") from None
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise BadInput(file, f"is not a Parquet file that can be read ({reason}): write it again") from None


def _batches(source: Any, file: str, cap: int) -> Iterator[Rows]:
    schema = source.schema_arrow
    names = check_names(schema.names, file)
    _check_figures(source, file, cap)
    first, decoded = 1, 0
    yield Rows({n: pa.array([], kind) for n, kind in zip(names, schema.types, strict=True)}, np.array([], np.int64))
    for batch in source.iter_batches(_batch_size(source, len(names)), use_threads=False):
        batch.validate(full=True)  # text that is no UTF-8, offsets that lead elsewhere
        decoded += batch.nbytes
        if decoded > cap:
            raise _too_much(file, cap)
        lines = np.arange(first, first + batch.num_rows, dtype=np.int64)
        first += batch.num_rows
        yield Rows(dict(zip(names, batch.columns, strict=True)), lines)
    if (counted := source.metadata.num_rows) != first - 1:
        raise BadInput(file, f"is damaged: it counts {counted:,} rows and holds {first - 1:,}: write it again")


def _too_much(file: str, cap: int) -> BadInput:
    return BadInput(file, f"unpacks to more than {cap:,} bytes: split it into smaller files")


def _check_figures(source: Any, file: str, cap: int) -> None:
    groups = (source.metadata.row_group(at) for at in range(source.metadata.num_row_groups))
    if sum(group.total_byte_size for group in groups) > cap:
        raise _too_much(file, cap)


def _batch_size(source: Any, columns: int) -> int:
    return max(1, min(BATCH, CELLS // columns))
