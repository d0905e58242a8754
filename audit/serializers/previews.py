"""Previews: what rules would change on a finished run, and its changed lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audit.kernel.ruleset import Rule
from audit.kernel.terms import Reason, State
from audit.models import Preview, Run
from audit.queries import previews
from audit.queries.lines import Line
from audit.serializers.fields import Reference, Shown
from audit.serializers.lines import KINDS, LINE_KINDS, LineFilters, plain
from audit.serializers.runs import ProgressSerializer

FORMATS = ("json", "csv", "ndjson", "parquet")
NULLABLE = (
    *("class", "rank", "event_system", "event_id", "repeat_of", "undone_by", "tainted_by"),
    *("charge_micros", "currency", "target", "session_id"),
)


class NewPreviewSerializer(serializers.Serializer[Any]):
    """What to try the rules on."""

    run = Reference(queryset=Run.objects.all(), help_text="A finished run. Nothing of it changes.")


class ShiftSerializer(serializers.Serializer[Any]):
    """An amount before and after."""

    before = serializers.IntegerField(allow_null=True)
    after = serializers.IntegerField(allow_null=True)
    delta = serializers.IntegerField(allow_null=True)


class MoneyShiftSerializer(serializers.Serializer[Any]):
    """Money of one currency under the run's rules, under these, and the difference; in micros."""

    def get_fields(self) -> dict[str, Any]:
        """A field an amount, as a run has them."""
        return {"currency": serializers.CharField()} | {name: ShiftSerializer() for name in previews.ENDS}


class ScoreShiftSerializer(serializers.Serializer[Any]):
    """Both ends of the score, in basis points."""

    low_bps = ShiftSerializer()
    high_bps = ShiftSerializer()


class MoveSerializer(serializers.Serializer[Any]):
    """One cell of the matrix: claims that went from one verdict to another, or kept theirs."""

    old_state = serializers.CharField()
    old_reason = serializers.CharField()
    new_state = serializers.CharField()
    new_reason = serializers.CharField()
    claims = serializers.IntegerField()
    units = serializers.IntegerField()
    money = serializers.DictField(child=serializers.IntegerField(), help_text="Charge in micros by currency.")


class AmountSerializer(serializers.Serializer[Any]):
    """How much would be judged otherwise."""

    claims = serializers.IntegerField()
    units = serializers.IntegerField()


class OutcomeSerializer(serializers.Serializer[Any]):
    """What two judgements of the same claims come to."""

    claims = serializers.IntegerField()
    changed = AmountSerializer()
    matrix = MoveSerializer(many=True)
    score = ScoreShiftSerializer()
    money = MoneyShiftSerializer(many=True)
    provisional = ShiftSerializer()


class ChangedRuleSerializer(serializers.Serializer[Any]):
    """A name of the law whose value differs; values as JSON."""

    name = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class PreviewSerializer(Shown):
    """One rule set tried on one finished run. Nothing already stated changes."""

    rules_sha256 = serializers.CharField(source="digest", read_only=True)
    progress = ProgressSerializer(source="*", read_only=True)
    changed_rules = serializers.SerializerMethodField(help_text="Against the rules that judged the run.")
    law_changed = serializers.SerializerMethodField(
        help_text="The law itself is another than when the run was judged: not every change comes from the rules."
    )
    sample = serializers.SerializerMethodField(
        help_text="The same on a sample of whole records, which may differ; null for small runs and until it is there."
    )
    outcome = serializers.SerializerMethodField(help_text="On every claim; null until the preview is done.")

    class Meta:
        model = Preview
        fields = (
            *("id", "rule_set", "run", "rules_sha256", "state", "error", "stage", "progress", "rows_per_second"),
            *("changed_rules", "law_changed", "sample", "outcome", "asked_by", "created_at", "started_at", "ended_at"),
        )
        read_only_fields = fields

    @extend_schema_field(ChangedRuleSerializer(many=True))
    def get_changed_rules(self, preview: Preview) -> Any:
        """In the order of the law."""
        changed = previews.changed_rules(preview.run, preview.rules)
        return ChangedRuleSerializer(changed, many=True).data

    def get_law_changed(self, preview: Preview) -> bool:
        """By the digests of the law."""
        return previews.law_moved(preview.outcome)

    @extend_schema_field(OutcomeSerializer(allow_null=True))
    def get_sample(self, preview: Preview) -> Any:
        """Matrix, score and money of the sample."""
        return _outcome(preview.sample)

    @extend_schema_field(OutcomeSerializer(allow_null=True))
    def get_outcome(self, preview: Preview) -> Any:
        """Matrix, score and money of every claim."""
        return _outcome(preview.outcome)


def _outcome(kept: Mapping[str, Any]) -> Any:
    if not kept:
        return None
    low, high = previews.score_ends(kept)
    return OutcomeSerializer(
        {
            **{name: kept[name] for name in ("claims", "changed", "matrix")},
            "score": {"low_bps": low, "high_bps": high},
            "money": [{"currency": currency, **ends} for currency, ends in previews.money(kept)],
            "provisional": previews.Shift(kept["provisional"]["before"], kept["provisional"]["after"]),
        }
    ).data


class ChangeFilters(LineFilters):
    """Which changed lines."""

    known = previews.FILTERS
    kinds = KINDS | {
        f"{side}_{name}": (serializers.ChoiceField, {"choices": [str(word) for word in words]})
        for side in ("old", "new")
        for name, words in (("state", State), ("reason", Reason))
    }


class ChangeSerializer(serializers.Serializer[Line]):
    """One changed line. For the schema: pages are made by `shown`."""

    def get_fields(self) -> dict[str, Any]:
        """A field a column, and the clause."""
        names = previews.ChangedLines.columns
        kinds = {name: LINE_KINDS.get(name, serializers.CharField) for name in names}
        fields: dict[str, Any] = {name: kind(allow_null=name in NULLABLE) for name, kind in kinds.items()}
        clause = serializers.CharField(help_text="Why it would have its new verdict, with the numbers of the rules.")
        return fields | {"clause": clause}


class ChangePageSerializer(serializers.Serializer[Any]):
    """A page of changed lines."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ChangeSerializer(many=True)


def shown(line: Line, rule: Rule) -> dict[str, Any]:
    """A changed line as JSON has it, with the clause of its new verdict."""
    return plain(line) | {"clause": previews.clause(line, rule)}
