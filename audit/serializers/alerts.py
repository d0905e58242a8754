"""Alerts, their rules, endpoints and deliveries."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audit.models import Alert, AlertRule, Attempt, Delivery, Source, Webhook
from audit.queries import alerts
from audit.serializers.fields import Instant, PlainObject, Reference, Shown, VendorField

MOST = 2**31 - 1


class AlertSerializer(Shown):
    """Something that a rule watches for and that holds, or held until `resolved_at`."""

    kind = serializers.ChoiceField(source="rule.kind", choices=AlertRule.Kind.choices, read_only=True)
    numbers = PlainObject(read_only=True, help_text="What was computed; shares in basis points, money in micros.")
    link = serializers.CharField(read_only=True, help_text="A page of the portal, from its root.")
    raised_at = Instant(source="created_at", read_only=True)
    resolved_at = Instant(read_only=True, allow_null=True, help_text="Null while it is open.")

    class Meta:
        model = Alert
        fields = (
            *("id", "rule", "kind", "sentence", "link", "numbers", "raised_at", "noted_at", "resolved_at"),
            *("seen_by", "seen_at"),
        )
        read_only_fields = fields


class AlertRuleSerializer(Shown):
    """What is watched for, and who is told. A kind reads its own numbers and leaves the others alone."""

    threshold_bps = serializers.IntegerField(
        required=False, min_value=1, max_value=10_000, help_text="verified_low: under this share of claimed units."
    )
    amount_micros = serializers.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, help_text="discrepancy: this much or more."
    )
    currency = serializers.RegexField(
        r"\A([A-Z]{3})?\Z", required=False, allow_blank=True, help_text="discrepancy: ISO 4217; empty: whichever."
    )
    hours = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=8_760,
        help_text="silence: for longer; a source's own expected_hours comes first.",
    )
    repeats = serializers.IntegerField(
        required=False, min_value=1, max_value=MOST, help_text="loop: more often in one burst window."
    )
    vendor = VendorField(required=False, allow_null=True, help_text="The vendor's id or key; null: any.")
    source = Reference(  # type: ignore[assignment]  # a field's own `source` is another thing
        queryset=Source.objects.all(), required=False, allow_null=True, help_text="silence; null: any."
    )
    channels = serializers.ListField(
        child=serializers.ChoiceField(choices=AlertRule.Channel.choices),
        required=False,
        max_length=len(AlertRule.Channel),
        help_text="Besides the portal.",
    )
    recipients = serializers.ListField(
        child=serializers.RegexField(r"\Auser:[0-9a-f-]{36}\Z"),
        required=False,
        max_length=1_000,
        help_text="Members who get mail, as user:<id>; empty: every admin and analyst.",
    )
    sentence = serializers.SerializerMethodField(help_text="The same in plain words.")

    class Meta:
        model = AlertRule
        fields = (
            *("id", "kind", "threshold_bps", "amount_micros", "currency", "hours", "repeats", "vendor", "source"),
            *("channels", "recipients", "enabled", "sentence", "made_by", "created_at"),
        )
        read_only_fields = ("made_by", "created_at")

    def get_sentence(self, rule: AlertRule) -> str:
        """What it asks for."""
        return alerts.wish(rule)


class WebhookSerializer(Shown):
    """An address that is told of alerts, by messages signed as Standard Webhooks 1.0 has them."""

    secret = serializers.SerializerMethodField(help_text="`whsec_…` in the answer that adds it; null ever after.")

    class Meta:
        model = Webhook
        fields = ("id", "name", "url", "enabled", "secret", "made_by", "created_at")
        read_only_fields = ("made_by", "created_at")

    def get_secret(self, webhook: Webhook) -> str | None:
        """What the endpoint was given just now, where it was."""
        given: str | None = self.context.get("secret")
        return given


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    """One attempt. Without an error the receiver has taken it."""

    at = Instant(source="created_at")

    class Meta:
        model = Attempt
        fields = ("at", "status_code", "duration_ms", "error")


class DeliverySerializer(Shown):
    """One message to one receiver; its id is the message's `webhook-id`."""

    attempts = serializers.SerializerMethodField()

    class Meta:
        model = Delivery
        fields = (
            *("id", "alert", "event", "channel", "webhook", "recipient", "sha256", "state", "next_at"),
            *("attempts", "created_at"),
        )
        read_only_fields = fields

    @extend_schema_field(AttemptSerializer(many=True))
    def get_attempts(self, delivery: Delivery) -> Any:
        """In order."""
        return AttemptSerializer(delivery.attempts.all(), many=True).data
