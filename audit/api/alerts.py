"""Alerts, the rules that raise them, and the messages that tell of them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.base import Nouns, once
from audit.api.filters import AlertFilters, DeliveryFilters
from audit.operations import alerting, deliveries
from audit.operations import alerts as operations
from audit.queries import alerts
from audit.serializers.alerts import AlertRuleSerializer, AlertSerializer, DeliverySerializer, WebhookSerializer

NUMBERS = ("threshold_bps", "amount_micros", "currency", "hours", "repeats")


class Alerts(Nouns):
    """What happened that somebody asked to be told."""

    rows = staticmethod(alerts.all_alerts)
    serializer_class = AlertSerializer
    filterset_class = AlertFilters
    ordering = ("-created_at", "id")

    @extend_schema(request=None, responses=AlertSerializer)
    @once
    def seen(self, request: Request, **kwargs: object) -> Response:
        """Note that it was looked at."""
        return self.show(operations.note_seen(self.get_object(), self.by))


class AlertRules(Nouns):
    """What is watched for, and who is told."""

    rows = staticmethod(alerts.all_rules)
    serializer_class = AlertRuleSerializer

    @once
    def create(self, request: Request) -> Response:
        """Make a rule; it is tried at once on what is there."""
        given = self.given()
        return self.show(alerting.add_rule(given.pop("kind"), self.by, **given), 201)

    def partial_update(self, request: Request, **kwargs: object) -> Response:
        """Change a rule, or switch it on or off."""
        rule = self.get_object()
        given = self.changes(rule, *NUMBERS, "vendor", "source", "channels", "recipients", "enabled")
        return self.show(alerting.edit_rule(rule, self.by, **given))


class Webhooks(Nouns):
    """Addresses that are told of alerts. Only keys with the scope `admin` see them."""

    required_scopes = {"GET": "admin"}
    rows = staticmethod(alerts.all_webhooks)
    serializer_class = WebhookSerializer

    @once
    def create(self, request: Request) -> Response:
        """Add an endpoint. Its secret is in this answer and nowhere else."""
        given = self.given()
        webhook, self.secret = alerting.add_webhook(given["name"], given["url"], self.by)
        return self.show(webhook, 201)

    def get_serializer_context(self) -> dict[str, Any]:
        """With the secret, where it was just made."""
        return {**super().get_serializer_context(), "secret": getattr(self, "secret", None)}

    def partial_update(self, request: Request, **kwargs: object) -> Response:
        """Switch an endpoint on or off."""
        webhook = self.get_object()
        given = self.changes(webhook, "enabled")
        return self.show(alerting.switch_webhook(webhook, given.get("enabled", webhook.enabled), self.by))

    @extend_schema(request=None, responses={202: DeliverySerializer})
    @once
    def test(self, request: Request, **kwargs: object) -> Response:
        """Send an endpoint a test."""
        return Response(DeliverySerializer(deliveries.test(self.get_object(), self.by)).data, status=202)


class Deliveries(Nouns):
    """The log of messages."""

    rows = staticmethod(alerts.all_deliveries)
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilters
    ordering = ("-created_at", "id")

    @extend_schema(request=None, responses={202: DeliverySerializer})
    @once
    def replay(self, request: Request, **kwargs: object) -> Response:
        """Send the same message again, under the same id, with fresh attempts."""
        delivery = deliveries.replay(self.get_object(), self.by)
        return Response(self.get_serializer(delivery).data, status=202)
