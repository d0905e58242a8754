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
from audit.kernel.terms import WORDS

DECISIONS: Final = ("supported", "attested", "disagree", "failed", "wrong", "unseen", "unheard")
_FIRST_REASONS: Final = {3: "failed", 4: "wrong_value", 2: "witnesses_disagree", 5: "no_evidence"}
_PASSED_ON: Final = (
    *("claim", "record", "vendor", "claim_id", "revision", "agent_id", "action", "at_us", "currency"),
    *("tokens_input", "tokens_cached", "tokens_output", "units", "charge_micros"),
)


def judged(rows: Rows, answer: Judged, systems: list[str]) -> pa.Table:
    """What is to be said of each claim before taint, and what its totals need."""
    claims, events, ground = rows.claims, rows.events, answer.decisions.ground
    told = {name: claims[name] for name in _PASSED_ON}
    told["row"] = pa.array(np.ones(len(ground), np.int64))
    told["reason"] = pa.DictionaryArray.from_arrays(pa.array(answer.reasons.astype(np.int8)), pa.array(REASONS, pa.string()))
    told["rank"] = _take(pa.array(answer.matches.rank), ground)
    told["witness"] = _take(events["witness"], ground)
    told["event_id"] = _take(events["event_id"], ground)
    told["repeat_of"] = _take(claims["claim_id"], answer.bursts.repeat_of)
    told["undone_by"] = _undone_by(rows, answer.units.undone_by, systems)
    told["is_provisional"] = pa.array(answer.unwatched)
    return pa.table(told)


def testimony(rows: Rows, answer: Judged) -> pa.Table:
    """Every word of every system as it leaves; silence is no word."""
    event = np.flatnonzero(answer.matches.claim != NONE)
    claim = answer.matches.claim[event]
    told = {name: _take(rows.claims[name], claim) for name in ("record", "vendor", "claim_id")}
    told |= {name: _take(rows.events[name], event) for name in ("witness", "grade", "event_id")}
    return pa.table({**told, "word": _words(answer, event), "rank": pa.array(answer.matches.rank[event])})


def word(rows: Rows, answer: Judged) -> pa.Table:
    """Every word of every system, by the numbers of claim and event."""
    event = np.flatnonzero(answer.matches.claim != NONE)
    told = {name: _take(rows.events[name], event) for name in ("event", "witness", "grade", "is_independent")}
    claim = _take(rows.claims["claim"], answer.matches.claim[event])
    return pa.table({"claim": claim, **told, "word": _words(answer, event), "rank": pa.array(answer.matches.rank[event])})


def burst(rows: Rows, answer: Judged) -> pa.Table:
    """The claims whose agent claims the same action on the same target more than once, by burst."""
    found = answer.bursts
    chosen = np.flatnonzero(found.burst != NONE)
    number = rows.claims["claim"]
    return pa.table({
        "claim": _take(number, chosen),
        "burst": _take(number, found.burst[chosen]),
        "is_crowded": pa.array(found.crowded[chosen]),
        "is_oscillation": pa.array(found.oscillates[chosen]),
        "repeat_of": _take(number, found.repeat_of[chosen]),
    })


def spoiling(rows: Rows, given: Slice, answer: Judged, taint_from: tuple[str, ...]) -> pa.Table:
    """The claims whose reason, as far as the first hearing gives it, spoils (the law, 3.3, doomed)."""
    decided, has_target = answer.decisions.decision, given.claims.target != NONE
    chosen: Flags = np.zeros(len(decided), np.bool_)
    for code, reason in _FIRST_REASONS.items():
        if reason in taint_from:
            chosen |= decided == code
    for reason, mask in (("no_target", ~has_target), ("outside_coverage", has_target)):
        if reason in taint_from:
            chosen |= (decided == DECISIONS.index("unheard")) & mask
    return _chosen(rows, chosen, ("claim", "record", "vendor", "claim_id"))


def sensitive(rows: Rows, given: Slice) -> pa.Table:
    """The claims to which it can matter who walks last: they share a record, or an event that names them."""
    claims, naming = given.claims, given.naming
    shared = np.append(claims.walk_start[1:] - claims.walk_start[:-1] > 1, False)
    chosen = shared[claims.target]
    named = np.bincount(naming.event, minlength=len(given.events.number)) > 1
    chosen[naming.claim[named[naming.event]]] = True
    return _chosen(rows, chosen, ("claim", "record"))


def _words(answer: Judged, events: Numbers) -> Any:
    return pa.DictionaryArray.from_arrays(pa.array(answer.matches.word[events].astype(np.int8)), pa.array(WORDS))


def _chosen(rows: Rows, mask: Flags, names: tuple[str, ...]) -> pa.Table:
    return rows.claims.select(list(names)).take(pa.array(np.flatnonzero(mask)))


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
