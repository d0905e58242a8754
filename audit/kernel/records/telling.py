"""What the law says of a slice, as tables for whoever asks: one row for a claim, an event or a pair of them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.kernel.records.columns import NONE
from audit.kernel.records.judging import Judged, Rows, Slice
from audit.kernel.records.reading import whole
from audit.kernel.records.reasons import REASONS
from audit.kernel.records.texts import Flags, Numbers
from audit.kernel.terms import WORDS, Reason

DECISIONS: Final = ("supported", "attested", "disagree", "failed", "wrong", "unseen", "unheard")
REASON: Final = pa.dictionary(pa.int8(), pa.string())
_FIRST_REASONS: Final = {3: "failed", 4: "wrong_value", 2: "witnesses_disagree", 5: "no_evidence"}
_PASSED_ON: Final = (
    *("claim", "record", "vendor", "claim_id", "revision", "agent_id", "action", "at_us", "currency"),
    *("tokens_input", "tokens_cached", "tokens_output", "units", "charge_micros"),
)
SAID: Final = pa.schema(
    [
        ("claim", pa.int64()),
        ("record", pa.uint64()),
        *((name, pa.string()) for name in ("vendor", "claim_id")),
        ("revision", pa.int64()),
        *((name, pa.string()) for name in ("agent_id", "action")),
        ("at_us", pa.int64()),
        ("currency", pa.string()),
        *((name, pa.int64()) for name in ("tokens_input", "tokens_cached", "tokens_output", "units", "charge_micros")),
        ("row", pa.int64()),
        ("reason", REASON),
        ("rank", pa.int32()),
        ("witness", pa.int64()),
        *((name, pa.string()) for name in ("event_id", "repeat_of", "undone_by")),
        ("is_provisional", pa.bool_()),
    ]
)
"""What is said of each claim row before taint, and what its totals need."""
TESTIMONY: Final = pa.schema(
    [
        ("record", pa.uint64()),
        *((name, pa.string()) for name in ("vendor", "claim_id")),
        ("witness", pa.int64()),
        *((name, pa.string()) for name in ("grade", "event_id")),
        ("word", REASON),
        ("rank", pa.int32()),
    ]
)
"""Every word of every system."""
_ALL: Final = list(Reason)
_PLACES: Final = np.array([_ALL.index(reason) for reason in REASONS], np.int8)


def said(rows: Rows, answer: Judged, systems: list[str]) -> pa.Table:
    """What is to be said of each claim of a slice before taint, as SAID."""
    claims, events, ground = rows.claims, rows.events, answer.decisions.ground
    told = {name: claims[name] for name in _PASSED_ON}
    told["row"] = pa.array(np.ones(len(ground), np.int64))
    told["reason"] = pa.DictionaryArray.from_arrays(pa.array(_PLACES[answer.reasons]), pa.array(_ALL, pa.string()))
    told["rank"] = _take(pa.array(answer.matches.rank.astype(np.int32)), ground)
    told["witness"] = _take(events["witness"], ground)
    told["event_id"] = _take(events["event_id"], ground)
    told["repeat_of"] = _take(claims["claim_id"], answer.bursts.repeat_of)
    is_undone = answer.reasons == REASONS.index(Reason.UNDONE)
    told["undone_by"] = _undone_by(rows, np.where(is_undone, answer.units.undone_by, NONE), systems)
    told["is_provisional"] = pa.array(answer.unwatched)
    return pa.table(told).cast(SAID)


def screened(rows: pa.Table) -> pa.Table:
    """What is said of claim rows that are not heard, as SAID."""
    place = pc.index_in(whole(rows["reason"]), pa.array(_ALL, pa.string())).cast(pa.int8())
    told = {name: rows[name] for name in SAID.names if name in rows.column_names}
    told["reason"] = pa.DictionaryArray.from_arrays(place, pa.array(_ALL, pa.string()))
    nothing = {field.name: pa.nulls(rows.num_rows, field.type) for field in SAID if field.name not in told}
    return pa.table({name: {**told, **nothing}[name] for name in SAID.names}).cast(SAID)


def testimony(rows: Rows, answer: Judged) -> tuple[pa.Table, Numbers]:
    """Every word of every system, as TESTIMONY; silence is no word. And the place of the claim of each."""
    event = np.flatnonzero(answer.matches.claim != NONE)
    claim = answer.matches.claim[event]
    told = {name: _take(rows.claims[name], claim) for name in ("record", "vendor", "claim_id")}
    told |= {name: _take(rows.events[name], event) for name in ("witness", "grade", "event_id")}
    told |= {"word": _words(answer, event), "rank": pa.array(answer.matches.rank[event].astype(np.int32))}
    return pa.table(told).cast(TESTIMONY), claim


def word(rows: Rows, answer: Judged) -> pa.Table:
    """Every word of every system, by the numbers of claim and event."""
    event = np.flatnonzero(answer.matches.claim != NONE)
    told = {name: _take(rows.events[name], event) for name in ("event", "witness", "grade", "is_independent")}
    claim = _take(rows.claims["claim"], answer.matches.claim[event])
    return pa.table(
        {"claim": claim, **told, "word": _words(answer, event), "rank": pa.array(answer.matches.rank[event])}
    )


def burst(rows: Rows, answer: Judged) -> pa.Table:
    """The claims whose agent claims the same action on the same target more than once, by burst."""
    found = answer.bursts
    chosen = np.flatnonzero(found.burst != NONE)
    number = rows.claims["claim"]
    return pa.table(
        {
            "claim": _take(number, chosen),
            "burst": _take(number, found.burst[chosen]),
            "is_crowded": pa.array(found.crowded[chosen]),
            "is_oscillation": pa.array(found.oscillates[chosen]),
            "repeat_of": _take(number, found.repeat_of[chosen]),
        }
    )


def spoiling(given: Slice, answer: Judged, taint_from: tuple[str, ...]) -> Numbers:
    """The numbers of the claims whose reason, as far as the first hearing gives it, spoils (the law, 3.3, doomed)."""
    decided, has_target = answer.decisions.decision, given.claims.target != NONE
    chosen: Flags = np.zeros(len(decided), np.bool_)
    for code, reason in _FIRST_REASONS.items():
        if reason in taint_from:
            chosen |= decided == code
    for reason, mask in (("no_target", ~has_target), ("outside_coverage", has_target)):
        if reason in taint_from:
            chosen |= (decided == DECISIONS.index("unheard")) & mask
    return given.claims.number[chosen]


def judged(rows: Rows, answer: Judged) -> pa.Table:
    """The reason of each claim before taint."""
    reason = pa.DictionaryArray.from_arrays(pa.array(_PLACES[answer.reasons]), pa.array(_ALL, pa.string()))
    return pa.table({**{name: rows.claims[name] for name in ("claim", "vendor", "claim_id")}, "reason": reason})


def contested(given: Slice) -> Flags:
    """The claims to which it can matter who walks last: they share a target with another one, or an event by name."""
    claims, naming = given.claims, given.naming
    shared = np.append(claims.walk_start[1:] - claims.walk_start[:-1] > 1, False)  # the last place is that of no target
    answer: Flags = shared[claims.target]
    named = np.bincount(naming.event, minlength=len(given.events.number)) > 1
    answer[naming.claim[named[naming.event]]] = True
    return answer


def _words(answer: Judged, events: Numbers) -> Any:
    return pa.DictionaryArray.from_arrays(pa.array(answer.matches.word[events].astype(np.int8)), pa.array(WORDS))


def _take(column: Any, places: Numbers) -> Any:
    """What stands at these places; null where the place is NONE."""
    return whole(column).take(pa.array(places, mask=places == NONE))


def _undone_by(rows: Rows, events: Numbers, systems: list[str]) -> Any:
    """The events that undid something, as `system:event_id`."""
    fallen = np.flatnonzero(events != NONE)
    witness = np.asarray(_take(rows.events["witness"], events[fallen])).astype(np.int64)
    names = pa.array([systems[number - 1] for number in witness], pa.string())
    told = pc.binary_join_element_wise(names, _take(rows.events["event_id"], events[fallen]), ":")
    place = np.full(len(events), NONE, np.int64)
    place[fallen] = np.arange(len(fallen))
    return _take(told, place)
