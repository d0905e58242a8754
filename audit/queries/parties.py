"""Vendors, their agents, accounts and prices."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import Http404

from audit.models import Actor, Agent, RateCard, Vendor


def vendors() -> QuerySet[Vendor]:
    """Every vendor with how many agents and sources it has."""
    return Vendor.objects.annotate(
        agent_count=Count("agents", distinct=True), source_count=Count("sources", distinct=True)
    )


def vendor(vendor_id: UUID) -> Vendor:
    """One vendor. Raises Http404."""
    found = Vendor.objects.filter(id=vendor_id).first()
    if found is None:
        raise Http404("No such vendor.")
    return found


def agents(of: Vendor) -> QuerySet[Agent]:
    """The agents of a vendor."""
    return Agent.objects.filter(vendor=of)


def agent(vendor_id: UUID, agent_id: UUID) -> Agent:
    """One agent of a vendor. Raises Http404."""
    found = Agent.objects.select_related("vendor").filter(id=agent_id, vendor_id=vendor_id).first()
    if found is None:
        raise Http404("No such agent.")
    return found


def actors(of: Vendor) -> QuerySet[Actor]:
    """The accounts that are bound to a vendor's agents."""
    return Actor.objects.filter(vendor=of)


def actor(actor_id: UUID) -> Actor:
    """One binding. Raises Http404."""
    found = Actor.objects.select_related("vendor").filter(id=actor_id).first()
    if found is None:
        raise Http404("No such binding.")
    return found


def rate_cards(of: Vendor | None = None) -> QuerySet[RateCard]:
    """Agreed prices, of one vendor or of all, each with the day on which another follows it."""
    later = RateCard.objects.filter(
        vendor=OuterRef("vendor"),
        action=OuterRef("action"),
        currency=OuterRef("currency"),
        starts_on__gt=OuterRef("starts_on"),
    )
    follows_on = Subquery(later.order_by("starts_on").values("starts_on")[:1])
    cards = RateCard.objects.select_related("vendor", "used_by").annotate(follows_on=follows_on)
    return cards.filter(vendor=of) if of else cards


def rate_card(card_id: UUID) -> RateCard:
    """One price. Raises Http404."""
    found = RateCard.objects.select_related("vendor", "used_by").filter(id=card_id).first()
    if found is None:
        raise Http404("No such price.")
    return found
