"""Who gets which event on a record with very many claims and events, so that a loop costs no square.

Source: the law of verdicts, 3.3: best rank first; within a rank the claims walk in their order, and each takes the
earliest free event that makes a pair of this rank with it. Nothing is reconsidered. `records/pairs.py` says the same
pair by pair. Here events that the law cannot tell apart but for their time and values are one *shelf*; a claim looks
for the first free event on a few shelves instead of at every event.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

Key = tuple[str, ...] | None
"""Names or values of fields; None: an unknown effect, or whatever it is."""


class HotClaim(NamedTuple):
    """A claim of a hot record; `answered_by`: the systems in which it has an event already. Texts are codes."""

    claim: int
    vendor: int
    agent: int
    action: int
    earliest: int
    latest: int
    effect: str | None
    answered_by: list[int]


class HotEvent(NamedTuple):
    """An event of a hot record; `agents`: the (vendor, agent) that it may speak of, None: of any."""

    event: int
    witness: int
    vendor: int | None
    action: int | None
    is_failed: bool
    at: int
    effect: str | None
    agents: list[tuple[int, int]] | None


class Match(NamedTuple):
    """A claim and the event that answers it."""

    claim: int
    event: int
    rank: int


def walk(claims: Iterable[HotClaim], events: Iterable[HotEvent], compares: bool) -> Iterator[Match]:
    """The matches by record, system by system.

    Claims come in the order of the walk, events by witness and in the order of time. `compares`: a conflict of effects
    is one; else it is silence.
    """
    walkers = list(claims)
    for witness, group in groupby(events, lambda event: event.witness):
        free = [claim for claim in walkers if witness not in claim.answered_by]
        yield from _System(list(group), compares).match(free)


class _Run:
    """Events in the order of time, of which the first free one from a place on is found quickly."""

    def __init__(self) -> None:
        self.places: list[int] = []
        self.times: list[int] = []
        self._next: list[int] = []

    def add(self, place: int, at_us: int) -> None:
        self._next.append(len(self.places))
        self.places.append(place)
        self.times.append(at_us)

    def first(self, earliest_us: int, latest_us: int, taken: bytearray) -> int | None:
        """The place of the first free event inside the window."""
        start = bisect_left(self.times, earliest_us)
        at = start
        while at < len(self.places) and taken[self.places[at]]:
            at = max(self._next[at], at + 1)
        path = start
        while path < at:  # what was skipped once is skipped in one step from now on
            self._next[path], path = at, max(self._next[path], path + 1)
        return self.places[at] if at < len(self.places) and self.times[at] <= latest_us else None


class _Shelf(NamedTuple):
    """What the law can tell events by, times and values apart."""

    vendor: int | None
    action: int | None
    is_failed: bool
    fields: Key
    agents: tuple[tuple[int, int], ...] | None


Offers = dict[int, list[tuple[_Shelf, Key]]]


@dataclass(slots=True)
class _System:
    """The events of one system on one record."""

    events: list[HotEvent]
    compares: bool
    taken: bytearray = field(init=False)
    shelves: dict[_Shelf, list[int]] = field(init=False)
    runs: dict[tuple[_Shelf, Key, Key], _Run] = field(init=False)
    ready: set[tuple[_Shelf, Key]] = field(init=False)
    offers: dict[tuple[int, int, int, Key], Offers] = field(init=False)

    def __post_init__(self) -> None:
        self.taken = bytearray(len(self.events))
        self.shelves, self.runs, self.ready, self.offers = defaultdict(list), defaultdict(_Run), set(), {}
        for place, event in enumerate(self.events):
            agents = None if event.agents is None else tuple(event.agents)
            shelf = _Shelf(event.vendor, event.action, event.is_failed, _fields(event.effect), agents)
            self.shelves[shelf].append(place)

    def match(self, claims: list[HotClaim]) -> Iterator[Match]:
        """Rank by rank, claim by claim."""
        for rank in range(2, 10):
            left = []
            for claim in claims:
                place = self._earliest(claim, self._offers(claim).get(rank, ()))
                if place is None:
                    left.append(claim)
                    continue
                self.taken[place] = 1
                event = self.events[place]
                yield Match(claim.claim, event.event, rank)
            claims = left

    def _earliest(self, claim: HotClaim, keys: Sequence[tuple[_Shelf, Key]]) -> int | None:
        """The first free event on any of these shelves."""
        found = []
        for shelf, shared in keys:
            self._lay_out(shelf, shared)
            run = self.runs.get((shelf, shared, _values(claim.effect, shared)))
            place = run.first(claim.earliest, claim.latest, self.taken) if run else None
            if place is not None:
                found.append(place)
        return min(found, default=None)

    def _lay_out(self, shelf: _Shelf, shared: Key) -> None:
        """Sort the events of a shelf by their values of the shared fields; None: all together."""
        if (shelf, shared) in self.ready:
            return
        self.ready.add((shelf, shared))
        for place in self.shelves[shelf]:
            event = self.events[place]
            self.runs[shelf, shared, _values(event.effect, shared)].add(place, event.at)

    def _offers(self, claim: HotClaim) -> Offers:
        """For each rank the shelves that have it for a claim, with the fields whose values must be equal."""
        fields = _fields(claim.effect)
        kind = (claim.vendor, claim.agent, claim.action, fields)
        if kind not in self.offers:
            offers: Offers = defaultdict(list)
            self.offers[kind] = offers
            for shelf in self.shelves:
                if _may_speak(shelf, claim):
                    for rank, shared in self._ranks(shelf, _shared(fields, shelf.fields)):
                        offers[rank].append((shelf, shared))
        return self.offers[kind]

    def _ranks(self, shelf: _Shelf, shared: Key) -> list[tuple[int, Key]]:
        """The ranks of a shelf, each with the fields whose values must be equal (None: whatever the values)."""
        step = int(shelf.action is None)
        if shared == () and step:
            return []
        if shelf.is_failed:
            return [(6 + step, None)]
        if not shared:
            return [(4 + step, None)]
        # Whoever finds no free event that agrees finds, on the same shelf, only such as do not.
        return [(2 + step, shared), ((8 if self.compares else 4) + step, None)]


def _may_speak(shelf: _Shelf, claim: HotClaim) -> bool:
    return (
        shelf.vendor in (None, claim.vendor)
        and shelf.action in (None, claim.action)
        and (shelf.agents is None or (claim.vendor, claim.agent) in shelf.agents)
    )


def _shared(one: Key, other: Key) -> Key:
    """The fields that both name; None if one of them is unknown."""
    return None if one is None or other is None else tuple(name for name in one if name in other)


@lru_cache(maxsize=65_536)
def _read(effect: str) -> dict[str, str]:
    fields: dict[str, str] = json.loads(effect)
    return fields


def _fields(effect: str | None) -> Key:
    return None if effect is None else tuple(_read(effect))


def _values(effect: str | None, shared: Key) -> Key:
    if shared is None or effect is None:
        return None
    known = _read(effect)
    return tuple(known[name] for name in shared)
