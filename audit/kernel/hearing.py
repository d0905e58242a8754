"""The phases of a run on a bench: lay out, hear, settle, taint, check.

Each is a few steps of the law, and what SQL leaves to Python. A run and an explanation of one claim go through the
same phases.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa

from audit.kernel import bench, lineage, terms
from audit.kernel.bench import Bench
from audit.kernel.records import telling
from audit.kernel.records.columns import Terms
from audit.kernel.records.judging import Judged, Rows, Slice, columns, judge
from audit.kernel.ruleset import Rule

TURNS = 64
_CLAIMS = "select claim.*, doomed.claim is not null as is_doomed from claim left join doomed using (claim)"
_NAMING = "select claim, event from naming semi join claim using (claim) semi join event using (event) where is_possible"


class Told(NamedTuple):
    """A slice that was judged: its rows, its columns, and what the law says of them."""

    rows: Rows
    given: Slice
    answer: Judged


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
    table.lay("slice", _numbers(slices=[slices]), _SLICE)
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


def judge_slice(table: Bench, rule: Rule) -> Told:
    """Judge the claims of this slice by its events, and lay out the tables of `bench.JUDGED`."""
    table.make(*bench.SLICING)
    rows = Rows(
        *(table.arrow(query) for query in (_CLAIMS, "from event", _NAMING, "from watch", "from binding"))
    )
    given = columns(rows)
    answer = judge(rows, given, terms_of(rule))
    systems = [system for (system,) in table.rows("select system from witness order by witness")]
    table.show("judged", telling.judged(rows, answer, systems))
    table.show("testimony", telling.testimony(rows, answer))
    table.show("word", telling.word(rows, answer))
    table.show("burst", telling.burst(rows, answer))
    table.show("spoiling", telling.spoiling(rows, given, answer, rule.taint_from))
    table.show("sensitive", telling.sensitive(rows, given))
    return Told(rows, given, answer)


def terms_of(rule: Rule) -> Terms:
    """The numbers of a rule that the loops need."""
    return Terms(
        rule.compare_effects,
        len(rule.independent_grades),
        rule.burst_window_seconds * 1_000_000,
        rule.burst_minimum,
        rule.oscillation_voids,
    )


def settle(table: Bench, out: Path) -> None:
    """Unclaimed events of this slice, and its checks."""
    table.make(*bench.SETTLING)
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


_SLICE = "select slices::ubigint as slices from given"
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


def _numbers(**columns: Any) -> pa.Table:
    return pa.table({name: pa.array(values, pa.int64()) for name, values in columns.items()})
