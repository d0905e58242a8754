"""The phases of a run on a bench: lay out, hear, settle, taint, check.

Each is a few steps of the law, and what SQL leaves to Python. A run and an explanation of one claim go through the
same phases.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from audit.kernel import bench, lineage, pairing, terms
from audit.kernel.bench import Bench
from audit.kernel.ruleset import Rule

_BATCH = 1 << 16
_MATCH = ("claim", "event", "witness", "rank", "word")
TURNS = 64
HOT_PAIRS = 10_000
"""A record with more claims times events than this is walked in Python, so that a loop costs no square."""


class CheckFailed(Exception):
    """A law that every run keeps was broken. `name` is the check, `path` the file with the rows that break it."""

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(f"check failed: {name}; the rows are in {path.name}")
        self.name, self.path = name, path


class BadEvidence(ValueError):
    """Inputs that contradict themselves, so that no run can be made of them."""


class HasPaths(Protocol):
    """Canonical Parquet files by kind of input."""

    def of(self, kind: str) -> Sequence[Path]:
        """The files of one kind."""


def lay_out(table: Bench, inputs: HasPaths, rule: Rule) -> None:
    """The inputs, the rule, the meanings of reasons, and nobody doomed or tainted yet."""
    for kind in terms.INPUTS:
        table.attach(kind, inputs.of(kind))
    table.lay_rule(rule)
    meanings = [
        {"reason": str(reason), "state": str(meaning.state), "class": meaning.klass}
        for reason, meaning in terms.MEANINGS.items()
    ]
    table.lay("meaning", pa.Table.from_pylist(meanings))
    table.lay("doomed", _numbers(claim=[]))
    table.lay("tainted", _numbers(claim=[], ancestor=[]), "select claim, ancestor, '' as ancestor_id from given")


def open_run(table: Bench, slices: int = 1) -> None:
    """What concerns the whole run, and the rows of each slice. Raises BadEvidence if inputs contradict themselves."""
    table.make(*bench.OPENING[:2])
    _refuse_two_voices(table)
    table.make(*bench.OPENING[2:])
    table.lay("slice", _numbers(slices=[slices], hot_pairs=[HOT_PAIRS]), _SLICE)
    for name in bench.DEALT:
        if slices > 1:
            table.deal(name)
        else:
            table.make(name)


def open_slice(table: Bench, number: int, slices: int) -> None:
    """The claims and events of a slice; the only slice holds all of them, so nothing is copied."""
    for name, whole in (("claim", "heard"), ("event", "sighting")):
        if slices > 1:
            table.cut(name, f"from {whole} where slice = {number}")
        else:
            table.alias(name, whole)


def open_redo(table: Bench) -> bool:
    """The claims and events of the records that are heard again; False if there are none."""
    table.make("redo")
    if not table.count("redo"):
        return False
    for name, whole in (("claim", "heard"), ("event", "sighting")):
        table.cut(name, f"from {whole} semi join redo using (record)")
    return True


def hear(table: Bench, *, is_lean: bool = False) -> None:
    """Hear the witnesses of this slice. `is_lean`: drop what only an explanation would read again."""
    table.make(*bench.PAIRING[: bench.PAIRING.index("match")])
    table.lay("won", _won(table))
    table.make("match")
    if is_lean:
        table.drop("by_record", "by_reference", "likeness", "meeting", "pair")
    if table.count("hot_record"):
        table.make("hot_claim", "hot_event")
        table.append("match", _walked(table))
    table.make(*bench.HEARING)


def _won(table: Bench) -> pa.Table:
    """Who wins which event among the contested pairs."""
    pairs: list[tuple[int, int]] = []
    if table.count("contest"):
        pairs += pairing.first_come(_columns(table, "select claim, witness, event from contest"))
    return _numbers(claim=[claim for claim, _ in pairs], event=[event for _, event in pairs])


def _walked(table: Bench) -> pa.Table:
    """The matches of hot records, walked claim by claim."""
    claims = [pairing.HotClaim(*row) for row in table.rows("from hot_claim")]
    events = [pairing.HotEvent(*row) for row in table.rows("from hot_event")]
    compares = bool(table.rows("select compare_effects from rule")[0][0])
    found = list(pairing.walk(claims, events, compares))
    numbers = _numbers(**{name: [row[place] for row in found] for place, name in enumerate(_MATCH[:4])})
    return numbers.append_column("word", pa.array([row[4] for row in found], pa.string()))


def settle(table: Bench, out: Path | None = None) -> None:
    """Bursts, undone work and unclaimed events of this slice; with `out`, its checks."""
    table.make(*bench.SETTLING)
    if out is not None:
        check(table, bench.SLICE_CHECKS, out)


def doom(table: Bench) -> None:
    """Who walks last in the second hearing: heard claims with an ancestor that the first hearing found bad."""
    spoilt = _spoilt(table, "first_spoiler", _NOBODY)
    table.lay("doomed", _numbers(claim=spoilt["claim"]), "select claim from given anti join standing using (claim)")


def taint(table: Bench) -> None:
    """Who is tainted by whom, over the reasons before taint."""
    table.lay("tainted", _numbers(**_spoilt(table, "last_spoiler", _OPEN)), _TAINTED)


def check(table: Bench, names: Sequence[str], out: Path) -> None:
    """Raise CheckFailed for the first check that returns rows; they are kept in `out`."""
    for name in names:
        table.make(name, folder="checks")
        if table.count(name):
            path = out / f"failed_{name}.csv"
            table.write(f"from {name}", path, "csv")
            raise CheckFailed(name, path)


def _refuse_two_voices(table: Bench) -> None:
    """Raise BadEvidence for an event that came twice and differs, and for a system with two grades."""
    other = table.rows("select system, event_id from later_copy where not is_same order by all limit 1")
    if other:
        raise BadEvidence(f"event {other[0][1]} of system {other[0][0]} came twice with other content: keep one")
    twice = table.rows("select system from witness where grades > 1 order by system limit 1")
    if twice:
        raise BadEvidence(f"system {twice[0][0]} has two grades: give it one in evidence and coverage")


_SLICE = "select slices::ubigint as slices, hot_pairs from given"
"""Of the type of a hash, so that dealing does not divide numbers of 128 bits."""
_NEW_KIN = "select distinct claim, vendor, claim_id from kin anti join family using (claim)"
_NOBODY = "select claim from family limit 0"
_OPEN = """
select judged.claim
from judged
semi join family using (claim)
where judged.reason in ('supported', 'vendor_attested', 'aggregate')
"""
_TAINTED = """
select given.claim, given.ancestor, claims.claim_id as ancestor_id
from given
join judged using (claim)
join claims on claims.claim = given.ancestor
where judged.reason in ('supported', 'vendor_attested', 'aggregate')
"""


def _spoilt(table: Bench, spoiler: str, opened: str) -> dict[str, Any]:
    """The claims that have an ancestor among the spoilers, and the nearest one, as columns `claim` and `ancestor`.

    `spoiler` is the step that says who spoils; the query `opened` tells the claims of the `family` that taint would
    change (lineage.py).
    """
    table.make(spoiler)
    table.alias("spoiler", spoiler)
    _widen(table)
    line = table.columns("select claim, parent from line")
    if not len(line["claim"]):
        return {"claim": [], "ancestor": []}
    nodes = np.unique(np.concatenate([line["claim"], line["parent"]]))
    parent = np.full(len(nodes), lineage.NOBODY, dtype=np.int64)
    parent[np.searchsorted(nodes, line["claim"])] = np.searchsorted(nodes, line["parent"])
    is_bad = np.isin(nodes, table.columns("select claim from spoiler")["claim"])
    is_open = np.isin(nodes, table.columns(opened)["claim"])
    spoils = table.rows("select list_contains(taint_from, 'tainted') from rule")[0][0]
    ancestor = lineage.spoilt(parent, is_bad, is_open, bool(spoils))
    hit = np.flatnonzero(ancestor >= 0)
    return {"claim": nodes[hit], "ancestor": nodes[ancestor[hit]]}


def _widen(table: Bench) -> None:
    """The tables `family`, all claims that were built on a spoiler, and `line`, their parents.

    Most lines of work are short, and few hold a spoiler: turn by turn only the children of the last turn are sought.
    Where a line goes on and on, all parents of the run are laid out instead.
    """
    table.run("create or replace table front as from spoiler")
    table.run("create or replace table family as select claim from front")
    table.run("create or replace table line (claim bigint, parent bigint)")
    for _ in range(TURNS):
        table.make("kin")
        table.run("insert into line select claim, parent from kin")
        table.run(f"create or replace table front as {_NEW_KIN}")
        if not table.count("front"):
            return
        table.run("insert into family select claim from front")
    table.make("parent")
    table.run("create or replace table line as from parent")
    table.run("create or replace table family as select claim from line union select parent from line")


def _columns(table: Bench, query: str) -> Iterator[list[list[int]]]:
    for batch in table.stream(query, _BATCH):
        yield [column.to_pylist() for column in batch.columns]


def _numbers(**columns: Any) -> pa.Table:
    return pa.table({name: pa.array(values, pa.int64()) for name, values in columns.items()})
