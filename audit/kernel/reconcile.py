"""Judging: claims, evidence, coverage and one rule in; one verdict for every claim row out.

The law is in `sql/steps/`, in the order of `bench.STEPS`. This module runs the steps: what concerns the whole run
once, what concerns records slice by slice (memory stays flat, verdicts do not change), then lets the checks decide
whether the result may leave.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from audit.kernel import bench, ledger, terms
from audit.kernel.bench import Bench, law_digest
from audit.kernel.content import describe
from audit.kernel.hearing import (
    BadEvidence,
    CheckFailed,
    check,
    doom,
    judge_slice,
    lay_out,
    open_redo,
    open_run,
    open_slice,
    settle,
    taint,
)
from audit.kernel.ranges import WHOLE, ranges
from audit.kernel.ruleset import Rule
from audit.kernel.summary import summarize

__all__ = ["BadEvidence", "CheckFailed", "Inputs", "Progress", "judge", "law_digest"]

SLICE_ROWS: Final = 1_000_000
FORMS: Final = ("parquet", "csv", "jsonl")
KEPT: Final = ("judged", "testimony", "unclaimed")
DOOMING: Final = ("spoiling", "sensitive")
_PASSING: Final = (*bench.SLICING, *bench.JUDGED, *bench.SETTLING)


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
    "opening": 26,
    "hearing": 14,
    "settling": 28,
    "second hearing": 1,
    "lineage": 2,
    "verdicts": 10,
    "checks": 1,
    "writing": 6,
    "row root": 8,
    "digests": 4,
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

    Neither `slices` (None: one for every million rows), `threads` nor `memory` changes a verdict. Returns the summary.
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
        run = _Run(table, slices, progress)
        with ThreadPoolExecutor(max_workers=2, thread_name_prefix="beside") as beside:
            digests = beside.submit(lambda: {kind: describe(kind, inputs.of(kind)) for kind in terms.INPUTS})
            run.open(inputs, rule)
            run.work(rule, out)
            run.close()
            root = beside.submit(ledger.root_of, table.beside(bench.statement("exports", "leaf")))
            run.check(out)
            run.write(out, output)
            with run.stage("row root"):
                row_root = root.result().hex()
            with run.stage("digests"):
                told = digests.result()
        return run.sum_up(rule, told, row_root, out, output)
    finally:
        table.close()
        shutil.rmtree(folder, ignore_errors=True)


def _slices(inputs: Inputs) -> int:
    """As many slices as keep the memory of a run flat."""
    rows = [sum(int(pq.read_metadata(path).num_rows) for path in inputs.of(kind)) for kind in ("claims", "evidence")]
    return max(1, -(-max(rows) // SLICE_ROWS))


class _Run:
    def __init__(self, table: Bench, slices: int, progress: Callable[[Progress], None] | None) -> None:
        self.bench, self.slices, self.progress = table, slices, progress
        self.claims = 0
        self.share_bps = 0
        self.verdicts = Path()
        self.ranges = WHOLE
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
        """What concerns the whole run: who is heard, who names whom, which slice a record falls into."""
        with self.stage("opening"):
            lay_out(self.bench, inputs, rule)
            self.claims = self.bench.count("claims")
            open_run(self.bench, self.slices)

    def work(self, rule: Rule, out: Path) -> None:
        """Hear and settle, slice by slice; then again the records where somebody is doomed."""
        may_doom = bool(rule.taint_from) and self.bench.count("stepping") > 0
        for number in range(self.slices):
            with self.stage("hearing", number + 1, self.slices):
                open_slice(self.bench, number, self.slices)
                judge_slice(self.bench, rule)
            with self.stage("settling", number + 1, self.slices):
                settle(self.bench, out)
                if may_doom:
                    self.bench.keep(number, DOOMING, aside=self.slices > 1)
                self.bench.drop(*(name for name in _PASSING if name not in KEPT))
                self.bench.keep(number, KEPT, aside=self.slices > 1)
                if self.slices > 1:
                    self.bench.drop(*KEPT)
        if not (may_doom and self._heard_again(rule, out)):
            self.bench.gather(KEPT)
        if self.slices > 1:
            self.bench.collect("claim", "event", *bench.DEALT)

    def _heard_again(self, rule: Rule, out: Path) -> bool:
        """Hear the records again where a doomed claim walks last; False if there are none."""
        with self.stage("second hearing"):
            self.bench.gather(DOOMING)
            doom(self.bench)
            if not open_redo(self.bench):
                return False
            judge_slice(self.bench, rule)
            settle(self.bench, out)
            self.bench.overlay(KEPT)
        return True

    def close(self) -> None:
        """Taint, totals and verdicts."""
        with self.stage("lineage"):
            taint(self.bench)
        with self.stage("verdicts"):
            self.bench.make("said", "totals")
            self.ranges = ranges(self.bench, self.claims, self.slices)
            self.verdicts = self.bench.file("verdict", "said", self.ranges)

    def check(self, out: Path) -> None:
        """The checks over all verdicts. Raises CheckFailed."""
        with self.stage("checks"):
            check(self.bench, bench.RUN_CHECKS, out)

    def write(self, out: Path, output: str) -> None:
        """Write the files of the run."""
        with self.stage("writing"):
            testimony = bench.statement("exports", "testimony")
            path = out / f"testimony.{output}"
            self.bench.write_sorted(testimony, "testimony", self.ranges, path, output)
            for name in bench.EXPORTS[2:]:
                self.bench.write(bench.statement("exports", name), out / f"{name}.{output}", output)
            self.bench.write(bench.statement("exports", "doomed"), out / "doomed.parquet", "parquet")
            if output != "parquet":
                self.bench.write(bench.statement("exports", "verdicts"), out / f"verdicts.{output}", output)

    def sum_up(self, rule: Rule, digests: dict[str, Any], row_root: str, out: Path, output: str) -> dict[str, Any]:
        """Write the summary of the run, and let the verdicts out."""
        if output == "parquet":
            self.verdicts.replace(out / "verdicts.parquet")
        summary = summarize(self.bench, rule, digests, row_root, self.seconds)
        text = json.dumps(summary, indent=1, ensure_ascii=False)
        (out / "summary.json").write_text(text + "\n", encoding="utf-8")
        return summary
