"""The same work claimed again. Source: the law of verdicts, 3.5.

A *series* is the claims of one vendor, agent, action and target in the order of (instant, claim id); a burst is a part
of it. `line` holds the claims of all series, one series after the other.
"""

from __future__ import annotations

from typing import NamedTuple

from audit.kernel.records.columns import NONE, Claims, Events, Terms, first_after
from audit.kernel.records.decisions import ATTESTED, DISAGREE, FAILED, SUPPORTED, UNSEEN, WRONG, Decisions
from audit.kernel.records.texts import Bytes, Flags, Numbers, entry, equal, print_of, same, string_end, value_of


class Desk(NamedTuple):
    """Room for the members of one burst; `slots` is a table of twice as many."""

    likes: Numbers
    shapes: Numbers
    slots: Numbers
    misfire: Numbers
    kept: Numbers
    counted: Numbers
    is_backed: Flags


class Bursts(NamedTuple):
    """For each claim the first claim of its burst (NONE: it is in no series of two), whether it is in a burst of two or
    more, whether it oscillates, the claim that it repeats (NONE: none), and whether that is a misfire.
    """

    burst: Numbers
    crowded: Flags
    oscillates: Flags
    repeat_of: Numbers
    repeats_misfire: Flags


def find_bursts(
    line: Numbers,
    claims: Claims,
    events: Events,
    reversals: Numbers,
    reversal_start: Numbers,
    decisions: Decisions,
    terms: Terms,
    desk: Desk,
    answer: Bursts,
) -> None:
    """`reversals[reversal_start[t]:reversal_start[t + 1]]`: the independent undone events of target t by instant."""
    start = 0
    for place in range(1, len(line) + 1):
        if place < len(line) and follows(
            line[place - 1], line[place], claims, events, reversals, reversal_start, terms
        ):
            continue
        for member in range(start, place):
            answer.burst[line[member]] = line[start]
            answer.crowded[line[member]] = place - start > 1
        if place - start > 1:
            judge_burst(line[start:place], claims, events, decisions, terms, desk, answer)
        start = place


def follows(
    one: int,
    other: int,
    claims: Claims,
    events: Events,
    reversals: Numbers,
    reversal_start: Numbers,
    terms: Terms,
) -> bool:
    """Whether a claim belongs to the burst of the claim before it in the line."""
    if (
        claims.target[one] != claims.target[other]
        or claims.vendor[one] != claims.vendor[other]
        or claims.agent[one] != claims.agent[other]
        or claims.action[one] != claims.action[other]
        or claims.at[other] - claims.at[one] > terms.burst_window
    ):
        return False
    target = claims.target[other]
    start, end = reversal_start[target], reversal_start[target + 1]
    place = first_after(events.at, reversals, start, end, claims.at[other]) - 1
    while place >= start and events.at[reversals[place]] > claims.at[one]:
        event = reversals[place]
        if (events.action[event] == NONE or events.action[event] == claims.action[other]) and (
            events.vendor[event] == NONE or events.vendor[event] == claims.vendor[other]
        ):
            return False
        place -= 1
    return True


def judge_burst(
    members: Numbers,
    claims: Claims,
    events: Events,
    decisions: Decisions,
    terms: Terms,
    desk: Desk,
    answer: Bursts,
) -> None:
    """What oscillates and what repeats in one burst."""
    group(members, claims, events, decisions, True, desk.slots, desk.likes)
    if terms.oscillation_voids:
        group(members, claims, events, decisions, False, desk.slots, desk.shapes)
        find_oscillation(members, decisions, desk, answer)
    find_rivals(members, claims, events, decisions, desk, answer)
    for place in range(len(members)):
        claim, like = members[place], desk.likes[place]
        if is_misfire(decisions, claim) or answer.oscillates[claim] or answer.repeats_misfire[claim]:
            continue
        if claim != desk.kept[like] and desk.counted[like] >= terms.burst_minimum:
            answer.repeat_of[claim] = desk.kept[like]


def find_rivals(
    members: Numbers, claims: Claims, events: Events, decisions: Decisions, desk: Desk, answer: Bursts
) -> None:
    """Of each group the misfire whose rejection speaks of others, how many are left, and which of them is kept."""
    for place in range(len(members)):
        desk.misfire[place], desk.kept[place], desk.counted[place], desk.is_backed[place] = NONE, NONE, 0, False
    for place in range(len(members)):
        claim, like = members[place], desk.likes[place]
        if is_misfire(decisions, claim):
            if desk.misfire[like] == NONE:
                desk.misfire[like] = claim
        elif decisions.decision[claim] == SUPPORTED or decisions.decision[claim] == ATTESTED:
            desk.is_backed[like] = True
    for place in range(len(members)):
        claim, like = members[place], desk.likes[place]
        if is_misfire(decisions, claim) or answer.oscillates[claim]:
            continue
        misfire, kept = desk.misfire[like], desk.kept[like]
        if misfire != NONE and not desk.is_backed[like] and claims.at[claim] <= events.at[decisions.ground[misfire]]:
            answer.repeat_of[claim] = misfire
            answer.repeats_misfire[claim] = True
            continue
        desk.counted[like] += 1
        if kept == NONE or standing(claims, decisions, claim) < standing(claims, decisions, kept):
            desk.kept[like] = claim


def standing(claims: Claims, decisions: Decisions, claim: int) -> int:
    """Who is kept: supported, then attested, then the rest; among equals the doomed last."""
    decision = decisions.decision[claim]
    place = 0 if decision == SUPPORTED else 1 if decision == ATTESTED else 2
    return 2 * place + (1 if claims.doomed[claim] else 0)


def is_misfire(decisions: Decisions, claim: int) -> bool:
    """Whether an independent grade says failed, wrong or both."""
    decision = decisions.decision[claim]
    return bool(decisions.independent[claim]) and decision in (FAILED, WRONG, DISAGREE)


def find_oscillation(members: Numbers, decisions: Decisions, desk: Desk, answer: Bursts) -> None:
    """Mark the claims over one set of fields among which some value comes back after another one."""
    for place in range(len(members)):
        desk.kept[place], desk.counted[place], desk.is_backed[place] = NONE, 0, False
    for place in range(len(members)):
        shape, like = desk.shapes[place], desk.likes[place]
        if shape == NONE or is_aside(decisions, members[place]):
            continue
        if desk.kept[shape] != like:  # a turn; every value is allowed one
            desk.counted[shape] += 1
            desk.kept[shape] = like
        if not desk.is_backed[like]:
            desk.counted[shape] -= 1
            desk.is_backed[like] = True
    for place in range(len(members)):
        shape = desk.shapes[place]
        if shape != NONE and not is_aside(decisions, members[place]) and desk.counted[shape] > 0:
            answer.oscillates[members[place]] = True


def is_aside(decisions: Decisions, claim: int) -> bool:
    """Whether a claim states no value in its burst, for it misfired or was not seen."""
    return is_misfire(decisions, claim) or bool(decisions.decision[claim] == UNSEEN)


def group(
    members: Numbers,
    claims: Claims,
    events: Events,
    decisions: Decisions,
    with_values: bool,
    slots: Numbers,
    answer: Numbers,
) -> None:
    """For each member the place of the first with an equal known effect, or unknown and of the same session.

    Without values: of the first whose known effect is over the same fields, NONE for the unknown. `slots` is room for
    a table.
    """
    size = table_size(len(members))
    for slot in range(size):
        slots[slot] = NONE
    for place in range(len(members)):
        claim, event = members[place], effect_event(members[place], claims, events, decisions)
        if not with_values and not claims.effect.known[claim] and event == NONE:
            answer[place] = NONE
            continue
        slot = print_of_effect(claims, claim, events, event, with_values) % size
        while slots[slot] != NONE:
            other = members[slots[slot]]
            other_event = effect_event(other, claims, events, decisions)
            if is_like(claims, claim, events, event, other, other_event, with_values):
                break
            slot = (slot + 1) % size
        if slots[slot] == NONE:
            slots[slot] = place
        answer[place] = slots[slot]


def table_size(size: int) -> int:
    """The slots of a table for so many entries: a power of two, at most half full."""
    slots = 4
    while slots < 2 * size:
        slots *= 2
    return slots


def effect_event(claim: int, claims: Claims, events: Events, decisions: Decisions) -> int:
    """The deciding event that has a say in what was written: of a claim with independent support, if it has an effect.

    Its values stand for those that the claim gives for the same fields, or for all if the claim gives none.
    """
    event = decisions.ground[claim]
    if event == NONE or decisions.decision[claim] != SUPPORTED or not events.effect.known[event]:
        return NONE
    return int(event)


def print_of_effect(claims: Claims, claim: int, events: Events, event: int, with_values: bool) -> int:
    """A number for the known effect of a claim, or its fields alone; equal ones have equal numbers.

    Of an unknown effect it is a number for the session.
    """
    effect, row = claims.effect, claim
    if not effect.known[row]:
        if event == NONE:
            session = claims.session
            return print_of(session.data, session.starts[claim], session.starts[claim + 1], 1)
        effect, row = events.effect, event
    answer = 0
    at, end = effect.starts[row] + 1, effect.starts[row + 1]
    while at < end:
        field_end, value_end = entry(effect.data, at)
        answer = print_of(effect.data, at, field_end, answer)
        if with_values:
            data, start, stop = known_value(effect.data, at, field_end, value_end, events, event)
            answer = print_of(data, start, stop, answer)
        at = value_end + 1
    return answer


def is_like(
    claims: Claims, claim: int, events: Events, event: int, claim_2: int, event_2: int, with_values: bool
) -> bool:
    """Whether two known effects are equal, or their fields; unknown ones are if they are of one session."""
    effect, row = claims.effect, claim
    effect_2, row_2 = claims.effect, claim_2
    is_unknown = not effect.known[row] and event == NONE
    if is_unknown != (not effect_2.known[row_2] and event_2 == NONE):
        return False
    if is_unknown:
        session = claims.session
        return bool(session.known[claim] == session.known[claim_2]) and same(session, claim, session, claim_2)
    if not effect.known[row]:
        effect, row = events.effect, event
    if not effect_2.known[row_2]:
        effect_2, row_2 = events.effect, event_2
    at, end = effect.starts[row] + 1, effect.starts[row + 1]
    at_2, end_2 = effect_2.starts[row_2] + 1, effect_2.starts[row_2 + 1]
    while at < end and at_2 < end_2:
        field_end, value_end = entry(effect.data, at)
        field_end_2, value_end_2 = entry(effect_2.data, at_2)
        if not equal(effect.data, at, field_end, effect_2.data, at_2, field_end_2):
            return False
        if with_values:
            data, start, stop = known_value(effect.data, at, field_end, value_end, events, event)
            data_2, start_2, stop_2 = known_value(effect_2.data, at_2, field_end_2, value_end_2, events, event_2)
            if not equal(data, start, stop, data_2, start_2, stop_2):
                return False
        at, at_2 = value_end + 1, value_end_2 + 1
    return bool(at >= end and at_2 >= end_2)


def known_value(
    data: Bytes, at: int, field_end: int, value_end: int, events: Events, event: int
) -> tuple[Bytes, int, int]:
    """The bytes that hold the value of a field: the event's word on it, if there is one, else what stands there."""
    if event != NONE:
        found = value_of(events.effect, event, data, at, field_end)
        if found != NONE:
            return events.effect.data, found, string_end(events.effect.data, found)
    return data, field_end + 1, value_end
