"""One slice judged: its rows as columns, and what the law says of them, part by part."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.kernel import pairing
from audit.kernel.records import bursts, decisions, pairs, reading, reasons, undoing
from audit.kernel.records.columns import FAILED, NONE, UNDONE, Bound, Claims, Events, Matches, Naming, Spans, Terms
from audit.kernel.records.compiled import chosen, fit
from audit.kernel.records.reading import Codes, Names
from audit.kernel.records.texts import Flags, Numbers, Texts


class Rows(NamedTuple):
    """The rows of a slice as Arrow tables, and the numbers of the claims that are doomed."""

    claims: pa.Table
    events: pa.Table
    spans: pa.Table
    bindings: pa.Table
    doomed: Numbers


class Slice(NamedTuple):
    """The columns of a slice."""

    claims: Claims
    events: Events
    bound: Bound
    naming: Naming
    spans: Spans


class Judged(NamedTuple):
    """What the law says of a slice."""

    matches: Matches
    decisions: decisions.Decisions
    bursts: bursts.Bursts
    units: undoing.Units
    reasons: Numbers
    unwatched: Flags
    hot: Flags


def columns(rows: Rows) -> Slice:
    """The rows of a slice as columns of numbers."""
    claims, events, spans = rows.claims, rows.events, rows.spans
    whole_targets = pc.if_else(spans["is_prefix"], None, spans["target_prefix"])
    codes = {
        "vendor": Codes(claims["vendor"], events["vendor"]),
        "agent_id": Codes(claims["agent_id"]),
        "action": Codes(claims["action"], events["action"], spans["action"]),
        "target": Names(claims["target"], events["target"], whole_targets),
        "folder": Codes(claims["folder"]),
    }
    group, bound = reading.read_bound(events, rows.bindings, codes["vendor"].lookup(), codes["agent_id"].lookup())
    heard = reading.read_claims(claims, codes, rows.doomed)
    seen = reading.read_events(events, codes, group)
    target, action = codes["target"], codes["action"]
    watched = reading.read_spans(spans, codes["folder"], target.of(2), target.size, action.of(2))
    return Slice(heard, seen, bound, reading.read_naming(claims, events, heard, seen), watched)


def judge(rows: Rows, given: Slice, terms: Terms) -> Judged:
    """Everything that the law says of a slice but taint."""
    return _Loops(rows, given, terms).judge()


def decide(rows: Rows, given: Slice, terms: Terms) -> tuple[Matches, decisions.Decisions]:
    """Which event answers which claim, and the decision on each claim: the law up to 3.4."""
    loops = _Loops(rows, given, terms)
    matches, _ = loops.matched()
    return matches, loops.decided(matches)


class _Loops:
    """The loops over one slice, compiled or as they stand."""

    def __init__(self, rows: Rows, given: Slice, terms: Terms) -> None:
        self.given, self.terms = given, terms
        self.rows = len(given.claims.number) + len(given.events.number)
        self.ready: Any = fit(given, self.rows)
        self.claim_names, self.event_names = (
            reading.picker(rows.claims["claim_id"]),
            reading.picker(rows.events["event_id"]),
        )

    def call(self, module: ModuleType, name: str, *arguments: Any) -> Any:
        """Call a function of the law."""
        return getattr(chosen(module, self.rows), name)(*arguments)

    def judge(self) -> Judged:
        """Everything but taint."""
        claims, events, _, naming, spans = self.ready
        size, seen = len(claims.number), len(events.number)
        matches, hot = self.matched()
        decided = self.decided(matches)
        found = self.bursts(decided)
        given = self.given.events
        proofs = np.flatnonzero(decided.deciding & given.independent & (matches.word == pairs.SUPPORTS))
        units = undoing.Units(np.full(size, undoing.NEVER), nones(size), nones(seen), nones(size))
        self.call(undoing, "find_units", proofs, events, matches, decided, found, units)
        self.call(undoing, "recall", naming, claims, events, found, units)
        works = reading.works(proofs, matches.claim, self.given.claims, given, self.claim_names)
        self.call(undoing, "revert", works, claims, events, matches, decided, found, units)
        numbered, unwatched = nones(size), ~no(size)
        self.call(reasons, "reasons", claims, events, decided, found, units, numbered)
        self.call(reasons, "unwatched", claims, spans, units, unwatched)
        return Judged(matches, decided, found, units, numbered, unwatched, hot)

    def matched(self) -> tuple[Matches, Flags]:
        """Which event answers which claim, and which targets are hot."""
        claims, events, bound, naming, _ = self.ready
        seen = len(events.number)
        matches = Matches(nones(seen), nones(seen), nones(seen), nones(len(claims.number)), nones(seen))
        ranks, hot = nones(len(naming.claim)), no(len(claims.walk_start) - 1)
        self.call(pairs, "own_ranks", naming, claims, events, bound, self.terms, ranks)
        order = reading.naming_order(self.given, ranks, self.claim_names, self.event_names)
        self.call(pairs, "answer_by_name", naming, order, claims, events, matches, self.terms.compares)
        desk = pairs.Desk(nones(pairs.HOT_PAIRS), nones(pairs.HOT_PAIRS), no(pairs.HOT_PAIRS))
        self.call(pairs, "answer_by_record", claims, events, bound, matches, self.terms, hot, desk)
        for target in np.flatnonzero(hot):
            for claim, event, rank in walked(self.given, int(target), matches, self.terms.compares):
                pairs.answer(matches, claim, event, rank, pairs.word_of_rank(rank))
        return matches, hot

    def decided(self, matches: Matches) -> decisions.Decisions:
        """The decision on each claim."""
        claims, events, _, _, spans = self.ready
        size = len(claims.number)
        answer = decisions.Decisions(nones(size), nones(size), nones(size), no(size), no(len(events.number)))
        self.call(decisions, "decide", claims, events, matches, spans, self.terms, nones(decisions.GRADES), answer)
        return answer

    def bursts(self, decided: decisions.Decisions) -> bursts.Bursts:
        """Which claims are the same work again."""
        claims, events, *_ = self.ready
        size, line = len(claims.number), reading.series(self.given.claims, self.claim_names)
        found = bursts.Bursts(nones(size), no(size), no(size), nones(size), no(size))
        room = (nones(len(line)) for _ in range(5))
        likes, shapes, misfire, kept, count = room
        slots = nones(bursts.table_size(len(line)))
        desk = bursts.Desk(likes, shapes, slots, misfire, kept, count, no(len(line)))
        undone = reading.reversals(self.given.events)
        self.call(bursts, "find_bursts", line, claims, events, *undone, decided, self.terms, desk, found)
        return found


def nones(size: int) -> Numbers:
    """So many times NONE."""
    return np.full(size, NONE, np.int64)


def no(size: int) -> Flags:
    """So many times False."""
    return np.zeros(size, np.bool_)


def walked(given: Slice, target: int, matches: Matches, compares: bool) -> Iterator[pairing.Match]:
    """The matches of a hot record."""
    claims, events, bound = given.claims, given.events, given.bound
    heard = [
        pairing.HotClaim(
            claim,
            int(claims.vendor[claim]),
            int(claims.agent[claim]),
            int(claims.action[claim]),
            int(claims.earliest[claim]),
            int(claims.latest[claim]),
            text_of(claims.effect, claim),
            answered_by(matches, events, claim),
        )
        for claim in claims.walk[claims.walk_start[target] : claims.walk_start[target + 1]].tolist()
    ]
    seen = [
        pairing.HotEvent(
            event,
            int(events.witness[event]),
            none_if(events.vendor[event]),
            none_if(events.action[event]),
            bool(events.outcome[event] == FAILED),
            int(events.at[event]),
            text_of(events.effect, event),
            agents_of(bound, events.bound[event]),
        )
        for event in events.line[events.line_start[target] : events.line_start[target + 1]].tolist()
        if events.outcome[event] != UNDONE and not events.named[event]
    ]
    return pairing.walk(heard, seen, compares)


def answered_by(matches: Matches, events: Events, claim: int) -> list[int]:
    """The systems in which a claim has an event."""
    answer = []
    event = matches.first[claim]
    while event != NONE:
        answer.append(int(events.witness[event]))
        event = matches.following[event]
    return answer


def none_if(code: int) -> int | None:
    """A code, or None where it stands for null."""
    return None if code == NONE else int(code)


def text_of(column: Texts, row: int) -> str | None:
    """One text of a column."""
    return bytes(column.data[column.starts[row] : column.starts[row + 1]]).decode() if column.known[row] else None


def agents_of(bound: Bound, group: int) -> list[tuple[int, int]] | None:
    """The agents behind an actor; None: anybody."""
    if group == NONE:
        return None
    rows = range(bound.start[group], bound.start[group + 1])
    return [(int(bound.vendor[row]), int(bound.agent[row])) for row in rows]
