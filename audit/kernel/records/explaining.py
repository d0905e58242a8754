"""What an explanation asks of a slice beside its tables: the pairs of one claim, its burst, decisions, undone work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa

from audit.kernel.records import bursts, pairs
from audit.kernel.records.columns import NONE, UNDONE, Claims, Events
from audit.kernel.records.compiled import fit
from audit.kernel.records.decisions import Decisions
from audit.kernel.records.judging import Judged, Slice, text_of
from audit.kernel.records.telling import DECISIONS
from audit.kernel.records.texts import CONFLICT, Numbers, entry, relation
from audit.kernel.terms import GRADES, WORDS

_RELATIONS: Final = ("unknown", "agree", "conflict", "apart")
_EXCUSED: Final = "excused"
_PAIR: Final = pa.schema(
    {
        "claim": pa.int64(),
        "event": pa.int64(),
        "relation": pa.string(),
        "rank": pa.int64(),
        "word": pa.string(),
    }
)
_MEMBER: Final = pa.schema({"claim": pa.int64(), "effect": pa.string(), "is_misfire": pa.bool_()})


def decision(given: Slice, answer: Judged) -> pa.Table:
    """The decision on each claim, and its grade where a word decided."""
    decided, grades = answer.decisions, list(GRADES)
    return pa.table(
        {
            "claim": given.claims.number,
            "decision": pa.array([DECISIONS[code] for code in decided.decision], pa.string()),
            "grade": pa.array([None if code == NONE else grades[code] for code in decided.grade], pa.string()),
        }
    )


def fall(given: Slice, answer: Judged) -> pa.Table:
    """The units of work that were undone, and by which event."""
    undone_by = answer.units.undone_by
    unit = np.flatnonzero(undone_by != NONE)
    return pa.table({"unit": given.claims.number[unit], "event": given.events.number[undone_by[unit]]})


def pair(given: Slice, compares: bool, asked: Numbers) -> pa.Table:
    """The events that meet the claims at these places, by record or by name; rank and word where a pair is possible."""
    claims, events, *_ = ready = fit(given, 0)
    met = [
        {
            "claim": claims.number[claim],
            "event": events.number[event],
            "relation": _relation(claims, claim, events, event, compares),
            "rank": rank or None,
            "word": WORDS[pairs.word_of(claims, claim, events, event, compares)] if rank else None,
        }
        for claim in asked.tolist()
        for event, rank in _met(ready, claim, compares)
    ]
    return pa.Table.from_pylist(met, _PAIR)


def _met(given: Any, claim: int, compares: bool) -> Iterator[tuple[int, int]]:
    """The events that meet a claim, each with the rank of the pair; 0 where they make none."""
    claims, events, bound, naming, _ = given
    for row in range(len(naming.claim)):
        if naming.claim[row] == claim and events.outcome[naming.event[row]] != UNDONE:
            yield naming.event[row], 1
    target = claims.target[claim]
    if target == NONE:
        return
    # They meet where they would be a pair if nothing were known of effects.
    blind = events._replace(effect=events.effect._replace(known=[False] * len(events.number)))
    for event in events.line[events.line_start[target] : events.line_start[target + 1]]:
        if pairs.rank_of(claims, claim, blind, event, bound, compares):
            yield event, pairs.rank_of(claims, claim, events, event, bound, compares)


def _relation(claims: Claims, claim: int, events: Events, event: int, compares: bool) -> str:
    how = relation(claims.effect, claim, events.effect, event)
    return _EXCUSED if how == CONFLICT and not compares else _RELATIONS[how]


def member(given: Slice, answer: Judged, asked: Numbers) -> pa.Table:
    """The claims in one burst with the claims at these places, with what is known of their effect.

    A claim that is alone in its burst is never weighed against another one: it has its own effect and is no misfire.
    """
    claims, events, *_ = fit(given, 0)
    found, decided = answer.bursts, answer.decisions
    chosen = np.flatnonzero((found.burst != NONE) & np.isin(found.burst, found.burst[asked])).tolist()
    told = [
        {
            "claim": claims.number[claim],
            "effect": known_effect(claims, claim, events, decided),
            "is_misfire": bursts.is_misfire(decided, claim),
        }
        if found.crowded[claim]
        else {"claim": claims.number[claim], "effect": text_of(claims.effect, claim), "is_misfire": False}
        for claim in chosen
    ]
    return pa.Table.from_pylist(told, _MEMBER)


def known_effect(claims: Claims, claim: int, events: Events, decided: Decisions) -> str | None:
    """The known effect of a claim (the law, 3.5) as canonical text; None where nothing is known."""
    effect, event = claims.effect, bursts.effect_event(claim, claims, events, decided)
    if event == NONE:
        return text_of(effect, claim)
    if not effect.known[claim]:
        return text_of(events.effect, event)
    entries = []
    at, end = effect.starts[claim] + 1, effect.starts[claim + 1]
    while at < end:
        field_end, value_end = entry(effect.data, at)
        data, start, stop = bursts.known_value(effect.data, at, field_end, value_end, events, event)
        entries.append(bytes(effect.data[at:field_end]) + b":" + bytes(data[start:stop]))
        at = value_end + 1
    return "{" + b",".join(entries).decode() + "}"
