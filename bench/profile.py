"""Where the kernel's time goes: `python -m bench.profile --claims 1000000 [--slices 1] [--threads 2]`.

Prints every part of a run, slowest first: how often, its wall seconds, and the processor seconds of the thread that it
ran in, the parts inside of it left out. The engine's work in its own threads is in the wall seconds only; so is what a
part waits for: with one thread (`--threads 1`) slices do not get in each other's way.
"""

from __future__ import annotations

import argparse
import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from audit.kernel import closing, hearing, kept, reconcile
from audit.kernel.bench import Bench
from audit.kernel.dealing import Dealt
from audit.kernel.ranges import Ranges
from audit.kernel.records import judging, reading, telling
from audit.kernel.ruleset import parse
from bench import data as files
from bench.task import processor_seconds

Namer = Callable[..., str]  # what a call is called, by its arguments
SPENT: Final[dict[str, list[float]]] = {}
"""For each part: calls, wall seconds, processor seconds of its thread."""
_INNER: Final = threading.local()
_LOCK: Final = threading.Lock()


@contextmanager
def _clock(name: str) -> Iterator[None]:
    """Adds a call to a part, and takes its time from the part that it is in."""
    outer, inner = getattr(_INNER, "spent", [0.0, 0.0]), [0.0, 0.0]
    _INNER.spent = inner
    start = time.perf_counter(), time.thread_time()
    try:
        yield
    finally:
        spent = time.perf_counter() - start[0], time.thread_time() - start[1]
        with _LOCK:
            entry = SPENT.setdefault(name, [0, 0.0, 0.0])
            entry[:] = entry[0] + 1, entry[1] + spent[0] - inner[0], entry[2] + spent[1] - inner[1]
        outer[:] = outer[0] + spent[0], outer[1] + spent[1]
        _INNER.spent = outer


def _timed(function: Callable[..., Any], name: str | Namer) -> Callable[..., Any]:
    def call(*given: Any, **named: Any) -> Any:
        with _clock(name if isinstance(name, str) else name(*given, **named)):
            return function(*given, **named)

    return call


def _waited(name: str, batches: Any) -> Iterator[pa.RecordBatch]:
    """Batches that are waited for with the clock on."""
    while True:
        with _clock(name):
            batch = next(batches, None)
        if batch is None:
            return
        yield batch


def _sql(_: Bench, query: str, *more: object) -> str:
    """A query by the name that its first line tells."""
    return f"sql {query[3:].split(':')[0]}" if query.startswith("-- ") else f"sql {' '.join(query.split())[:50]}"


_READING: Final = ("read_bound", "read_claims", "read_events", "read_spans", "read_naming", "naming_order", "series")
PARTS: Final[dict[Any, dict[str, str | Namer]]] = {
    Bench: {"arrow": _sql, "columns": _sql, "write": lambda _, query, path, form: f"sql, file {path.name}"},
    Dealt: {name: lambda dealt, *_, name=name: f"dealt {dealt._folder.name}, {name}" for name in ("add", "part")},
    Ranges: {"of": "ranges"},
    closing.File: {"add": "file, rows"},
    closing: {name: f"closing {name}" for name in ("in_order", "spoil", "verdicts", "testimony", "grow", "tally")},
    hearing: {"columns": "columns, the rest", "judge": "slice, the rest"},
    judging: {"Codes": "columns, codes", "Names": "columns, names"},
    judging._Loops: {"call": lambda _, module, name, *more: f"loop {module.__name__.rpartition('.')[2]}.{name}"},
    reading: {name: f"reading {name}" for name in _READING},
    telling: {name: f"telling {name}" for name in ("said", "screened", "testimony", "word", "burst", "judged")},
    kept: {"unclaimed": "telling unclaimed", "spoilt": "lineage, the rest"},
    reconcile: {"describe": "digests"},
}
"""What is timed, where it is looked up, and what it is called."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Judge once with the clocks on, print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__)
    parser.add_argument("--claims", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slices", type=int)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--memory", default="1500MB")
    parser.add_argument("--root", type=Path, default=files.ROOT / "var" / "bench-data")
    asked = parser.parse_args(arguments)
    data = files.Data(asked.root / f"{asked.claims}-seed-{asked.seed}")
    files.make(data.folder, asked.claims, asked.seed, [])
    _judge(data, asked)  # the clocks are off: compiles what is not compiled, and shows what the clocks cost
    _put_clocks()
    _judge(data, asked)
    print(f"{'calls':>6} {'seconds':>8} {'thread':>8}  what")
    for name, (calls, wall, processor) in sorted(SPENT.items(), key=lambda item: -item[1][1]):
        print(f"{int(calls):6} {wall:8.2f} {processor:8.2f}  {name}")


def _put_clocks() -> None:
    """Put a function with a clock in the place of each part."""
    for owner, parts in PARTS.items():
        for function, name in parts.items():
            setattr(owner, function, _timed(getattr(owner, function), name))
    engine, reader = vars(reconcile)["Bench"], Bench.reader
    make = _timed(Bench.make, lambda _, name, **more: f"sql {name}")

    def read(table: Bench, query: str, rows: int) -> Any:
        batches = reader(table, query, rows)
        return pa.RecordBatchReader.from_batches(batches.schema, _waited(_sql(table, query), batches))

    engine.make = lambda table, *names, **more: [make(table, name, **more) for name in names]
    engine.reader = read


def _judge(data: files.Data, asked: argparse.Namespace) -> None:
    """One run; its stages."""
    out = asked.root / "out" / "profile"
    shutil.rmtree(out, ignore_errors=True)
    inputs = reconcile.Inputs(**{kind: [data.canonical(kind)] for kind in files.KINDS})
    rule = parse(json.loads(data.rules.read_text("utf-8")))
    before = processor_seconds()
    settings = {"slices": asked.slices, "threads": asked.threads, "memory": asked.memory}
    summary = reconcile.judge(inputs, rule, out / "run", **settings)
    for stage in summary["measured"]["stages"]:
        print(f"{stage['milliseconds'] / 1000:8.2f}  {stage['stage']}")
    print(f"{summary['measured']['peak_memory_bytes'] / (1 << 30):8.2f}  GiB at most")
    print(f"{processor_seconds() - before:8.2f}  processor seconds\n")


if __name__ == "__main__":
    main()
