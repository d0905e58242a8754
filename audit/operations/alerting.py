"""What admins decide about alerts: rules, and the endpoints that are told."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from audit.models import Alert, AlertRule, Webhook
from audit.operations import alerts, outgoing, signing
from audit.operations.faults import Refused
from audit.operations.record import enter
from audit.queries.alerts import mail_members
from tenants.access import digest_of
from tenants.scope import current

EDITABLE = (
    *("threshold_bps", "amount_micros", "currency", "hours", "repeats", "vendor", "source", "channels", "recipients"),
    "enabled",
)


def add_rule(kind: str, by: str, **settings: Any) -> AlertRule:
    """Watch for something from now on; what holds already is told at once."""
    alerts.hold()
    rule = AlertRule(tenant_id=current(), kind=kind, made_by=by, **settings)
    _save(rule)
    enter("alert_rule.added", rule, by, **_told(rule))
    if rule.enabled:
        alerts.try_now(rule)
    return rule


def edit_rule(rule: AlertRule, by: str, **changes: Any) -> AlertRule:
    """Change what a rule watches for, or who is told; switched off, it ends its open alerts."""
    alerts.hold()
    for name in EDITABLE:
        if name in changes:
            setattr(rule, name, changes[name])
    _save(rule)
    enter("alert_rule.edited", rule, by, **_told(rule))
    if rule.enabled:
        alerts.try_now(rule)
    else:
        for alert in _open(rule):
            alerts.resolve(alert)
    return rule


def add_webhook(name: str, url: str, by: str) -> tuple[Webhook, str]:
    """A new endpoint and its secret, which is shown this once."""
    outgoing.check_url(url)
    webhook = Webhook(tenant_id=current(), name=name, url=url, made_by=by)
    secret = signing.secret_of(webhook)
    webhook.digest = digest_of(secret)
    try:
        with transaction.atomic():
            webhook.save(force_insert=True)
    except IntegrityError as error:
        raise Refused(f"There is an endpoint “{name}” already: choose another name.", field="name") from error
    enter("webhook.added", webhook, by)
    return webhook, secret


def switch_webhook(webhook: Webhook, enabled: bool, by: str) -> Webhook:
    """Send no more to an endpoint, or send again; what was written meanwhile was not written for it."""
    if webhook.enabled != enabled:
        webhook.enabled = enabled
        webhook.save(update_fields=["enabled"])
        enter("webhook.enabled" if enabled else "webhook.disabled", webhook, by)
    return webhook


def _open(rule: AlertRule) -> QuerySet[Alert]:
    return Alert.objects.filter(rule=rule, resolved_at=None).select_related("rule")


def _save(rule: AlertRule) -> None:
    if not 0 < rule.threshold_bps <= 10_000:
        raise Refused("The threshold is a share of more than nothing, 100 % at most.", field="threshold_bps")
    if rule.amount_micros <= 0:
        raise Refused("The amount must be more than nothing.", field="amount_micros")
    if rule.hours < 1 or rule.repeats < 1:
        raise Refused("Use at least 1.", field="hours" if rule.hours < 1 else "repeats")
    if unknown := set(rule.channels) - set(AlertRule.Channel.values):
        raise Refused(f"There is no channel “{min(unknown)}”: use mail or webhook.", field="channels")
    members = {f"user:{member.user_id}" for member in mail_members()} if rule.recipients else set()
    if set(rule.recipients) - members:
        raise Refused("Mail goes to members of this ledger only, and not to guests.", field="recipients")
    rule.save()


def _told(rule: AlertRule) -> dict[str, Any]:
    """For the ledger: all that was decided. Who gets mail is an id, never an address."""
    plain = {name: getattr(rule, name) for name in EDITABLE if name not in ("vendor", "source")}
    return plain | {"kind": rule.kind, "vendor": rule.vendor_id, "source": rule.source_id}
