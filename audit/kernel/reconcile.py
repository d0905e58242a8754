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
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from audit.kernel import bench, ledger, terms
from audit.kernel.bench import Bench, law_digest
from audit.kernel.content import describe
from audit.kernel.hearing import (
    BadEvidence,
    CheckFailed,
    check,
    doom,
    hear,
    lay_out,
    open_run,
    open_slice,
    settle,
    taint,
)
from audit.kernel.ruleset import Rule
from audit.kernel.summary import summarize

__all__ = ["BadEvidence", "CheckFailed", "Inputs", "Progress", "judge", "law_digest"]

FORMS: Final = ("parquet", "csv", "jsonl")
KEPT: Final = ("word", "settled", "unclaimed")


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


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: `done` of `total` parts of the stage that just ended, and the claims per second of it."""

    stage: str
    done: int
    total: int
    rows_per_second: int


def judge(
    inputs: Inputs,
    rule: Rule,
    out: Path,
    *,
    slices: int = 1,
    threads: int | None = None,
    memory: str = "2GB",
    progress: Callable[[Progress], None] | None = None,
    output: str = "parquet",
) -> dict[str, Any]:
    """Judge every claim row and write verdicts, testimony, unclaimed, totals and summary.json into `out`.

    Neither `slices`, `threads` nor `memory` changes a verdict. Returns the summary. Raises BadEvidence, and
    CheckFailed when a law was broken; then the offending rows are in `out` and nothing else.
    """
    if slices < 1 or output not in FORMS:
        raise ValueError("slices must be at least 1, output one of " + ", ".join(FORMS))
    out = out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".bench-", dir=out))
    table = Bench(folder, threads=threads, memory=memory)
    try:
        table.seal([path for kind in terms.INPUTS for path in inputs.of(kind)], [out, folder])
        run = _Run(table, slices, progress)
        run.open(inputs, rule)
        run.work(rule, out)
        run.close(out)
        return run.publish(inputs, rule, out, output)
    finally:
        table.close()
        shutil.rmtree(folder, ignore_errors=True)


class _Run:
    def __init__(self, table: Bench, slices: int, progress: Callable[[Progress], None] | None) -> None:
        self.bench, self.slices, self.progress = table, slices, progress
        self.claims = 0
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str, done: int = 1, total: int = 1) -> Iterator[None]:
        """Take the time of a stage and tell who listens."""
        start = time.perf_counter()
        yield
        spent = time.perf_counter() - start
        self.seconds[name] = self.seconds.get(name, 0) + spent
        if self.progress:
            self.progress(Progress(name, done, total, int(self.claims / total / max(spent, 1e-6))))

    def open(self, inputs: Inputs, rule: Rule) -> None:
        """What concerns the whole run: who is heard, who names whom, which slice a record falls into."""
        with self.stage("opening"):
            lay_out(self.bench, inputs, rule, self.slices)
            open_run(self.bench)
            self.claims = self.bench.count("standing")

    def work(self, rule: Rule, out: Path) -> None:
        """The hearing, slice by slice; a second one if anybody is doomed; bursts and undone work."""
        if rule.taint_from and self.bench.count("parent"):
            self._first_hearing()
            is_heard = self.slices == 1
        else:
            is_heard = False
        for number in range(self.slices):
            with self.stage("hearing", number + 1, self.slices):
                open_slice(self.bench, number, self.slices)
                if not is_heard:
                    hear(self.bench)
                elif self.bench.count("doomed"):
                    hear(self.bench, again=True)
            with self.stage("settling", number + 1, self.slices):
                settle(self.bench, out)
                if self.slices > 1:
                    self.bench.keep(*KEPT)
        if self.slices > 1:
            self.bench.gather(*KEPT)

    def _first_hearing(self) -> None:
        for number in range(self.slices):
            with self.stage("first hearing", number + 1, self.slices):
                open_slice(self.bench, number, self.slices)
                hear(self.bench)
                if self.slices > 1:
                    self.bench.keep("decision")
        if self.slices > 1:
            self.bench.gather("decision")
        with self.stage("lineage"):
            doom(self.bench)

    def close(self, out: Path) -> None:
        """Taint, verdicts, totals, and the checks over all of them."""
        with self.stage("verdicts"):
            taint(self.bench)
            self.bench.make("verdict", "totals")
        with self.stage("checks"):
            check(self.bench, bench.RUN_CHECKS, out)

    def publish(self, inputs: Inputs, rule: Rule, out: Path, output: str) -> dict[str, Any]:
        """Write the files of the run and its summary."""
        with self.stage("writing"):
            for name in bench.EXPORTS:
                self.bench.write(bench.statement("exports", name), out / f"{name}.{output}", output)
            self.bench.write(bench.statement("exports", "doomed"), out / "doomed.parquet", "parquet")
        with self.stage("row root"):
            tree = ledger.Tree()
            for batch in self.bench.stream(bench.statement("exports", "leaf")):
                tree.add(b"".join(batch.column(0).to_pylist()))
        with self.stage("digests"):
            digests = {kind: describe(kind, inputs.of(kind)) for kind in terms.INPUTS}
        summary = summarize(self.bench, rule, digests, tree.root().hex(), self.seconds)
        text = json.dumps(summary, indent=1, ensure_ascii=False)
        (out / "summary.json").write_text(text + "\n", encoding="utf-8")
        return summary
