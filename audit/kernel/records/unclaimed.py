"""Work that a witness saw done and that nobody claimed. Source: the law of verdicts, 4, *unclaimed*."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.kernel.records.columns import DONE, NONE, Events
from audit.kernel.records.judging import Judged, Rows, Slice
from audit.kernel.records.reading import places, whole
from audit.kernel.records.texts import Flags, Numbers
from audit.kernel.terms import GRADES

_WORST: Final = len(GRADES)
_PASSED_ON: Final = (
    "event",
    "record",
    "witness",
    "event_id",
    "grade",
    "vendor",
    "target",
    "action",
    "at_us",
    "actor",
    "units",
)


def unclaimed(rows: Rows, given: Slice, answer: Judged, actions: Any) -> pa.Table:
    """The unclaimed events of a slice; `actions` are those that some claim of the run has."""
    events = given.events
    is_open = (
        (events.outcome == DONE)
        & events.independent
        & (events.target != NONE)
        & (answer.matches.claim == NONE)
        & ~np.asarray(whole(rows.events["names_heard"]))
        & np.asarray(pc.is_in(whole(rows.events["action"]), actions))
        & _is_agent(rows, given)
    )
    row = np.flatnonzero(is_open)
    chosen = rows.events.select(list(_PASSED_ON)).take(pa.array(row))
    best = np.minimum(_best_seen(events, row), _best_watching(rows.spans, chosen["target"]))
    return chosen.take(pa.array(np.flatnonzero(events.grade[row] == best)))


def _is_agent(rows: Rows, given: Slice) -> Flags:
    """Whether the actor is bound to anybody, where the system binds actors."""
    bindings = np.asarray(whole(rows.bindings["witness"])).astype(np.int64)
    nobody = len(given.bound.start) - 2
    group = given.events.bound
    answer: Flags = ~np.isin(given.events.witness, bindings) | ((group != NONE) & (group != nobody))
    return answer


def _best_seen(events: Events, row: Numbers) -> Numbers:
    """The best grade of any event on the targets of some rows."""
    best = np.full(len(events.line_start), _WORST, np.int64)
    is_asked = np.zeros(len(best), np.bool_)
    is_asked[events.target[row]] = True
    is_asked[NONE] = False
    seen = np.flatnonzero(is_asked[events.target])
    np.minimum.at(best, events.target[seen], events.grade[seen])
    return best[events.target[row]]


def _best_watching(spans: pa.Table, targets: Any) -> Numbers:
    """The best grade of any span over some targets, at any time and for any action."""
    asked = whole(targets).dictionary_encode()
    grades = places(spans["grade"], list(GRADES)).tolist()
    watched = list(zip(spans["target_prefix"].to_pylist(), spans["is_prefix"].to_pylist(), grades, strict=True))
    exact = _best_by_text(prefix_grade for prefix_grade in watched if not prefix_grade[1])
    begun = _best_by_text(prefix_grade for prefix_grade in watched if prefix_grade[1])
    by_folder: dict[str, int] = {}
    best = []
    for target in asked.dictionary.to_pylist():
        folder = target[: target.rfind("/") + 1]
        if folder not in by_folder:
            by_folder[folder] = min(
                (grade for prefix, grade in begun.items() if folder.startswith(prefix)), default=_WORST
            )
        best.append(min(by_folder[folder], exact.get(target, _WORST)))
    return np.array(best, np.int64)[np.asarray(asked.indices).astype(np.int64)]


def _best_by_text(spans: Any) -> dict[str, int]:
    best: dict[str, int] = {}
    for prefix, _, grade in spans:
        best[prefix] = min(grade, best.get(prefix, _WORST))
    return best
