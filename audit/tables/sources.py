"""Sources and their batches."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_tables2 as tables
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.models import Batch, Source
from audit.queries import streams
from audit.queries.alerts import per_cent
from audit.queries.batches import waits_for_mapping
from audit.queries.sources import health
from audit.tables.base import CountColumn, Table, WhenColumn, tag
from audit.templatetags import ledger, words

BATCH_TAGS = {
    Batch.State.OPEN: ("receiving", ""),
    Batch.State.RECEIVED: ("being read", ""),
    Batch.State.SEALED: ("sealed", "on"),
    Batch.State.REFUSED: ("refused", "off"),
}


class SourceTable(Table):
    """Where claims, evidence and counts come from."""

    name = tables.Column()
    health = tables.Column(verbose_name="State", accessor="pk", orderable=False)
    kind = tables.Column()
    speaker = tables.Column(verbose_name="Who speaks", accessor="pk", orderable=False)
    batch_count = CountColumn(verbose_name="Batches")
    accepted_rows = CountColumn(verbose_name="Accepted rows", default="0")
    last_at = tables.Column(verbose_name="Last arrival", default="nothing yet")
    refused = tables.Column(verbose_name="Refused, last batch", accessor="pk", orderable=False)

    caption = "Sources"
    empty_text = "No source yet"
    empty_next = (
        "A source is one vendor's feed of claims or report of totals, or one of your own systems that saw the work."
    )

    class Meta:
        order_by = ("kind", "name")

    def render_name(self, record: Source) -> SafeString:
        """The name, which leads to the source."""
        return self.link(record.name, "source", source_id=record.id)

    def render_kind(self, record: Source) -> str:
        """One word."""
        return record.kind

    def render_last_at(self, value: datetime) -> SafeString:
        """The instant, and how long ago it was."""
        return format_html('{} <small class="under">{}</small>', ledger.when(value), ago(value))

    def render_health(self, record: Any) -> SafeString:
        """The state in a word, and what it is held to."""
        return format_html('{} <small class="under">{}</small>', health_word(record), expected(record))

    def render_refused(self, record: Any) -> SafeString:
        """The share that was refused, and how much may be."""
        return format_html('{} <small class="under">{}</small>', refused_share(record), refused_limit(record))

    def render_speaker(self, record: Source) -> SafeString | str:
        """The vendor of claims or counts; the system of evidence with its grade."""
        if record.kind != Source.Kind.EVIDENCE:
            return str(record.vendor or "")
        system = record.system or "as its files say"
        return format_html("{} {}", system, ledger.grade(record.grade)) if record.grade else system


class BatchTable(Table):
    """The batches of a source."""

    file_name = tables.Column(verbose_name="File")
    created_at = WhenColumn(verbose_name="Received")
    state = tables.Column()
    received_count = CountColumn(verbose_name="Rows")
    accepted_count = CountColumn(verbose_name="Accepted")
    duplicate_count = CountColumn(verbose_name="Duplicate")
    conflicting_count = CountColumn(verbose_name="Conflicting")
    refused_count = CountColumn(verbose_name="Refused")
    span = tables.Column(accessor="first_at", verbose_name="Speaks of", default="–")

    caption = "Batches"
    empty_text = "Nothing has arrived from this source yet"
    empty_next = "Every file that arrives is kept as it is and accounted for row by row; it will be listed here."

    class Meta:
        order_by = ("-created_at",)

    def before_render(self, request: object) -> None:
        """Open segments with what came so far."""
        streams.counted([row.record for row in self.paginated_rows])

    def render_file_name(self, record: Batch) -> SafeString:
        """The name, which leads to the batch."""
        return self.link(record.file_name, "batch", batch_id=record.id)

    def render_state(self, record: Batch) -> SafeString:
        """The state in a word."""
        return batch_tag(record)

    def render_span(self, record: Batch) -> str:
        """The first and the last day of its rows."""
        first, last = (words.when(instant, "day") for instant in (record.first_at, record.last_at))
        return first if first == last else f"{first} – {last}"


def ago(instant: datetime) -> str:
    """How long ago an instant was: "3 h 12 min ago"."""
    return f"{words.duration(timezone.now() - instant)} ago"


def health_word(source: Any) -> SafeString:
    """Whether a source, as the list of all has it, sends as often as is expected."""
    return ledger.check_word(health(source.last_at, source.expected_hours, timezone.now()))


def expected(source: Source) -> str:
    """How often something is expected of a source."""
    hours = source.expected_hours
    return "" if hours is None else f"expected every {'hour' if hours == 1 else f'{words.units(hours)} hours'}"


def refused_share(source: Any) -> str:
    """Which share of the rows of its last batch that was read was refused; a dash where none was read."""
    if source.last_state == Batch.State.REFUSED:
        return "refused whole"
    return words.share_of(source.last_refused_count or 0, source.last_received_count or 0)


def refused_limit(source: Source) -> str:
    """How many of its rows may be refused before a file is refused whole."""
    return f"at most {per_cent(source.refused_limit_bps)}"


def batch_tag(batch: Batch) -> SafeString:
    """The state of a batch as a label."""
    if waits_for_mapping(batch):
        return tag("waits for its mapping")
    return tag(*BATCH_TAGS[Batch.State(batch.state)])
