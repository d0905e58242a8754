"""Agreed prices in a run: those that may hold in its period are fixed when it opens, and priced when it ends."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from audit.models import RateCard, Run, Vendor
from audit.vault import files, priced
from tenants.models import Tenant
from tenants.scope import current


def fixed(start: datetime, end: datetime, vendor: Vendor | None) -> list[dict[str, Any]]:
    """The cards that hold on some day of a period, oldest first, as plain values; days begin in the tenant's zone."""
    zone = ZoneInfo(Tenant.objects.get(id=current()).time_zone)
    cards = RateCard.objects.select_related("vendor").order_by("starts_on", "id")
    kept: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for card in cards.filter(vendor=vendor) if vendor else cards:
        begins = datetime.combine(card.starts_on, time.min, zone)
        line = kept.setdefault((card.vendor_id, card.action, card.currency), [])
        if begins >= end:
            continue
        if begins <= start:
            line.clear()  # it takes the place of whatever held before
        line.append(_plain(card, begins))
    return sorted((row for line in kept.values() for row in line), key=lambda row: (row["starts_on"], row["id"]))


def _plain(card: RateCard, begins: datetime) -> dict[str, Any]:
    return {
        "id": str(card.id),
        "vendor": card.vendor.key,
        "action": card.action,
        "basis": card.basis,
        "price_micros": card.price_micros,
        "currency": card.currency,
        "starts_on": card.starts_on.isoformat(),
        "starts_at": begins.isoformat(),
    }


def gather(run: Run) -> dict[str, Any]:
    """What the fixed cards give on the run's lines; nothing for a run of before cards were fixed. Outside any scope."""
    cards = run.inputs.get("rate_cards")
    if cards is None:
        return {}
    given = [{**card, "starts_at": datetime.fromisoformat(card["starts_at"])} for card in cards]
    return priced.price(files.local(run.files["lines"]), given)


def note_use(run: Run) -> None:
    """Remember which cards priced lines of the run: those never change any more."""
    used = [UUID(card["id"]) for card in run.prices.get("cards", [])]
    RateCard.objects.filter(id__in=used, used_by=None).update(used_by=run)
