"""Lines of a run, and what may be asked of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from rest_framework import serializers

from audit.kernel.terms import Reason, State
from audit.queries import catalogue
from audit.queries.lines import COLUMNS, FILTERS, Line
from audit.serializers.fields import Instant

FORMATS = ("json", "csv", "ndjson", "parquet", "xlsx")
WORDS = {
    "q": "A claim id, session id or event id, or a part of a target.",
    "under": "The beginning of the targets, which ends in a slash; or a whole target. As coverage names them.",
    "vendor": "The vendor's key or id.",
    "class": "A: contradicted by the claims alone. B: by evidence.",
}
KINDS: dict[str, tuple[type[serializers.Field[Any, Any, Any, Any]], dict[str, Any]]] = {
    "state": (serializers.ChoiceField, {"choices": [str(state) for state in State]}),
    "reason": (serializers.ChoiceField, {"choices": [str(reason) for reason in Reason]}),
    "class": (serializers.ChoiceField, {"choices": ["A", "B"]}),
    "provisional": (serializers.BooleanField, {"allow_null": True}),
    "from": (Instant, {}),
    "until": (Instant, {}),
}
LINE_KINDS: dict[str, type[serializers.Field[Any, Any, Any, Any]]] = {
    **dict.fromkeys(
        ("revision", "row", "rank", "units", "charge_micros", "tokens_input", "tokens_cached", "tokens_output", "line"),
        serializers.IntegerField,
    ),
    "provisional": serializers.BooleanField,
    "withdrawn": serializers.BooleanField,
    "occurred_at": Instant,
    "effect": serializers.JSONField,
}
NEVER_NULL = ("vendor", "claim_id", "revision", "row", "state", "reason", "provisional", "units", "agent_id", "action")


class LineFilters(serializers.Serializer[Any]):
    """Which lines. Names are of `audit.queries.lines.FILTERS`."""

    known: ClassVar[Sequence[str]] = FILTERS
    kinds: ClassVar[Mapping[str, tuple[type[serializers.Field[Any, Any, Any, Any]], dict[str, Any]]]] = KINDS

    def get_fields(self) -> dict[str, Any]:
        """A field a filter."""
        fields = {}
        for name in self.known:
            kind, options = self.kinds.get(name, (serializers.CharField, {"max_length": 2000}))
            fields[name] = kind(required=False, help_text=WORDS.get(name, ""), **options)
        return fields

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """The filters as text, the vendor by its key. Raises ValidationError for a name that is no filter."""
        unknown = sorted(set(data) - set(self.known))
        if unknown:
            raise serializers.ValidationError({name: ["There is no such filter."] for name in unknown})
        filled = {name: value for name, value in data.items() if value != ""}
        found = {name: _text(value) for name, value in super().to_internal_value(filled).items() if value is not None}
        if "vendor" in found:
            found["vendor"] = catalogue.vendor_key(found["vendor"])
        return found


class LineOrder(serializers.Serializer[Any]):
    """In which form, in which order."""

    format = serializers.ChoiceField(choices=FORMATS, required=False, help_text="json where not given.")
    ordering = serializers.CharField(
        required=False, help_text="Columns, with - for descending; for json. Where not given: the lines' identity."
    )


class LineSerializer(serializers.Serializer[Line]):
    """One claim row with its verdict. For the schema: pages are made by `plain`."""

    def get_fields(self) -> dict[str, Any]:
        """A field a column."""
        return {
            name: LINE_KINDS.get(name, serializers.CharField)(allow_null=name not in NEVER_NULL) for name in COLUMNS
        }


class LinePageSerializer(serializers.Serializer[Any]):
    """A page of lines."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = LineSerializer(many=True)


class ExplanationSerializer(serializers.Serializer[Any]):
    """Why a claim has its verdict: the verdict is the run's own, the rest is what it rests on."""

    run = serializers.UUIDField()
    rule_set = serializers.UUIDField()
    rules = serializers.DictField(help_text="The rule that judged it.")
    verdicts = serializers.ListField(
        child=serializers.DictField(), help_text="Every row of the claim id, with its clause."
    )
    rows = serializers.ListField(child=serializers.DictField(), help_text="As the vendor said them.")
    clause = serializers.CharField(help_text="Why, in a sentence or two.")
    window = serializers.DictField(allow_null=True, help_text="From when to when evidence may come.")
    candidates = serializers.ListField(
        child=serializers.DictField(), help_text="Events that were considered, with rank and fate."
    )
    watchers = serializers.ListField(child=serializers.DictField(), help_text="Systems that were watching.")
    watched_elsewhen = serializers.ListField(
        child=serializers.DictField(), help_text="When systems watched the record that never watched the whole window."
    )
    burst = serializers.ListField(child=serializers.DictField(), help_text="Claims of one burst.")
    undone_by = serializers.DictField(allow_null=True)
    ancestors = serializers.ListField(child=serializers.DictField(), help_text="Steps that it was built on.")


def plain(line: Line) -> dict[str, Any]:
    """A line as JSON has it: instants with Z, the effect as an object."""
    shown: dict[str, Any] = {name: _shown(value) for name, value in line.items()}
    if isinstance(line.get("effect"), str):
        shown["effect"] = json.loads(line["effect"])
    return shown


def filters_of(given: Mapping[str, Any], kind: type[LineFilters] = LineFilters) -> dict[str, str]:
    """Filters as the kernel's lines take them. Raises ValidationError, with the filter."""
    serializer = kind(data=given)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _shown(value: Any) -> Any:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else str(value)
