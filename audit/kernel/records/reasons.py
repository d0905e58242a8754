"""The reason of every claim before taint, and the mark of what may still fall. Source: the law of verdicts, 3.7."""

from __future__ import annotations

from typing import Final

from audit.kernel.records.bursts import Bursts
from audit.kernel.records.columns import NONE, Claims, Events, Spans
from audit.kernel.records.decisions import (
    ATTESTED,
    DISAGREE,
    FAILED,
    SUPPORTED,
    UNSEEN,
    WRONG,
    Decisions,
    fits,
)
from audit.kernel.records.texts import Flags, Numbers
from audit.kernel.records.undoing import NEVER, Units
from audit.kernel.terms import Reason

REASONS: Final = (
    Reason.SUPPORTED,
    Reason.OSCILLATION,
    Reason.REPEAT,
    Reason.FAILED,
    Reason.WRONG_VALUE,
    Reason.WITNESSES_DISAGREE,
    Reason.UNDONE,
    Reason.AGGREGATE,
    Reason.VENDOR_ATTESTED,
    Reason.NO_TARGET,
    Reason.NO_EVIDENCE,
    Reason.OUTSIDE_COVERAGE,
)
"""What `reasons` numbers."""


def reasons(
    claims: Claims, events: Events, decisions: Decisions, bursts: Bursts, units: Units, answer: Numbers
) -> None:
    """The reason of each claim, as its place in REASONS."""
    for claim in range(len(claims.number)):
        if bursts.oscillates[claim]:
            answer[claim] = 1
        elif bursts.repeat_of[claim] != NONE:
            answer[claim] = 2
        else:
            answer[claim] = own_reason(claim, claims, events, decisions, units)


def own_reason(claim: int, claims: Claims, events: Events, decisions: Decisions, units: Units) -> int:
    """The reason of a claim that neither oscillates nor repeats."""
    decision = decisions.decision[claim]
    if decision == FAILED:
        return 3
    if decision == WRONG:
        return 4
    if decision == DISAGREE:
        return 5
    if decision in (SUPPORTED, ATTESTED):
        if units.undone_by[claim] != NONE:
            return 6
        if claims.units[claim] > events.units[decisions.ground[claim]]:
            return 7
        return 8 if decision == ATTESTED else 0
    if claims.target[claim] == NONE:
        return 9
    return 10 if decision == UNSEEN else 11


def unwatched(claims: Claims, spans: Spans, units: Units, answer: Flags) -> None:
    """Take the mark from claims on whose unit an independent system watches to the end of its undo window."""
    for claim in range(len(answer)):
        if units.time[claim] == NEVER or claims.target[claim] == NONE:
            continue
        end, action = units.time[claim] + claims.undo[claim], claims.action[claim]
        folder, target = claims.folder[claim], claims.target[claim]
        if folder != NONE:
            for row in range(spans.folder_start[folder], spans.folder_start[folder + 1]):
                if answer[claim] and reaches(spans, spans.by_folder[row], action, end):
                    answer[claim] = False
        for row in range(spans.target_start[target], spans.target_start[target + 1]):
            if answer[claim] and reaches(spans, spans.by_target[row], action, end):
                answer[claim] = False


def reaches(spans: Spans, span: int, action: int, instant: int) -> bool:
    """Whether an independent system watches at an instant."""
    return (
        bool(spans.independent[span])
        and fits(spans, span, action)
        and spans.starts[span] <= instant <= spans.ends[span]
    )
