"""Who gets which event, where several claims or several events of one system could be paired.

Source: the law of verdicts, 3.3. The law goes rank by rank, within a rank claim by claim in the order of the walk, and
gives each claim the first free event of its own order. That is one pass over all possible pairs sorted by (rank,
place of the claim, place of the event for it): a pair is taken when neither its claim nor its event is taken yet.
Nothing is reconsidered. `contest.sql` sorts; a claim with one possible event that has no other claim is paired in SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

Pair = tuple[int, int, int]
"""Claim, witness, event: numbers of the bench."""


def first_come(batches: Iterable[Sequence[Sequence[int]]]) -> Iterator[tuple[int, int]]:
    """The pairs (claim, event) that are taken, of batches of three columns (claims, witnesses, events) in order.

    A claim has at most one event in each system, an event at most one claim.
    """
    answered: set[tuple[int, int]] = set()
    taken: set[int] = set()
    for claims, witnesses, events in batches:
        for claim, witness, event in zip(claims, witnesses, events, strict=True):
            if event not in taken and (claim, witness) not in answered:
                taken.add(event)
                answered.add((claim, witness))
                yield claim, event
