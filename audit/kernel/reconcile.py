"""Judging: claims, evidence, coverage and one rule in; one verdict for every claim row out.

What concerns the whole run is in `sql/steps/`, in the order of `bench.STEPS`; what concerns a record, in `records/`.
This module takes them in turn: the whole run once, records slice by slice, several at once (memory stays flat, verdicts
do not change), and lets the checks decide whether the result may leave.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from audit.kernel import bench, closing, ledger, terms
from audit.kernel.bench import Bench, law_digest
from audit.kernel.content import describe
from audit.kernel.dealing import Dealt
from audit.kernel.hearing import BadEvidence, CheckFailed, Shared, Told, check, hear, lay_out, open_run
from audit.kernel.kept import Kept
from audit.kernel.ranges import ranges
from audit.kernel.records import telling
from audit.kernel.records.compiled import prepare
from audit.kernel.records.reading import whole
from audit.kernel.records.texts import Numbers
from audit.kernel.ruleset import Rule
from audit.kernel.summary import summarize

__all__ = ["BadEvidence", "CheckFailed", "Inputs", "Progress", "judge", "law_digest"]

SLICE_ROWS: Final = 250_000
BATCH: Final = 250_000
"""How many rows are dealt at a time."""
FORMS: Final = ("parquet", "csv", "jsonl")


@dataclass(frozen=True, slots=True)
class Inputs:
    """Canonical Parquet files of each kind, in source order."""

    claims: Sequence[Path]
    evidence: Sequence[Path] = ()
    coverage: Sequence[Path] = ()
    actors: Sequence[Path] = ()

    def of(self, kind: str) -> Sequence[Path]:
        """The files of one kind."""
        paths: Sequence[Path] = getattr(self, kind)
        return paths


STAGES: Final = {
    "opening": 20,
    "dealing": 20,
    "hearing": 20,
    "second hearing": 4,
    "lineage": 4,
    "verdicts": 24,
    "checks": 4,
    "digests": 2,
    "writing": 2,
}
"""The stages of a run, and how much of its time each takes, in percent (measured at 10 M claims)."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: `done` of `total` parts of the stage that just ended, and the claims per second of it.

    `share_bps`: about how much of the whole run is done.
    """

    stage: str
    done: int
    total: int
    rows_per_second: int
    share_bps: int


def judge(
    inputs: Inputs,
    rule: Rule,
    out: Path,
    *,
    slices: int | None = None,
    threads: int | None = None,
    memory: str = "2GB",
    progress: Callable[[Progress], None] | None = None,
    output: str = "parquet",
) -> dict[str, Any]:
    """Judge every claim row and write verdicts, testimony, unclaimed, totals and summary.json into `out`.

    Neither `slices` (None: one for every 250,000 rows), `threads` nor `memory` changes a verdict. Returns the summary.
    Raises BadEvidence, and CheckFailed when a law was broken; then the offending rows are in `out` and nothing else.
    """
    slices = slices if slices is not None else _slices(inputs)
    if slices < 1 or output not in FORMS:
        raise ValueError("slices must be at least 1, output one of " + ", ".join(FORMS))
    out = out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".bench-", dir=out))
    table = Bench(folder, threads=threads, memory=memory)
    try:
        table.seal([path for kind in terms.INPUTS for path in inputs.of(kind)], [out, folder])
        run = _Run(table, folder, slices, progress)
        with ThreadPoolExecutor(2, "beside") as beside:
            beside.submit(prepare, max(_rows(inputs)))
            digests = beside.submit(lambda: {kind: describe(kind, inputs.of(kind)) for kind in terms.INPUTS})
            run.open(inputs, rule)
            run.work(out, threads or os.cpu_count() or 1)
            run.close()
            run.check(out)
            with run.stage("digests"):
                told = digests.result()
        return run.sum_up(rule, told, out, output)
    finally:
        table.close()
        shutil.rmtree(folder, ignore_errors=True)


def _slices(inputs: Inputs) -> int:
    """As many slices as keep the memory of a run flat."""
    return max(1, -(-max(_rows(inputs)) // SLICE_ROWS))


def _rows(inputs: Inputs) -> list[int]:
    """How many claims there are, and how many events."""
    return [sum(int(pq.read_metadata(path).num_rows) for path in inputs.of(kind)) for kind in ("claims", "evidence")]


def ahead(pool: ThreadPoolExecutor, task: Callable[[int], Any], parts: int) -> Iterator[Any]:
    """The answers to a task on each part in their order, the next one made while this one is used."""
    waiting = deque(pool.submit(task, part) for part in range(min(2, parts)))
    for part in range(parts):
        yield waiting.popleft().result()
        if part + 2 < parts:
            waiting.append(pool.submit(task, part + 2))


class _Run:
    """One run: its bench, its slices, and what is known of every claim so far."""

    def __init__(self, table: Bench, folder: Path, slices: int, progress: Callable[[Progress], None] | None) -> None:
        self.bench, self.folder, self.slices, self.progress = table, folder, slices, progress
        self.claims = 0
        self.share_bps = 0
        self.tree = ledger.Tree()
        self.doomed: Numbers = np.array([], np.int64)
        self._checking = Lock()
        self._broken: CheckFailed | None = None
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str, done: int = 1, total: int = 1) -> Iterator[None]:
        """Take the time of a stage and tell who listens."""
        start = time.perf_counter()
        yield
        spent = time.perf_counter() - start
        self.seconds[name] = self.seconds.get(name, 0) + spent
        if self.progress:
            self.share_bps += STAGES[name] * 100 // total
            self.progress(Progress(name, done, total, int(self.claims / total / max(spent, 1e-6)), self.share_bps))

    def open(self, inputs: Inputs, rule: Rule) -> None:
        """What concerns the whole run: who is heard, who names whom; claims and events are dealt out to slices."""
        with self.stage("opening"):
            lay_out(self.bench, inputs, rule)
            self.claims = self.bench.count("claims")
            open_run(self.bench, self.slices)
            self.shared = Shared.of(self.bench, rule)
            self.kept = Kept(self.folder, self.claims, ranges(self.bench, self.claims, self.slices))
            self.kept.screen(self.bench)
        with self.stage("dealing"):
            self.heard, self.seen = (self._deal(name) for name in bench.DEALT[1:])

    def _deal(self, name: str) -> Dealt:
        rows = self.bench.reader(bench.statement("steps", name), BATCH)
        dealt = Dealt(self.folder / name, self.slices, rows.schema.remove(rows.schema.get_field_index("slice")))

        def deal(table: pa.Table) -> None:
            dealt.add(table.drop_columns("slice"), np.asarray(whole(table["slice"])).astype(np.int64))

        with ThreadPoolExecutor(1, "dealing") as beside:
            before: Future[None] | None = None
            for batch in rows:
                if before:
                    before.result()
                before = beside.submit(deal, pa.Table.from_batches([batch]))
            if before:
                before.result()
        return dealt

    def work(self, out: Path, workers: int) -> None:
        """Hear and settle, slice by slice; then again the records where somebody is doomed."""
        with ThreadPoolExecutor(workers, "slice") as pool:
            self._hear(pool, "hearing", lambda number: self._slice(number, out))
            if self.shared.rule.taint_from and self.bench.count("stepping"):
                self.doomed = self.kept.doomed(self.bench, self.shared.rule)
                if self.kept.matters(self.doomed):
                    self._hear(pool, "second hearing", lambda number: self._slice_again(number, out))
        for dealt in (self.heard, self.seen):
            dealt.drop()
        self.kept.close()

    def _hear(self, pool: ThreadPoolExecutor, stage: str, task: Callable[[int], None]) -> None:
        """Let the workers do a task on every slice."""
        waiting = [pool.submit(task, number) for number in range(self.slices)]
        try:
            for number, future in enumerate(waiting):
                with self.stage(stage, number + 1, self.slices):
                    future.result()
        finally:
            for future in waiting:
                future.cancel()

    def _stop_if_broken(self) -> None:
        if self._broken is not None:
            raise self._broken

    def _slice(self, number: int, out: Path) -> None:
        self._stop_if_broken()
        claims, events = self.heard.part(number), self.seen.part(number)
        self._keep(hear(claims, events, self.doomed, self.shared), out, is_again=False)

    def _slice_again(self, number: int, out: Path) -> None:
        """Hear the records again on which a doomed claim may walk before another one."""
        claims = self.heard.part(number)
        record = np.asarray(whole(claims["record"]))
        redo = record[np.isin(np.asarray(whole(claims["claim"])), self.doomed)]
        found, count = np.unique(record[np.isin(record, redo)], return_counts=True)
        redo = found[count > 1]
        if not len(redo):
            return
        events = self.seen.part(number)
        claims, events = (
            rows.filter(pa.array(np.isin(np.asarray(whole(rows["record"])), redo))) for rows in (claims, events)
        )
        self.kept.forget(redo)
        self._keep(hear(claims, events, self.doomed, self.shared), out, is_again=True)

    def _keep(self, told: Told, out: Path, *, is_again: bool) -> None:
        """Check what the law says of a slice, and put it by; once a check has failed, no other one is made."""
        table = self.bench.aside()
        for name in ("judged", "word", "burst"):
            table.show(name, getattr(telling, name)(told.rows, told.answer))
        with self._checking:
            self._stop_if_broken()
            try:
                check(table, bench.SLICE_CHECKS, out)
            except CheckFailed as broken:
                self._broken = broken
                raise
        table.close()
        self.kept.put_by(told, self.shared, is_again=is_again)

    def close(self) -> None:
        """Taint, verdicts, testimony, row root and totals."""
        with self.stage("lineage"):
            tainted = self.kept.tainted(self.bench, self.shared.rule)
        with self.stage("verdicts"), ThreadPoolExecutor(2, "closing") as pool, ThreadPoolExecutor(1, "words") as beside:
            words = beside.submit(self._write_testimony, pool)
            parts = self._write_verdicts(pool, tainted)
            words.result()
            self.bench.show("tallied", pa.concat_tables(parts))
            self.bench.make("totals")
            self.bench.show("unclaimed", self.kept.unclaimed())
        for name, file in (("verdict", "verdicts"), ("testimony", "testimony")):
            self.bench.attach_result(name, self._path(file))

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.parquet"

    def _write_verdicts(self, pool: ThreadPoolExecutor, tainted: closing.Tainted) -> list[pa.Table]:
        """Write the verdicts, and grow the tree over them; what each range adds to the totals."""
        table, file, parts = self.bench.aside(), closing.File(self._path("verdicts"), closing.VERDICTS), []

        def told(part: int) -> tuple[pa.Table, pa.Table, bytes]:
            said = closing.spoil(self.kept.said(part), tainted)
            rows = closing.verdicts(said, self.shared.systems)
            return said, rows, closing.leaves(rows)

        for said, rows, leaves in ahead(pool, told, self.kept.ranges.parts):
            parts.append(closing.tally(table, said))
            self.tree.add(leaves)
            file.add(rows)
        file.close()
        table.close()
        return parts

    def _write_testimony(self, pool: ThreadPoolExecutor) -> None:
        file = closing.File(self._path("testimony"), closing.TESTIMONY)
        words = partial(closing.testimony, systems=self.shared.systems)
        for rows in ahead(pool, lambda part: words(self.kept.words(part)), self.kept.ranges.parts):
            file.add(rows)
        file.close()

    def check(self, out: Path) -> None:
        """The checks over all verdicts. Raises CheckFailed."""
        with self.stage("checks"):
            check(self.bench, bench.RUN_CHECKS, out)

    def sum_up(self, rule: Rule, digests: dict[str, Any], out: Path, output: str) -> dict[str, Any]:
        """Write the files of the run and its summary, and let the verdicts out."""
        with self.stage("writing"):
            for name in bench.EXPORTS:
                if output == "parquet" and self._path(name).exists():
                    self._path(name).replace(out / f"{name}.parquet")
                else:
                    self.bench.write(bench.statement("exports", name), out / f"{name}.{output}", output)
            self.bench.show("doomed", pa.table({"claim": self.doomed}))
            self.bench.write(bench.statement("exports", "doomed"), out / "doomed.parquet", "parquet")
        summary = summarize(self.bench, rule, digests, self.tree.root().hex(), self.seconds)
        text = json.dumps(summary, indent=1, ensure_ascii=False)
        (out / "summary.json").write_text(text + "\n", encoding="utf-8")
        return summary
