"""Discrepancies that a run found."""

from __future__ import annotations

import django_tables2 as tables
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from audit.kernel.terms import MEANINGS, Reason
from audit.models import Finding
from audit.tables.base import RIGHT, CountColumn, Table, WhenColumn
from audit.templatetags import ledger, words


class FindingTable(Table):
    """One row a discrepancy, most money first."""

    reason = tables.Column(accessor="discrepancy__reason", verbose_name="What")
    vendor = tables.Column(accessor="discrepancy__vendor")
    agent = tables.Column(accessor="discrepancy__agent_id")
    action = tables.Column(accessor="discrepancy__action")
    claims = CountColumn()
    units = CountColumn()
    charge_micros = tables.Column(verbose_name="Money", attrs=RIGHT)
    first_at = WhenColumn("day", verbose_name="First")
    last_at = WhenColumn("day", verbose_name="Last")

    caption = "Discrepancies"
    empty_text = "No discrepancy"
    empty_next = "Either every claim holds, or there is no finished run yet."

    def render_reason(self, record: Finding) -> SafeString:
        """The reason as a link to its lines."""
        reason = record.discrepancy.reason
        address = self.address("discrepancy", discrepancy_id=record.discrepancy_id)
        state, leads = MEANINGS[Reason(reason)].state, f"lines by {record.discrepancy.agent_id}"
        return ledger.verdict(state, reason, href=f"{address}?run={record.run_id}", leads=leads)

    def render_charge_micros(self, record: Finding) -> SafeString | str:
        """The money in every currency, exact."""
        if not record.money:
            return words.NONE
        amounts = ((words.money(micros, currency),) for currency, micros in sorted(record.money.items()))
        return format_html_join(SafeString("<br>"), "{}", amounts)
