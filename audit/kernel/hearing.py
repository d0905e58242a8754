"""The phases of a run: lay out, open, hear, taint, check. A run and an explanation of one claim go through the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
from pyarrow import csv

from audit.kernel import bench, lineage, terms
from audit.kernel.bench import Bench
from audit.kernel.records.columns import Terms
from audit.kernel.records.judging import Judged, Rows, Slice, columns, judge
from audit.kernel.records.texts import Flags, Numbers
from audit.kernel.ruleset import Rule

TURNS = 64


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
    """The inputs, the rule, the meanings of reasons."""
    for kind in terms.INPUTS:
        table.attach(kind, inputs.of(kind))
    table.lay_rule(rule)
    meanings = [
        {"reason": str(reason), "state": str(meaning.state), "class": meaning.klass}
        for reason, meaning in terms.MEANINGS.items()
    ]
    table.lay("meaning", pa.Table.from_pylist(meanings))


def open_run(table: Bench, slices: int = 1) -> None:
    """What concerns the whole run. Raises BadEvidence if inputs contradict themselves."""
    table.show("event_print", _repeated(table, "select hash(system, event_id) from evidence", "evidence"))
    table.show("claim_print", _repeated(table, "select hash(vendor, claim_id) from claims", "claims"))
    table.make(*bench.OPENING[:2])
    _refuse_two_voices(table)
    table.make(*bench.OPENING[2:])
    table.lay("slice", _numbers(slices=[slices]), "select slices::ubigint as slices from given")  # the type of a hash


class Shared(NamedTuple):
    """What all slices of a run are judged with; `actions` are those that some claim of the run has."""

    rule: Rule
    systems: list[str]
    actions: Any
    spans: pa.Table
    bindings: pa.Table

    @classmethod
    def of(cls, table: Bench, rule: Rule) -> Shared:
        """Read it from an opened run."""
        systems = [system for (system,) in table.rows("select system from witness order by witness")]
        actions = pa.array([action for (action,) in table.rows("select action from claimed_action")], pa.string())
        return cls(rule, systems, actions, table.arrow("from span"), table.arrow("from binding"))


class Told(NamedTuple):
    """A slice that was judged: its rows, its columns, and what the law says of them."""

    rows: Rows
    given: Slice
    answer: Judged


def hear(claims: pa.Table, events: pa.Table, doomed: Numbers, shared: Shared) -> Told:
    """Judge some claims by the events that can speak of them: all of a slice, or of some of its records."""
    rows = Rows(claims, events, shared.spans, shared.bindings, doomed)
    given = columns(rows)
    return Told(rows, given, judge(rows, given, terms_of(shared.rule)))


def terms_of(rule: Rule) -> Terms:
    """The numbers of a rule that the loops need."""
    return Terms(
        rule.compare_effects,
        len(rule.independent_grades),
        rule.burst_window_seconds * 1_000_000,
        rule.burst_minimum,
        rule.oscillation_voids,
    )


def check(table: Bench, names: Sequence[str], out: Path) -> None:
    """Raise CheckFailed for the first check that returns rows; they are kept in `out`."""
    for name in names:
        found = table.arrow(bench.statement("checks", name))
        if found.num_rows:
            path = out / f"failed_{name}.csv"
            csv.write_csv(found, path)
            raise CheckFailed(name, path)


def _repeated(table: Bench, query: str, name: str) -> pa.Table:
    """The hashes that come more than once, as `print`; found by sorting, so that no text and no count is held."""
    prints, filled = np.empty(table.count(name), np.uint64), 0
    for batch in table.reader(query, 1 << 20):
        prints[filled : filled + batch.num_rows] = np.asarray(batch.column(0))
        filled += batch.num_rows
    prints.sort()
    return pa.table({"print": np.unique(prints[1:][prints[1:] == prints[:-1]])})


def _refuse_two_voices(table: Bench) -> None:
    """Raise BadEvidence for an event that came twice and differs, and for a system with two grades."""
    other = table.rows("select system, event_id from later_copy where not is_same order by all limit 1")
    if other:
        raise BadEvidence(f"event {other[0][1]} of system {other[0][0]} came twice with other content: keep one")
    twice = table.rows("select system from witness where grades > 1 order by system limit 1")
    if twice:
        raise BadEvidence(f"system {twice[0][0]} has two grades: give it one in evidence and coverage")


_NEW_KIN = "select distinct claim, vendor, claim_id from kin anti join family using (claim)"


def spoilt(
    table: Bench, spoilers: Numbers, is_open: Callable[[Numbers], Flags], taint_spoils: bool
) -> tuple[Numbers, Numbers]:
    """The claims that have an ancestor among the spoilers, and the nearest one of each (lineage.py).

    `is_open` tells which of some claims would be changed by taint.
    """
    table.lay(
        "spoiler",
        _numbers(claim=spoilers),
        "select claims.claim, vendor, claim_id from claims semi join given using (claim)",
    )
    _widen(table)
    line = table.columns("select claim, parent from line")
    if not len(line["claim"]):
        return spoilers[:0], spoilers[:0]
    nodes = np.unique(np.concatenate([line["claim"], line["parent"]]))
    parent = np.full(len(nodes), lineage.NOBODY, dtype=np.int64)
    parent[np.searchsorted(nodes, line["claim"])] = np.searchsorted(nodes, line["parent"])
    ancestor = lineage.spoilt(parent, np.isin(nodes, spoilers), is_open(nodes), taint_spoils)
    hit = np.flatnonzero(ancestor >= 0)
    return nodes[hit], nodes[ancestor[hit]]


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
