"""Counts that vendors state, and what they were held against."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audit.models import StatedCount
from audit.queries import counts
from audit.serializers.fields import Shown, VendorField


class SeenSerializer(serializers.Serializer[object]):
    """Events of one system that could be the work."""

    system = serializers.CharField()
    grade = serializers.CharField()
    events = serializers.IntegerField()
    units = serializers.IntegerField()


class StatedCountSerializer(Shown):
    """One bucket: what is stated, what the vendor's lines, a run's verdicts and events say of it, what that proves."""

    vendor = VendorField(read_only=True)
    vendor_key = serializers.CharField(source="vendor.key", read_only=True)
    money = serializers.DictField(child=serializers.IntegerField(), read_only=True, help_text="Micros by currency.")
    claim_money = serializers.DictField(child=serializers.IntegerField(), read_only=True, help_text="As `money`.")
    hole = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="System, prefix, from, to; empty where there is none."
    )
    seen = serializers.SerializerMethodField(help_text="Events that could be the work, by system.")
    compared = serializers.SerializerMethodField(help_text="What `variance` is in: units, tokens, or a currency.")
    proof = serializers.SerializerMethodField(help_text="By which rule `says` is said.")
    says = serializers.SerializerMethodField(help_text="What the count proves, in a sentence.")

    class Meta:
        model = StatedCount
        fields = (
            *("id", "vendor", "vendor_key", "batch", "line", "line_count", "period_start", "period_end", "time_zone"),
            *("agent_id", "action", "environment", "units", "tokens", "money", "superseded_by", "reckoned_at"),
            *("claim_count", "claim_units", "claim_tokens", "claim_money", "lines_from", "lines_until", "run"),
            *("verified_low", "verified_high", "seen", "event_units", "seen_from", "seen_until", "watch", "hole"),
            *("variance", "compared", "differs", "proof", "says", "created_at"),
        )
        read_only_fields = fields

    @extend_schema_field(SeenSerializer(many=True))
    def get_seen(self, row: StatedCount) -> list[dict[str, object]]:
        """The events by system."""
        return [dict(zip(("system", "grade", "events", "units"), event, strict=True)) for event in row.events]

    def get_compared(self, row: StatedCount) -> str:
        """The measure."""
        return counts.measure(row)

    @extend_schema_field(serializers.ChoiceField(choices=counts.PROOFS))
    def get_proof(self, row: StatedCount) -> str:
        """The rule."""
        return counts.says(row).proof

    def get_says(self, row: StatedCount) -> str:
        """The sentence."""
        return counts.says(row).sentence
