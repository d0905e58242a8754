"""Work that did not last. Source: the law of verdicts, 3.6, *undone*.

A unit of work is known by its kept claim. Its time is that of the latest independent supporting deciding event of its
members; NEVER, where there is none.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from audit.kernel.records.bursts import Bursts
from audit.kernel.records.columns import DONE, NONE, UNDONE, Claims, Events, Matches, Naming, first_after
from audit.kernel.records.decisions import SUPPORTED, Decisions
from audit.kernel.records.texts import Numbers, before

NEVER: Final = -(1 << 62)


class Units(NamedTuple):
    """For each claim as a unit its time, its latest supporting event (NONE), and the event that undid it (NONE); for
    each supporting event the next one of its unit.
    """

    time: Numbers
    first: Numbers
    following: Numbers
    undone_by: Numbers


class Works(NamedTuple):
    """Supporting events, `event[start[t]:start[t + 1]]` those on target t, by (instant, claim id, vendor, witness); an
    event without target stands on its claim's.
    """

    event: Numbers
    start: Numbers


def unit_of(claim: int, decisions: Decisions, bursts: Bursts) -> int:
    """The unit of work that a claim with independent support belongs to; NONE if to none."""
    if bursts.oscillates[claim] or decisions.decision[claim] != SUPPORTED:
        return NONE
    return int(claim if bursts.repeat_of[claim] == NONE else bursts.repeat_of[claim])


def find_units(
    proofs: Numbers, events: Events, matches: Matches, decisions: Decisions, bursts: Bursts, units: Units
) -> None:
    """The units of work that are proven by the `proofs`, the independent supporting deciding events."""
    for event in proofs:
        unit = unit_of(matches.claim[event], decisions, bursts)
        if unit != NONE:
            units.time[unit] = max(units.time[unit], events.at[event])
            units.following[event] = units.first[unit]
            units.first[unit] = event


def recall(naming: Naming, claims: Claims, events: Events, bursts: Bursts, units: Units) -> None:
    """Undone events that name a claim take the unit that it belongs to."""
    for row in range(len(naming.event)):
        event, claim = naming.event[row], naming.claim[row]
        if events.outcome[event] != UNDONE or bursts.oscillates[claim]:
            continue
        unit = claim
        if bursts.repeat_of[claim] != NONE and not bursts.repeats_misfire[claim]:
            unit = bursts.repeat_of[claim]
        since = claims.at[claim] if units.time[unit] == NEVER else units.time[unit]
        age = events.at[event] - since
        if age <= claims.undo[claim] and (age > 0 or (age == 0 and is_within_instant(event, unit, events, units))):
            fall(event, unit, events, units)


def is_within_instant(event: int, unit: int, events: Events, units: Units) -> bool:
    """Whether a unit has a supporting event of the same instant and system with a smaller id."""
    proof = units.first[unit]
    while proof != NONE:
        if is_just_before(proof, event, events):
            return True
        proof = units.following[proof]
    return False


def is_just_before(one: int, other: int, events: Events) -> bool:
    """Whether an event is before another one of the same instant and system."""
    return (
        bool(events.at[one] == events.at[other])
        and events.witness[one] == events.witness[other]
        and before(events.name, one, events.name, other)
    )


def fall(event: int, unit: int, events: Events, units: Units) -> None:
    """The unit is undone by the event, unless by an earlier one."""
    other = units.undone_by[unit]
    if other != NONE:
        if events.at[event] != events.at[other]:
            is_first = events.at[event] < events.at[other]
        elif events.witness[event] != events.witness[other]:
            is_first = events.witness[event] < events.witness[other]
        else:
            is_first = before(events.name, event, events.name, other)
        if not is_first:
            return
    units.undone_by[unit] = event


def revert(
    works: Works,
    claims: Claims,
    events: Events,
    matches: Matches,
    decisions: Decisions,
    bursts: Bursts,
    units: Units,
) -> None:
    """Undone events that name no claim take the latest work before them on their target."""
    for target in range(len(works.start) - 1):
        if works.start[target] == works.start[target + 1]:
            continue
        for place in range(events.line_start[target], events.line_start[target + 1]):
            event = events.line[place]
            if events.outcome[event] != UNDONE or events.named[event]:
                continue
            work = last_work(event, works, target, claims, events, matches)
            if work == NONE:
                continue
            claim = matches.claim[work]
            unit = unit_of(claim, decisions, bursts)
            if (
                unit != NONE
                and units.time[unit] == events.at[work]
                and events.at[event] - events.at[work] <= claims.undo[claim]
                and not is_of_another(place, work, claims.action[claim], target, events, matches)
            ):
                fall(event, unit, events, units)


def last_work(event: int, works: Works, target: int, claims: Claims, events: Events, matches: Matches) -> int:
    """The latest work on a target before an undone event that it may speak of; NONE if there is none."""
    start = works.start[target]
    place = first_after(events.at, works.event, start, works.start[target + 1], events.at[event]) - 1
    while place >= start:
        work = works.event[place]
        claim = matches.claim[work]
        if (
            (events.vendor[event] == NONE or events.vendor[event] == claims.vendor[claim])
            and (events.action[event] == NONE or events.action[event] == claims.action[claim])
            and (events.at[work] < events.at[event] or is_just_before(work, event, events))
        ):
            return int(work)
        place -= 1
    return NONE


def is_of_another(place: int, work: int, action: int, target: int, events: Events, matches: Matches) -> bool:
    """Whether the system of an undone event saw, after that work and before it, work that no claim took."""
    witness = events.witness[events.line[place]]
    place -= 1
    while place >= events.line_start[target] and events.witness[events.line[place]] == witness:
        other = events.line[place]
        if events.at[other] < events.at[work]:
            return False
        if (
            events.outcome[other] == DONE
            and matches.claim[other] == NONE
            and (events.action[other] == NONE or events.action[other] == action)
            and (events.at[other] > events.at[work] or is_just_before(work, other, events))
        ):
            return True
        place -= 1
    return False
