"""Why one claim has its verdict: the clause in plain words, what else was considered, and why it lost.

Nothing of the run is judged again but the records that the claim is about: their claims, their events and whatever they
name. The verdict shown is the run's own.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from audit.kernel import bench, clauses
from audit.kernel.bench import Bench
from audit.kernel.hearing import HasPaths, Shared, Told, hear, lay_out, open_run
from audit.kernel.records import explaining, telling
from audit.kernel.ruleset import Rule, parse
from audit.kernel.terms import Reason

ANCESTORS_MAX: Final = 64
_NEAR: Final = ("near_target", "near_name", "near_claims", "near_evidence")


class UnknownClaim(LookupError):
    """The run has no such claim."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The canonical inputs of a run where `python -m audit.kernel judge` keeps them."""

    folder: Path

    def of(self, kind: str) -> Sequence[Path]:
        """The file of one kind, if there is one."""
        path = self.folder / f"{kind}.parquet"
        return [path] if path.exists() else []


def explain(run_dir: Path, vendor: str, claim_id: str, *, inputs: HasPaths | None = None) -> dict[str, Any]:
    """Everything that the verdicts on one claim id rest on, as plain values. Raises UnknownClaim.

    `inputs` has the canonical files of the run (a `reconcile.Inputs`); without it they are read from
    `run_dir/inputs`. Instants are RFC 3339 text, offsets whole microseconds.
    """
    summary = json.loads((run_dir / "summary.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="explain-") as folder:
        table = Bench(Path(folder))
        try:
            question = _Question(table, run_dir, parse(summary["rules"]), vendor, claim_id)
            return question.answer(inputs or Kept(run_dir / "inputs"))
        finally:
            table.close()


@dataclass(slots=True)
class _Question:
    bench: Bench
    run_dir: Path
    rule: Rule
    vendor: str
    claim_id: str

    def answer(self, inputs: HasPaths) -> dict[str, Any]:
        self.bench.run("set parquet_metadata_cache = true")
        self.bench.attach_result("verdicts", next(self.run_dir.glob("verdicts.*")))
        verdicts = self._verdicts(self.claim_id)
        if not verdicts:
            raise UnknownClaim(f"this run has no claim {self.claim_id} of {self.vendor}")
        chosen = next((row for row in verdicts if row["reason"] != Reason.SUPERSEDED), verdicts[-1])
        lay_out(self.bench, inputs, self.rule)
        ancestors = self._ancestors()
        self._judge_records()
        rows, candidates = self._records("asked_row"), self._records("candidate")
        told = [{**row, "clause": self._clause(row, rows, candidates, ancestors)} for row in verdicts]
        return {
            "verdicts": told,
            "rows": rows,
            "clause": told[verdicts.index(chosen)]["clause"],
            "window": next(iter(self._records("window")), None),
            "candidates": [{**row, "fate": clauses.fate(row, claim_id=self.claim_id)} for row in candidates],
            "watchers": self._records("watcher"),
            "watched_elsewhen": self._records("elsewhen"),
            "burst": self._records("burst_member"),
            "undone_by": next(iter(self._records("undone_by")), None),
            "ancestors": ancestors,
        }

    def _clause(
        self,
        verdict: dict[str, Any],
        rows: Sequence[Mapping[str, Any]],
        candidates: Sequence[Mapping[str, Any]],
        ancestors: Sequence[Mapping[str, Any]],
    ) -> str:
        """The clause of one row, with what was claimed and what the deciding event says filled in."""
        deciding = (verdict["event_system"], verdict["event_id"])
        seen = next((row for row in candidates if (row["system"], row["event_id"]) == deciding), {})
        own = next((row for row in rows if _place(row) == _place(verdict)), {})
        spoiling = (row["reason"] for row in ancestors if row["claim_id"] == verdict["tainted_by"])
        highest = max((row["revision"] for row in rows), default=None)
        facts = {
            "action": own.get("action"),
            "effect": own.get("effect"),
            "highest": highest,
            "withdrawn": any(row["withdrawn"] for row in rows if row["revision"] == highest),
            "seen_effect": seen.get("effect"),
            "seen_units": seen.get("units"),
            "spoiled": next(spoiling, None),
        }
        return clauses.of(verdict | facts, self.rule)

    def _verdicts(self, claim_id: str) -> list[dict[str, Any]]:
        query = bench.statement("explain", "verdict_of")
        rows = self.bench.records(query, self.vendor, claim_id)
        return [{"vendor": self.vendor, "claim_id": claim_id, **row} for row in rows]

    def _ancestors(self) -> list[dict[str, Any]]:
        """The steps that the claim was built on, nearest first, until there is none, a cycle, or 64 steps."""
        path: list[dict[str, Any]] = []
        seen = {self.claim_id}
        following = self._parent_of(self.claim_id)
        while following is not None and following not in seen and len(path) < ANCESTORS_MAX:
            verdicts = self._verdicts(following)
            if not verdicts:
                break
            highest = verdicts[-1]["revision"]
            current = next(row for row in verdicts if row["revision"] == highest and row["row"] == 1)
            path.append({"claim_id": following, "state": current["state"], "reason": current["reason"]})
            seen.add(following)
            following = self._parent_of(following)
        return path

    def _parent_of(self, claim_id: str) -> str | None:
        rows = self.bench.rows(bench.statement("explain", "parent_of"), self.vendor, claim_id)
        return rows[0][0] if rows else None

    def _judge_records(self) -> None:
        """Hear the claims and events near the one that was asked for, as the run did."""
        self.bench.lay("question", pa.table({"vendor": [self.vendor], "claim_id": [self.claim_id]}))
        self.bench.make(*_NEAR, folder="explain")
        self.bench.swap("claims", "near_claims")
        self.bench.swap("evidence", "near_evidence")
        open_run(self.bench)
        heard, seen = (self.bench.arrow(bench.statement("steps", name)) for name in ("heard", "sighting"))
        self.bench.show("claim", heard)
        self.bench.show("event", seen)
        self._lay_doomed()
        self.bench.make("asked", folder="explain")
        doomed = self.bench.columns("select claim from doomed")["claim"]
        self._lay_told(hear(heard, seen, doomed, Shared.of(self.bench, self.rule)))

    def _lay_told(self, told: Told) -> None:
        """What the law says of the records, as the tables that the answer is made of."""
        rows, given, answer = told
        asked = np.flatnonzero(np.isin(given.claims.number, self.bench.columns("from asked")["claim"]))
        self.bench.show("word", telling.word(rows, answer))
        self.bench.show("burst", telling.burst(rows, answer))
        self.bench.show("decision", explaining.decision(given, answer))
        self.bench.show("fall", explaining.fall(given, answer))
        self.bench.show("member", explaining.member(given, answer, asked))
        self.bench.show("pair", explaining.pair(given, self.rule.compare_effects, asked))

    def _lay_doomed(self) -> None:
        """The claims near the asked one that walked last in the run."""
        path = self.run_dir / "doomed.parquet"
        if path.exists():
            self.bench.attach_result("run_doomed", path)
            self.bench.make("doomed", folder="explain")
        else:
            self.bench.show("doomed", pa.table({"claim": pa.array([], pa.int64())}))

    def _records(self, name: str) -> list[dict[str, Any]]:
        return [_plain(row) for row in self.bench.records(bench.statement("explain", name))]


def _place(row: Mapping[str, Any]) -> tuple[int, int]:
    return row["revision"], row["row"]


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _instant(value) if isinstance(value, datetime) else value for name, value in row.items()}


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def text(answer: Mapping[str, Any]) -> str:
    """The answer of `explain` as lines for a person."""
    lines = []
    for verdict in answer["verdicts"]:
        lines += [clauses.headline(verdict), verdict["clause"]]
        lines += [clauses.claimed_line(row) for row in answer["rows"] if _place(row) == _place(verdict)]
        lines.append("")
    if answer["window"]:
        window = answer["window"]
        lines.append(f"Evidence may come from {window['earliest_at']} to {window['latest_at']}.")
    lines += [clauses.candidate_line(row) for row in answer["candidates"]]
    lines += [clauses.watcher_line(row) for row in answer["watchers"] if row["word"] is None]
    lines += [clauses.elsewhen_line(row) for row in answer["watched_elsewhen"]]
    if len(answer["burst"]) > 1:
        lines += ["", f"One burst of {len(answer['burst'])} claims:"]
        lines += [clauses.burst_line(row) for row in answer["burst"]]
    if answer["undone_by"]:
        undone = answer["undone_by"]
        lines += ["", f"Undone by {undone['system']}:{undone['event_id']} at {undone['occurred_at']}."]
    if answer["ancestors"]:
        lines += ["", "Built on: " + ", ".join(map(clauses.step, answer["ancestors"]))]
    return "\n".join(lines).rstrip() + "\n"
