"""Events that no claim speaks of."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from audit.queries.events import Unclaimed
from audit.tables.base import CountColumn, Table, WhenColumn
from audit.tables.lines import LineData
from audit.templatetags import ledger


class UnclaimedTable(Table):
    """One row an event."""

    event_id = tables.Column(verbose_name="Event")
    system = tables.Column(verbose_name="Seen in")
    action = tables.Column(default="not said")
    target = tables.Column(default="not said", attrs={"td": {"class": "record"}})
    actor = tables.Column(default="not said")
    vendor = tables.Column(default="not said")
    occurred_at = WhenColumn("seconds", verbose_name="Occurred")
    units = CountColumn()

    caption = "Work that nobody claimed"
    empty_text = "Nothing was left unclaimed"
    empty_next = (
        "Every event of the kinds of work that the vendors claim answers a claim of this run, or could not show that "
        "work was done."
    )

    def __init__(self, rows: Unclaimed, *, run_id: Any, **options: Any) -> None:
        self.run_id = run_id
        super().__init__(LineData(rows), **options)

    def render_event_id(self, record: dict[str, Any]) -> SafeString:
        """The id as a link to the event."""
        query = urlencode({"system": record["system"], "id": record["event_id"]})
        address = self.address("event", run_id=self.run_id)
        return format_html('<a href="{}?{}">{}</a>', address, query, ledger.short(record["event_id"]))

    def render_system(self, record: dict[str, Any]) -> SafeString:
        """The system with its grade."""
        return format_html("{} {}", ledger.grade(record["grade"]), record["system"])

    def render_target(self, value: str) -> SafeString:
        """The record."""
        return format_html('<span class="id">{}</span>', value)
