"""The clauses of the law in plain words, with the numbers of the rule filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from audit.kernel.ruleset import Rule, either, gap, span
from audit.kernel.terms import GRADES, MEANINGS, Reason

Row = Mapping[str, Any]
_NO_STATUS: Final = "Under these rules no status means completed"
GROUNDS: Final = {
    1: "it names this claim",
    2: "same record and action, values agree",
    3: "same record, values agree, the event names no action",
    4: "same record and action, values not compared",
    5: "same record, values not compared, the event names no action",
    6: "same record and action, tried in vain",
    7: "same record, tried in vain, the event names no action",
    8: "same record and action, values differ",
    9: "same record, values differ, the event names no action",
}


def of(verdict: Row, rule: Rule) -> str:
    """Why a claim has its verdict, in a sentence or two.

    What is known beside the verdict's own columns is told too: `action`, `effect`, `withdrawn` (bool), `highest` (the
    revision that counts), `seen_effect` and `seen_units` (of the deciding event), `spoiled` (the ancestor's reason).
    """
    return _CLAUSES[Reason(verdict["reason"])](verdict, rule)


def claimed_line(row: Row) -> str:
    """One line for what the vendor said in one row of the claim."""
    units = f"{row['units']} unit{'' if row['units'] == 1 else 's'}"
    return (
        f"Claimed: {row['action']} on {row['target'] or 'a record that it does not name'} by {row['agent_id']} at "
        f"{row['occurred_at']}, {row['effect'] or 'no value named'}, {units}, {row['status']}, {row['environment']}."
    )


def headline(verdict: Row) -> str:
    """One line for one row of a claim."""
    mark = ", provisional: it may still fall" if verdict["provisional"] else ""
    return (
        f"{verdict['vendor']} {verdict['claim_id']}, revision {verdict['revision']}, row {verdict['row']}: "
        f"{verdict['state'].replace('_', ' ')}, {_title(verdict['reason'])}{mark}"
    )


def fate(candidate: Row, *, claim_id: str) -> str:
    """What became of an event that was considered, and why it lost if it did."""
    if candidate["outcome"] == "undone":
        return "reverses earlier work, so it answers no claim"
    if candidate["chosen_event_id"] == candidate["event_id"]:
        return f"answers this claim, in {_rank(candidate)}: {candidate['word']}"
    hindrance = _hindrance(candidate, claim_id)
    if hindrance:
        return hindrance
    if candidate["chosen_event_id"] is not None:
        return f"possible in {_rank(candidate)}, but the claim has {candidate['chosen_event_id']} in this system"
    if candidate["taken_by"] is not None:
        return (
            f"possible in {_rank(candidate)}, but it answers {candidate['taken_by_vendor']} "
            f"{candidate['taken_by']}, which had a better rank or came first"
        )
    return "possible, but not taken"


def _rank(candidate: Row) -> str:
    return f"rank {candidate['rank']} ({GROUNDS[candidate['rank']]})"


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
    said = " ".join(part for part in (row["outcome"], row["action"], row["effect"]) if part)
    return f"  {row['occurred_at']}  {name}  grade {row['grade']} ({GRADES[row['grade']]}), {said}: {row['fate']}"


def watcher_line(row: Row) -> str:
    """One line for a system that was watching the whole window and has no word."""
    name = f"{row['system']}, grade {row['grade']} ({GRADES[row['grade']]})"
    return f"  {name}, was watching; none of its events answers this claim"


def elsewhen_line(row: Row) -> str:
    """One line for a time in which a system watched the record, but not for the whole window."""
    name = f"{row['system']}, grade {row['grade']} ({GRADES[row['grade']]})"
    return f"  {name}, was watching only from {row['starts_at']} to {row['ends_at']}"


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


def step(ancestor: Row) -> str:
    """A claim that the asked one was built on, in a few words."""
    return f"{ancestor['claim_id']} ({_title(ancestor['reason'])})"


def _event(verdict: Row) -> str:
    """The deciding event; where the clause is told in general, the words that stand for it."""
    return str(verdict.get("event") or f"{verdict['event_system']}:{verdict['event_id']}")


def _superseded(verdict: Row, rule: Rule) -> str:
    highest = verdict.get("highest")
    if verdict.get("withdrawn"):
        return f"The vendor withdrew it in revision {highest}; it is outside every score."
    restated = "A higher revision" if highest is None else f"Revision {highest}"
    return f"{restated} restates it; this one is outside every score."


def _wrong_value(verdict: Row, rule: Rule) -> str:
    if verdict.get("seen_effect") is None:
        return f"{_event(verdict)} saw another value written than the claim names."
    return f"{_event(verdict)} saw {verdict['seen_effect']} written; the claim names {verdict['effect']}."


def _tainted(verdict: Row, rule: Rule) -> str:
    spoiled = verdict.get("spoiled")
    step = "a step that was wrong" if spoiled is None else f"found to be {_title(spoiled)}"
    spoiling = f" What spoils the steps built on it: {', '.join(map(_title, rule.taint_from))}."
    return f"It was built on {verdict['tainted_by']}, {step}.{spoiling if rule.taint_from else ''}"


def _aggregate(verdict: Row, rule: Rule) -> str:
    proven = "fewer" if verdict.get("seen_units") is None else f"only {verdict['seen_units']}"
    return f"It claims {verdict['units']} units, and {_event(verdict)} proves {proven}."


def _undone(verdict: Row, rule: Rule) -> str:
    window = rule.undo_window_by_action.get(verdict.get("action", ""), rule.undo_window_seconds)
    if not window:
        return f"{verdict['undone_by']} reversed it in the very instant in which it was done; there is no undo window."
    return f"{verdict['undone_by']} reversed it within the undo window of {span(window)}."


def _no_evidence(verdict: Row, rule: Rule) -> str:
    before = rule.match_before_by_action.get(verdict.get("action", ""), rule.match_before_seconds)
    after = rule.match_after_by_action.get(verdict.get("action", ""), rule.match_after_seconds)
    window = f"for the whole window, {span(before)} before to {span(after)} after," if before or after else "then"
    return f"A system was watching the record {window} and none of its events answers this claim."


def _none_of(what: str, values: tuple[str, ...], empty: str) -> str:
    """That something is none of the values; or that there are none."""
    return f"{what} is not {either(values)}" if values else empty


def _own_failure(verdict: Row, rule: Rule) -> str:
    status = _none_of("The vendor's own status", rule.completed_statuses, _NO_STATUS)
    return f"{status}, and nothing is charged."


def _not_completed(verdict: Row, rule: Rule) -> str:
    status = _none_of("The vendor's own status", rule.completed_statuses, _NO_STATUS)
    return f"It is charged, and {status[:1].lower()}{status[1:]}."


def _not_production(verdict: Row, rule: Rule) -> str:
    empty = "Under these rules no environment is production"
    return f"{_none_of('Its environment', rule.production_environments, empty)}."


def _not_counted(verdict: Row, rule: Rule) -> str:
    counted = rule.counted_actions or ()
    if not counted:
        return "Under the definition in force no action is a unit."
    verb = "is a unit" if len(counted) == 1 else "are units"
    return f"Its action is not a unit: under the definition in force only {_and(counted)} {verb}."


def _unregistered(verdict: Row, rule: Rule) -> str:
    if rule.registered_agents == ():
        return "Under these rules no agent is registered."
    return "Its agent is not on the list of registered agents."


def _and(values: tuple[str, ...]) -> str:
    return " and ".join(filter(None, (", ".join(values[:-1]), *values[-1:])))


def _title(reason: str) -> str:
    return MEANINGS[Reason(reason)].title.lower()


_CLAUSES: Final[dict[Reason, Callable[[Row, Rule], str]]] = {
    Reason.SUPERSEDED: _superseded,
    Reason.DUPLICATE_ID: lambda verdict, rule: (
        "Another row of the same revision of this claim id was received first; that one is judged."
    ),
    Reason.OWN_FAILURE: _own_failure,
    Reason.NOT_PRODUCTION: _not_production,
    Reason.NOT_COUNTED: _not_counted,
    Reason.NOT_COMPLETED: _not_completed,
    Reason.UNREGISTERED_AGENT: _unregistered,
    Reason.OSCILLATION: lambda verdict, rule: (
        f"In a burst ({gap(rule.burst_window_seconds)}) a value came back after another one; the burst left nothing."
    ),
    Reason.REPEAT: lambda verdict, rule: (
        f"{verdict['repeat_of']} is the same work of the same agent in one burst ({gap(rule.burst_window_seconds)}); "
        "at most one of them counts."
    ),
    Reason.FAILED: lambda verdict, rule: f"{_event(verdict)} saw it tried and fail; no system as good saw it done.",
    Reason.WRONG_VALUE: _wrong_value,
    Reason.WITNESSES_DISAGREE: lambda verdict, rule: (
        "Systems of one grade contradict each other, and no better one decides."
    ),
    Reason.UNDONE: _undone,
    Reason.TAINTED: _tainted,
    Reason.AGGREGATE: _aggregate,
    Reason.VENDOR_ATTESTED: lambda verdict, rule: (
        f"Only systems outside grade {either(rule.independent_grades)} support it."
    ),
    Reason.SUPPORTED: lambda verdict, rule: (
        f"{_event(verdict)} saw it done, and no witness as good or better denies it."
    ),
    Reason.NO_TARGET: lambda verdict, rule: "It does not say what it changed, and no event names it.",
    Reason.NO_EVIDENCE: _no_evidence,
    Reason.OUTSIDE_COVERAGE: lambda verdict, rule: (
        "No system was watching the record for the whole window in which evidence may come, and no event answers it."
    ),
}
