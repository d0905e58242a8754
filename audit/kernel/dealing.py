"""Rows dealt out to parts of a run, slices or ranges, so that no more than a part of them is in memory at once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Any, Final

import numpy as np
import pyarrow as pa

from audit.kernel.records.texts import Numbers

MANY_PARTS: Final = 100
"""From so many parts on files are compressed: it costs a seventh of a run's time, and spares much of its disk."""


class Dealt:
    """Rows of one table in parts: in memory where there is one part, else in a file of its own for each.

    May be filled by several threads; a part is read when all rows are there.
    """

    def __init__(self, folder: Path, parts: int, schema: pa.Schema) -> None:
        self.parts = parts
        self._folder, self._schema = folder, schema
        self._held: list[pa.Table] = []
        self._written: set[int] = set()
        self._options = pa.ipc.IpcWriteOptions(compression="lz4" if parts >= MANY_PARTS else None)
        self._lock = Lock()

    def add(self, rows: pa.Table, part: Numbers) -> None:
        """Deal rows; `part` is the part of each."""
        if self.parts == 1:
            with self._lock:
                self._held.append(rows)
            return
        short: Any = part.astype(np.uint16) if self.parts < 1 << 16 else part  # is sorted without comparing
        order = np.argsort(short, kind="stable")
        dealt = rows.take(pa.array(order))
        ends = np.searchsorted(part[order], np.arange(self.parts + 1))
        for number in np.flatnonzero(ends[1:] > ends[:-1]).tolist():
            self._append(number, dealt.slice(ends[number], ends[number + 1] - ends[number]))

    def _append(self, number: int, rows: pa.Table) -> None:
        """Each piece is a stream of its own at the end of the file, so that no more than one file is open at a time."""
        with self._lock:
            self._folder.mkdir(exist_ok=True)
            self._written.add(number)
            path, options = self._path(number), self._options
            with path.open("ab") as file, pa.ipc.new_stream(file, rows.schema, options=options) as stream:
                stream.write_table(rows)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06}.arrow"

    def part(self, number: int) -> pa.Table:
        """The rows of one part, each column in one piece."""
        if number in self._written:
            return pa.concat_tables(self._pieces(number)).combine_chunks()
        if len(self._held) != 1:
            self._held = [pa.concat_tables([self._schema.empty_table(), *self._held]).combine_chunks()]
        return self._held[0]

    def _pieces(self, number: int) -> Iterator[pa.Table]:
        with pa.OSFile(str(self._path(number)), "rb") as file:
            while file.tell() < file.size():
                yield pa.ipc.open_stream(file).read_all()

    def drop(self) -> None:
        """Throw the rows away."""
        self._held, self._written = [], set()
        shutil.rmtree(self._folder, ignore_errors=True)
