"""Batches, the rows that were refused, and the rows that contradict earlier ones."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, overload
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from audit.kernel.terms import REFUSED
from audit.models import Batch
from audit.queries import streams
from audit.queries.refusals import Row, WaitingRefusals, safe_csv
from audit.queries.refusals import waiting as waiting_refusals
from audit.vault import files
from audit.vault.bench import reading

UNMAPPED = "It waits for its mapping: say which column is which, then it is read."  # stands in Batch.error
READ = """
    read_csv(
        $file, header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', parallel = false,
        columns = {'file': 'varchar', 'line': 'bigint', 'column': 'varchar', 'value': 'varchar', 'reason': 'varchar'}
    )
    where ($column = '' or "column" = $column) and ($reason = '' or reason = $reason)
"""
COUNT = f"select count(*) from {READ}"  # noqa: S608
PAGE = f'select file, line, "column", value, reason from {READ} order by line limit $limit offset $offset'  # noqa: S608
COLUMNS = f'select "column", count(*) from {READ} group by 1 order by 2 desc, 1 limit 100'  # noqa: S608
REASONS = f"select reason, count(*) from {READ} group by 1 order by 2 desc, 1 limit 100"  # noqa: S608


def get(batch_id: UUID) -> Batch:
    """One batch with its source; an open segment with what came so far. Raises Http404."""
    found = Batch.objects.select_related("source", "source__vendor").filter(id=batch_id).first()
    if found is None:
        raise Http404("No such batch.")
    return streams.counted([found])[0]


@dataclass(frozen=True)
class RefusedRows(Sequence[Row]):
    """The refused rows of a file, in the order of its lines, read a page at a time. Empty filters say nothing."""

    path: Path
    column: str = ""
    reason: str = ""

    def __len__(self) -> int:
        return self.count

    @cached_property
    def count(self) -> int:  # type: ignore[override]  # a lazy list, as Django's paginator wants it
        """How many rows the filters let through."""
        return int(self._rows(COUNT)[0][0])

    @overload
    def __getitem__(self, key: int) -> Row: ...
    @overload
    def __getitem__(self, key: slice) -> list[Row]: ...
    def __getitem__(self, key: int | slice) -> Row | list[Row]:
        if isinstance(key, int):
            found = self._page(key, 1)
            if not found:
                raise IndexError(key)
            return found[0]
        start, stop = key.start or 0, self.count if key.stop is None else key.stop
        return self._page(start, max(0, stop - start))

    def __iter__(self) -> Iterator[Row]:
        for start in range(0, self.count, 10_000):
            yield from self._page(start, 10_000)

    def columns(self) -> list[tuple[str, int]]:
        """The columns that were refused for, with how often; the most frequent first."""
        return [(str(name or ""), int(count)) for name, count in self._rows(COLUMNS)]

    def reasons(self) -> list[tuple[str, int]]:
        """The reasons, with how often; the most frequent first."""
        return [(str(name or ""), int(count)) for name, count in self._rows(REASONS)]

    def as_csv(self) -> Iterator[str]:
        """The rows as CSV, a line at a time; a cell that a spreadsheet would run is kept from it by an apostrophe."""
        with self.path.open(newline="", encoding="utf-8") as stream:
            yield from safe_csv(islice(csv.reader(stream), 1, None))

    def _page(self, offset: int, limit: int) -> list[Row]:
        return [dict(zip(REFUSED, row, strict=True)) for row in self._rows(PAGE, limit=limit, offset=offset)]

    def _rows(self, query: str, **more: int) -> list[tuple[Any, ...]]:
        given = {"file": str(self.path), "column": self.column, "reason": self.reason, **more}
        with reading() as connection:
            return connection.execute(query, given).fetchall()


def refused(batch: Batch, column: str = "", reason: str = "") -> RefusedRows | WaitingRefusals | None:
    """The refused rows of a batch that pass the filters; None where no row was refused."""
    if batch.streamed and batch.state != Batch.State.SEALED:
        return waiting_refusals(batch, column, reason)
    return RefusedRows(files.local(batch.refused_key), column, reason) if batch.refused_key else None


def waits_for_mapping(batch: Batch) -> bool:
    """Whether the batch was set aside until somebody says which column is which."""
    return batch.state == Batch.State.REFUSED and batch.error == UNMAPPED


def waiting() -> QuerySet[Batch]:
    """Every batch that was set aside so, oldest first."""
    return Batch.objects.filter(state=Batch.State.REFUSED, error=UNMAPPED).order_by("position")
