"""From rows to columns of numbers: codes for texts, and the orders in which the law walks."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.kernel.records import sorting
from audit.kernel.records.bursts import table_size
from audit.kernel.records.columns import NONE, UNDONE, Bound, Claims, Events, Naming, Spans
from audit.kernel.records.compiled import chosen, fit
from audit.kernel.records.texts import Flags, Numbers, Texts
from audit.kernel.records.undoing import Works
from audit.kernel.terms import GRADES, OUTCOMES

Column = Any
"""An Arrow array."""
Picker = Callable[[Numbers], Column]
"""What picks the texts of some rows."""


class Codes:
    """Numbers for the texts of some columns, in the order of the texts; NONE for null."""

    def __init__(self, *columns: Column) -> None:
        encoded = whole(pa.chunked_array(pieces(*columns), pa.string()).dictionary_encode())
        rank = np.asarray(pc.array_sort_indices(encoded.dictionary))
        self.texts: list[str] = encoded.dictionary.take(pa.array(rank)).to_pylist()
        self.size = len(self.texts)
        place = np.full(self.size + 1, NONE, np.int64)  # the last place is that of null
        place[rank] = np.arange(self.size)
        self._codes = place[np.asarray(encoded.indices.fill_null(NONE))]
        self._starts = np.cumsum([0, *map(len, columns)])

    def of(self, number: int) -> Numbers:
        """The codes of one of the columns."""
        codes: Numbers = self._codes[self._starts[number] : self._starts[number + 1]]
        return codes

    def lookup(self) -> dict[str, int]:
        """The code of each text."""
        return {text: code for code, text in enumerate(self.texts)}


class Names(Codes):
    """Numbers for many texts of some columns, in no order; NONE for null."""

    def __init__(self, *columns: Column) -> None:
        column = texts(pa.concat_arrays(pieces(*columns)))
        rows = len(column.known)
        self._codes, self._starts = np.empty(rows, np.int64), np.cumsum([0, *map(len, columns)])
        slots, room = np.full(table_size(rows), NONE, np.int64), np.empty((2, rows), np.int64)
        self.size = chosen(sorting, rows).intern(fit(column, rows), slots, room[0], room[1], self._codes)


def texts(column: Column) -> Texts:
    """A column of texts as bytes."""
    column = whole(column)
    _, starts, data = column.buffers()
    bounds = np.frombuffer(starts, np.int32)[column.offset : column.offset + len(column) + 1].astype(np.int64)
    known = np.asarray(column.is_valid())
    read = np.frombuffer(data if data is not None else b"", np.uint8)
    read.flags.writeable = False  # as most buffers are: else the loops are compiled for each of two kinds of column
    return Texts(bounds, read, known)


def whole(column: Column) -> Column:
    """A column as one array."""
    if isinstance(column, pa.ChunkedArray) and column.num_chunks == 1:
        return column.chunk(0)
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    return pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column


def pieces(*columns: Column) -> list[Column]:
    """The arrays that some columns consist of, dictionaries unpacked."""
    return [
        piece.dictionary_decode() if pa.types.is_dictionary(piece.type) else piece
        for column in columns
        for piece in (column.chunks if isinstance(column, pa.ChunkedArray) else [column])
    ]


def numbers(column: Column) -> Numbers:
    """A column of whole numbers without nulls."""
    return np.asarray(whole(column)).astype(np.int64)


def flags(column: Column) -> Flags:
    """A column of booleans without nulls."""
    return np.asarray(whole(column)).astype(np.bool_)


def ordered(rows: Numbers, keys: Sequence[Numbers], names: Picker, then: Sequence[Numbers] = ()) -> Numbers:
    """The rows in the order of the keys, most important first; where all are equal by their name, then by `then`.

    Names are looked up only of rows that nothing else tells apart.
    """
    order: Numbers = rows[np.lexsort([key[rows] for key in reversed(keys)])]
    is_same = np.ones(max(len(order) - 1, 0), np.bool_)
    for key in keys:
        sorted_key = key[order]
        is_same &= sorted_key[1:] == sorted_key[:-1]
    if not is_same.any():
        return order
    tied = np.flatnonzero(np.append(is_same, False) | np.insert(is_same, 0, False))
    chosen = order[tied]
    rank = np.asarray(pc.rank(names(chosen), tiebreaker="dense")).astype(np.int64)
    last = [key[chosen] for key in reversed(then)]
    order[tied] = chosen[np.lexsort([*last, rank, *(key[chosen] for key in reversed(keys))])]
    return order


def starts_of(codes: Numbers, size: int) -> Numbers:
    """Where each code begins in rows that are sorted by it, and where the last one ends; NONE is left out."""
    return np.concatenate([[0], np.cumsum(np.bincount(codes[codes >= 0], minlength=size))])


def grouped(target: Numbers, size: int, keys: Sequence[Numbers], names: Picker) -> tuple[Numbers, Numbers]:
    """The rows that have a target by (target, keys, name), and where each target begins.

    Most targets have one row: only the others are sorted by more than the target.
    """
    order = np.argsort(target, kind="stable")
    order = order[np.searchsorted(target[order], 0) :]
    start = starts_of(target, size)
    shared = np.flatnonzero((start[1:] - start[:-1] > 1)[target[order]])
    order[shared] = ordered(order[shared], [target, *keys], names)
    return order, start


def read_claims(rows: pa.Table, codes: Mapping[str, Codes], all_doomed: Numbers) -> Claims:
    """The claims; `codes` of vendor, agent, action, target and folder have them as their first column."""
    vendor, target, at = codes["vendor"].of(0), codes["target"].of(0), numbers(rows["at_us"])
    number = numbers(rows["claim"])
    doomed = np.isin(number, all_doomed) if len(all_doomed) else np.zeros(len(number), np.bool_)
    keys = [doomed.astype(np.int64), at, vendor]
    walk, start = grouped(target, codes["target"].size, keys, picker(rows["claim_id"]))
    return Claims(
        number=number,
        vendor=vendor,
        agent=codes["agent_id"].of(0),
        action=codes["action"].of(0),
        target=target,
        folder=codes["folder"].of(0),
        at=at,
        earliest=numbers(rows["earliest_us"]),
        latest=numbers(rows["latest_us"]),
        undo=numbers(rows["undo_us"]),
        units=numbers(rows["units"]),
        doomed=doomed,
        name=texts(rows["claim_id"]),
        session=texts(rows["session_id"]),
        effect=texts(rows["effect"]),
        walk=walk,
        walk_start=start,
    )


def read_events(rows: pa.Table, codes: Mapping[str, Codes], bound: Numbers) -> Events:
    """The events; `codes` of vendor, action and target have them as their second column."""
    witness, target, at = numbers(rows["witness"]), codes["target"].of(1), numbers(rows["at_us"])
    line, start = grouped(target, codes["target"].size, [witness, at], picker(rows["event_id"]))
    return Events(
        number=numbers(rows["event"]),
        witness=witness,
        grade=places(rows["grade"], list(GRADES)),
        vendor=codes["vendor"].of(1),
        target=target,
        action=codes["action"].of(1),
        at=at,
        outcome=places(rows["outcome"], OUTCOMES),
        units=numbers(rows["units"]),
        bound=bound,
        independent=flags(rows["is_independent"]),
        named=flags(rows["is_named"]),
        name=texts(rows["event_id"]),
        effect=texts(rows["effect"]),
        line=line,
        line_start=start,
    )


def picker(column: Column) -> Picker:
    """What picks the texts of some rows out of a column."""
    texts = whole(column)
    return lambda rows: texts.take(pa.array(rows))


def places(column: Column, values: Sequence[str]) -> Numbers:
    """The place of each text of a column among a few values."""
    return np.asarray(pc.index_in(whole(column), pa.array(values, pa.string()))).astype(np.int64)


def read_bound(
    events: pa.Table, bindings: pa.Table, vendors: Mapping[str, int], agents: Mapping[str, int]
) -> tuple[Numbers, Bound]:
    """For each event the group of agents behind its actor, and the groups. Agents without a claim are left out."""
    actors = Codes(events["actor"], bindings["actor"])
    groups: dict[tuple[int, int], set[tuple[int, int]]] = {}
    told = zip(
        bindings["witness"].to_pylist(),
        actors.of(1).tolist(),
        *(bindings[name].to_pylist() for name in ("vendor", "agent_id")),
        strict=True,
    )
    for witness, actor, vendor, agent in told:
        groups.setdefault((witness, actor), set()).add((vendors.get(vendor, NONE), agents.get(agent, NONE)))
    listed = [sorted(pairs) for pairs in groups.values()]
    key = numbers(events["witness"]) * (actors.size + 1) + actors.of(0)
    keys = np.array([witness * (actors.size + 1) + actor for witness, actor in groups], np.int64)
    by_key = np.argsort(keys)
    at = np.searchsorted(keys[by_key], key).clip(max=max(len(keys) - 1, 0))
    group = np.full(len(key), len(listed), np.int64)  # the last group is that of actors who are nobody's
    if len(keys):
        group = np.where(keys[by_key][at] == key, by_key[at], group)
    group[flags(events["is_anyone"])] = NONE
    flat = [pair for pairs in listed for pair in pairs]
    start = np.cumsum([0, *map(len, listed), 0])
    columns = np.array(flat, np.int64).reshape(len(flat), 2)
    return group, Bound(start, columns[:, 0].copy(), columns[:, 1].copy())


def read_naming(claims: pa.Table, events: pa.Table, heard: Claims, seen: Events) -> Naming:
    """The events that name a claim of the slice with which they are possible by reference (the law, 3.3)."""
    row = np.flatnonzero(seen.named)
    names = whole(events["claim_ref"]).take(pa.array(row))
    wanted = names.unique()
    code = np.asarray(pc.index_in(names, wanted)).astype(np.int64)
    named = np.asarray(pc.index_in(whole(claims["claim_id"]), wanted).fill_null(NONE)).astype(np.int64)
    by_name, start = rows_by(named), starts_of(named, len(wanted))
    many = start[code + 1] - start[code]
    event = np.repeat(row, many)
    claim = by_name[np.repeat(start[code], many) + np.arange(len(event)) - np.repeat(np.cumsum(many) - many, many)]
    is_possible = np.ones(len(event), np.bool_)
    for asked, told in ((seen.vendor, heard.vendor), (seen.action, heard.action), (seen.target, heard.target)):
        one, other = asked[event], told[claim]
        is_possible &= (one == other) | (one == NONE) | (other == NONE)
    return Naming(claim[is_possible], event[is_possible])


def read_spans(rows: pa.Table, folders: Codes, target: Numbers, targets: int, action: Numbers) -> Spans:
    """The spans; `target` and `action` are the codes of their whole targets and of their actions."""
    prefixes = zip(rows["target_prefix"].to_pylist(), rows["is_prefix"].to_pylist(), strict=True)
    pairs = [
        (folder, number)
        for number, (prefix, is_prefix) in enumerate(prefixes)
        if is_prefix
        for folder in beginning(folders.texts, prefix)
    ]
    folder, by_folder = np.array(sorted(pairs), np.int64).reshape(len(pairs), 2).T
    return Spans(
        witness=numbers(rows["witness"]),
        grade=places(rows["grade"], list(GRADES)),
        action=action,
        starts=numbers(rows["starts_us"]),
        ends=numbers(rows["ends_us"]),
        independent=flags(rows["is_independent"]),
        folder_start=starts_of(folder, folders.size),
        by_folder=by_folder.copy(),
        target_start=starts_of(target, targets),
        by_target=rows_by(target),
    )


def beginning(texts: Sequence[str], prefix: str) -> range:
    """Which of some texts in order begin with a prefix."""
    start = bisect_left(texts, prefix)
    return range(start, bisect_left(texts, True, start, key=lambda text: not text.startswith(prefix)))


def rows_by(codes: Numbers) -> Numbers:
    """The rows that have a code, by it."""
    order = np.argsort(codes, kind="stable")
    answer: Numbers = order[np.searchsorted(codes[order], 0) :]
    return answer


def reversals(events: Events) -> tuple[Numbers, Numbers]:
    """The independent undone events that have a target by (target, instant), and where each target begins."""
    rows = np.flatnonzero((events.outcome == UNDONE) & events.independent & (events.target != NONE))
    order = rows[np.lexsort([events.at[rows], events.target[rows]])]
    return order, starts_of(events.target[order], len(events.line_start) - 1)


def series(claims: Claims, names: Picker) -> Numbers:
    """The claims of all series on targets with more than one claim, one series after the other."""
    start = claims.walk_start
    rows = claims.walk[(start[1:] - start[:-1] > 1)[claims.target[claims.walk]]]
    return ordered(rows, [claims.target, claims.vendor, claims.agent, claims.action, claims.at], names)


def naming_order(given: Any, ranks: Numbers, claim_names: Picker, event_names: Picker) -> Numbers:
    """The rows of the naming of a slice by (walk of the claim, witness, own rank, instant, event id)."""
    naming, claims, events = given.naming, given.claims, given.events
    named = np.unique(naming.claim)
    walk = np.empty(len(claims.number), np.int64)
    walk[ordered(named, [claims.doomed.astype(np.int64), claims.at, claims.vendor], claim_names)] = np.arange(
        len(named)
    )
    keys = [walk[naming.claim], events.witness[naming.event], ranks, events.at[naming.event]]
    return ordered(np.arange(len(ranks)), keys, lambda rows: event_names(naming.event[rows]))


def works(proofs: Numbers, claim_of: Numbers, claims: Claims, events: Events, names: Picker) -> Works:
    """Supporting events on targets that something was undone on, in the order of time."""
    size = len(claims.walk_start) - 1
    is_spoilt = np.zeros(size + 1, np.bool_)  # the last place is that of no target
    undone = (events.outcome == UNDONE) & ~events.named
    is_spoilt[events.target[undone]] = True
    is_spoilt[NONE] = False
    claim = claim_of[proofs]
    target = np.where(events.target[proofs] == NONE, claims.target[claim], events.target[proofs])
    chosen = np.flatnonzero(is_spoilt[target])
    claim, target, rows = claim[chosen], target[chosen], proofs[chosen]
    rank = np.asarray(pc.rank(names(claim), tiebreaker="dense")).astype(np.int64)
    order = np.lexsort([events.witness[rows], claims.vendor[claim], rank, events.at[rows], target])
    return Works(rows[order], starts_of(target[order], size))
