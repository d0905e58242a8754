"""The report: tables of medians, ratios and targets, as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench import contenders as who
from bench.contenders import BY_NAME, CONTENDERS
from bench.measure import Measured, median, spread

STREAMS = Path(__file__).with_name("INGEST.md")


@dataclass(frozen=True, slots=True)
class Size:
    """What was measured at one size."""

    claims: int
    seed: int
    slices: int | None  # of the kernel; null if it took no part
    memory: str
    facts: dict[str, Any]
    runs: dict[str, list[Measured]]
    agreement: dict[str, Any]

    @property
    def agrees(self) -> bool:
        """Whether every comparison of results came out empty."""
        found = self.agreement
        apart = [*found.get("unlike_other_peers", {}).values(), *found.get("unlike_kernel_on_plain", {}).values()]
        return not any([found.get("not_as_planted", 0), *apart]) and len(set(self.conflicts.values())) <= 1

    @property
    def conflicts(self) -> dict[str, int]:
        """How many conflicting effects each of the two that compare them found."""
        both = (who.COMPARE, who.DATACOMPY)
        return {name: self.runs[name][0].told["conflicts"] for name in both if self.runs.get(name)}

    @property
    def law(self) -> str | None:
        """The digest of the law that the kernel judged by."""
        runs = self.runs.get(who.KERNEL)
        return str(runs[0].told["law"]) if runs else None

    def seconds(self, name: str, *phases: str) -> float | None:
        """Median seconds of a contender, or of some of its phases in its median run."""
        runs = self.runs.get(name)
        if not runs:
            return None
        return sum(median(runs).phases[phase] for phase in phases) if phases else spread(runs)[1]

    def to_json(self) -> str:
        """As JSON text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Size:
        """What `to_json` wrote."""
        given = json.loads(text)
        runs = {name: [Measured(**run) for run in each] for name, each in given["runs"].items()}
        return cls(**{**given, "runs": runs})


def text(sizes: Sequence[Size], machine: dict[str, str], command: str) -> str:
    """The whole report."""
    parts = [
        "# Results\n",
        "Written by `make bench` (`python -m bench`); `README.md` here says what is measured and how. "
        "Streams, beside what others publish: `INGEST.md`; faults: `FAULTS.md`; pages: `PAGES.md`.\n",
        "\n".join(table(("machine", ""), machine.items())),
        f"\nCommand: `{command}`\n",
        *_targets(sizes),
    ]
    for size in sizes:
        parts += _size(size)
    parts += _streams()
    return "\n".join(parts).rstrip() + "\n"


def _streams() -> Iterator[str]:
    """What `python -m bench.ingest` wrote last, so that every load figure stands in one place."""
    if STREAMS.exists():
        title, *lines = STREAMS.read_text(encoding="utf-8").splitlines()
        yield f"#{title}"
        yield from (f"#{line}" if line.startswith("#") else line for line in lines)


def _targets(sizes: Sequence[Size]) -> Iterator[str]:
    yield "## Targets\n"
    rows = [row for size in sizes for row in _of_size(size)] + list(_growth(sizes))
    yield from table(("claims", "what", "required", "aim", "measured", ""), rows)
    yield ""


def _of_size(size: Size) -> Iterator[Sequence[str]]:
    """What a size shows of the targets, as far as it was measured."""
    name, judge, match = f"{size.claims:,}", size.seconds(who.KERNEL), size.seconds(who.MATCHING)
    postgres, floor, intake = (size.seconds(each) for each in (who.POSTGRES, who.FLOOR, who.INTAKE))
    if judge:
        yield _at_least(name, "all clauses, claims/s", size.claims / judge, 300_000, 1_000_000)
    if match and postgres:
        bare = size.seconds(who.POSTGRES, "matching", "verdicts") or 0
        yield _at_least(name, "matching alone: PostgreSQL (COPY + SQL) ÷ kernel", postgres / match, 5, 10)
        yield _shown(
            name, "… PostgreSQL's SQL alone, rows already loaded, ÷ kernel's matching, files read", bare / match
        )
        if judge:
            yield _shown(name, "… PostgreSQL's simple matching (COPY + SQL) ÷ kernel, all clauses", postgres / judge)
    if postgres and (duckdb := size.seconds(who.DUCKDB)):
        yield _shown(
            name, "… like for like: PostgreSQL ÷ the same SQL on the kernel's engine (`duckdb`)", postgres / duckdb
        )
    if judge and floor:
        yield _at_most(name, "kernel, all clauses ÷ floor", judge / floor, 8, 3)
    if judge:
        limit = 2.0 if size.claims <= 10_000_000 else 2.5
        peak = max(run.peak_memory for run in size.runs[who.KERNEL]) / (1 << 30)
        yield _at_most(name, "kernel, peak memory, GiB", peak, limit, limit)
    if intake:
        rows = size.runs[who.INTAKE][0].told["rows"]
        yield _at_least(name, "intake, CSV, rows/s", rows / intake, 150_000, 500_000)


def _growth(sizes: Sequence[Size]) -> Iterator[Sequence[str]]:
    """Time for a claim from one size to the next: 1.00 where time grows as claims do."""
    known = [(size.claims, time) for size in sizes if (time := size.seconds(who.KERNEL))]
    for (small, before), (large, after) in pairwise(known):
        grown = (after / before) / (large / small)
        verdict = "met" if grown <= 1.15 else "**missed**"
        yield (
            f"{small:,} → {large:,}",
            "kernel, growth of time ÷ growth of claims",
            "≤ 1.15",
            "",
            f"{grown:.2f}",
            verdict,
        )


def _at_least(claims: str, what: str, value: float, required: float, aim: float) -> Sequence[str]:
    verdict = "aim met" if value >= aim else "met" if value >= required else "**missed**"
    return claims, what, f"≥ {required:,}", f"{aim:,}", _figure(value), verdict


def _at_most(claims: str, what: str, value: float, required: float, aim: float) -> Sequence[str]:
    verdict = "aim met" if value <= aim else "met" if value <= required else "**missed**"
    return claims, what, f"≤ {required}", f"{aim}", _figure(value), verdict


def _shown(claims: str, what: str, value: float) -> Sequence[str]:
    return claims, what, "", "", _figure(value), ""


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.2f}"


def _size(size: Size) -> Iterator[str]:
    facts = size.facts
    yield f"## {size.claims:,} claims\n"
    yield (
        f"{facts['claims']:,} claim rows, {facts['events']:,} events, {facts['events'] / facts['claims']:.2f} a claim; "
        f"{facts['claims_with_effect']:.0%} of the claims and {facts['events_with_effect']:.0%} of the events with "
        f"effects; {facts['claims_on_shared_records']:.0%} of the claims with a target share it with another claim, "
        f"{facts['claims_crowded']:.0%} also agent, action and hour; "
        f"seed {size.seed}. The kernel: {size.slices or 'no'} slice(s), engine's memory {size.memory}.\n"
    )
    yield from table(
        (
            "contender",
            "runs",
            "seconds",
            "fastest–slowest",
            "processor seconds",
            "rate",
            "time ÷ kernel's",
            "peak memory",
            "peak disk",
        ),
        [_row(size, each.name) for each in CONTENDERS if size.runs.get(each.name)],
    )
    yield "\n### Phases of the median run\n"
    phases = [
        (name, phase, f"{seconds:.2f}")
        for name, runs in size.runs.items()
        for phase, seconds in _phases(median(runs)).items()
    ]
    yield from table(("contender", "phase", "seconds"), phases)
    yield "\n### Do they agree?\n"
    yield from (f"* {sentence}" for sentence in _agreement(size))
    yield ""


def _row(size: Size, name: str) -> Sequence[str]:
    runs, contender = size.runs[name], BY_NAME[name]
    middle, (fast, seconds, slow) = median(runs), spread(runs)
    against = size.seconds(who.COMPARE if contender.rows == "pairs" else who.KERNEL)
    ratio = f"{seconds / against:.2f}" if against and contender.rows != "rows" else ""
    return (
        name,
        str(len(runs)),
        f"{seconds:.2f}",
        f"{fast:.2f}–{slow:.2f}",
        f"{middle.processor:.2f}",
        f"{middle.told['rows'] / seconds:,.0f} {contender.rows}/s",
        ratio,
        _size_of(middle.peak_memory),
        _size_of(middle.peak_disk),
    )


def _phases(run: Measured) -> dict[str, float]:
    """A contender's phases; the kernel's own stages in place of its one phase."""
    return run.told.get("stages") or run.phases


def _agreement(size: Size) -> Iterator[str]:
    found = size.agreement
    if "not_as_planted" in found:
        yield f"The kernel's verdicts that are not the planted ones: {found['not_as_planted']:,} of {size.claims:,}."
    if "pairs" in found:
        counts = ", ".join(f"{name} {count:,}" for name, count in found["pairs"].items())
        apart = sum(found["unlike_other_peers"].values())
        yield f"Pairs of the simple matching: {counts}; pairs that differ between the peers: {apart:,}."
    for name, apart in found.get("unlike_kernel_on_plain", {}).items():
        yield (
            f"{name} and the kernel on plain records ({found['plain_claims']:,} claims, "
            f"{found['plain_pairs']:,} pairs): {apart:,} pairs differ."
        )
    if size.conflicts:
        yield "Conflicting effects: " + ", ".join(f"{name} {count:,}" for name, count in size.conflicts.items()) + "."


def _size_of(count: int) -> str:
    return f"{count / (1 << 30):.2f} GiB" if count >= 1 << 30 else f"{count / (1 << 20):.0f} MiB"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]
