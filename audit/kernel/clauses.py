"""The clauses of the law in plain words, with the numbers of the rule filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from audit.kernel.ruleset import Rule, span
from audit.kernel.terms import MEANINGS, Reason

Row = Mapping[str, Any]


def of(verdict: Row, rule: Rule) -> str:
    """Why a claim has its verdict, in a sentence or two."""
    return _CLAUSES[Reason(verdict["reason"])](verdict, rule)


def headline(verdict: Row) -> str:
    """One line for one row of a claim."""
    mark = ", provisional: it may still fall" if verdict["provisional"] else ""
    return (
        f"{verdict['vendor']} {verdict['claim_id']}, revision {verdict['revision']}, row {verdict['row']}: "
        f"{verdict['state']}, {MEANINGS[Reason(verdict['reason'])].title.lower()}{mark}"
    )


def fate(candidate: Row, *, claim_id: str) -> str:
    """What became of an event that was considered, and why it lost if it did."""
    if candidate["outcome"] == "undone":
        return "reverses earlier work, so it answers no claim"
    if candidate["chosen_event_id"] == candidate["event_id"]:
        return f"answers this claim, in rank {candidate['rank']}: {candidate['word']}"
    hindrance = _hindrance(candidate, claim_id)
    if hindrance:
        return hindrance
    if candidate["chosen_event_id"] is not None:
        return f"possible in rank {candidate['rank']}, but the claim has {candidate['chosen_event_id']} in this system"
    if candidate["taken_by"] is not None:
        return (
            f"possible in rank {candidate['rank']}, but it answers {candidate['taken_by_vendor']} "
            f"{candidate['taken_by']}, which had a better rank or came first"
        )
    return "possible, but not taken"


def _hindrance(candidate: Row, claim_id: str) -> str | None:
    """Why the event cannot be paired with the claim at all; None if it can."""
    if candidate["rank"] is not None:
        return None
    if not candidate["is_same_vendor"]:
        return f"speaks of the work of {candidate['vendor']}"
    if candidate["is_named"] and candidate["claim_ref"] != claim_id:
        return f"names another claim, {candidate['claim_ref']}"
    if not candidate["is_same_target"]:
        return f"is on another target, {candidate['target']}"
    if not candidate["is_same_action"]:
        return f"is another action, {candidate['action']}"
    if not candidate["is_inside"]:
        return f"is outside the window, {_offset(candidate['offset_us'])}"
    if candidate["relation"] == "apart":
        return "does not say which action it was, and shares no field with the claim"
    return f"its actor, {candidate['actor']}, is not bound to this agent"


def _offset(micros: int) -> str:
    seconds, rest = divmod(abs(micros), 1_000_000)
    fraction = f".{rest:06d}".rstrip("0") if rest else ""
    return f"{seconds}{fraction} seconds {'after' if micros > 0 else 'before'} the claim"


def candidate_line(row: Row) -> str:
    """One line for one event that was considered."""
    name = f"{row['system']}:{row['event_id']}"
    return f"  {row['occurred_at']}  {name}  grade {row['grade']}, {row['outcome']}: {row['fate']}"


def watcher_line(row: Row) -> str:
    """One line for a system that was watching and saw nothing."""
    return f"  {row['system']}, grade {row['grade']}, was watching and saw nothing"


def burst_line(row: Row) -> str:
    """One line for one claim of a burst."""
    what = (
        "oscillation"
        if row["is_oscillation"]
        else f"repeat of {row['repeat_of']}"
        if row["repeat_of"]
        else row["decision"]
    )
    mark = " <" if row["is_asked"] else ""
    return f"  {row['occurred_at']}  {row['claim_id']}  {row['effect'] or 'effect unknown'}  {what}{mark}"


def _event(verdict: Row) -> str:
    """The deciding event; where the clause is told in general, the words that stand for it."""
    return str(verdict.get("event") or f"{verdict['event_system']}:{verdict['event_id']}")


_CLAUSES: Final[dict[Reason, Callable[[Row, Rule], str]]] = {
    Reason.SUPERSEDED: lambda verdict, rule: (
        "A higher revision restates it, or the vendor withdrew it; it is outside every score."
    ),
    Reason.DUPLICATE_ID: lambda verdict, rule: (
        "Another row of the same revision of this claim id was received first; that one is judged."
    ),
    Reason.OWN_FAILURE: lambda verdict, rule: (
        f"The vendor's own status is not among {', '.join(rule.completed_statuses)}, and nothing is charged."
    ),
    Reason.NOT_PRODUCTION: lambda verdict, rule: (
        f"Its environment is not among {', '.join(rule.production_environments)}."
    ),
    Reason.NOT_COUNTED: lambda verdict, rule: (
        f"Its action is not a unit under the definition in force: {', '.join(rule.counted_actions or ())}."
    ),
    Reason.NOT_COMPLETED: lambda verdict, rule: (
        f"It is charged, and the vendor's own status is not among {', '.join(rule.completed_statuses)}."
    ),
    Reason.UNREGISTERED_AGENT: lambda verdict, rule: "Its agent is not on the list of registered agents.",
    Reason.OSCILLATION: lambda verdict, rule: (
        f"In a burst (at most {span(rule.burst_window_seconds)} from claim to claim) a value came back after another "
        "one; the burst left nothing."
    ),
    Reason.REPEAT: lambda verdict, rule: (
        f"{verdict['repeat_of']} is the same work of the same agent in one burst (at most "
        f"{span(rule.burst_window_seconds)} from claim to claim); at most one of them counts."
    ),
    Reason.FAILED: lambda verdict, rule: f"{_event(verdict)} saw it tried and fail; no system as good saw it done.",
    Reason.WRONG_VALUE: lambda verdict, rule: f"{_event(verdict)} saw another value written than the claim names.",
    Reason.WITNESSES_DISAGREE: lambda verdict, rule: (
        "Systems of one grade contradict each other, and no better one decides."
    ),
    Reason.UNDONE: lambda verdict, rule: (
        f"{verdict['undone_by']} reversed it within the undo window (in general {span(rule.undo_window_seconds)})."
    ),
    Reason.TAINTED: lambda verdict, rule: (
        f"It was built on {verdict['tainted_by']}, whose reason is one of {', '.join(rule.taint_from)}."
    ),
    Reason.AGGREGATE: lambda verdict, rule: f"It claims {verdict['units']} units, and {_event(verdict)} proves fewer.",
    Reason.VENDOR_ATTESTED: lambda verdict, rule: (
        f"Only systems outside grade {', '.join(rule.independent_grades)} support it."
    ),
    Reason.SUPPORTED: lambda verdict, rule: (
        f"{_event(verdict)} saw it done, and no witness as good or better denies it."
    ),
    Reason.NO_TARGET: lambda verdict, rule: "It does not say what it changed, and no event names it.",
    Reason.NO_EVIDENCE: lambda verdict, rule: (
        "A system that was watching the record for the whole window saw nothing of it "
        f"(in general {span(rule.match_before_seconds)} before to {span(rule.match_after_seconds)} after)."
    ),
    Reason.OUTSIDE_COVERAGE: lambda verdict, rule: (
        "No system was watching the record for the whole window, and none has a word."
    ),
}
