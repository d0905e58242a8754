"""Refused rows that are not in a file yet, and refused rows as CSV that no spreadsheet runs."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

from audit.kernel.terms import REFUSED
from audit.models import Arrival, Batch

RUN = ("=", "+", "-", "@", "\t", "\r")

Row = dict[str, Any]


class Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        """The text."""
        return text


def safe_csv(rows: Iterable[Sequence[object]], header: Sequence[str] = REFUSED) -> Iterator[str]:
    """Rows as CSV, a line at a time; a cell that a spreadsheet would run is kept from it by an apostrophe."""
    lines = csv.writer(Echo())
    yield lines.writerow(header)
    for row in rows:
        yield lines.writerow([f"'{cell}" if isinstance(cell, str) and cell[:1] in RUN else cell for cell in row])


@dataclass(frozen=True)
class WaitingRefusals(Sequence[Row]):
    """The refused rows of a segment that is not sealed, in the order of its lines so far. Empty filters say nothing."""

    rows: list[Row]
    column: str = ""
    reason: str = ""

    @cached_property
    def _shown(self) -> list[Row]:
        named = [row for row in self.rows if self.column in ("", row["column"])]
        return [row for row in named if self.reason in ("", row["reason"])]

    def __len__(self) -> int:
        return len(self._shown)

    @overload
    def __getitem__(self, key: int) -> Row: ...
    @overload
    def __getitem__(self, key: slice) -> list[Row]: ...
    def __getitem__(self, key: int | slice) -> Row | list[Row]:
        return self._shown[key]

    def columns(self) -> list[tuple[str, int]]:
        """The columns that were refused for, with how often; the most frequent first."""
        return _ranked(self._shown, "column")

    def reasons(self) -> list[tuple[str, int]]:
        """The reasons, with how often; the most frequent first."""
        return _ranked(self._shown, "reason")

    def as_csv(self) -> Iterator[str]:
        """The rows as CSV, a line at a time."""
        return safe_csv([str(row[name] or "") for name in REFUSED] for row in self._shown)


def _ranked(rows: list[Row], name: str) -> list[tuple[str, int]]:
    counts = Counter(row[name] or "" for row in rows)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:100]


def waiting(batch: Batch, column: str = "", reason: str = "") -> WaitingRefusals | None:
    """The refused rows of a segment that is not sealed; None where no row was refused."""
    rows: list[Row] = []
    line = 0
    for count, refusals in Arrival.objects.filter(batch=batch).values_list("line_count", "refusals"):
        for at, *words in refusals:
            told = [word or None for word in words]  # as of a file
            rows.append(dict(zip(REFUSED, (batch.file_name, line + at, *told), strict=True)))
        line += count
    return WaitingRefusals(rows, column, reason) if rows else None
