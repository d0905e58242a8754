"""Receipts, batches, refused rows."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audit.models import Batch
from audit.serializers.fields import Shown

REFUSALS_SHOWN = 20
COUNTS = ("received", "accepted", "duplicate", "conflicting", "refused")


class CountedSerializer(serializers.ModelSerializer[Batch]):
    """A batch by its bytes and what became of its rows."""

    batch = serializers.UUIDField(source="id", read_only=True)
    bytes = serializers.IntegerField(source="byte_count", read_only=True)
    received = serializers.IntegerField(source="received_count", read_only=True)
    accepted = serializers.IntegerField(source="accepted_count", read_only=True)
    duplicate = serializers.IntegerField(source="duplicate_count", read_only=True)
    conflicting = serializers.IntegerField(source="conflicting_count", read_only=True)
    refused = serializers.IntegerField(source="refused_count", read_only=True)


class ReceiptSerializer(CountedSerializer):
    """What was received, and what became of its rows: received = accepted + duplicate + conflicting + refused."""

    new = serializers.SerializerMethodField(help_text="False: these bytes had arrived before; this is that batch.")

    class Meta:
        model = Batch
        fields = ("batch", "sha256", "bytes", *COUNTS, "ledger_index", "state", "new")
        read_only_fields = ("sha256", "ledger_index", "state")

    def get_new(self, batch: Batch) -> bool:
        """Whether this request brought the bytes."""
        return bool(self.context.get("new", False))


class StreamRefusalSerializer(serializers.Serializer[Any]):
    """Why a row of a request was refused. `line`: in the request; its number where the request is one document."""

    line = serializers.IntegerField()
    column = serializers.CharField()
    value = serializers.CharField()
    reason = serializers.CharField()


class StreamReceiptSerializer(serializers.Serializer[Any]):
    """What became of the rows of one request: received = accepted + duplicate + conflicting + refused."""

    receipt = serializers.UUIDField(source="arrival.id")
    batch = serializers.UUIDField(source="batch.id", help_text="The segment that the rows are sealed with.")
    sha256 = serializers.CharField(source="arrival.sha256", help_text="Of the body as it was sent.")
    bytes = serializers.IntegerField(source="arrival.byte_count")
    received = serializers.IntegerField(source="arrival.received_count")
    accepted = serializers.IntegerField(source="arrival.accepted_count")
    duplicate = serializers.IntegerField(source="arrival.duplicate_count")
    conflicting = serializers.IntegerField(source="arrival.conflicting_count")
    refused = serializers.IntegerField(source="arrival.refused_count")
    ledger_index = serializers.IntegerField(source="batch.ledger_index", help_text="The entry that opened the segment.")
    refusals = serializers.SerializerMethodField(help_text=f"The first {REFUSALS_SHOWN}.")
    refusals_left_out = serializers.SerializerMethodField(
        help_text="How many more there are: /api/v1/batches/{batch}/refused/ has all of them."
    )

    @extend_schema_field(StreamRefusalSerializer(many=True))
    def get_refusals(self, receipt: Any) -> list[dict[str, Any]]:
        """The first of them."""
        names = ("line", "column", "value", "reason")
        return [{name: getattr(fault, name) for name in names} for fault in receipt.read.refusals[:REFUSALS_SHOWN]]

    def get_refusals_left_out(self, receipt: Any) -> int:
        """How many are not listed."""
        return max(0, len(receipt.read.refusals) - REFUSALS_SHOWN)


class BatchSerializer(Shown, CountedSerializer):
    """A batch: its receipt and where it stands."""

    source_name = serializers.CharField(source="source.name", read_only=True)
    kind = serializers.CharField(source="source.kind", read_only=True)

    class Meta:
        model = Batch
        fields = (
            *("id", "batch", "source", "source_name", "kind", "streamed", "position", "file_name", "sha256", "bytes"),
            *COUNTS,
            *("ledger_index", "state", "error", "first_at", "last_at", "mapping_version", "received_by"),
            *("created_at", "sealed_at"),
        )
        read_only_fields = fields


class RefusedRowSerializer(serializers.Serializer[dict[str, Any]]):
    """One fault of one row."""

    file = serializers.CharField()
    line = serializers.IntegerField(allow_null=True)
    column = serializers.CharField()
    value = serializers.CharField()
    reason = serializers.CharField()


class RefusedPageSerializer(serializers.Serializer[Any]):
    """A page of refused rows."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = RefusedRowSerializer(many=True)
