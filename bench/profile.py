"""Where the kernel's time goes: `python -m bench.profile --claims 1000000 [--slices 1] [--plans verdict,repeat]`.

Prints every step and every file of a run with its wall and processor seconds and rows, slowest first; `--plans` also
prints the slowest operators inside some of them, as DuckDB's own profiler tells. A busy machine shows in the wall
seconds; the processor seconds can be trusted more.
"""

from __future__ import annotations

import argparse
import copy
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from audit.kernel import content, hearing, pairing, reconcile
from audit.kernel.bench import Bench, statement
from audit.kernel.ruleset import parse
from bench import data as files
from bench.task import processor_seconds

Spent = dict[str, list[float]]


class _Timed(Bench):
    """A bench that keeps the time of what it runs. A step whose plan is asked for runs twice."""

    spent: Spent = {}
    plans: set[str] = set()
    told: dict[str, str] = {}

    def make(self, *names: str, folder: str = "steps") -> None:
        """Each step on its own, timed."""
        for name in names:
            if name in self.plans:
                self.told[name] = self.rows(f"explain (analyze, format json) {statement(folder, name)}")[0][1]
            with _clock(self.spent, f"{folder}/{name}"):
                super().make(name, folder=folder)
            self.spent[f"{folder}/{name}"][2] += self.count(name)

    def write(self, query: str, path: Path, form: str) -> None:
        """A file, timed."""
        with _clock(self.spent, f"files/{path.name}"):
            super().write(query, path, form)

    def stream(self, query: str, rows: int = 1 << 16) -> Iterator[pa.RecordBatch]:
        """The pairs for the walk, timed."""
        return self._waited("stream/contest", super().stream(query, rows))

    def beside(self, query: str, rows: int = 1 << 16) -> Iterator[pa.RecordBatch]:
        """The leaves, timed."""
        return self._waited("stream/leaf", super().beside(query, rows))

    def _waited(self, name: str, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The time in which batches are waited for, not that of whoever works on them."""
        while True:
            with _clock(self.spent, name):
                batch = next(batches, None)
            if batch is None:
                return
            yield batch


class _clock:
    """Adds wall seconds, processor seconds and rows (by hand) to a name."""

    def __init__(self, spent: Spent, name: str) -> None:
        self.entry = spent.setdefault(name, [0.0, 0.0, 0.0])

    def __enter__(self) -> None:
        self.start = time.perf_counter(), processor_seconds()

    def __exit__(self, *problem: object) -> None:
        self.entry[0] += time.perf_counter() - self.start[0]
        self.entry[1] += processor_seconds() - self.start[1]


class _Inline:
    """Does what a pool of threads should do beside the run when its result is asked for, so that times do not mix."""

    def __init__(self, *given: object, **named: object) -> None:
        pass

    def __enter__(self) -> _Inline:
        return self

    def __exit__(self, *problem: object) -> None:
        pass

    def submit(self, function: Callable[..., Any], *given: Any) -> _Inline:
        """Keep the work for later."""
        self.result = lambda: function(*given)
        return copy.copy(self)


def _timed(spent: Spent, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*given: Any, **named: Any) -> Any:
        with _clock(spent, name):
            return function(*given, **named)

    return call


def main(arguments: Sequence[str] | None = None) -> None:
    """Judge once with the clocks on, print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__)
    parser.add_argument("--claims", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slices", type=int, default=1)
    parser.add_argument("--memory", default="2GB")
    parser.add_argument("--plans", default="")
    parser.add_argument("--root", type=Path, default=files.ROOT / "var" / "bench-data")
    asked = parser.parse_args(arguments)
    data = files.Data(asked.root / f"{asked.claims}-seed-{asked.seed}")
    files.make(data.folder, asked.claims, asked.seed, [])
    spent = _judge(data, asked)
    print(f"{'seconds':>8} {'cpu':>8} {'rows':>12}  what")
    for name, (wall, processor, rows) in sorted(spent.items(), key=lambda item: -item[1][1]):
        print(f"{wall:8.2f} {processor:8.2f} {int(rows):12,}  {name}")
    for name in sorted(_Timed.plans):
        _print_plan(name)


def _judge(data: files.Data, asked: argparse.Namespace) -> Spent:
    """One run with timed parts in place of the kernel's own."""
    out = asked.root / "out" / "profile"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    _Timed.plans = set(filter(None, asked.plans.split(",")))
    spent = _Timed.spent
    vars(reconcile)["Bench"] = _Timed
    vars(reconcile)["ThreadPoolExecutor"] = _Inline
    vars(reconcile)["describe"] = _timed(spent, "python/digests", content.describe)
    vars(hearing)["_spoilt"] = _timed(spent, "python/lineage", vars(hearing)["_spoilt"])
    first_come = pairing.first_come
    pairing.first_come = _timed(spent, "python/pairing", lambda given: iter(list(first_come(given))))
    inputs = reconcile.Inputs(**{kind: [data.canonical(kind)] for kind in files.KINDS})
    rule = parse(json.loads(data.rules.read_text(encoding="utf-8")))
    before = processor_seconds()
    summary = reconcile.judge(inputs, rule, out / "run", slices=asked.slices, memory=asked.memory)
    for stage in summary["measured"]["stages"]:
        print(f"{stage['milliseconds'] / 1000:8.2f}  {stage['stage']}")
    print(f"{summary['measured']['peak_memory_bytes'] / (1 << 30):8.2f}  GiB at most")
    print(f"{processor_seconds() - before:8.2f}  processor seconds\n")
    return spent


def _print_plan(name: str) -> None:
    """The slowest operators of a step: thread seconds, rows out, kind, what the plan says of it."""
    operators = list(_operators(json.loads(_Timed.told[name])["operator"]))
    print(f"\n{name}: {sum(timing for timing, *_ in operators):.2f} thread seconds")
    for timing, kind, rows, told in sorted(operators, reverse=True)[:8]:
        print(f"{timing:8.2f} {rows:12,}  {kind}  {told[:150]}")


def _operators(nodes: list[dict[str, Any]]) -> Iterator[tuple[float, str, int, str]]:
    for node in nodes:
        told = json.dumps(node.get("extra_info", {}), default=str)
        yield float(node.get("timing", 0)), str(node.get("type")), int(node.get("intermediate_rows", 0)), told
        yield from _operators(node.get("children", []))


if __name__ == "__main__":
    main()
