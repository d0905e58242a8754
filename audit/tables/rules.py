"""Versions of rule sets."""

from __future__ import annotations

import django_tables2 as tables
from django.utils.safestring import SafeString

from audit.models import RuleSet
from audit.queries import people
from audit.tables.base import CountColumn, Table, WhenColumn, tag

TAGS = {
    RuleSet.State.DRAFT: ("draft", ""),
    RuleSet.State.SUBMITTED: ("waits for approval", ""),
    RuleSet.State.APPROVED: ("approved", "on"),
    RuleSet.State.REJECTED: ("rejected", "off"),
}


class RuleSetTable(Table):
    """Every version of every rule set."""

    name = tables.Column()
    version = CountColumn()
    state = tables.Column()
    effective_on = tables.DateColumn(verbose_name="In force from", format="j M Y", default="once approved")
    drafted_by = tables.Column(verbose_name="Drafted by", orderable=False)
    decided_by = tables.Column(verbose_name="Decided by", orderable=False, default="–")
    created_at = WhenColumn("day", verbose_name="Drafted")
    run_count = CountColumn(verbose_name="Runs")

    caption = "Rule sets"
    empty_text = "No rules of your own yet"
    empty_next = "Runs use the law's defaults until you draft rules and somebody else approves them."

    class Meta:
        order_by = ("name", "-version")

    def before_render(self, request: object) -> None:
        """The names of whoever drafted or decided."""
        rows = [row.record for row in self.paginated_rows]
        self.names = people.names([row.drafted_by for row in rows] + [row.decided_by for row in rows])

    def render_name(self, record: RuleSet) -> SafeString:
        """The name, which leads to the version."""
        return self.link(record.name, "rule-set", rule_set_id=record.id)

    def render_state(self, record: RuleSet) -> SafeString:
        """The state in a word."""
        return tag(*TAGS[RuleSet.State(record.state)])

    def render_drafted_by(self, value: str) -> str:
        """Who wrote it."""
        return self.names[value]

    def render_decided_by(self, value: str) -> str:
        """Who approved or rejected it."""
        return self.names[value]
