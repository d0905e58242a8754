"""Lines of a run: a table over Parquet that reads one page."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_tables2.data import TableData

from audit.queries.lines import Line, Lines
from audit.tables.base import RIGHT, CountColumn, Table, WhenColumn
from audit.templatetags import ledger, words


class LineData(TableData):
    """Lines that are filtered, sorted and paged where they lie."""

    data: Lines

    def __len__(self) -> int:
        return len(self.data)

    def order_by(self, aliases: Any) -> None:
        """Sort by column names."""
        self.data = self.data.order_by(*(str(alias) for alias in aliases))


class LineTable(Table):
    """One row a claim row."""

    reads = (
        *("claim_id", "state", "reason", "provisional", "vendor", "agent_id", "action", "target", "occurred_at"),
        *("units", "charge_micros", "currency"),
    )

    claim_id = tables.Column(verbose_name="Claim")
    state = tables.Column(verbose_name="Verdict")
    vendor = tables.Column()
    agent_id = tables.Column(verbose_name="Agent")
    action = tables.Column()
    target = tables.Column(attrs={"td": {"class": "record"}})
    occurred_at = WhenColumn("seconds", verbose_name="Occurred")
    units = CountColumn()
    charge_micros = tables.Column(verbose_name="Charge", attrs=RIGHT)

    caption = "Lines"
    empty_text = "No lines here"
    empty_next = "A finished run has one line for each row that the vendor reported."

    def __init__(self, rows: Lines, *, run_id: Any, **options: Any) -> None:
        self.run_id = run_id
        super().__init__(LineData(rows.only(*self.reads)), **options)

    def render_claim_id(self, record: Line) -> SafeString:
        """The id as a link to the claim."""
        address = self.address("claim", vendor=record["vendor"], claim_id=record["claim_id"])
        return format_html('<a href="{}?run={}">{}</a>', address, self.run_id, ledger.short(record["claim_id"]))

    def render_state(self, record: Line) -> SafeString:
        """State and reason, leading to the clause with the numbers of the run."""
        address = self.address("law")
        href = f"{address}?run={self.run_id}#{record['reason']}"
        return ledger.verdict(record["state"], record["reason"], bool(record["provisional"]), href)

    def render_target(self, value: str) -> SafeString:
        """The record."""
        return format_html('<span class="id">{}</span>', value)

    def render_charge_micros(self, record: Line) -> str:
        """Exact money."""
        return words.money(record["charge_micros"], record["currency"])
