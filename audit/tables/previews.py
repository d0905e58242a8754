"""Lines that other rules would judge otherwise: a table over Parquet that reads one page."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.kernel.ruleset import Rule
from audit.queries import previews
from audit.queries.lines import Line
from audit.tables.base import RIGHT, CountColumn, Table
from audit.tables.lines import LineData
from audit.templatetags import ledger, words


class ChangeTable(Table):
    """One row a claim row whose verdict would be another."""

    claim_id = tables.Column(verbose_name="Claim")
    old_reason = tables.Column(verbose_name="Now")
    new_reason = tables.Column(verbose_name="Would be")
    clause = tables.Column(empty_values=(), orderable=False, attrs={"td": {"class": "why"}}, verbose_name="Because")
    agent_id = tables.Column(verbose_name="Agent")
    action = tables.Column()
    target = tables.Column(attrs={"td": {"class": "record"}})
    units = CountColumn()
    charge_micros = tables.Column(verbose_name="Charge", attrs=RIGHT)

    caption = "Lines that would be judged otherwise"
    empty_text = "No line would be judged otherwise"

    def __init__(self, rows: previews.ChangedLines, *, run_id: Any, rule: Rule, **options: Any) -> None:
        self.run_id, self.rule = run_id, rule
        super().__init__(LineData(rows), **options)

    def render_claim_id(self, record: Line) -> SafeString:
        """The id as a link to the claim, as the run judged it."""
        address = self.address("claim", vendor=record["vendor"], claim_id=record["claim_id"])
        return format_html('<a href="{}?run={}">{}</a>', address, self.run_id, ledger.short(record["claim_id"]))

    def render_old_reason(self, record: Line) -> SafeString:
        """The run's verdict."""
        return ledger.verdict(record["old_state"], record["old_reason"])

    def render_new_reason(self, record: Line) -> SafeString:
        """The verdict under the other rules."""
        return ledger.verdict(record["new_state"], record["new_reason"], bool(record["provisional"]))

    def render_clause(self, record: Line) -> str:
        """The clause of the new verdict, with the numbers of the other rules."""
        return previews.clause(record, self.rule)

    def render_target(self, value: str) -> SafeString:
        """The record."""
        return format_html('<span class="id">{}</span>', value)

    def render_charge_micros(self, record: Line) -> str:
        """Exact money."""
        return words.money(record["charge_micros"], record["currency"])
