"""Vendors, their agents, the accounts that agents use, and agreed prices."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TypeVar

from django.db import IntegrityError, transaction

from audit.models import Actor, Agent, RateCard, Vendor
from audit.operations import counts
from audit.operations.faults import Refused
from audit.operations.record import enter
from tenants.scope import current

Row = TypeVar("Row", Vendor, Agent, Actor, RateCard)


def add_vendor(key: str, name: str, by: str) -> Vendor:
    """Enter a vendor under the word that its claims carry."""
    vendor = _once(Vendor(tenant_id=current(), key=key, name=name or key), f"There is a vendor “{key}” already.", "key")
    enter("vendor.added", vendor, by, key=key)
    return vendor


def rename_vendor(vendor: Vendor, name: str, by: str) -> Vendor:
    """Change how a vendor is shown; its key stays."""
    vendor.name = name
    vendor.save(update_fields=["name"])
    enter("vendor.renamed", vendor, by)
    return vendor


def add_agent(vendor: Vendor, agent_id: str, name: str, by: str) -> Agent:
    """Enter an agent by hand; those seen in claims are entered by themselves."""
    agent = Agent(tenant_id=current(), vendor=vendor, agent_id=agent_id, name=name)
    _once(agent, f"{vendor} has an agent “{agent_id}” already.", "agent_id")
    enter("agent.added", agent, by)
    return agent


def rename_agent(agent: Agent, name: str, by: str) -> Agent:
    """Change how an agent is shown."""
    agent.name = name
    agent.save(update_fields=["name"])
    enter("agent.renamed", agent, by)
    return agent


def note_agents(vendor: Vendor, agent_ids: Iterable[str]) -> None:
    """Enter the agents that a batch speaks of, as far as they are new."""
    limit = Agent._meta.get_field("agent_id").max_length or 0
    rows = [Agent(tenant_id=current(), vendor=vendor, agent_id=word) for word in agent_ids if len(word) <= limit]
    Agent.objects.bulk_create(rows, ignore_conflicts=True)


def bind_actor(system: str, actor: str, vendor: Vendor, agent_id: str, by: str) -> Actor:
    """Say which agent an account of a system is."""
    binding = Actor(tenant_id=current(), system=system, actor=actor, vendor=vendor, agent_id=agent_id)
    _once(binding, "This account is bound to this agent already.", "actor")
    counts.ask(vendor)
    enter("actor.bound", binding, by)
    return binding


def unbind_actor(binding: Actor, by: str) -> None:
    """Take a binding back; runs that read it keep it."""
    enter("actor.unbound", binding, by, system=binding.system, vendor=binding.vendor.key, agent_id=binding.agent_id)
    binding.delete()
    counts.ask(binding.vendor)


def add_rate_card(
    vendor: Vendor,
    action: str,
    price_micros: int,
    currency: str,
    starts_on: date,
    by: str,
    *,
    basis: str = RateCard.Basis.UNIT,
) -> RateCard:
    """Enter the price agreed for an action (empty: every action) from a day on; it follows whatever held before."""
    card = RateCard(
        tenant_id=current(),
        vendor=vendor,
        action=action,
        basis=basis,
        price_micros=price_micros,
        currency=currency,
        starts_on=starts_on,
    )
    _once(card, "There is a price for this vendor, action, currency and day already.", "starts_on")
    enter("rate_card.added", card, by, basis=basis, price_micros=price_micros, currency=currency)
    return card


def drop_rate_card(card: RateCard, by: str) -> None:
    """Take a price back that no run has used yet."""
    if card.used_by is not None:
        raise Refused(f"{card.used_by} was priced with it, so it stays: enter the price that follows it, from its day.")
    enter("rate_card.dropped", card, by, price_micros=card.price_micros, currency=card.currency)
    card.delete()


def _once(row: Row, sentence: str, field: str) -> Row:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Refused(sentence, field=field) from error
    return row
