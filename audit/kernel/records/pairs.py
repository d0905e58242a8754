"""Which event answers which claim. Source: the law of verdicts, 3.3.

Events that name a claim go first, best own rank first; then, record by record and system by system, rank by rank the
claims in the order of their walk: each takes the earliest free event that makes a pair of this rank with it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from audit.kernel.records.columns import FAILED, NONE, UNDONE, Bound, Claims, Events, Matches, Naming, Terms
from audit.kernel.records.texts import AGREE, APART, CONFLICT, Flags, Numbers, relation

SUPPORTS: Final = 0
FAILS: Final = 1
CONFLICTS: Final = 2
"""What an event says of the claim that it answers."""
NO_RANK: Final = 10
HOT_PAIRS: Final = 10_000
"""A record with more claims times events than this is walked in Python (pairing.py), so that a loop costs no square."""


class Desk(NamedTuple):
    """Room for the pairs of one record that is not hot, HOT_PAIRS of them."""

    events: Numbers
    ranks: Numbers
    is_free: Flags


def own_ranks(naming: Naming, claims: Claims, events: Events, bound: Bound, terms: Terms, ranks: Numbers) -> None:
    """For each naming the rank that the pair would have by record, window and missing target aside, or NO_RANK."""
    for row in range(len(naming.claim)):
        rank = own_rank(claims, naming.claim[row], events, naming.event[row], bound, terms.compares)
        ranks[row] = rank if rank else NO_RANK


def answer_by_name(
    naming: Naming, order: Numbers, claims: Claims, events: Events, matches: Matches, compares: bool
) -> None:
    """Rank 1: `order` holds the rows of naming by (walk of the claim, witness, own rank, instant, event id)."""
    last_claim, last_witness = NONE, NONE
    for row in order:
        claim, event = naming.claim[row], naming.event[row]
        is_answered = claim == last_claim and events.witness[event] == last_witness
        if is_answered or events.outcome[event] == UNDONE or matches.claim[event] != NONE:
            continue
        answer(matches, claim, event, 1, word_of(claims, claim, events, event, compares))
        last_claim, last_witness = claim, events.witness[event]


def answer_by_record(
    claims: Claims, events: Events, bound: Bound, matches: Matches, terms: Terms, hot: Flags, desk: Desk
) -> None:
    """Ranks 2 to 9 on every record but hot ones, which are marked."""
    for target in range(len(hot)):
        first, last = claims.walk_start[target], claims.walk_start[target + 1]
        start, end = events.line_start[target], events.line_start[target + 1]
        if first == last or start == end:
            continue
        if last - first > 1 and (last - first) * (end - start) > HOT_PAIRS:
            hot[target] = (last - first) * speaking(events, start, end) > HOT_PAIRS
            if hot[target]:
                continue
        while start < end:
            stop = block_end(events, start, end)
            if last - first == 1:
                answer_one(claims, claims.walk[first], events, start, stop, bound, matches, terms)
            else:
                answer_some(claims, first, last, events, start, stop, bound, matches, terms, desk)
            start = stop


def speaking(events: Events, start: int, end: int) -> int:
    """How many of some lines can be paired by record."""
    count = 0
    for place in range(start, end):
        event = events.line[place]
        if events.outcome[event] != UNDONE and not events.named[event]:
            count += 1
    return count


def block_end(events: Events, start: int, end: int) -> int:
    """Where the lines of one witness end."""
    witness = events.witness[events.line[start]]
    while start < end and events.witness[events.line[start]] == witness:
        start += 1
    return start


def answer_one(
    claims: Claims, claim: int, events: Events, start: int, end: int, bound: Bound, matches: Matches, terms: Terms
) -> None:
    """The only claim of a record takes the best event of a system, the earliest of equal rank."""
    if has_event(matches, events, claim, events.witness[events.line[start]]):
        return
    best, chosen = NO_RANK, NONE
    for place in range(start, end):
        event = events.line[place]
        rank = rank_of(claims, claim, events, event, bound, terms.compares)
        if rank and rank < best:
            best, chosen = rank, event
    if chosen != NONE:
        answer(matches, claim, chosen, best, word_of(claims, claim, events, chosen, terms.compares))


def answer_some(
    claims: Claims,
    first: int,
    last: int,
    events: Events,
    start: int,
    end: int,
    bound: Bound,
    matches: Matches,
    terms: Terms,
    desk: Desk,
) -> None:
    """Several claims of a record, and the events of one system on it."""
    width = 0
    for place in range(start, end):
        event = events.line[place]
        if events.outcome[event] != UNDONE and not events.named[event]:
            desk.events[width] = event
            width += 1
    if not width:
        return
    found = 0
    for turn in range(last - first):
        claim = claims.walk[first + turn]
        desk.is_free[turn] = not has_event(matches, events, claim, events.witness[desk.events[0]])
        for place in range(width):
            rank = rank_of(claims, claim, events, desk.events[place], bound, terms.compares)
            desk.ranks[turn * width + place] = rank
            found |= 1 << rank
    for rank in range(2, NO_RANK):
        for turn in range(last - first if found & (1 << rank) else 0):
            place = 0
            while desk.is_free[turn] and place < width:
                event = desk.events[place]
                if desk.ranks[turn * width + place] == rank and matches.claim[event] == NONE:
                    claim = claims.walk[first + turn]
                    answer(matches, claim, event, rank, word_of(claims, claim, events, event, terms.compares))
                    desk.is_free[turn] = False
                place += 1


def rank_of(claims: Claims, claim: int, events: Events, event: int, bound: Bound, compares: bool) -> int:
    """The rank of a pair by record, 2 to 9, or 0 if it is none. They are on one target."""
    if (
        events.named[event]
        or events.outcome[event] == UNDONE
        or events.at[event] < claims.earliest[claim]
        or events.at[event] > claims.latest[claim]
        or (events.vendor[event] != NONE and events.vendor[event] != claims.vendor[claim])
        or (events.action[event] != NONE and events.action[event] != claims.action[claim])
    ):
        return 0
    return own_rank(claims, claim, events, event, bound, compares)


def own_rank(claims: Claims, claim: int, events: Events, event: int, bound: Bound, compares: bool) -> int:
    """The rank by outcome, effects and action, or 0 if the actor is not bound or nothing tells the action."""
    if not is_bound(claims, claim, bound, events.bound[event]):
        return 0
    how = relation(claims.effect, claim, events.effect, event)
    step = 1 if events.action[event] == NONE else 0
    if step and how == APART:
        return 0
    if events.outcome[event] == FAILED:
        return 6 + step
    if how == AGREE:
        return 2 + step
    return (8 if how == CONFLICT and compares else 4) + step


def word_of(claims: Claims, claim: int, events: Events, event: int, compares: bool) -> int:
    """What an event says of a claim."""
    if events.outcome[event] == FAILED:
        return FAILS
    if compares and relation(claims.effect, claim, events.effect, event) == CONFLICT:
        return CONFLICTS
    return SUPPORTS


def word_of_rank(rank: int) -> int:
    """What an event says of a claim by a rank from 2 to 9."""
    return FAILS if rank in (6, 7) else CONFLICTS if rank > 7 else SUPPORTS


def is_bound(claims: Claims, claim: int, bound: Bound, group: int) -> bool:
    """Whether the agent of a claim stands behind an actor."""
    if group == NONE:
        return True
    for row in range(bound.start[group], bound.start[group + 1]):
        if bound.vendor[row] == claims.vendor[claim] and bound.agent[row] == claims.agent[claim]:
            return True
    return False


def has_event(matches: Matches, events: Events, claim: int, witness: int) -> bool:
    """Whether a claim has an event in a system already."""
    event = matches.first[claim]
    while event != NONE:
        if events.witness[event] == witness:
            return True
        event = matches.following[event]
    return False


def answer(matches: Matches, claim: int, event: int, rank: int, word: int) -> None:
    """Let an event answer a claim."""
    matches.claim[event], matches.rank[event], matches.word[event] = claim, rank, word
    matches.following[event], matches.first[claim] = matches.first[claim], event
