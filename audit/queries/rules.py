"""Rule sets and what changed between their versions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import Coalesce, TruncDate
from django.http import Http404

from audit.kernel.ruleset import NAMES
from audit.models import RuleSet


@dataclass(frozen=True, slots=True)
class Change:
    """One name of the law whose value differs between two versions; values as JSON."""

    name: str
    before: str
    after: str


def versions() -> QuerySet[RuleSet]:
    """Every version of every rule set, by name and newest first, with how many runs used it."""
    return RuleSet.objects.annotate(run_count=Count("runs"))


def newest() -> dict[str, int]:
    """The highest version of each name."""
    return dict(RuleSet.objects.values_list("name").annotate(version=Max("version")).order_by("name"))


def get(rule_set_id: UUID) -> RuleSet:
    """One version. Raises Http404."""
    found = RuleSet.objects.filter(id=rule_set_id).first()
    if found is None:
        raise Http404("No such rule set.")
    return found


def in_force(today: date) -> RuleSet | None:
    """The approved version that took effect last, the newest of them; one's own before the law's defaults."""
    approved = RuleSet.objects.filter(Q(effective_on=None) | Q(effective_on__lte=today), state=RuleSet.State.APPROVED)
    own = approved.exclude(drafted_by="system")
    newest = (Coalesce("effective_on", TruncDate("decided_at")).desc(), "-decided_at", "-version")
    return own.order_by(*newest).first() or approved.order_by(*newest).first()


def before(rule_set: RuleSet) -> RuleSet | None:
    """The version before it under the same name."""
    return RuleSet.objects.filter(name=rule_set.name, version__lt=rule_set.version).order_by("-version").first()


def changes(older: dict[str, Any], newer: dict[str, Any]) -> list[Change]:
    """What differs, in the order of the law."""
    return [
        Change(name, _text(older.get(name)), _text(newer.get(name)))
        for name in NAMES
        if older.get(name) != newer.get(name)
    ]


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
