"""The columns that the law is judged on: the claims and events of a slice, and what surrounds them.

Positions count from 0 within the slice. Codes stand for texts: equal codes for equal texts, and NONE for null. Vendors
are numbered in the order of their names, witnesses as in the table of that name. Instants and spans of time are
microseconds.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from audit.kernel.records.texts import Flags, Numbers, Texts

NONE: Final = -1
DONE: Final = 0
FAILED: Final = 1
UNDONE: Final = 2
"""Outcomes of events."""


class Claims(NamedTuple):
    """The claims that are heard. `walk[walk_start[t]:walk_start[t + 1]]` are those of target t, as they walk (3.3)."""

    number: Numbers
    vendor: Numbers
    agent: Numbers
    action: Numbers
    target: Numbers
    folder: Numbers
    at: Numbers
    earliest: Numbers
    latest: Numbers
    undo: Numbers
    units: Numbers
    doomed: Flags
    name: Texts
    session: Texts
    effect: Texts
    walk: Numbers
    walk_start: Numbers


class Events(NamedTuple):
    """The events that can speak of them. `line[line_start[t]:line_start[t + 1]]` are those of target t, by (witness,
    instant, event id). `grade`: 0 is A. `bound`: the group of agents behind the actor, NONE: it may be anybody.
    """

    number: Numbers
    witness: Numbers
    grade: Numbers
    vendor: Numbers
    target: Numbers
    action: Numbers
    at: Numbers
    outcome: Numbers
    units: Numbers
    bound: Numbers
    independent: Flags
    named: Flags
    name: Texts
    effect: Texts
    line: Numbers
    line_start: Numbers


class Bound(NamedTuple):
    """The agents of group g: `vendor[start[g]:start[g + 1]]`, and `agent` alike."""

    start: Numbers
    vendor: Numbers
    agent: Numbers


class Naming(NamedTuple):
    """Events that name a claim with which they are possible: positions of both."""

    claim: Numbers
    event: Numbers


class Spans(NamedTuple):
    """When systems watched. `by_folder[folder_start[f]:folder_start[f + 1]]` are the rows over folder f, and those over
    the whole target t are found alike.
    """

    witness: Numbers
    grade: Numbers
    action: Numbers
    starts: Numbers
    ends: Numbers
    independent: Flags
    folder_start: Numbers
    by_folder: Numbers
    target_start: Numbers
    by_target: Numbers


class Terms(NamedTuple):
    """The rule's numbers that the loops need. `independent`: how many grades, from A on, can verify."""

    compares: bool
    independent: int
    burst_window: int
    burst_minimum: int
    oscillation_voids: bool


class Matches(NamedTuple):
    """For each event the claim that it answers (NONE: no claim), with its rank and word; for each claim its events."""

    claim: Numbers
    rank: Numbers
    word: Numbers
    first: Numbers
    following: Numbers


def first_after(at: Numbers, rows: Numbers, start: int, end: int, instant: int) -> int:
    """The first place in `rows[start:end]`, which are in the order of time, of something later than an instant."""
    while start < end:
        middle = (start + end) // 2
        if at[rows[middle]] <= instant:
            start = middle + 1
        else:
            end = middle
    return start
