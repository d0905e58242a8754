"""What is watched for people: rules, the alerts that they raise, the endpoints that are told, and each delivery."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audit.models.parties import Vendor
from audit.models.sources import Source
from tenants.models import TenantForeignKey, TenantModel


class AlertRule(TenantModel):
    """What somebody wants to be told. A kind reads its own numbers and leaves the others alone."""

    class Kind(models.TextChoices):
        VERIFIED_LOW = "verified_low", "Verified is low"
        DISCREPANCY = "discrepancy", "New discrepancy"
        SILENCE = "silence", "Silent source"
        LOOP = "loop", "Loop under way"

    class Channel(models.TextChoices):
        MAIL = "mail", "Mail"
        WEBHOOK = "webhook", "Webhook"

    kind = models.CharField(max_length=20, choices=Kind)
    threshold_bps = models.PositiveIntegerField(default=9_000)  # verified_low: under this share of claimed units
    amount_micros = models.BigIntegerField(default=100_000_000)  # discrepancy: this much or more
    currency = models.CharField(max_length=3, blank=True)  # discrepancy; empty: of whichever currency
    hours = models.PositiveIntegerField(default=24)  # silence: nothing arrived for longer
    repeats = models.PositiveIntegerField(default=20)  # loop: the same work claimed more often in one burst window
    vendor = TenantForeignKey(Vendor, on_delete=models.PROTECT, null=True, blank=True, related_name="alert_rules")
    source = TenantForeignKey(Source, on_delete=models.PROTECT, null=True, blank=True, related_name="alert_rules")
    channels = models.JSONField(default=list)  # besides the portal: words of Channel
    recipients = models.JSONField(default=list)  # user:<id> who get mail; empty: every admin and analyst
    enabled = models.BooleanField(default=True)
    made_by = models.CharField(max_length=100)

    class Meta:
        ordering = ["kind", "created_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(threshold_bps__lte=10_000), name="alert_rule_threshold_is_a_share"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class Alert(TenantModel):
    """A condition of a rule that holds, or held until `resolved_at`. While it holds there is one alert of it."""

    rule = TenantForeignKey(AlertRule, on_delete=models.PROTECT, related_name="alerts")
    subject = models.CharField(max_length=200)  # what the condition is about: a period, a discrepancy, a source, a loop
    sentence = models.TextField()
    link = models.CharField(max_length=2000)  # a page of the portal, from its root
    numbers = models.JSONField(default=dict)
    noted_at = models.DateTimeField(default=timezone.now)  # when it was last seen to hold
    resolved_at = models.DateTimeField(null=True)
    seen_by = models.CharField(max_length=100, blank=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "rule", "subject"], condition=Q(resolved_at=None), name="alert_open_once"
            )
        ]
        indexes = [models.Index(fields=["tenant"], condition=Q(seen_at=None), name="alert_unseen")]

    def __str__(self) -> str:
        return self.sentence


class Webhook(TenantModel):
    """An address of the tenant's own that is told of alerts. Its secret is derived, never stored: `digest` knows it."""

    name = models.CharField(max_length=200)
    url = models.CharField(max_length=2000)
    digest = models.CharField(max_length=64)  # SHA-256 of the secret
    enabled = models.BooleanField(default=True)
    made_by = models.CharField(max_length=100)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="webhook_name_once")]

    def __str__(self) -> str:
        return self.name


class Delivery(TenantModel):
    """One message to one receiver. Its id is the message's, however often it is sent; its body never changes."""

    class State(models.TextChoices):
        WAITING = "waiting", "On its way"
        SENT = "sent", "Delivered"
        FAILED = "failed", "Given up"

    alert = TenantForeignKey(Alert, on_delete=models.PROTECT, null=True, related_name="deliveries")  # null: a test
    event = models.CharField(max_length=40)  # what the message says, with its version: alert.raised.v1
    channel = models.CharField(max_length=10, choices=AlertRule.Channel)
    webhook = TenantForeignKey(Webhook, on_delete=models.PROTECT, null=True, related_name="deliveries")
    recipient = models.CharField(max_length=100, blank=True)  # user:<id>, of a mail
    body = models.TextField()
    sha256 = models.CharField(max_length=64)  # of the body
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    next_at = models.DateTimeField(null=True)  # the next attempt, where one failed

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["tenant", "created_at"], name="delivery_by_time")]

    def __str__(self) -> str:
        return f"{self.event} by {self.channel}"


class Attempt(TenantModel):
    """One attempt at a delivery, and how it ended. Without an error the receiver has taken it."""

    delivery = TenantForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    status_code = models.PositiveSmallIntegerField(null=True)  # what a webhook answered, if it did
    duration_ms = models.PositiveIntegerField()
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.error or "delivered"
