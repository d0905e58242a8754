"""The canonical file: its schema, the fingerprint of a row, and the sheet that rows are written to."""

from __future__ import annotations

from functools import cache
from hashlib import md5
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from audit.kernel.inputs.fields import TYPES
from audit.kernel.terms import TAKEN

FEW: Final = 4_096
"""Fewer rows than these are fingerprinted here, more by the engine."""
GROUP: Final = 122_880
"""How many rows a row group holds: what the engine reads at a time."""
_REPEATING: Final = frozenset(
    ("vendor", "agent_id", "action", "environment", "status", "revision", "units", "charge_micros", "currency")
) | {"tokens_cached", "parent_id", "effect", "system", "grade", "outcome", "actor", "file"}
_CLOSE: Final = frozenset(["line", "occurred_at", "starts_at", "ends_at", "tokens_input", "tokens_output"])


@cache
def schema(kind: str) -> Any:
    """The Arrow schema of a canonical file of this kind."""
    columns = [(column.name, TYPES.get(column.kind, pa.string())) for column in TAKEN[kind]]
    return pa.schema([*columns, ("line", pa.int64()), ("file", pa.string()), ("content", pa.binary(16))])


class Sheet:
    """A canonical Parquet file being written, in row groups of a good size."""

    def __init__(self, path: Path, kind: str) -> None:
        """Begin the file; an older one of that name is lost."""
        self._schema = schema(kind)
        names = self._schema.names
        self._writer = pq.ParquetWriter(
            path,
            self._schema,
            compression="zstd",
            use_dictionary=[name for name in names if name in _REPEATING],
            column_encoding={name: "DELTA_BINARY_PACKED" for name in names if name in _CLOSE},
        )
        self._kept: list[Any] = []
        self._count = 0

    def add(self, table: Any) -> None:
        """Append rows."""
        self._kept.append(table)
        self._count += table.num_rows
        if self._count >= GROUP:
            self._flush()

    def close(self) -> None:
        """Write what is left and the footer."""
        self._flush()
        self._writer.close()

    def abandon(self) -> None:
        """Stop writing; the file is of no use."""
        self._kept = []
        self._writer.close()

    def _flush(self) -> None:
        if self._kept:
            self._writer.write_table(pa.concat_tables(self._kept), row_group_size=GROUP)
        self._kept, self._count = [], 0


class Pile:
    """Canonical rows kept in memory, for a few that need no file."""

    def __init__(self, kind: str) -> None:
        """Begin an empty one."""
        self._schema = schema(kind)
        self._kept: list[Any] = []

    def add(self, table: Any) -> None:
        """Append rows."""
        self._kept.append(table)

    def close(self) -> None:
        """Nothing: the rows are where they are."""

    def abandon(self) -> None:
        """Let the rows go."""
        self._kept = []

    def table(self) -> Any:
        """All rows."""
        return pa.concat_tables(self._kept) if self._kept else self._schema.empty_table()


class Fingerprints:
    """The MD5 of rows: of their values in order, joined by U+0000, null empty, instants as microseconds since 1970."""

    def __init__(self) -> None:
        """Start no engine yet: a few rows do not need one."""
        self._bench: Any = None

    def of(self, columns: list[Any]) -> Any:
        """One fingerprint of 16 bytes for each row of these columns."""
        texts = [_text(column) for column in columns]
        joined = pc.binary_join_element_wise(*texts, "\0", null_handling="replace", null_replacement="")
        if isinstance(joined, pa.Scalar):
            joined = pa.repeat(joined, len(columns[0]))
        if len(joined) < FEW:
            found = [md5(text.encode(), usedforsecurity=False).digest() for text in joined.to_pylist()]
            return pa.array(found, pa.binary(16))
        return self._by_engine(joined)

    def _by_engine(self, joined: Any) -> Any:
        if self._bench is None:
            self._bench = duckdb.connect(config={"threads": 1, "enable_external_access": "false"})
        self._bench.register("batch", pa.table({"joined": joined}))
        found = self._bench.sql("select unhex(md5(joined)) as content from batch").to_arrow_table()
        return pc.cast(found.column("content").combine_chunks(), pa.binary(16))


def _text(column: Any) -> Any:
    """A column as text; one value, where it is the same in every row."""
    if column.null_count == len(column):
        return pa.scalar("")
    if pa.types.is_timestamp(column.type):
        column = pc.cast(column, pa.int64())
    if pa.types.is_string(column.type):
        return column
    low, high = pc.min_max(column).values()
    same = low.equals(high) and not column.null_count
    return pc.cast(low if same else column, pa.string())
