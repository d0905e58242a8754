"""Deliveries: what an alert says, written down with it, and carried to mailboxes and endpoints by jobs.

At least once: a worker that dies between sending and noting it leaves the job, and the next one sends the same message
under the same id again. What fails is tried again, later each time, and is given up in the end; then it can be
replayed.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from audit.models import Alert, AlertRule, Attempt, Delivery, Job, Webhook
from audit.operations import jobs, outgoing, signing
from audit.operations.faults import Refused
from audit.operations.record import enter
from audit.queries.alerts import FIRST_MAIL, mail_members, stamp
from tenants.models import Membership, Tenant
from tenants.scope import current, scope

RAISED, RESOLVED, TEST = "alert.raised.v1", "alert.resolved.v1", "webhook.test.v1"
SUBJECT_LENGTH = 150
Channel = AlertRule.Channel


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended. Without an error the receiver has it; `is_final`: another attempt would not mend it."""

    status_code: int | None = None
    error: str = ""
    is_final: bool = False


def announce(alert: Alert, event: str) -> None:
    """Write the messages that the rule of an alert asks for, and queue them. Mail tells of the raising only."""
    rule = alert.rule
    if Channel.WEBHOOK in rule.channels:
        for webhook in Webhook.objects.filter(enabled=True):
            _queue(_message(alert, event), event=event, channel=Channel.WEBHOOK, alert=alert, webhook=webhook)
    if Channel.MAIL in rule.channels and event == RAISED:
        for recipient in _recipients(rule):
            _queue(_letter(alert), event=event, channel=Channel.MAIL, alert=alert, recipient=recipient)


def test(webhook: Webhook, by: str) -> Delivery:
    """Send an endpoint a message that says nothing but that it got there."""
    if not webhook.enabled:
        raise Refused("The endpoint is off: switch it on first.")
    data = {"webhook": str(webhook.id), "name": webhook.name, "sentence": "This is a test: nothing has happened."}
    delivery = _queue(_json(TEST, data), event=TEST, channel=Channel.WEBHOOK, webhook=webhook)
    enter("webhook.tested", webhook, by, delivery=delivery.id)
    return delivery


def replay(delivery: Delivery, by: str) -> Delivery:
    """Send the same message again, under the same id, with fresh attempts."""
    if delivery.webhook and not delivery.webhook.enabled:
        raise Refused(f"{delivery.webhook} is off: switch it on first.")
    jobs.renew(Job.objects.get(kind=Job.Kind.DELIVER, object_id=delivery.id))
    reopen(delivery.id)
    enter("delivery.replayed", delivery, by, sha256=delivery.sha256)
    delivery.refresh_from_db()
    return delivery


def deliver(lease: jobs.Lease) -> None:
    """Send one message and note how it went. A job: called outside any scope."""
    with scope(lease.tenant_id):
        delivery = Delivery.objects.select_related("webhook").get(id=lease.object_id)
        address = _address(delivery)
    began = time.monotonic()
    outcome = _send(delivery, address)
    milliseconds = int((time.monotonic() - began) * 1000)
    with scope(lease.tenant_id):
        jobs.hold(lease)
        Attempt.objects.create(
            tenant_id=current(),
            delivery=delivery,
            status_code=outcome.status_code,
            duration_ms=milliseconds,
            error=outcome.error,
        )
        _note(delivery, outcome, lease)


def _note(delivery: Delivery, outcome: Outcome, lease: jobs.Lease) -> None:
    """Close the job, or give it back for a later attempt, with what became of the delivery."""
    rows = Delivery.objects.filter(id=delivery.id)
    if not outcome.error or outcome.is_final:
        jobs.finish(lease, outcome.error)
        rows.update(state=Delivery.State.FAILED if outcome.error else Delivery.State.SENT, next_at=None)
    elif jobs.fail(lease, outcome.error):
        give_up(delivery.id, outcome.error)
    else:
        rows.update(next_at=Job.objects.values_list("due_at", flat=True).get(id=lease.job_id))


def give_up(delivery_id: UUID, error: str) -> None:
    """It did not get there, however often it was tried; the attempts say why."""
    Delivery.objects.filter(id=delivery_id).update(state=Delivery.State.FAILED, next_at=None)


def reopen(delivery_id: UUID) -> None:
    """It is on its way again."""
    Delivery.objects.filter(id=delivery_id).update(state=Delivery.State.WAITING, next_at=None)


def _queue(body: str, **about: Any) -> Delivery:
    digest = hashlib.sha256(body.encode()).hexdigest()
    delivery = Delivery.objects.create(tenant_id=current(), body=body, sha256=digest, **about)
    jobs.add(Job.Kind.DELIVER, delivery.id)
    return delivery


def _recipients(rule: AlertRule) -> list[str]:
    """Who gets mail, as user:<id>: members only, those who were chosen or every admin and analyst."""
    members = [(f"user:{member.user_id}", member.role) for member in mail_members()]
    if rule.recipients:
        return [who for who, _ in members if who in rule.recipients]
    return [who for who, role in members if role in FIRST_MAIL]


def _message(alert: Alert, event: str) -> str:
    """The body of a webhook's message."""
    data = {
        "alert": str(alert.id),
        "rule": str(alert.rule_id),
        "kind": alert.rule.kind,
        "sentence": alert.sentence,
        "link": settings.PORTAL_URL + alert.link,
        "numbers": alert.numbers,
        "raised_at": alert.created_at.isoformat(),
        "resolved_at": alert.resolved_at.isoformat() if alert.resolved_at else None,
    }
    return _json(event, data)


def _json(event: str, data: dict[str, Any]) -> str:
    tenant = Tenant.objects.values_list("slug", flat=True).get(id=current())
    message = {"type": event, "timestamp": timezone.now().isoformat(), "tenant": tenant, "data": data}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def _letter(alert: Alert) -> str:
    """A mail: its subject, an empty line, its text."""
    tenant = Tenant.objects.values_list("name", flat=True).get(id=current())
    subject = " ".join(f"[{tenant}] {alert.sentence}".split())
    return (
        f"{subject[:SUBJECT_LENGTH]}\n\n{alert.sentence}\n\n{settings.PORTAL_URL}{alert.link}\n\n"
        f"Raised {stamp(alert.created_at)} by a rule of {tenant}. An admin can change who is told.\n"
    )


def _address(delivery: Delivery) -> str:
    """Where a mail goes: to the member's address as it is now; nowhere where they are no member any more."""
    if delivery.channel != Channel.MAIL:
        return ""
    user_id = delivery.recipient.removeprefix("user:")
    found = Membership.objects.filter(tenant_id=current(), user_id=user_id, removed_at=None, user__is_active=True)
    return found.values_list("user__email", flat=True).first() or ""


def _send(delivery: Delivery, address: str) -> Outcome:
    return _mail(delivery, address) if delivery.channel == Channel.MAIL else _post(delivery)


def _mail(delivery: Delivery, address: str) -> Outcome:
    if not address:
        return Outcome(error="The person is no member any more.", is_final=True)
    subject, _, text = delivery.body.partition("\n\n")
    names = {"Message-ID": f"<{delivery.id}@awu-portal>", "Auto-Submitted": "auto-generated"}
    try:
        EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [address], headers=names).send()
    except OSError as error:  # SMTP's errors are among them
        return Outcome(error=f"The mail server did not take it: {error}")
    return Outcome()


def _post(delivery: Delivery) -> Outcome:
    webhook = delivery.webhook
    if webhook is None or not webhook.enabled:
        return Outcome(error="The endpoint is off.", is_final=True)
    body = delivery.body.encode()
    try:
        signed = signing.headers(webhook, str(delivery.id), timezone.now(), body)
        status = outgoing.post(webhook.url, {"Content-Type": "application/json"} | signed, body)
    except signing.LostSecret as error:
        return Outcome(error=str(error), is_final=True)
    except outgoing.NotSent as error:
        return Outcome(error=str(error))
    if 200 <= status < 300:
        return Outcome(status)
    told = "redirects are not followed" if 300 <= status < 400 else "anything but 2xx is tried again"
    return Outcome(status, f"The endpoint answered {status}: {told}.")
