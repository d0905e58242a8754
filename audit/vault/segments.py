"""Segments of a stream: the requests that waited become the files of one batch.

Raw: the rows as received, a line each, refused and doubled ones too. Bodies: every request byte for byte, in Parquet.
Taken: the canonical rows that were not known when they arrived. Refused: as of a file, by line of the raw file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from audit.kernel.inputs.canonical import schema
from audit.kernel.terms import REFUSED

CONFLICTING = "conflicting"  # the column that says what was found when the row arrived
GROUP = 4_096  # requests between two writes, at most
FEW = 16  # rows that are not worth packing
HELD = 64 << 20  # bytes of bodies between two writes, about
BODIES = pa.schema(
    [
        ("arrival", pa.string()),
        ("received_at", pa.timestamp("us", "UTC")),
        ("content_type", pa.string()),
        ("content_encoding", pa.string()),
        ("sha256", pa.string()),
        ("body", pa.binary()),
    ]
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One request. text: its rows as lines; rows: Arrow as `pack` wrote it, or nothing."""

    id: UUID
    received_at: datetime
    content_type: str
    content_encoding: str
    sha256: str
    body: bytes
    text: bytes
    rows: bytes
    refusals: list[list[Any]]


def pack(rows: Any, conflicting: list[bool]) -> bytes:
    """Canonical rows with what was found of each, as bytes that wait in a column. Nothing for no rows."""
    if not rows.num_rows:
        return b""
    table = rows.drop_columns(["file"]).append_column(CONFLICTING, pa.array(conflicting, pa.bool_()))
    sink = pa.BufferOutputStream()
    packed = "lz4" if table.num_rows > FEW else None
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=packed)) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def gather(kind: str, name: str, pieces: Iterable[Piece], folder: Path) -> None:
    """Write `raw`, `bodies`, `taken` and `refused.csv` into a folder, in the order given. name: of the batch."""
    canonical = schema(kind)
    wanted = canonical.append(pa.field(CONFLICTING, pa.bool_()))
    line = held = 0
    waiting: list[Piece] = []
    tables: list[Any] = []
    with (
        (folder / "raw").open("wb") as raw,
        (folder / "refused.csv").open("w", encoding="utf-8", newline="") as refused,
        pq.ParquetWriter(folder / "taken", wanted, compression="zstd") as taken,
        pq.ParquetWriter(folder / "bodies", BODIES, compression="zstd") as bodies,
    ):
        told = csv.writer(refused, lineterminator="\n")
        told.writerow(REFUSED)
        for piece in pieces:
            raw.write(piece.text)
            told.writerows([name, line + at, *rest] for at, *rest in piece.refusals)
            tables += _table(piece, name, line, wanted)
            waiting.append(piece)
            line += piece.text.count(b"\n")
            held += len(piece.body)
            if len(waiting) >= GROUP or held >= HELD:
                held = 0
                _flush(bodies, taken, waiting, tables)
        _flush(bodies, taken, waiting, tables)


def _table(piece: Piece, file: str, line: int, wanted: Any) -> list[Any]:
    if not piece.rows:
        return []
    table = pa.ipc.open_stream(piece.rows).read_all()
    named = pa.repeat(pa.scalar(file), table.num_rows)
    moved = {"line": pc.add(table.column("line"), line), "file": pa.chunked_array([named])}
    columns = [moved[name] if name in moved else table.column(name) for name in wanted.names]
    return [pa.Table.from_arrays(columns, schema=wanted)]


def _flush(bodies: Any, taken: Any, waiting: list[Piece], tables: list[Any]) -> None:
    if tables:
        taken.write_table(pa.concat_tables(tables).combine_chunks())
    if waiting:
        rows = [
            {field.name: str(piece.id) if field.name == "arrival" else getattr(piece, field.name) for field in BODIES}
            for piece in waiting
        ]
        bodies.write_table(pa.Table.from_pylist(rows, schema=BODIES))
    waiting.clear()
    tables.clear()
