"""Runs and what they yield: findings, scores, exports."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audit.kernel.terms import MEANINGS, Reason, State
from audit.models import Export, Finding, RuleSet, Run, Score
from audit.serializers.fields import Instant, PlainObject, Reference, Shown, VendorField

COUNTS = ("claims", "units", "states", "reasons")
DIGESTS = ("inputs", "rules_sha256", "law_sha256")


class CountSerializer(serializers.Serializer[Any]):
    """Claims and units of one state or reason."""

    claims = serializers.IntegerField()
    units = serializers.IntegerField()


class CountsSerializer(serializers.Serializer[Any]):
    """What became of every claim row."""

    claims = serializers.IntegerField()
    units = serializers.IntegerField()
    states = serializers.DictField(child=CountSerializer(), help_text=f"By state: {', '.join(State)}.")
    reasons = serializers.DictField(child=CountSerializer(), help_text="By reason; each belongs to one state.")


class SpanSerializer(serializers.Serializer[Any]):
    """A score: the verified share of the claimed units. Null where nothing was claimed."""

    claims = serializers.IntegerField()
    units = serializers.IntegerField()
    verified_units = serializers.IntegerField()
    unverifiable_units = serializers.IntegerField()
    low_bps = serializers.IntegerField(allow_null=True, help_text="Verified, in basis points, rounded down.")
    high_bps = serializers.IntegerField(allow_null=True, help_text="Verified or unverifiable.")


class ProgressSerializer(serializers.Serializer[Any]):
    """How far the stage is."""

    done = serializers.IntegerField(source="stage_done")
    total = serializers.IntegerField(source="stage_total")


class MoneySerializer(serializers.Serializer[Any]):
    """Money of a run in one currency."""

    currency = serializers.CharField(allow_null=True)
    charged_micros = serializers.IntegerField()
    due_at_least_micros = serializers.IntegerField()
    due_at_most_micros = serializers.IntegerField()
    overcharged_at_least_micros = serializers.IntegerField()


class NewRunSerializer(serializers.Serializer[Any]):
    """What to judge, by which rules."""

    period_start = Instant()
    period_end = Instant(help_text="The first instant that no longer belongs.")
    rule_set = Reference(
        queryset=RuleSet.objects.all(),
        required=False,
        allow_null=True,
        help_text="Without one: the version in force on the first day of the period in the tenant's time zone, as on "
        "the page; the law's defaults (Standard) where none is.",
    )
    vendor = VendorField(required=False, allow_null=True, help_text="Only this vendor's claims; by id or key.")


class RunSerializer(Shown):
    """One rule set applied to fixed batches for one period."""

    vendor_key = serializers.SerializerMethodField()
    progress = ProgressSerializer(source="*", read_only=True)
    counts = serializers.SerializerMethodField(help_text="Null until the run is done.")
    score = serializers.SerializerMethodField(help_text="Null until the run is done.")
    money = serializers.SerializerMethodField()
    digests = serializers.SerializerMethodField(
        help_text="Of inputs, rules and law; with them anybody can judge again."
    )
    files = serializers.SerializerMethodField(help_text="Name → SHA-256 of what the run left.")

    prices = PlainObject(read_only=True, help_text="What the rate cards give on its lines, in their own currencies.")

    class Meta:
        model = Run
        fields = (
            *("id", "number", "period_start", "period_end", "vendor", "vendor_key", "rule_set", "trial", "opened_by"),
            *("state", "error", "stage", "progress", "rows_per_second", "counts", "score", "money", "digests"),
            *("row_root", "files", "prices", "superseded_by", "created_at", "started_at", "ended_at"),
        )
        read_only_fields = fields

    def get_vendor_key(self, run: Run) -> str | None:
        """Whose claims, where it is one vendor's run."""
        return run.vendor.key if run.vendor else None

    @extend_schema_field(CountsSerializer(allow_null=True))
    def get_counts(self, run: Run) -> Any:
        """As the kernel counted them."""
        return {name: run.summary.get(name) for name in COUNTS} if run.summary else None

    @extend_schema_field(SpanSerializer(allow_null=True))
    def get_score(self, run: Run) -> Any:
        """As the kernel counted it."""
        return run.summary.get("score")

    @extend_schema_field(MoneySerializer(many=True))
    def get_money(self, run: Run) -> Any:
        """One row a currency."""
        return run.summary.get("money", [])

    def get_digests(self, run: Run) -> dict[str, Any]:
        """What the run rests on."""
        return {name: run.summary.get(name) for name in DIGESTS} | {"rule_set": run.rule_set.digest}

    def get_files(self, run: Run) -> dict[str, str]:
        """The hash is a part of each file's key."""
        return {name: key.rsplit("/", 1)[-1].split(".")[0] for name, key in sorted(run.files.items())}


@extend_schema_field(OpenApiTypes.STR)
class Meant(serializers.ReadOnlyField):
    """What the law says of a reason: a member of its Meaning."""

    def __init__(self, member: str, **options: Any) -> None:
        super().__init__(**options)
        self.member = member

    def to_representation(self, value: str) -> str | None:
        """As text."""
        found = getattr(MEANINGS[Reason(value)], self.member)
        return None if found is None else str(found)


class ChargeSerializer(serializers.Serializer[Any]):
    """What was charged in one currency."""

    currency = serializers.CharField()
    charge_micros = serializers.IntegerField()


class FindingSerializer(serializers.ModelSerializer[Finding]):
    """What one run found of a discrepancy. The id is the discrepancy's: it stays across superseding runs."""

    id = serializers.UUIDField(source="discrepancy_id", read_only=True)
    reason = serializers.CharField(source="discrepancy.reason", read_only=True)
    state = Meant("state", source="discrepancy.reason", help_text="Contradicted or unsupported.")
    klass = Meant("klass", source="discrepancy.reason", help_text="A: by the claims alone. B: by evidence.")
    vendor = serializers.CharField(source="discrepancy.vendor", read_only=True, help_text="The vendor's key.")
    agent_id = serializers.CharField(source="discrepancy.agent_id", read_only=True)
    action = serializers.CharField(source="discrepancy.action", read_only=True)
    money = serializers.SerializerMethodField(help_text="Charged, by currency.")
    first_at = Instant(read_only=True)
    last_at = Instant(read_only=True)
    examples = serializers.ListField(child=serializers.CharField(), read_only=True, help_text="A few claim ids.")

    class Meta:
        model = Finding
        fields = (
            *("id", "run", "reason", "state", "klass", "vendor", "agent_id", "action", "claims", "units"),
            *("charge_micros", "currency", "money", "first_at", "last_at", "examples"),
        )
        read_only_fields = fields

    def get_fields(self) -> dict[str, Any]:
        """`class` is no name that Python lets a field have."""
        fields = super().get_fields()
        return {"class" if name == "klass" else name: field for name, field in fields.items()}

    @extend_schema_field(ChargeSerializer(many=True))
    def get_money(self, finding: Finding) -> Any:
        """One row a currency."""
        return [{"currency": name, "charge_micros": micros} for name, micros in sorted(finding.money.items())]


class ScoreSerializer(serializers.ModelSerializer[Score]):
    """A score of a run, whole or of one vendor, agent, action or UTC day."""

    class Meta:
        model = Score
        fields = (
            *("run", "by", "vendor", "agent_id", "action", "day", "low_bps", "high_bps"),
            *("claimed_units", "verified_units", "unverifiable_units"),
        )
        read_only_fields = fields


class NewExportSerializer(serializers.Serializer[Any]):
    """Which lines, in which form."""

    format = serializers.ChoiceField(choices=Export.Format.choices)
    filters = PlainObject(required=False, help_text="As the parameters of `GET /runs/{id}/verdicts/`.")


class ExportSerializer(Shown):
    """Lines of a run as a file."""

    bytes = serializers.IntegerField(source="byte_count", read_only=True, allow_null=True)
    rows = serializers.IntegerField(source="row_count", read_only=True, allow_null=True)
    file = serializers.SerializerMethodField(help_text="Where to fetch it; null until it is done.")

    class Meta:
        model = Export
        fields = ("id", "run", "format", "filters", "state", "error", "rows", "bytes", "file", "asked_by", "created_at")
        read_only_fields = fields

    def get_file(self, export: Export) -> str | None:
        """The address of the file."""
        if export.state != Export.State.DONE:
            return None
        return self.context["request"].build_absolute_uri(f"/api/v1/exports/{export.pk}/file/")  # type: ignore[no-any-return]
