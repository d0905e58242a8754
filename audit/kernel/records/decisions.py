"""What the witnesses of a claim say together. Source: the law of verdicts, 3.4."""

from __future__ import annotations

from typing import Final, NamedTuple

from audit.kernel.records.columns import NONE, Claims, Events, Matches, Spans, Terms
from audit.kernel.records.pairs import CONFLICTS, FAILS, SUPPORTS, has_event
from audit.kernel.records.texts import Flags, Numbers

SUPPORTED: Final = 0
ATTESTED: Final = 1
DISAGREE: Final = 2
FAILED: Final = 3
WRONG: Final = 4
UNSEEN: Final = 5
UNHEARD: Final = 6
"""Decisions."""
GRADES: Final = 4
_FAILED_ALONE: Final = 1 << FAILS


class Decisions(NamedTuple):
    """For each claim the decision, its grade (NONE: no word decided), whether an independent grade decided, and the
    deciding event (NONE: there is none); for each event whether it is a deciding one.
    """

    decision: Numbers
    grade: Numbers
    ground: Numbers
    independent: Flags
    deciding: Flags


def decide(
    claims: Claims, events: Events, matches: Matches, spans: Spans, terms: Terms, said: Numbers, answer: Decisions
) -> None:
    """The decision on every claim. `said` is room for the words of each grade."""
    for claim in range(len(claims.number)):
        for grade in range(GRADES):
            said[grade] = 0
        event = matches.first[claim]
        while event != NONE:
            said[events.grade[event]] |= 1 << matches.word[event]
            event = matches.following[event]
        silent = silent_grade(claims, claim, events, matches, spans)
        grade = deciding_grade(said, silent, terms.independent)
        answer.grade[claim] = grade
        answer.independent[claim] = grade != NONE and grade < terms.independent
        if grade != NONE:
            answer.decision[claim] = decision_of(said[grade], grade < terms.independent)
            ground(claim, events, matches, answer)
        else:
            answer.decision[claim] = UNSEEN if silent < GRADES else UNHEARD


def deciding_grade(said: Numbers, silent: int, independent: int) -> int:
    """The grade whose words decide; NONE if silence does, or nothing. `silent`: the best grade that saw nothing."""
    best = GRADES
    has_only_failed = True
    for grade in range(independent):
        if said[grade]:
            best = min(best, grade)
            has_only_failed = has_only_failed and said[grade] == _FAILED_ALONE
    if best < GRADES:
        return best if best <= silent or has_only_failed else NONE
    if silent < GRADES:
        return NONE
    for grade in range(independent, GRADES):
        if said[grade]:
            return grade
    return NONE


def decision_of(words: int, is_independent: bool) -> int:
    """The decision by the words of one grade."""
    if words & (1 << SUPPORTS):
        if words != 1 << SUPPORTS:
            return DISAGREE
        return SUPPORTED if is_independent else ATTESTED
    return FAILED if words & (1 << FAILS) else WRONG


def ground(claim: int, events: Events, matches: Matches, answer: Decisions) -> None:
    """Mark the deciding events of a claim, and the first of them by (rank, instant, system)."""
    decision, best = answer.decision[claim], NONE
    event = matches.first[claim]
    while event != NONE:
        word = matches.word[event]
        is_deciding = events.grade[event] == answer.grade[claim] and (
            decision == DISAGREE
            or (word == SUPPORTS and decision in (SUPPORTED, ATTESTED))
            or (word == FAILS and decision == FAILED)
            or (word == CONFLICTS and decision == WRONG)
        )
        if is_deciding:
            answer.deciding[event] = True
            if best == NONE or comes_first(events, matches, event, best):
                best = event
        event = matches.following[event]
    answer.ground[claim] = best


def comes_first(events: Events, matches: Matches, one: int, other: int) -> bool:
    """Whether an event goes before another one of the same claim; they are of two systems."""
    if matches.rank[one] != matches.rank[other]:
        return bool(matches.rank[one] < matches.rank[other])
    if events.at[one] != events.at[other]:
        return bool(events.at[one] < events.at[other])
    return bool(events.witness[one] < events.witness[other])


def silent_grade(claims: Claims, claim: int, events: Events, matches: Matches, spans: Spans) -> int:
    """The best independent grade in which a system covers the claim and has no word on it; GRADES if there is none."""
    best = GRADES
    if claims.target[claim] == NONE:
        return best
    folder, target = claims.folder[claim], claims.target[claim]
    if folder != NONE:
        for row in range(spans.folder_start[folder], spans.folder_start[folder + 1]):
            best = silence(claims, claim, events, matches, spans, spans.by_folder[row], best)
    for row in range(spans.target_start[target], spans.target_start[target + 1]):
        best = silence(claims, claim, events, matches, spans, spans.by_target[row], best)
    return best


def silence(claims: Claims, claim: int, events: Events, matches: Matches, spans: Spans, span: int, best: int) -> int:
    """The best grade so far, and that of this span if its system was watching in vain."""
    if (
        spans.independent[span]
        and spans.grade[span] < best
        and fits(spans, span, claims.action[claim])
        and spans.starts[span] <= claims.earliest[claim]
        and claims.latest[claim] <= spans.ends[span]
        and not has_event(matches, events, claim, spans.witness[span])
    ):
        return int(spans.grade[span])
    return best


def fits(spans: Spans, span: int, action: int) -> bool:
    """Whether a span is of every action, or of this one."""
    return bool(spans.action[span] == NONE or spans.action[span] == action)
