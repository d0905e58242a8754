"""Previews: what rules would change on a finished run, and the lines that they would change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from audit.kernel import clauses
from audit.kernel.ruleset import Rule, parse, sentences
from audit.kernel.terms import State
from audit.models import Preview, RuleSet, Run
from audit.queries.lines import Line, Lines
from audit.queries.rules import Change, changes
from audit.vault import files
from audit.vault.difference import COLUMNS

EXACT = ("vendor", "claim_id", "old_state", "old_reason", "new_state", "new_reason", "agent_id", "action", "target")
FILTERS = (*EXACT, "currency", "from", "until", "q")
ENDS = ("charged_micros", "due_at_least_micros", "due_at_most_micros", "overcharged_at_least_micros")


class ChangedLines(Lines):
    """Lines whose verdict would be another: old and new verdict, what the new one rests on, what the vendor said."""

    columns: ClassVar[tuple[str, ...]] = COLUMNS
    known: ClassVar[tuple[str, ...]] = FILTERS


@dataclass(frozen=True, slots=True)
class Shift:
    """An amount before and after."""

    before: int | None
    after: int | None

    @property
    def delta(self) -> int | None:
        """How much more it is; None where one of the two is not known."""
        return None if self.before is None or self.after is None else self.after - self.before


def all_previews() -> QuerySet[Preview]:
    """Every preview with its rules and its run."""
    return Preview.objects.select_related("rule_set", "run")


def get(preview_id: UUID) -> Preview:
    """One preview. Raises Http404."""
    found = all_previews().filter(id=preview_id).first()
    if found is None:
        raise Http404("No such preview.")
    return found


def of(rule_set: RuleSet, run: Run) -> Preview | None:
    """The last preview of a rule set on a run."""
    return all_previews().filter(rule_set=rule_set, run=run).first()


def last_of(rule_set: RuleSet) -> Preview | None:
    """The last preview of a rule set on any run."""
    return all_previews().filter(rule_set=rule_set).order_by("-created_at").first()


def lines(preview: Preview, filters: Mapping[str, str] | None = None) -> ChangedLines:
    """The changed lines. Raises FileNotFoundError until the preview is done."""
    if not preview.file_key:
        raise FileNotFoundError(f"the preview of {preview} is not done yet")
    return ChangedLines(files.local(preview.file_key), dict(filters or {}))


def clause(line: Line, rule: Rule) -> str:
    """Why the new rules give a changed line its new verdict, with their numbers."""
    return clauses.of({**line, "reason": line["new_reason"]}, rule)


def changed_rules(run: Run, rules: Mapping[str, Any]) -> list[Change]:
    """Which names of the law differ from those that judged the run."""
    return changes(run.summary["rules"], dict(rules))


def changed_sentences(run: Run, rules: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The same in plain English: what the run went by, and what would take its place."""
    old, new = sentences(parse(run.summary["rules"])), sentences(parse(dict(rules)))
    return [(before, after) for before, after in zip(old, new, strict=True) if before != after]


def law_moved(outcome: Mapping[str, Any]) -> bool:
    """Whether the law itself has changed since the run: then not every difference comes from the rules."""
    law = outcome.get("law_sha256", {})
    return bool(law.get("before") != law.get("after"))


def score_ends(outcome: Mapping[str, Any]) -> tuple[Shift, Shift]:
    """The low and the high end of the score, in basis points."""
    score = outcome["score"]
    low, high = (Shift(score["before"][name], score["after"][name]) for name in ("low_bps", "high_bps"))
    return low, high


def money(outcome: Mapping[str, Any]) -> list[tuple[str, dict[str, Shift]]]:
    """Every currency with what was charged, what is due and what was overcharged; in micros."""
    before, after = ({purse["currency"]: purse for purse in outcome["money"][side]} for side in ("before", "after"))
    currencies = sorted({*before, *after} - {None})
    return [
        (currency, {name: Shift(_micros(before, currency, name), _micros(after, currency, name)) for name in ENDS})
        for currency in currencies
    ]


def _micros(purses: Mapping[str, Any], currency: str, name: str) -> int:
    return int(purses[currency][name]) if currency in purses else 0


def changed_moves(outcome: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The moves from one verdict to another, most claims first."""
    moved = [move for move in outcome["matrix"] if not _is_kept(move)]
    return sorted(moved, key=lambda move: -move["claims"])


def by_state(outcome: Mapping[str, Any]) -> list[tuple[str, list[int]]]:
    """For every state that occurs: how many of its claims would have each state, in the order of `states_of`."""
    claims: dict[tuple[str, str], int] = defaultdict(int)
    for move in outcome["matrix"]:
        claims[move["old_state"], move["new_state"]] += move["claims"]
    states = states_of(outcome)
    return [(old, [claims[old, new] for new in states]) for old in states]


def states_of(outcome: Mapping[str, Any]) -> list[str]:
    """The states that occur before or after, in the order of the law."""
    found = {move[name] for move in outcome["matrix"] for name in ("old_state", "new_state")}
    return [state.value for state in State if state.value in found]


def _is_kept(move: Mapping[str, Any]) -> bool:
    return (move["old_state"], move["old_reason"]) == (move["new_state"], move["new_reason"])
