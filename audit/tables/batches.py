"""The rows of a batch that were refused."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_tables2.data import TableData

from audit.queries.batches import RefusedRows
from audit.queries.refusals import WaitingRefusals
from audit.tables.base import CountColumn, Table


class LazyRows(TableData):
    """Rows that are read a page at a time, in their own order."""

    data: RefusedRows | WaitingRefusals

    def __len__(self) -> int:
        return len(self.data)

    def order_by(self, aliases: Any) -> None:
        """Nothing: the order is that of the file."""


class RefusedTable(Table):
    """What was wrong with a row, and how to mend it."""

    line = CountColumn()
    column = tables.Column(default="the whole row")
    value = tables.Column(default="empty")
    reason = tables.Column()

    caption = "Refused rows"
    empty_text = "No row was refused"

    class Meta:
        orderable = False

    def __init__(self, rows: RefusedRows | WaitingRefusals, **options: Any) -> None:
        super().__init__(LazyRows(rows), **options)

    def render_column(self, value: str) -> SafeString:
        """The column as the file names it."""
        return format_html('<span class="id">{}</span>', value)

    def render_value(self, value: str) -> SafeString:
        """The value as it was received."""
        return format_html('<span class="id">{}</span>', value)
