"""The canonical lines of a batch: a table over Parquet that reads one page."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.queries.lines import Line
from audit.queries.screens import BatchLines
from audit.tables.base import RIGHT, CountColumn, Table, WhenColumn
from audit.tables.lines import LineData
from audit.templatetags import ledger, words


class BatchLineTable(Table):
    """One row a line of the batch, as it was taken."""

    line = CountColumn(verbose_name="Row")
    claim_id = tables.Column(verbose_name="Claim")
    agent_id = tables.Column(verbose_name="Agent")
    action = tables.Column()
    target = tables.Column(default="none", attrs={"td": {"class": "record"}})
    occurred_at = WhenColumn("seconds", verbose_name="Occurred")
    environment = tables.Column()
    units = CountColumn()
    charge_micros = tables.Column(verbose_name="Charge", default="none", attrs=RIGHT)
    tokens = tables.Column(empty_values=(), verbose_name="Tokens", orderable=False, attrs=RIGHT)

    caption = "Lines"
    empty_text = "No lines here"
    empty_next = "A sealed batch has one line for each row that was taken; refused and doubled rows are not among them."

    def __init__(self, rows: BatchLines, **options: Any) -> None:
        super().__init__(LineData(rows), **options)

    def render_claim_id(self, record: Line) -> SafeString:
        """The id, with its revision where it restates another."""
        revision = f" · {record['revision']}" if record["revision"] else ""
        gone = " withdrawn" if record["withdrawn"] else ""
        return format_html("{}{}{}", ledger.short(record["claim_id"]), revision, gone)

    def render_target(self, value: str) -> SafeString:
        """The record."""
        return format_html('<span class="id">{}</span>', value)

    def render_charge_micros(self, record: Line) -> str:
        """Exact money."""
        return words.money(record["charge_micros"], record["currency"])

    def render_tokens(self, record: Line) -> str:
        """Tokens in and out together."""
        said = [record[name] for name in ("tokens_input", "tokens_output") if record[name] is not None]
        return words.units(sum(said)) if said else words.NONE
