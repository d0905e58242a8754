"""Versions of rule sets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import django_tables2 as tables
from django.utils.formats import date_format
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
    effective_on = tables.Column(verbose_name="In force for periods", empty_values=(), orderable=False)
    drafted_by = tables.Column(verbose_name="Drafted by", orderable=False)
    decided_by = tables.Column(verbose_name="Decided by", orderable=False, default="–")
    created_at = WhenColumn("day", verbose_name="Drafted")
    run_count = CountColumn(verbose_name="Runs")

    caption = "Rule sets"
    empty_text = "No rules of your own yet"
    empty_next = "Runs use the law's defaults until you draft rules and somebody else approves them."

    class Meta:
        order_by = ("name", "-version")

    def __init__(self, *args: Any, spans: Mapping[UUID, tuple[date, date | None]], **options: Any) -> None:
        """spans: by version the first day for which it is in force, and the day on which another follows."""
        self.spans = spans
        super().__init__(*args, **options)

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

    def render_effective_on(self, record: RuleSet) -> str:
        """The days for which it is in force."""
        return in_force(record, self.spans)

    def render_drafted_by(self, value: str) -> str:
        """Who wrote it."""
        return self.names[value]

    def render_decided_by(self, value: str) -> str:
        """Who approved or rejected it."""
        return self.names[value]


def in_force(rule_set: RuleSet, spans: Mapping[UUID, tuple[date, date | None]]) -> str:
    """The days on which a period may begin that a version judges; a draft says what it would be."""
    if rule_set.state == RuleSet.State.REJECTED:
        return "never"
    if rule_set.state != RuleSet.State.APPROVED:
        wanted = date_format(rule_set.effective_on, "j M Y") if rule_set.effective_on else "then on"
        return f"once approved, from {wanted}"
    if rule_set.id not in spans:
        return "not any more: another began on its day"
    first, following = spans[rule_set.id]
    start = "from ever" if first == date.min else f"from {date_format(first, 'j M Y')}"
    return f"{start} until {date_format(following - timedelta(days=1), 'j M Y')}" if following else f"{start} on"
