"""3.7: the verdict of every claim row, and the mark of provisional."""

from __future__ import annotations

from dataclasses import dataclass

from audit.kernel.terms import MEANINGS, Reason
from tests.kernel.twin.basics import (
    Decision,
    EventKey,
    Key,
    Row,
    Unit,
    claim_key,
    is_independent,
    prefix_begins,
    undo_micros,
)
from tests.kernel.twin.bursts import Bursts
from tests.kernel.twin.decision import ancestors
from tests.kernel.twin.undoing import nearest_taint, unit_time

FAILING = {"failed": "failed", "wrong": "wrong_value", "disagree": "witnesses_disagree"}


@dataclass
class Findings:
    """All that the steps before 3.7 found."""

    set_aside: dict[Key, str]
    current: dict[Key, Row]
    heard: dict[Key, Row]
    decisions: dict[Key, Decision]
    bursts: Bursts
    undone: dict[Key, EventKey]
    coverage: list[Row]
    rule: Row


def final_reasons(findings: Findings) -> tuple[dict[Key, str], dict[Key, str]]:
    """3.7, for the current row of every claim_id: its reason, and the ancestor that taints it."""
    heard = findings.heard.values()
    without_taint = dict(findings.set_aside)
    without_taint.update({claim_key(claim): reason_without_taint(claim, findings) for claim in heard})
    reasons, tainted_by = dict(without_taint), {}
    # A claim waits for the final reasons of its ancestors, so cycles come first and then the eldest.
    ringed = [claim for claim in heard if in_a_cycle(claim, findings.current)]
    others = [claim for claim in heard if not in_a_cycle(claim, findings.current)]
    taint_cycles(ringed, without_taint, reasons, findings)
    for claim in sorted(others, key=lambda claim: len(ancestors(claim, findings.current))):
        source = nearest_taint(claim, findings.current, reasons, findings.rule)
        if would_stand(claim_key(claim), without_taint) and source is not None:
            tainted_by[claim_key(claim)] = source
            reasons[claim_key(claim)] = "tainted"
    for claim in ringed:
        if reasons[claim_key(claim)] == "tainted":
            source = nearest_taint(claim, findings.current, reasons, findings.rule)
            tainted_by[claim_key(claim)] = str(source)
    return reasons, tainted_by


def taint_cycles(ringed: list[Row], without_taint: dict[Key, str], reasons: dict[Key, str], findings: Findings) -> None:
    """3.6, among claims that are each other's ancestors: who is tainted."""
    rule = findings.rule
    firm = {key: reason for key, reason in without_taint.items() if not would_stand(key, without_taint)}
    for _ in ringed:
        for claim in ringed:
            key = claim_key(claim)
            # One that spoils only by standing unproved would no longer spoil once it is tainted by another such one.
            is_soft = without_taint[key] in rule["taint_from"] and "tainted" not in rule["taint_from"]
            causes = [firm] if is_soft else [without_taint, reasons]
            spoilt = any(nearest_taint(claim, findings.current, told, rule) for told in causes)
            if would_stand(key, without_taint) and spoilt:
                reasons[key] = "tainted"


def in_a_cycle(claim: Row, current: dict[Key, Row]) -> bool:
    """Whether the line of a claim's parents leads back to it."""
    line = ancestors(claim, current)
    return bool(line) and line[-1]["parent_id"] == claim["claim_id"]


def would_stand(key: Key, reasons: dict[Key, str]) -> bool:
    """3.6: a claim that would be verified or attested (an aggregate is one of these until 3.7 asks for units)."""
    return reasons[key] in ("supported", "vendor_attested", "aggregate")


def reason_without_taint(claim: Row, findings: Findings) -> str:
    """3.7, first that applies, taint aside; only for claims that were heard."""
    key = claim_key(claim)
    decision = findings.decisions[key]
    if key in findings.bursts.oscillating:
        return "oscillation"
    if key in findings.bursts.repeat_of:
        return "repeat"
    if decision.name in FAILING:
        return FAILING[decision.name]
    if decision.name in ("supported", "attested"):
        return reason_of_good(claim, decision, findings)
    if claim["target"] is None:
        return "no_target"
    return "no_evidence" if decision.name == "unseen" else "outside_coverage"


def reason_of_good(claim: Row, decision: Decision, findings: Findings) -> str:
    """3.7: supported or attested."""
    if claim_key(claim) in findings.undone:
        return "undone"
    if claim["units"] > 1 and decision.deciding[0].event["units"] < claim["units"]:
        return "aggregate"
    return "vendor_attested" if decision.name == "attested" else "supported"


def is_provisional(claim: Row, unit: Unit, findings: Findings) -> bool:
    """3.7 *Provisional*, of a verified claim: no independent coverage reaches to its time and its undo window."""
    time = unit_time(unit, findings.decisions)
    if time is None:
        return True
    until = time + undo_micros(findings.rule, claim["action"])
    return not any(
        is_independent(row["grade"], findings.rule)
        and prefix_begins(row["target_prefix"], claim["target"])
        and row["action"] in (None, claim["action"])
        and row["starts_at"] <= until <= row["ends_at"]
        for row in findings.coverage
    )


def verdict_of_screened(claim: Row, reason: str) -> Row:
    """3.7: a row that no witness was heard on."""
    return frame(claim, reason)


def verdict_of_heard(claim: Row, reasons: dict[Key, str], tainted_by: dict[Key, str], findings: Findings) -> Row:
    """3.7: the verdict of a claim that was heard."""
    key = claim_key(claim)
    reason = reasons[key]
    verdict = frame(claim, reason)
    deciding = findings.decisions[key].deciding
    if deciding:
        verdict["rank"] = deciding[0].rank
        verdict["event_system"] = deciding[0].event["system"]
        verdict["event_id"] = deciding[0].event["event_id"]
    if reason == "repeat":
        verdict["repeat_of"] = findings.bursts.repeat_of[key][1]
    if reason == "undone":
        verdict["undone_by"] = findings.undone[key]
    if reason == "tainted":
        verdict["tainted_by"] = tainted_by[key]
    if reason == "supported":
        unit = next(unit for unit in findings.bursts.units if unit.kept == key)
        verdict["provisional"] = is_provisional(claim, unit, findings)
    return verdict


def frame(claim: Row, reason: str) -> Row:
    """Return a verdict row with nothing but the claim's own columns and what the reason itself says."""
    meaning = MEANINGS[Reason(reason)]
    return {
        "vendor": claim["vendor"],
        "claim_id": claim["claim_id"],
        "revision": claim["revision"],
        "row": claim["row"],
        "state": str(meaning.state),
        "reason": reason,
        "class": meaning.klass,
        "rank": None,
        "event_system": None,
        "event_id": None,
        "repeat_of": None,
        "undone_by": None,
        "tainted_by": None,
        "provisional": False,
        "units": claim["units"],
        "charge_micros": claim["charge_micros"],
    }
