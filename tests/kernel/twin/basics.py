"""What every clause needs: the rule with its defaults, effects, windows, and the vendor column of an event."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

Row = dict[str, Any]
Key = tuple[str, str]
"""A claim that counts: (vendor, claim_id)."""
EventKey = tuple[str, str]
"""An event: (system, event_id)."""

MICROS: Final = 1_000_000
GRADES: Final = ("A", "B", "C", "D")
DEFAULT_RULE: Final[Row] = {
    "match_before_seconds": 60,
    "match_before_by_action": {},
    "match_after_seconds": 300,
    "match_after_by_action": {},
    "counted_actions": None,
    "production_environments": ["production"],
    "completed_statuses": ["completed"],
    "registered_agents": None,
    "independent_grades": ["A", "B", "C"],
    "failures_are_billed": False,
    "compare_effects": True,
    "ignore_fields": [],
    "burst_window_seconds": 300,
    "burst_minimum": 2,
    "oscillation_voids": True,
    "undo_window_seconds": 604_800,
    "undo_window_by_action": {},
    "taint_from": ["wrong_value", "failed"],
}


@dataclass(frozen=True)
class Word:
    """What one system says of one claim: its event, the rank of the pair, and supports, failed or conflict."""

    claim: Key
    event: Row
    rank: int
    word: str


@dataclass(frozen=True)
class Decision:
    """What 3.4 makes of all words: the name of the outcome, the deciding grade and the deciding events in order."""

    name: str
    grade: str | None = None
    independent: bool = False
    deciding: tuple[Word, ...] = ()


@dataclass
class Unit:
    """A unit of work: the kept or single claim, and all its members with it."""

    kept: Key
    members: list[Key] = field(default_factory=list)


def claim_key(claim: Row) -> Key:
    """Return the claim's (vendor, claim_id)."""
    return claim["vendor"], claim["claim_id"]


def event_key(event: Row) -> EventKey:
    """Return the event's (system, event_id)."""
    return event["system"], event["event_id"]


def before_micros(rule: Row, action: str) -> int:
    """How long before a claim of this action its evidence may come."""
    return int(rule["match_before_by_action"].get(action, rule["match_before_seconds"])) * MICROS


def after_micros(rule: Row, action: str) -> int:
    """How long after a claim of this action its evidence may come."""
    return int(rule["match_after_by_action"].get(action, rule["match_after_seconds"])) * MICROS


def undo_micros(rule: Row, action: str) -> int:
    """How long a unit of this action must survive."""
    return int(rule["undo_window_by_action"].get(action, rule["undo_window_seconds"])) * MICROS


def vendor_allows(event: Row, vendor: str) -> bool:
    """An event without vendor speaks of everybody, one with a vendor of that one only."""
    return event["vendor"] is None or event["vendor"] == vendor


def names_one_of(event: Row, rows: list[Row]) -> bool:
    """Whether the event's claim_ref names one of these claim rows, its vendor column allowing."""
    if event["claim_ref"] is None:
        return False
    return any(row["claim_id"] == event["claim_ref"] and vendor_allows(event, row["vendor"]) for row in rows)


def differ_where_both_given(one: str | None, other: str | None) -> bool:
    """Both given and different."""
    return one is not None and other is not None and one != other


def without_ignored(effect: dict[str, str] | None, rule: Row) -> dict[str, str] | None:
    """Take the rule's ignore_fields out of an effect; nothing left is unknown."""
    kept = {name: value for name, value in (effect or {}).items() if name not in rule["ignore_fields"]}
    return kept or None


def share_a_field(one: dict[str, str] | None, other: dict[str, str] | None) -> bool:
    """Whether two effects are known and name one field in common."""
    return one is not None and other is not None and any(name in other for name in one)


def compare_effects(one: dict[str, str] | None, other: dict[str, str] | None, rule: Row) -> str:
    """Section 1: two effects agree, conflict or are silent; without compare_effects a conflict is silent."""
    if one is None or other is None or not share_a_field(one, other):
        return "silent"
    if all(one[name] == other[name] for name in one if name in other):
        return "agree"
    return "conflict" if rule["compare_effects"] else "silent"


def is_before(event: Row, other: Row) -> bool:
    """3.6 *Before*: earlier; within one system, earlier by (occurred_at, event_id)."""
    if event["system"] == other["system"]:
        return bool((event["occurred_at"], event["event_id"]) < (other["occurred_at"], other["event_id"]))
    return bool(event["occurred_at"] < other["occurred_at"])


def prefix_begins(prefix: str, target: str | None) -> bool:
    """Section 1, coverage: a prefix that ends in / begins targets, any other is one whole target."""
    if target is None:
        return False
    return target.startswith(prefix) if prefix.endswith("/") else target == prefix


def is_independent(grade: str | None, rule: Row) -> bool:
    """Whether a grade can verify."""
    return grade in rule["independent_grades"]
