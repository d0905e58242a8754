"""Vendors, agents, accounts of agents, prices, sources, coverage."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from audit.models import Actor, Agent, Coverage, RateCard, Source, Vendor
from audit.serializers.fields import Instant, PlainObject, Shown, VendorField


class VendorSerializer(Shown):
    """Who claims."""

    name = serializers.CharField(max_length=200, required=False, help_text="How it is shown; the key where not given.")

    class Meta:
        model = Vendor
        fields = ("id", "key", "name", "created_at")
        read_only_fields = ("created_at",)


class AgentSerializer(Shown):
    """One agent of a vendor."""

    vendor = VendorField(help_text="The vendor's id or key.")
    vendor_key = serializers.CharField(source="vendor.key", read_only=True)

    class Meta:
        model = Agent
        fields = ("id", "vendor", "vendor_key", "agent_id", "name", "created_at")
        read_only_fields = ("created_at",)


class ActorSerializer(Shown):
    """Which account in which system is which agent."""

    vendor = VendorField(help_text="The vendor's id or key.")
    vendor_key = serializers.CharField(source="vendor.key", read_only=True)
    agent_id = serializers.CharField(max_length=500, help_text="The agent's own id, or the id of its row.")

    class Meta:
        model = Actor
        fields = ("id", "system", "actor", "vendor", "vendor_key", "agent_id", "created_at")
        read_only_fields = ("created_at",)


class RateCardSerializer(Shown):
    """The agreed price of an action from a day on, until another begins."""

    vendor = VendorField(help_text="The vendor's id or key.")
    vendor_key = serializers.CharField(source="vendor.key", read_only=True)
    action = serializers.CharField(
        max_length=200, allow_blank=True, default="", help_text="Empty: every action that has no price of its own."
    )
    basis = serializers.ChoiceField(
        choices=RateCard.Basis.choices,
        default=RateCard.Basis.UNIT,
        help_text="What one price buys; of tokens a million.",
    )
    price_micros = serializers.IntegerField(min_value=0, max_value=2**63 - 1, help_text="Millionths of the currency.")
    currency = serializers.RegexField(r"\A[A-Z]{3}\Z", help_text="ISO 4217, such as EUR.")

    class Meta:
        model = RateCard
        fields = (
            *("id", "vendor", "vendor_key", "action", "basis", "price_micros", "currency", "starts_on", "used_by"),
            "created_at",
        )
        read_only_fields = ("used_by", "created_at")


class SourceSerializer(Shown):
    """One vendor feed or one own system, with the mapping of its files."""

    vendor = VendorField(required=False, allow_null=True, help_text="The vendor's id or key; for claims.")
    vendor_key = serializers.SerializerMethodField()
    events_per_minute = serializers.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, help_text="Rows of its stream; more are answered 429."
    )
    expected_hours = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=8_760,
        help_text="Something is expected at least every so many hours: later it is late, and alerts of silence use it "
        "instead of their own hours. null: not said.",
    )
    mapping = PlainObject(required=False, help_text="How its files are read; empty: canonical column names.")

    class Meta:
        model = Source
        fields = (
            *("id", "kind", "name", "vendor", "vendor_key", "system", "grade", "environment", "time_zone", "mapping"),
            *("mapping_version", "refused_limit_bps", "events_per_minute", "expected_hours", "created_at"),
        )
        read_only_fields = ("mapping_version", "created_at")

    def get_vendor_key(self, source: Source) -> str | None:
        """The word in the `vendor` column of its claims."""
        return source.vendor.key if source.vendor else None


class CoverageSerializer(Shown):
    """Where and when a system was watching."""

    starts_at = Instant()
    ends_at = Instant()
    grade = serializers.ChoiceField(
        choices=Coverage._meta.get_field("grade").choices or [], required=False, help_text="Needed once a system."
    )

    class Meta:
        model = Coverage
        fields = (
            *("id", "system", "grade", "target_prefix", "action", "starts_at", "ends_at", "state", "batch"),
            *("decided_by", "created_at"),
        )
        read_only_fields = ("state", "batch", "decided_by", "created_at")


def only(given: dict[str, Any], *names: str) -> dict[str, Any]:
    """Those members of a request that an operation can change. Raises ValidationError for any other."""
    fixed = sorted(set(given) - set(names))
    if fixed:
        raise serializers.ValidationError({name: ["This cannot be changed once it is entered."] for name in fixed})
    return given
