"""3.3: each system is heard alone; first come, first served, best rank first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tests.kernel.twin.basics import (
    EventKey,
    Key,
    Row,
    Word,
    after_micros,
    before_micros,
    claim_key,
    compare_effects,
    differ_where_both_given,
    event_key,
    names_one_of,
    share_a_field,
    vendor_allows,
)

BY_REFERENCE = 1
RANKS = range(1, 10)
NO_RANK = 10


@dataclass(frozen=True)
class Pair:
    """A possible pair of a claim and an event: its rank, and the rank that the event would have by record.

    `line` is the line of the table that fits the two, whether or not they are possible by record.
    """

    claim: Row
    event: Row
    rank: int
    own_rank: int
    line: int


def possible_by_reference(claim: Row, event: Row) -> bool:
    """3.3, by reference (outcome aside)."""
    return (
        vendor_allows(event, claim["vendor"])
        and event["claim_ref"] == claim["claim_id"]
        and not differ_where_both_given(claim["target"], event["target"])
        and not differ_where_both_given(claim["action"], event["action"])
    )


def possible_by_record(claim: Row, event: Row, claims: list[Row], actors: list[Row], rule: Row) -> bool:
    """3.3, by record; `claims` are all rows of the run."""
    if not vendor_allows(event, claim["vendor"]):
        return False
    if claim["target"] is None or claim["target"] != event["target"]:
        return False
    return (
        action_fits(claim, event)
        and inside_window(claim, event, rule)
        and actor_fits(claim, event, actors)
        and not names_one_of(event, claims)
    )


def action_fits(claim: Row, event: Row) -> bool:
    """3.3: the event's action is the claim's, or null, but then not if both effects are known and share no field."""
    if event["action"] is not None:
        return bool(event["action"] == claim["action"])
    if claim["effect"] is None or event["effect"] is None:
        return True
    return share_a_field(claim["effect"], event["effect"])


def inside_window(claim: Row, event: Row, rule: Row) -> bool:
    """3.3: the event comes at most `before` before and at most `after` after the claim, ends included."""
    distance = event["occurred_at"] - claim["occurred_at"]
    return bool(-before_micros(rule, claim["action"]) <= distance <= after_micros(rule, claim["action"]))


def actor_fits(claim: Row, event: Row, actors: list[Row]) -> bool:
    """3.3: the actor, if given and the system has bindings, is bound to the claim's vendor and agent."""
    bindings = [row for row in actors if row["system"] == event["system"]]
    if event["actor"] is None or not bindings:
        return True
    return any(
        row["actor"] == event["actor"] and row["vendor"] == claim["vendor"] and row["agent_id"] == claim["agent_id"]
        for row in bindings
    )


def rank_by_record(claim: Row, event: Row, rule: Row) -> int:
    """3.3, ranks 2 to 9."""
    no_action = 1 if event["action"] is None else 0
    if event["outcome"] == "failed":
        return 6 + no_action
    comparison = compare_effects(claim["effect"], event["effect"], rule)
    return {"agree": 2, "silent": 4, "conflict": 8}[comparison] + no_action


def possible_pairs(
    heard: list[Row], evidence: list[Row], claims: list[Row], actors: list[Row], rule: Row
) -> list[Pair]:
    """3.3: every possible pair of a claim that is left and an event done or failed."""
    pairs = []
    for event in evidence:
        if event["outcome"] == "undone":
            continue
        for claim in heard:
            line = rank_by_record(claim, event, rule)
            if possible_by_reference(claim, event):
                own_rank = line if action_fits(claim, event) and actor_fits(claim, event, actors) else NO_RANK
                pairs.append(Pair(claim, event, BY_REFERENCE, own_rank, line))
            elif possible_by_record(claim, event, claims, actors, rule):
                pairs.append(Pair(claim, event, line, line, line))
    return pairs


def hold_hearing(heard: list[Row], pairs: list[Pair], doomed: set[Key]) -> list[Word]:
    """3.3: hear every system alone; the words of all of them."""
    walk = sorted(heard, key=lambda claim: (claim_key(claim) in doomed, claim["occurred_at"], *claim_key(claim)))
    words: list[Word] = []
    for system in sorted({pair.event["system"] for pair in pairs}):
        words += hear_system(walk, [pair for pair in pairs if pair.event["system"] == system])
    return words


def hear_system(walk: list[Row], pairs: list[Pair]) -> list[Word]:
    """3.3: best rank first; within a rank each claim of the walk takes its first free event."""
    words: dict[Key, Word] = {}
    taken: set[EventKey] = set()
    for rank in RANKS:
        for claim in walk:
            key = claim_key(claim)
            if key in words:
                continue
            free = [
                pair
                for pair in pairs
                if pair.rank == rank and pair.claim is claim and event_key(pair.event) not in taken
            ]
            if free:
                best = min(free, key=preference)
                words[key] = Word(key, best.event, rank, word_of(best))
                taken.add(event_key(best.event))
    return list(words.values())


def preference(pair: Pair) -> tuple[int, int, str]:
    """3.3: the earliest event; in rank 1 before time the best own rank (in the others it is the rank itself)."""
    return pair.own_rank, pair.event["occurred_at"], pair.event["event_id"]


def word_of(pair: Pair) -> str:
    """3.4: supports (done; agree or silent), failed, conflict."""
    if pair.line in (6, 7):
        return "failed"
    return "conflict" if pair.line in (8, 9) else "supports"


def taken_events(words: Iterable[Word]) -> set[EventKey]:
    """Return the events that some claim took."""
    return {event_key(word.event) for word in words}
