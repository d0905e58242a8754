"""Where and when systems were watching."""

from __future__ import annotations

import django_tables2 as tables
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.models import Coverage
from audit.tables.base import Table, WhenColumn, tag
from audit.templatetags import ledger

TAGS = {Coverage.State.CONFIRMED: ("counts", "on"), Coverage.State.WITHDRAWN: ("withdrawn", "off")}


class CoverageTable(Table):
    """What was declared, or proposed and decided on."""

    system = tables.Column()
    target_prefix = tables.Column(verbose_name="Targets that begin with")
    action = tables.Column(empty_values=())
    starts_at = WhenColumn(verbose_name="From")
    ends_at = WhenColumn(verbose_name="To")
    state = tables.Column()
    acts = tables.Column(accessor="pk", verbose_name="", orderable=False)

    caption = "Coverage"
    empty_text = "No system is known to have been watching"
    empty_next = (
        "Silence means something only where a system was watching: without coverage, claims that nobody saw stay "
        "unverifiable. Declare it below, or upload evidence and confirm what it proposes."
    )

    class Meta:
        order_by = ("system", "target_prefix", "starts_at")

    def before_render(self, request: object) -> None:
        """The last column is for those who may."""
        if not self.may["manage"]:
            self.columns.hide("acts")

    def render_system(self, record: Coverage) -> SafeString:
        """The system with its grade."""
        return format_html("{} {}", record.system, ledger.grade(record.grade))

    def render_target_prefix(self, value: str) -> SafeString:
        """The prefix as it stands in targets."""
        return format_html('<span class="id">{}</span>', value)

    def render_action(self, record: Coverage) -> str:
        """The action that was watched."""
        return record.action or "every action"

    def render_state(self, value: str, record: Coverage) -> SafeString:
        """The state in a word."""
        return tag(*TAGS.get(Coverage.State(record.state), ("proposed", "")))

    def render_acts(self, record: Coverage) -> SafeString:
        """The buttons that decide."""
        return render_to_string("audit/_coverage_acts.html", {"row": record, "slug": self.slug}, self.request)


class ProposalTable(CoverageTable):
    """What evidence proposes and nobody has decided yet."""

    batch = tables.Column(verbose_name="Proposed by")

    caption = "Proposals"
    empty_text = "Nothing waits to be decided"
    empty_next = "A file of evidence proposes that its systems watched from its first to its last row."

    class Meta:
        exclude = ("state",)
        sequence = ("system", "target_prefix", "action", "starts_at", "ends_at", "batch", "acts")

    def render_batch(self, record: Coverage) -> SafeString:
        """The batch whose rows span it."""
        return self.link(record.batch, "batch", batch_id=record.batch_id)
