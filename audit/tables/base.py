"""What the tables of the intake side share."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.templatetags import ledger, words

RIGHT = {"th": {"class": "r"}, "td": {"class": "r"}}


class CountColumn(tables.Column):
    """A whole number, grouped, at the right."""

    def __init__(self, **options: Any) -> None:
        super().__init__(attrs=RIGHT, **options)

    def render(self, value: int) -> str:
        """The number in the reader's grouping."""
        return words.units(value)


class WhenColumn(tables.Column):
    """An instant in the tenant's zone with UTC in its title."""

    def __init__(self, detail: str = "minutes", **options: Any) -> None:
        super().__init__(**options)
        self.detail = detail

    def render(self, value: Any) -> SafeString | str:
        """The instant on the reader's wall."""
        return ledger.when(value, self.detail)


class Table(tables.Table):
    """A table of one tenant's rows: `slug` is the tenant in its links, `may` what the reader may do."""

    caption = ""
    empty_text = ""
    empty_next = ""
    empty_href = ""
    empty_act = ""
    empty_needs = "see"  # the permission that `empty_act` asks for

    def __init__(self, *args: Any, slug: str, may: dict[str, bool], **options: Any) -> None:
        self.slug, self.may = slug, may
        options.setdefault("empty_text", type(self).empty_text)
        super().__init__(*args, **options)
        if not may[self.empty_needs]:
            self.empty_href = ""

    def link(self, text: object, name: str, **kwargs: Any) -> SafeString:
        """A link to a page of the tenant."""
        return format_html('<a href="{}">{}</a>', self.address(name, **kwargs), text)

    def address(self, name: str, **kwargs: Any) -> str:
        """The address of a page of the tenant."""
        return reverse(name, kwargs={"tenant": self.slug, **kwargs})


def tag(word: str, tone: str = "") -> SafeString:
    """A small label. tone: `on`, `off` or nothing; the word says it too."""
    return format_html('<span class="tag {}">{}</span>', tone, word)
