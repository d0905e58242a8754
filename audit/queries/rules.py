"""Rule sets: their versions, what changed between them, which is in force, and what each clause decided."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, QuerySet, Sum
from django.http import Http404
from django.utils import timezone

from audit.kernel.ruleset import NAMES, span
from audit.kernel.terms import MEANINGS, Reason
from audit.models import RuleSet, Run, Total

TITLES = {
    "match_before_seconds": "match window before the claim",
    "match_before_by_action": "match window before, for single actions",
    "match_after_seconds": "match window after the claim",
    "match_after_by_action": "match window after, for single actions",
    "counted_actions": "counted actions",
    "production_environments": "production environments",
    "completed_statuses": "statuses that mean completed",
    "registered_agents": "registered agents",
    "independent_grades": "grades that can verify",
    "failures_are_billed": "failures are billed",
    "compare_effects": "what was written is compared",
    "ignore_fields": "fields that are not compared",
    "burst_window_seconds": "burst window",
    "burst_minimum": "smallest burst of which one counts",
    "oscillation_voids": "going back and forth voids a burst",
    "undo_window_seconds": "undo (reopen) window",
    "undo_window_by_action": "undo (reopen) window, for single actions",
    "taint_from": "what spoils the steps built on it",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One name of the law whose value differs between two versions; values as JSON and in words."""

    name: str
    before: str
    after: str
    title: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Hit:
    """What one clause decided in a run."""

    state: str
    reason: str
    claims: int
    units: int


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


def before(rule_set: RuleSet) -> RuleSet | None:
    """The version before it under the same name."""
    return RuleSet.objects.filter(name=rule_set.name, version__lt=rule_set.version).order_by("-version").first()


def others(rule_set: RuleSet) -> QuerySet[RuleSet]:
    """Every other version of every name, for setting it beside this one."""
    return RuleSet.objects.exclude(id=rule_set.id)


def is_newest(rule_set: RuleSet) -> bool:
    """Whether no later version has its name."""
    return not RuleSet.objects.filter(name=rule_set.name, version__gt=rule_set.version).exists()


def changes(older: dict[str, Any], newer: dict[str, Any]) -> list[Change]:
    """What differs, in the order of the law."""
    return [
        Change(
            name=name,
            before=_text(older.get(name)),
            after=_text(newer.get(name)),
            title=TITLES[name],
            was=_said(name, older.get(name)),
            now=_said(name, newer.get(name)),
        )
        for name in NAMES
        if older.get(name) != newer.get(name)
    ]


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _said(name: str, value: Any) -> str:
    """The value of a name of the law as people say it."""
    if value is None:
        return "all"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{action} {span(seconds)}" for action, seconds in sorted(value.items())) or "none"
    if name == "taint_from":
        return ", ".join(MEANINGS[Reason(reason)].title.lower() for reason in value) or "nothing"
    if isinstance(value, list | tuple):
        return ", ".join(value) or "none"
    return span(value) if name.endswith("_seconds") else str(value)


def starts_on(rule_set: RuleSet) -> date | None:
    """The first day for which an approved version is in force: as agreed, else its approval. The law: from ever on."""
    if rule_set.effective_on or rule_set.decided_at is None:
        return rule_set.effective_on
    return date.min if rule_set.decided_by == "law" else timezone.localdate(rule_set.decided_at)


def in_force(day: date, among: Iterable[RuleSet] | None = None) -> RuleSet | None:
    """The version in force for a period that begins on a day: of those approved, the one that started last.

    Of several that start on one day the one approved last. None: nothing was approved for that day.
    """
    approved = RuleSet.objects.filter(state=RuleSet.State.APPROVED) if among is None else among
    dated = [(start, row.decided_at, row) for row in approved if (start := starts_on(row)) and start <= day]
    return max(dated, key=lambda found: found[:2], default=(None, None, None))[2]


def spans() -> dict[UUID, tuple[date, date | None]]:
    """For every version that is in force for some day: the first of them, and the day on which another follows."""
    approved = list(RuleSet.objects.filter(state=RuleSet.State.APPROVED))
    days = sorted({start for row in approved if (start := starts_on(row))})
    held = {day: found.id for day in days if (found := in_force(day, approved))}
    return {held[day]: (day, following) for day, following in zip(days, [*days[1:], None], strict=False)}


def last_run(rule_set: RuleSet) -> Run | None:
    """The newest finished run that these very rules judged: a draft may have changed since."""
    done = Run.objects.filter(rule_set=rule_set, state=Run.State.DONE).order_by("-number")[:20]
    return next((run for run in done if run.summary.get("rules") == rule_set.rules), None)


def hits(run: Run) -> list[Hit]:
    """How many lines and units each clause decided in a run, in the order of the law; those that decided none too."""
    rows = Total.objects.filter(run=run).order_by("reason").values_list("reason")
    found = {reason: (claims, units) for reason, claims, units in rows.annotate(Sum("claims"), Sum("units"))}
    return [Hit(MEANINGS[reason].state, reason, *map(int, found.get(reason, (0, 0)))) for reason in Reason]
