"""Vendors, agents, accounts, prices."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_tables2 as tables
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.models import Actor, Agent, RateCard, Vendor
from audit.tables.base import RIGHT, CountColumn, Table, WhenColumn
from audit.templatetags import words


class VendorTable(Table):
    """Who claims."""

    name = tables.Column()
    key = tables.Column(verbose_name="Word in its claims")
    agent_count = CountColumn(verbose_name="Agents")
    source_count = CountColumn(verbose_name="Sources")
    created_at = WhenColumn("day", verbose_name="Entered")

    caption = "Vendors"
    empty_text = "No vendor yet"
    empty_next = "A vendor is whoever bills you for work of agents. Enter the first one; its claims come next."
    empty_href = "#add"
    empty_act = "Enter a vendor"
    empty_needs = "manage"

    class Meta:
        order_by = ("name",)

    def render_name(self, record: Vendor) -> SafeString:
        """The name, which leads to the vendor."""
        return self.link(record.name, "vendor", vendor_id=record.id)

    def render_key(self, value: str) -> SafeString:
        """The key as it stands in files."""
        return format_html('<span class="id">{}</span>', value)


class AgentTable(Table):
    """The agents of one vendor."""

    agent_id = tables.Column(verbose_name="Id in its claims")
    name = tables.Column(verbose_name="Shown as", default="–")
    created_at = WhenColumn("day", verbose_name="First seen")

    caption = "Agents"
    empty_text = "No agent yet"
    empty_next = "Agents are entered by themselves when a file of claims names them."

    class Meta:
        order_by = ("agent_id",)

    def render_agent_id(self, record: Agent) -> SafeString:
        """The id as it stands in files; for those who may, it leads to the form for its name."""
        if not self.may["manage"]:
            return format_html('<span class="id">{}</span>', record.agent_id)
        text = format_html('<span class="id">{}</span>', record.agent_id)
        return self.link(text, "agent", vendor_id=record.vendor_id, agent_id=record.id)


class ActorTable(Table):
    """Which account in which system is which agent."""

    system = tables.Column()
    actor = tables.Column(verbose_name="Account there")
    agent_id = tables.Column(verbose_name="Is the agent")
    acts = tables.Column(accessor="pk", verbose_name="", orderable=False)

    caption = "Accounts"
    empty_text = "No account is bound to an agent"
    empty_next = "Bind one where a system notes who did the work: then only that account's events speak for the agent."

    class Meta:
        order_by = ("system", "actor")

    def before_render(self, request: object) -> None:
        """The last column is for those who may."""
        if not self.may["manage"]:
            self.columns.hide("acts")

    def render_acts(self, record: Actor) -> SafeString:
        """Where a binding is taken back."""
        address = self.address("actor-unbind", actor_id=record.id)
        return format_html('<a href="{}" aria-label="Unbind {}">Unbind</a>', address, record.actor)


class RateCardTable(Table):
    """Agreed prices."""

    vendor = tables.Column()
    action = tables.Column(empty_values=())
    price_micros = tables.Column(verbose_name="Price", attrs=RIGHT)
    basis = tables.Column(verbose_name="For one")
    starts_on = tables.Column(verbose_name="Holds")
    used_by = tables.Column(verbose_name="Used by", default="no run yet", orderable=False)
    acts = tables.Column(accessor="pk", verbose_name="", orderable=False)

    caption = "Rate cards"
    empty_text = "No price is agreed yet"
    empty_next = "A price holds for one vendor and action from a day on; a later one follows it."
    empty_act = "Enter a price"
    empty_needs = "manage"

    class Meta:
        order_by = ("vendor", "action", "-starts_on")

    def before_render(self, request: object) -> None:
        """The last column is for those who may."""
        if not self.may["manage"]:
            self.columns.hide("acts")

    def render_vendor(self, record: RateCard) -> SafeString:
        """The vendor, as a link."""
        return self.link(record.vendor, "vendor", vendor_id=record.vendor_id)

    def render_action(self, record: RateCard) -> str:
        """The action that is priced."""
        return record.action or "every action"

    def render_price_micros(self, record: RateCard) -> str:
        """The price exactly."""
        return words.money(record.price_micros, record.currency)

    def render_starts_on(self, record: Any) -> str:
        """The days on which it holds."""
        first = date_format(record.starts_on, "j M Y")
        if record.follows_on is None:
            return f"from {first} on"
        return f"{first} to {date_format(record.follows_on - timedelta(days=1), 'j M Y')}"

    def render_used_by(self, record: RateCard) -> SafeString:
        """The first run that was priced with it."""
        return self.link(record.used_by, "run", run_id=record.used_by_id)

    def render_acts(self, record: RateCard) -> SafeString:
        """Where a price is followed by another, or taken back while no run has used it."""
        if record.used_by_id:
            address = f"{self.address('rate-cards')}?after={record.id}#add"
            return format_html('<a href="{}" aria-label="Follow {} by another">Follow it</a>', address, record)
        return format_html(
            '<a href="{}" aria-label="Take back {}">Take back</a>',
            self.address("rate-card-drop", card_id=record.id),
            record,
        )
