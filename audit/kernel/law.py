"""The law of verdicts in plain words, clause by clause, with the numbers of a rule filled in.

The sentence of each reason is the one of `clauses`, which also explains single claims: there is one place for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from audit.kernel import clauses
from audit.kernel.ruleset import Rule, span, survival
from audit.kernel.terms import Reason

Said = Callable[[Rule], tuple[str, ...]]
NINE: Final = datetime(2026, 1, 1, 9, tzinfo=UTC)
SOMEONE: Final[Mapping[str, Any]] = {
    "event": "the deciding event",
    "repeat_of": "another claim",
    "undone_by": "a later event",
    "tainted_by": "an earlier step",
    "units": "several",
}
"""Stands for one claim's row where a clause is told in general."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the law: its anchor, its section, what it says, the reasons it decides, the rules that it reads."""

    slug: str
    section: str
    title: str
    says: Said
    reasons: tuple[Reason, ...] = ()
    names: tuple[str, ...] = ()


def sentence(reason: Reason, rule: Rule) -> str:
    """What a reason says under a rule, in general; or that under this rule no line can get it."""
    idle = idle_because(reason, rule)
    if idle:
        return f"{idle}, so no line gets this verdict under these rules."
    text = clauses.of({**SOMEONE, "reason": reason}, rule)
    return text[:1].upper() + text[1:]


def idle_because(reason: Reason, rule: Rule) -> str:
    """Why a rule leaves a reason nothing to decide; empty where it does not."""
    if reason == Reason.NOT_COUNTED and rule.counted_actions is None:
        return "Every action is counted"
    if reason == Reason.UNREGISTERED_AGENT and rule.registered_agents is None:
        return "Every agent is registered"
    if reason == Reason.OSCILLATION and not rule.oscillation_voids:
        return "A burst that goes back and forth is judged claim by claim"
    if reason == Reason.TAINTED and not rule.taint_from:
        return "No step spoils what was built on it"
    if reason == Reason.WRONG_VALUE and not rule.compare_effects:
        return "What was written is not compared"
    return ""


def _clock(seconds: int) -> str:
    """An instant so many seconds from nine o'clock; with the day where it is another."""
    at = NINE + timedelta(seconds=max(-10_000_000, min(seconds, 10_000_000)))
    day = (at.date() - NINE.date()).days
    return f"{at:%H:%M:%S}" + (
        f", {abs(day)} day{'' if abs(day) == 1 else 's'} {'later' if day > 0 else 'earlier'}" if day else ""
    )


def _window(rule: Rule, first: str, last: str) -> str:
    """The match window around nine o'clock."""
    if not rule.match_before_seconds and not rule.match_after_seconds:
        return "at 09:00:00"
    return f"{first} {_clock(-rule.match_before_seconds)} {last} {_clock(rule.match_after_seconds)}"


def _each(seconds: int) -> str:
    return f"each at most {span(seconds)} after the one before" if seconds else "all of one instant"


EXAMPLES: Final[dict[Reason, Callable[[Rule], str]]] = {
    Reason.SUPERSEDED: lambda rule: "The vendor sends T-1 again as revision 1: revision 0 is superseded.",
    Reason.DUPLICATE_ID: lambda rule: (
        "T-1 stands twice in one invoice: the row received first is judged, this one is not."
    ),
    Reason.OWN_FAILURE: lambda rule: "A line says “failed” and costs nothing: it is shown, and in no score.",
    Reason.NOT_PRODUCTION: lambda rule: "A line of the sandbox stands on the invoice.",
    Reason.NOT_COUNTED: lambda rule: "A routing decision is billed where only resolved cases are units.",
    Reason.NOT_COMPLETED: lambda rule: "A line says “escalated” and has a charge.",
    Reason.UNREGISTERED_AGENT: lambda rule: "An agent that nobody has entered bills its first line.",
    Reason.SUPPORTED: lambda rule: (
        f"A claim of 09:00:00 is answered by the system's own event {_window(rule, 'between', 'and')}."
    ),
    Reason.FAILED: lambda rule: "The system's log has the call, with an error.",
    Reason.WRONG_VALUE: lambda rule: "The line says status = closed; the system's history says status = pending.",
    Reason.WITNESSES_DISAGREE: lambda rule: "Two systems of grade A: one says done, the other says failed.",
    Reason.VENDOR_ATTESTED: lambda rule: (
        "The vendor's own trace shows the call, and no system of yours saw or covers it."
    ),
    Reason.NO_EVIDENCE: lambda rule: (
        f"The system watched {_window(rule, 'from', 'to')} and has nothing of a claim of 09:00:00."
    ),
    Reason.OUTSIDE_COVERAGE: lambda rule: "The export of those three days is missing: nobody can say.",
    Reason.NO_TARGET: lambda rule: "A line says “case resolved” and not which case.",
    Reason.OSCILLATION: lambda rule: "An agent sets a status to open, closed, open, closed within minutes.",
    Reason.REPEAT: lambda rule: (
        f"Fifty writes of one value, {_each(rule.burst_window_seconds)}: one counts, forty-nine are repeats."
    ),
    Reason.UNDONE: lambda rule: f"A case is resolved, and reopened within {survival(rule.undo_window_seconds)}.",
    Reason.TAINTED: lambda rule: "An agent looks up the wrong customer and then writes to that customer's record.",
    Reason.AGGREGATE: lambda rule: "A line claims 40 units, and its event shows one change.",
}
NUMBERS: Final[dict[str, str]] = {
    "match_before_seconds": "How long before the claim its evidence may lie, ends included: clocks differ.",
    "match_before_by_action": "The same for single actions; these take the place of the general number.",
    "match_after_seconds": "How long after the claim its evidence may lie, ends included: systems lag.",
    "match_after_by_action": "The same for single actions; these take the place of the general number.",
    "counted_actions": "The actions that are a unit under this definition.",
    "production_environments": "The environments whose work may be billed.",
    "completed_statuses": "The vendor's own words that mean completed.",
    "registered_agents": "The agents that may bill.",
    "independent_grades": "The grades of witness that can verify; the others attest at most.",
    "failures_are_billed": "Whether no charge on a line that did not complete is a charge all the same.",
    "compare_effects": "Whether another value than the claimed one is a fault.",
    "ignore_fields": "Fields that are left out of the comparison.",
    "burst_window_seconds": "The longest gap between two claims of one burst.",
    "burst_minimum": "From how many claims of the same work in one burst on only one counts.",
    "oscillation_voids": "Whether a burst that goes back and forth counts for nothing.",
    "undo_window_seconds": "How long work must survive.",
    "undo_window_by_action": "The same for single actions; these take the place of the general number.",
    "taint_from": "The reasons that spoil what was built on such a step.",
}


def shown(value: Any, name: str) -> str:
    """A rule's value in words: seconds as a span, lists in order, null as all."""
    if value is None:
        return "all"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{action}: {span(seconds)}" for action, seconds in value.items()) or "none"
    if isinstance(value, int):
        return span(value) if name.endswith("_seconds") else str(value)
    return ", ".join(value) or "none"
