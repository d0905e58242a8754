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


def lay_out(table: Bench, inputs: HasPaths, rule: Rule, slices: int) -> None:
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
    open_slice(table, 0, slices)
    _refuse_two_grades(table)


def open_run(table: Bench) -> None:
    """What concerns the whole run. Raises BadEvidence if an event came twice and does not say the same."""
    table.make(*bench.OPENING)
    other = table.rows("select system, event_id from later_copy where not is_same order by all limit 1")
    if other:
        raise BadEvidence(f"event {other[0][1]} of system {other[0][0]} came twice with other content: keep one")


def open_slice(table: Bench, number: int, slices: int) -> None:
    """The one-row table `slice`: which part of the records the next steps work on."""
    table.lay("slice", _numbers(slice=[number], slices=[slices], hot_pairs=[HOT_PAIRS]))


def hear(table: Bench, *, again: bool = False) -> None:
    """Hear the witnesses of this slice. `again`: all is there as it was, only the doomed are new."""
    if not again:
        _take_slice(table)
        table.make(*bench.PAIRING[2 : bench.PAIRING.index("contest")])
    table.make("contest")
    table.lay("won", _won(table))
    table.make("match")
    if table.count("hot_record"):
        table.make("hot_claim", "hot_event")
        table.append("match", _walked(table))
    table.make(*bench.HEARING)


def _take_slice(table: Bench) -> None:
    """The claims and events of this slice; the only slice holds all of them, so nothing is copied."""
    if table.rows("select slices from slice") == [(1,)]:
        table.alias("claim", "heard")
        table.alias("event", "sighting")
    else:
        table.make("claim", "event")


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
    """Who walks last in the second hearing: claims with an ancestor that the first hearing found bad."""
    table.make("first_reason")
    spoilt = _ancestors(table, "select claim, reason from first_reason", is_final=False)
    table.lay("doomed", _numbers(claim=spoilt["claim"]), "select given.claim from given join heard using (claim)")


def taint(table: Bench) -> None:
    """Who is tainted by whom, over the reasons before taint."""
    table.make("untainted")
    spoilt = _ancestors(table, _LINE_REASONS, is_final=True)
    if len(spoilt["claim"]):
        table.lay("tainted", _numbers(**spoilt), _WITH_ID)


def check(table: Bench, names: Sequence[str], out: Path) -> None:
    """Raise CheckFailed for the first check that returns rows; they are kept in `out`."""
    for name in names:
        table.make(name, folder="checks")
        if table.count(name):
            path = out / f"failed_{name}.csv"
            table.write(f"from {name}", path, "csv")
            raise CheckFailed(name, path)


def _refuse_two_grades(table: Bench) -> None:
    twice = table.rows(
        "select system from (select system, grade from evidence union select system, grade from coverage) "
        "group by system having count(*) > 1 order by system limit 1"
    )
    if twice:
        raise BadEvidence(f"system {twice[0][0]} has two grades: give it one in evidence and coverage")


_LINE_REASONS = """
select line.claim, untainted.reason
from (select claim from parent union select parent from parent) as line
join untainted using (claim)
"""
_WITH_ID = """
select given.claim, given.ancestor, claims.claim_id as ancestor_id
from given
join claims on claims.claim = given.ancestor
"""
_TAINTABLE = ("supported", "vendor_attested", "aggregate")


def _ancestors(table: Bench, query: str, *, is_final: bool) -> dict[str, Any]:
    """The claims in a line of parents that have a bad ancestor, and the nearest one."""
    line = table.columns("select claim, parent from parent")
    if not len(line["claim"]):
        return {"claim": [], "ancestor": []}
    nodes = np.unique(np.concatenate([line["claim"], line["parent"]]))
    parent = np.full(len(nodes), lineage.NOBODY, dtype=np.int64)
    parent[np.searchsorted(nodes, line["claim"])] = np.searchsorted(nodes, line["parent"])
    given = table.columns(query)
    spoils = set(table.rows("select taint_from from rule")[0][0])
    reasons = np.full(len(nodes), "", dtype=object)
    reasons[np.searchsorted(nodes, given["claim"])] = given["reason"]
    is_bad = np.isin(reasons.astype(str), sorted(spoils))
    is_open = np.isin(reasons.astype(str), _TAINTABLE) if is_final else np.zeros(len(nodes), dtype=bool)
    ancestor = lineage.spoilt(parent, is_bad, is_open, "tainted" in spoils)
    hit = np.flatnonzero((ancestor >= 0) & (is_open | (not is_final)))
    return {"claim": nodes[hit], "ancestor": nodes[ancestor[hit]]}


def _columns(table: Bench, query: str) -> Iterator[list[list[int]]]:
    for batch in table.stream(query, _BATCH):
        yield [column.to_pylist() for column in batch.columns]


def _numbers(**columns: Any) -> pa.Table:
    return pa.table({name: pa.array(values, pa.int64()) for name, values in columns.items()})
