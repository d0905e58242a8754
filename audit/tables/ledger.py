"""Who did what when."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import NoReverseMatch
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.models import LedgerEntry
from audit.queries import people
from audit.tables.base import CountColumn, Table, WhenColumn
from audit.templatetags import ledger

PAGES = {
    "batch": ("batch", "batch_id"),
    "source": ("source", "source_id"),
    "vendor": ("vendor", "vendor_id"),
    "ruleset": ("rule-set", "rule_set_id"),
    "run": ("run", "run_id"),
}


class LedgerTable(Table):
    """Entries, newest first."""

    seq = CountColumn(verbose_name="No.")
    at = WhenColumn("seconds", verbose_name="When")
    actor = tables.Column(verbose_name="Who", orderable=False)
    action = tables.Column(verbose_name="Did what", orderable=False)
    object = tables.Column(verbose_name="To what", orderable=False)
    detail = tables.Column(orderable=False, default="")
    leaf = tables.Column(verbose_name="Leaf", orderable=False)

    caption = "Entries of the ledger"
    empty_text = "The ledger is empty"
    empty_next = "Its first entry is written by the first act: a vendor, a source, a file."

    class Meta:
        order_by = ("-seq",)

    def before_render(self, request: Any) -> None:
        """The names of whoever acted on this page, in two statements."""
        rows: Any = self.paginated_rows
        self.names = people.names(row.record.actor for row in rows)

    def render_actor(self, value: str) -> SafeString:
        """The name; the exact word of the entry is its title."""
        return format_html('<span title="{}">{}</span>', value, self.names.get(value, value))

    def render_action(self, value: str) -> SafeString:
        """The act as the entry has it."""
        return format_html("<code>{}</code>", value)

    def render_object(self, value: str) -> SafeString:
        """The thing, which leads to its page if it has one."""
        noun, _, key = value.partition(":")
        text = format_html("{} {}", noun, ledger.short(key))
        name, argument = PAGES.get(noun, ("", ""))
        try:
            return self.link(text, name, **{argument: key}) if name else text
        except NoReverseMatch:
            return text

    def render_detail(self, value: dict[str, Any], record: LedgerEntry) -> SafeString | str:
        """What is provable of the act, folded away."""
        if not value:
            return ""
        pairs = [(name, _text(part)) for name, part in sorted(value.items())]
        inside = SafeString("").join(
            format_html('<div><dt>{}</dt><dd class="id">{}</dd></div>', name, text) for name, text in pairs
        )
        return format_html(
            '<details class="fold"><summary>{}</summary><dl class="pairs">{}</dl></details>',
            _first([name for name, _ in pairs]),
            inside,
        )

    def render_leaf(self, value: str) -> SafeString:
        """The hash of the entry in the tree."""
        return ledger.short(value)


def _first(names: list[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _text(part: Any, most: int = 300) -> str:
    text = str(part)
    return text if len(text) <= most else f"{text[:most]}…"
