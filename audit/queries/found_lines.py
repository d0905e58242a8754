"""Claims, events, records and sessions by id: in the newest runs, and in what arrived that none of them judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import accumulate
from operator import or_
from pathlib import Path
from typing import Any

from django.db.models import Q

from audit.kernel.terms import MEANINGS, Reason
from audit.models import Batch, Run, Source
from audit.vault import files
from audit.vault.seek import Wanted, seek, tally

RUNS = 5  # the newest that count
BATCHES, ROWS = 300, 2_000_000  # that no run judged, the newest first
MOST = 20  # of one kind
PREFIX_MIN = 3  # characters
ID = {Source.Kind.CLAIMS: "claim_id", Source.Kind.EVIDENCE: "event_id"}


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found: its kind, its name, where it is, and the route of its page with keys and query."""

    kind: str
    title: str
    where: str
    route: str
    keys: dict[str, Any] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Where ids of lines are looked up: the files of runs, newest first, and batches that no run of them judged."""

    runs: list[Run]
    batches: list[Batch]
    left_out: int

    @classmethod
    def now(cls) -> Place:
        """What there is at this moment."""
        runs = list(Run.objects.filter(state=Run.State.DONE, superseded_by=None).order_by("trial", "-number")[:RUNS])
        judged = reduce(or_, map(_judged, runs), Q(pk=None))
        rest = Batch.objects.select_related("source").filter(state=Batch.State.SEALED).exclude(judged)
        newest = list(rest.order_by("-position")[:BATCHES])
        reached = accumulate(batch.accepted_count for batch in newest)
        kept = [batch for batch, rows in zip(newest, reached, strict=True) if rows <= ROWS]
        return cls(runs, kept, rest.count() - len(kept))

    def looked(self) -> list[str]:
        """What was looked in, in words."""
        told = [f"{run}: its claims, sessions and records, and the events that it read" for run in self.runs]
        if self.batches:
            told.append(f"{len(self.batches)} batches that arrived and that none of these runs judged whole")
        if self.left_out:
            told.append(f"not in {self.left_out} older batches: open a run over them, then their ids are found")
        return told

    def exact(self, wanted: Wanted) -> list[Hit]:
        """Everything that has exactly this id."""
        if not wanted.text:
            return []
        judged = self._in_runs(wanted, whole=True)
        known = {(row.kind, row.title) for row in judged}
        rest = [row for row in self._in_batches(wanted, whole=True) if (row.kind, row.title) not in known]
        return [*judged, *rest, *self._sessions(wanted.text), *self._records(wanted.text)]

    def begun(self, wanted: Wanted) -> list[Hit]:
        """Claims and events whose ids begin so."""
        if len(wanted.head) < PREFIX_MIN:
            return []
        judged = self._in_runs(wanted, whole=False)
        known = {(row.kind, row.title) for row in judged}
        return [*judged, *(row for row in self._in_batches(wanted, whole=False) if (row.kind, row.title) not in known)]

    def _in_runs(self, wanted: Wanted, *, whole: bool) -> list[Hit]:
        claims = seek(
            self._paths("lines"),
            ("vendor", "claim_id", "reason", "revision"),
            wanted.condition("claim_id", whole=whole),
            MOST * 5,
        )
        events = seek(
            self._paths("evidence"),
            ("system", "event_id", "outcome"),
            wanted.condition("event_id", whole=whole),
            MOST * 5,
        )
        found = [_claim(self._run("lines", path), row) for path, row in self._newest_first("lines", claims)]
        found += [_event(self._run("evidence", path), row) for path, row in self._newest_first("evidence", events)]
        once: dict[tuple[str, str, str], Hit] = {}
        for hit in found:
            once.setdefault((hit.kind, hit.keys.get("vendor") or hit.query.get("system", ""), hit.title), hit)
        return [*_first(once.values(), "Claim"), *_first(once.values(), "Event")]

    def _in_batches(self, wanted: Wanted, *, whole: bool) -> list[Hit]:
        found: list[Hit] = []
        for kind, column in ID.items():
            known = {files.local(batch.rows_key): batch for batch in self.batches if batch.source.kind == kind}
            rows = seek(list(known), (column, "line"), wanted.condition(column, whole=whole), MOST)
            found += [_waiting(known[path], kind, row[column], row["line"]) for path, row in rows]
        return found

    def _grouped(self, title: str, column: str, text: str) -> list[Hit]:
        """Every run's lines of which a column says this, as one hit a run."""
        counts = self._newest(tally(self._paths("lines"), column, text), "lines")
        return [
            Hit(title, text, f"{_many(count, 'line')} of {run}", "lines", {}, {"run": str(run.id), column: text})
            for run, count in counts
        ]

    def _sessions(self, text: str) -> list[Hit]:
        return self._grouped("Session", "session_id", text)

    def _records(self, text: str) -> list[Hit]:
        if claimed := self._grouped("Record", "target", text):
            return claimed
        seen = seek(self._paths("evidence"), ("system", "event_id", "outcome"), ("target = ?", [text]), MOST)
        return [
            _event(self._run("evidence", path), row, f"; on {text}, which no claim names")
            for path, row in self._newest_first("evidence", seen)
        ]

    def _paths(self, name: str) -> list[Path]:
        return list(dict.fromkeys(files.local(run.files[name]) for run in self.runs))

    def _run(self, name: str, path: Path) -> Run:
        """The newest run that rests on a file."""
        return next(run for run in self.runs if files.local(run.files[name]) == path)

    def _newest_first(self, name: str, rows: Iterable[tuple[Path, Any]]) -> list[tuple[Path, Any]]:
        places = self._paths(name)
        return sorted(rows, key=lambda row: places.index(row[0]))

    def _newest(self, counts: dict[Path, int], name: str) -> list[tuple[Run, int]]:
        """The newest run that has any, with how many."""
        return [(self._run(name, path), count) for path, count in self._newest_first(name, counts.items())][:1]


def _judged(run: Run) -> Q:
    """Batches of which every row lies in what a run judged."""
    inside = Q(position__lte=run.inputs["until_position"], first_at__gte=run.period_start, last_at__lt=run.period_end)
    if run.vendor_id is None:
        return inside
    return inside & (Q(source__vendor=run.vendor_id) | Q(source__kind=Source.Kind.EVIDENCE))


def _claim(run: Run, row: dict[str, Any]) -> Hit:
    where = f"{row['vendor']}, in {run}: {MEANINGS[Reason(row['reason'])].title.lower()}"
    keys = {"vendor": row["vendor"], "claim_id": row["claim_id"]}
    return Hit("Claim", row["claim_id"], where, "claim", keys, {"run": str(run.id)})


def _event(run: Run, row: dict[str, Any], more: str = "") -> Hit:
    query = {"system": row["system"], "id": row["event_id"]}
    where = f"{row['outcome']} in {row['system']}, read by {run}{more}"
    return Hit("Event", row["event_id"], where, "event", {"run_id": run.id}, query)


def _waiting(batch: Batch, kind: str, name: str, line: int) -> Hit:
    where = f"line {line:,} of {batch}, batch {batch.position}, not judged by any of these runs"
    return Hit("Claim" if kind == Source.Kind.CLAIMS else "Event", name, where, "batch", {"batch_id": batch.id})


def _first(rows: Iterable[Hit], kind: str) -> Sequence[Hit]:
    return [row for row in rows if row.kind == kind][:MOST]


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
