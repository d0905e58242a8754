"""What clients of one tenant remember: every answer that promised something, and of which rows."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

Row = tuple[str, str]
"""Kind and id: what makes a row that row."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A 202 of a stream: the receipt as it was given, and the digest of the body as it was sent."""

    receipt: dict[str, Any]
    sha256: str


@dataclass
class Promises:
    """Everything that one tenant was promised. `rows`: of each row a bit for each content that it was sent with."""

    tenant_id: UUID
    rows: dict[Row, int] = field(default_factory=dict)
    streamed: set[Row] = field(default_factory=set)
    receipts: list[Promise] = field(default_factory=list)
    files: set[UUID] = field(default_factory=set)
    runs: set[UUID] = field(default_factory=set)
    received: int = 0
    refused: int = 0
    broken: list[str] = field(default_factory=list)  # what clients saw with their own eyes
    recent: deque[Row] = field(default_factory=lambda: deque(maxlen=5_000))  # sent, whether acknowledged or not
    lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, rows: list[tuple[Row, int]], bad: int, promise: Promise) -> None:
        """Remember a receipt of a stream, for rows with the number of their content, and so many bad ones."""
        with self.lock:
            self.receipts.append(promise)
            self._note(rows)
            self.streamed.update(row for row, _ in rows)
            self.received += len(rows) + bad
            self.refused += bad
            told = promise.receipt["received"], promise.receipt["refused"]
            if told != (len(rows) + bad, bad):
                self.broken.append(f"receipt {promise.receipt['receipt']} counts {told}, not {(len(rows) + bad, bad)}")

    def keep_file(self, batch_id: UUID, rows: list[tuple[Row, int]]) -> None:
        """Remember a file that was taken."""
        with self.lock:
            self.files.add(batch_id)
            self._note(rows)

    def _note(self, rows: list[tuple[Row, int]]) -> None:
        for row, content in rows:
            self.rows[row] = self.rows.get(row, 0) | 1 << content

    @property
    def contents(self) -> int:
        """How many different rows were sent: one for each content of each id."""
        return sum(bits.bit_count() for bits in self.rows.values())
