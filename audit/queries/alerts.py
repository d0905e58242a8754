"""Alerts, their rules, endpoints and deliveries; and what each rule says in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, F, Prefetch, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest
from django.http import Http404

from audit.models import Alert, AlertRule, Attempt, Delivery, Source, Webhook
from audit.queries.sources import heard
from tenants.models import Membership, Role

FIRST_MAIL = (Role.ADMIN, Role.ANALYST)  # who gets mail where nobody is named


@dataclass(frozen=True, slots=True)
class Silent:
    """A source that sends nothing for more than `hours`, and when it last did; when it was entered, if it never did."""

    id: UUID
    name: str
    last_at: datetime
    hours: int


def all_alerts() -> QuerySet[Alert]:
    """Every alert with its rule: open ones first, then newest first."""
    found = Alert.objects.select_related("rule", "rule__vendor", "rule__source")
    return found.order_by(F("resolved_at").desc(nulls_first=True), "-created_at", "-id")


def get(alert_id: UUID) -> Alert:
    """One alert. Raises Http404."""
    found = all_alerts().filter(id=alert_id).first()
    if found is None:
        raise Http404("No such alert.")
    return found


def unseen_count() -> int:
    """How many alerts nobody has looked at."""
    return Alert.objects.filter(seen_at=None).count()


def all_rules() -> QuerySet[AlertRule]:
    """Every rule with what it is about, and how many of its alerts are open."""
    open_ones = Count("alerts", filter=Q(alerts__resolved_at=None))
    return AlertRule.objects.select_related("vendor", "source").annotate(open_count=open_ones)


def rule(rule_id: UUID) -> AlertRule:
    """One rule. Raises Http404."""
    found = all_rules().filter(id=rule_id).first()
    if found is None:
        raise Http404("No such rule.")
    return found


def all_webhooks() -> QuerySet[Webhook]:
    """Every endpoint."""
    return Webhook.objects.all()


def webhook(webhook_id: UUID) -> Webhook:
    """One endpoint. Raises Http404."""
    found = Webhook.objects.filter(id=webhook_id).first()
    if found is None:
        raise Http404("No such endpoint.")
    return found


def all_deliveries() -> QuerySet[Delivery]:
    """Every delivery with its attempts, newest first."""
    attempts = Prefetch("attempts", Attempt.objects.order_by("created_at", "id"))
    return Delivery.objects.select_related("alert", "webhook").prefetch_related(attempts)


def delivery(delivery_id: UUID) -> Delivery:
    """One delivery. Raises Http404."""
    found = all_deliveries().filter(id=delivery_id).first()
    if found is None:
        raise Http404("No such delivery.")
    return found


def mail_members() -> QuerySet[Membership]:
    """The members who may be sent mail: all but guests."""
    found = Membership.objects.filter(removed_at=None).exclude(role=Role.GUEST)
    return found.select_related("user").order_by("user__name", "id")


def silent(now: datetime, hours: int, source_id: UUID | None = None) -> list[Silent]:
    """Sources, or the one named, to which nothing came for longer than they say themselves, else than `hours`."""
    found = (
        heard()
        .filter(**({"id": source_id} if source_id else {}))
        .annotate(since=Greatest("created_at", "last_at"), allowed=Coalesce("expected_hours", hours))
    )
    rows = found.order_by("name", "id").values_list("id", "name", "since", "allowed")
    sources = [Silent(*row) for row in rows]
    return [source for source in sources if source.last_at < now - timedelta(hours=source.hours)]


def wish(rule: AlertRule) -> str:
    """What a rule asks for, as a sentence."""
    whose = f" of {rule.vendor}" if rule.vendor else ""
    if rule.kind == AlertRule.Kind.VERIFIED_LOW:
        return f"Tell me when verified work{whose} falls under {per_cent(rule.threshold_bps)} of claimed."
    if rule.kind == AlertRule.Kind.DISCREPANCY:
        amount = money(rule.amount_micros, rule.currency)
        return (
            f"Tell me of each new discrepancy{whose} of {amount} or more{'' if rule.currency else ' in any currency'}."
        )
    if rule.kind == AlertRule.Kind.SILENCE:
        return _wish_of_silence(rule.source, rule.hours)
    return f"Tell me when a stream{whose} claims the same work more than {rule.repeats} times in one burst window."


def _wish_of_silence(source: Source | None, hours: int) -> str:
    if source is None:
        return f"Tell me when a source sends nothing for more than {hours} hours, or than it says itself."
    if source.expected_hours is None:
        return f"Tell me when {source} sends nothing for more than {hours} hours."
    return f"Tell me when {source} sends nothing for more than {source.expected_hours} hours, as it says itself."


def per_cent(bps: int) -> str:
    """Basis points exactly: 9000 → "90 %"."""
    return f"{(Decimal(bps) / 100).normalize():f} %"


def money(micros: int, currency: str) -> str:
    """Millionths exactly, at least two decimals: 1500000 → "1.50 EUR"."""
    whole, rest = divmod(micros, 1_000_000)
    return f"{whole:,}.{f'{rest:06d}'.rstrip('0'):0<2} {currency}".strip()


def stamp(instant: datetime) -> str:
    """An instant for messages, whose readers have no zone here: UTC, to the minute."""
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
