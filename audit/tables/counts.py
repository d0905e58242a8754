"""Counts that vendors state, beside what the tenant holds of the same buckets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from audit.kernel.terms import State
from audit.models import StatedCount
from audit.queries import counts
from audit.tables.base import RIGHT, Table, tag
from audit.templatetags import words

_DAY = timedelta(days=1)
EVERY = SafeString('<span class="soft">every one</span>')
ADDS_UP = SafeString('<span class="soft">It adds up.</span>')
COLUMNS = (
    *("vendor", "period_start", "period_end", "time_zone", "agent_id", "action", "environment", "stated_units"),
    *("stated_tokens", "stated_money", "lines", "line_units", "line_tokens", "line_money", "run", "verified_low"),
    *("verified_high", "event_units", "variance", "variance_of", "proof", "what_it_proves", "file", "file_line"),
)


class CountTable(Table):
    """One row a bucket that a vendor states a count of."""

    period_start = tables.Column(verbose_name="Period", attrs={"td": {"class": "whole"}})
    vendor = tables.Column()
    agent_id = tables.Column(verbose_name="Agent", empty_values=())
    action = tables.Column(empty_values=())
    units = tables.Column(verbose_name="Stated", attrs=RIGHT, empty_values=())
    claim_units = tables.Column(verbose_name="Its lines", attrs=RIGHT, empty_values=())
    verified_low = tables.Column(verbose_name="Verified", attrs=RIGHT, empty_values=())
    event_units = tables.Column(verbose_name="Seen at most", attrs=RIGHT)
    variance = tables.Column(attrs=RIGHT, empty_values=())
    proves = tables.Column(accessor="pk", verbose_name="What it proves", orderable=False)

    caption = "Counts"
    empty_text = "No vendor has stated a count yet"
    empty_next = (
        "Some vendors report totals only: units, tokens or money of a day, an agent, an action. Add a source of counts "
        "and upload such a report; each total is then held against the vendor's own lines and against your evidence."
    )
    empty_act = "Add a source of counts"
    empty_needs = "manage"

    class Meta:
        order_by = ("-period_start", "agent_id", "action")

    def before_render(self, request: object) -> None:
        """What was stated before of the buckets of this page."""
        self.former = counts.former(row.record for row in self.paginated_rows)

    def render_period_start(self, record: StatedCount) -> SafeString:
        """The bucket in its own zone, which leads to the whole reckoning; UTC in its title."""
        exact = f"{words.rfc3339(record.period_start)} – {words.rfc3339(record.period_end)}"
        address = self.address("count", count_id=record.id)
        link = format_html('<a href="{}" title="{}">{}</a>', address, exact, period(record))
        if record.key not in self.former:
            return link
        return format_html("{} {}", link, tag("restated"))

    def render_agent_id(self, record: StatedCount) -> SafeString | str:
        """The agent, or that the vendor does not tell them apart."""
        return record.agent_id or EVERY

    def render_action(self, record: StatedCount) -> SafeString | str:
        """The action, with the environment where the vendor names one."""
        action = record.action or EVERY
        return format_html("{} <small>{}</small>", action, record.environment) if record.environment else action

    def render_units(self, record: StatedCount) -> SafeString:
        """What the vendor states; it leads to the file."""
        return format_html(
            '<a href="{}">{}</a>', self.address("batch", batch_id=record.batch_id), stacked(stated(record))
        )

    def render_claim_units(self, record: StatedCount) -> SafeString | str:
        """What its own lines add up to; it leads to them where a run has them."""
        shown = stacked(claimed(record)) if record.claim_count else words.NONE
        address = lines_of(record, self.slug)
        return format_html('<a href="{}">{}</a>', address, shown) if address and record.claim_count else shown

    def render_verified_low(self, record: StatedCount) -> SafeString | str:
        """What the run that covers the bucket verified of these lines, from … to …."""
        if record.run_id is None or not (record.claim_count or record.verified_high):
            return words.NONE
        return format_html('<a href="{}">{}</a>', lines_of(record, self.slug, state=State.VERIFIED), verified(record))

    def render_event_units(self, record: StatedCount) -> SafeString | str:
        """Units of events that could be the work; where nobody watched, that says little."""
        note = {"holes": "holes in coverage", "nobody": "nobody watched"}.get(record.watch, "")
        shown = words.units(record.event_units)
        return format_html('{} <small class="under">{}</small>', shown, note) if note else shown

    def render_variance(self, record: StatedCount) -> SafeString | str:
        """Stated less lines, and as a share of what is stated."""
        if record.variance is None or record.reckoned_at is None:
            return words.NONE
        share = words.share(counts.share_bps(record)) if record.variance else ""
        shown = format_html('{} <small class="under">{}</small>', difference(record), share)
        return format_html('<a href="{}">{}</a>', self.address("count", count_id=record.id), shown)

    def render_proves(self, record: StatedCount) -> SafeString | str:
        """The sentence; of the many that agree two words, so that the others are seen."""
        said = counts.says(record)
        return ADDS_UP if said.proof == "equal" else said.sentence


def period(row: StatedCount) -> str:
    """The bucket in its own zone: by days where its borders are midnights, else by instants."""
    zone = ZoneInfo(row.time_zone)
    start, end = row.period_start.astimezone(zone), row.period_end.astimezone(zone)
    if not (_is_midnight(start) and _is_midnight(end)):
        return f"{words.when(start, zone=zone)} – {words.when(end, zone=zone)}"
    first, last = (words.when(at, "day", zone) for at in (start, end - _DAY))
    if first == last:
        return first
    return f"{first.removesuffix(f' {start.year}') if start.year == (end - _DAY).year else first} – {last}"


def stated(row: StatedCount) -> list[str]:
    """What the vendor states, a figure a line."""
    return list(_figures(row.units, row.tokens, row.money)) or [words.NONE]


def claimed(row: StatedCount) -> list[str]:
    """What the lines add up to, a figure a line: of what is stated."""
    tokens = row.claim_tokens if row.tokens is not None else None
    return list(_figures(row.claim_units, tokens, row.claim_money if row.money else {}))


def verified(row: StatedCount) -> str:
    """Verified units of the run, from … to …."""
    low, high = words.units(row.verified_low), words.units(row.verified_high)
    return low if low == high else f"{low} – {high}"


def difference(row: StatedCount) -> str:
    """The variance with its sign, in what is compared."""
    number, name = row.variance or 0, counts.measure(row)
    shown = words.units(number) if name in ("units", "tokens") else words.money(number, name)
    return f"+{shown}" if number > 0 else shown


def stacked(texts: list[str]) -> SafeString:
    """Figures one below the other."""
    return format_html_join(SafeString("<br>"), "{}", ((text,) for text in texts))


def lines_of(row: StatedCount, slug: str, **more: str) -> str:
    """The address of the run's lines of a bucket; empty where no run covers it."""
    if row.run_id is None:
        return ""
    span = {"from": words.rfc3339(row.period_start), "until": words.rfc3339(row.period_end)}
    named = {name: getattr(row, name) for name in ("agent_id", "action", "environment") if getattr(row, name)}
    asked = {"run": str(row.run_id), "vendor": row.vendor.key, **named, **span, **more}
    return f"{reverse('lines', args=[slug])}?{urlencode(asked)}"


def as_rows(rows: Iterator[StatedCount]) -> Iterator[list[object]]:
    """The counts as rows of COLUMNS, everything exact."""
    for row in rows:
        said = counts.says(row)
        yield [
            *(row.vendor.key, words.rfc3339(row.period_start), words.rfc3339(row.period_end), row.time_zone),
            *(row.agent_id, row.action, row.environment, row.units, row.tokens, _exact(row.money)),
            *(row.claim_count, row.claim_units, row.claim_tokens, _exact(row.claim_money)),
            *(row.run.number if row.run else None, row.verified_low, row.verified_high, row.event_units),
            *(row.variance, counts.measure(row), said.proof, said.sentence, row.batch.file_name, row.line),
        ]


def _figures(units: int | None, tokens: int | None, money: dict[str, int]) -> Iterator[str]:
    if units is not None:
        yield words.units(units)
    if tokens is not None:
        yield f"{words.units(tokens)} tokens"
    yield from (words.money(micros, currency) for currency, micros in sorted(money.items()))


def _exact(money: dict[str, int]) -> str:
    """Money as micros with its currency; several are joined."""
    return " + ".join(f"{micros} micros {currency}".strip() for currency, micros in sorted(money.items()))


def _is_midnight(at: datetime) -> bool:
    return (at.hour, at.minute, at.second, at.microsecond) == (0, 0, 0, 0)
