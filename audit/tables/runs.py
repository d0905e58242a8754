"""Runs, and what went into one."""

from __future__ import annotations

from datetime import UTC, time, timedelta
from typing import Any

import django_tables2 as tables
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.models import Export, Run
from audit.tables.base import CountColumn, Table, WhenColumn, tag
from audit.templatetags import words

TONES = {Run.State.DONE: "on", Run.State.FAILED: "off"}


class RunTable(Table):
    """Every run with its period and its score."""

    number = tables.Column(verbose_name="Run")
    period_start = tables.Column(verbose_name="Period")
    vendor = tables.Column(default="every vendor")
    rule_set = tables.Column(verbose_name="Rules")
    state = tables.Column()
    score = tables.Column(empty_values=(), orderable=False)
    created_at = WhenColumn(verbose_name="Opened")

    caption = "Runs"
    empty_text = "No run yet"
    empty_next = "A run sets what the vendors claim against what your systems saw, for one period."

    class Meta:
        order_by = "-number"

    def render_number(self, record: Run) -> SafeString:
        """The number as a link."""
        return self.link(f"Run {record.number}", "run", run_id=record.id)

    def render_period_start(self, record: Run) -> str:
        """The period by its days."""
        return period(record)

    def render_rule_set(self, record: Run) -> SafeString:
        """The version, and whether it was approved."""
        trial = tag("trial") if record.trial else SafeString("")
        return format_html("{} {}", record.rule_set, trial)

    def render_state(self, record: Run) -> SafeString:
        """The state, or that a newer run took its place."""
        word = "Superseded" if record.superseded_by_id else record.get_state_display()
        return tag(word, TONES.get(Run.State(record.state), ""))

    def render_score(self, record: Run) -> str:
        """Low and high end."""
        return score(record)


def period(run: Run) -> str:
    """The first and the last day of a run's period, in the zone whose midnights it keeps; else its instants."""
    last = run.period_end - timedelta(microseconds=1)
    for zone, note in ((timezone.get_current_timezone(), ""), (UTC, " (UTC)")):
        if all(at.astimezone(zone).time() == time.min for at in (run.period_start, run.period_end)):
            return f"{words.when(run.period_start, 'day', zone)} to {words.when(last, 'day', zone)}{note}"
    return f"{words.when(run.period_start)} to {words.when(run.period_end)}"


def score(run: Run) -> str:
    """Low and high end of a run's score, or one number where they are equal."""
    bounds: dict[str, Any] = run.summary.get("score", {})
    low, high = bounds.get("low_bps"), bounds.get("high_bps")
    if low is None:
        return words.NONE
    return words.share(low) if low == high else f"{words.share(low)} to {words.share(high)}"


class ExportTable(Table):
    """Files made of a run's lines."""

    file_name = tables.Column(verbose_name="File", empty_values=())
    format = tables.Column()
    filters = tables.Column(verbose_name="Lines", empty_values=())
    state = tables.Column()
    row_count = CountColumn(verbose_name="Rows")
    created_at = WhenColumn(verbose_name="Asked")

    caption = "Exports"
    empty_text = "No file was made yet"

    class Meta:
        orderable = False

    def render_file_name(self, record: Export) -> SafeString | str:
        """A link once the file is there."""
        if record.state != Export.State.DONE:
            return record.error or "being made"
        if record.format != Export.Format.CSV and not self.may["export"]:
            return record.file_name
        return self.link(record.file_name, "export-file", export_id=record.id)

    def render_filters(self, record: Export) -> str:
        """Which lines."""
        return ", ".join(f"{name} = {value}" for name, value in record.filters.items()) or "all"
