"""Who takes part: each contender, what it does, and which files it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Contender:
    """One thing that is measured: `module.function` is called with a task, in a process of its own."""

    name: str
    module: str
    function: str
    does: str
    needs: tuple[str, ...] = ()  # parts of the data beyond the canonical files: copies, pairs, uploads
    rows: str = "claims"  # what its rate counts
    most: int = 10_000_000  # claims beyond which it is left out unless it is asked for by name
    writes_pairs: bool = False  # writes pairs.parquet, which is compared with the others'


KERNEL: Final = "kernel"
MATCHING: Final = "matching"
FLOOR: Final = "floor"
POSTGRES: Final = "postgres"
DUCKDB: Final = "duckdb"
COMPARE: Final = "compare"
DATACOMPY: Final = "datacompy"
INTAKE: Final = "intake"

CONTENDERS: Final = (
    Contender(
        KERNEL,
        "bench.kernel",
        "judge_all",
        "the kernel: every clause of the law, checks, sorted verdicts, testimony, totals, row root, digests",
        most=1_000_000_000,
    ),
    Contender(
        MATCHING,
        "bench.kernel",
        "match_only",
        "the kernel up to the first hearing: restatement, screens, names, ranks, first come first served, decision; "
        "writes testimony and decisions",
        most=1_000_000_000,
    ),
    Contender(
        FLOOR,
        "bench.floor",
        "read_and_write",
        "the floor: reads every column that the kernel needs, writes rows of the verdict columns; decides nothing",
        most=1_000_000_000,
    ),
    Contender(
        POSTGRES,
        "bench.postgres",
        "match_simply",
        "plain PostgreSQL: COPY, ANALYZE, the simple matching in SQL",
        needs=("copies",),
        writes_pairs=True,
    ),
    Contender("polars", "bench.polars", "match_simply", "Polars: the simple matching, lazily", writes_pairs=True),
    Contender(DUCKDB, "bench.duck", "match_simply", "plain DuckDB: the simple matching in SQL", writes_pairs=True),
    Contender(
        COMPARE,
        "bench.kernel",
        "compare_only",
        "the kernel's comparison of effects (the loop `relation`) over pairs that are given",
        needs=("pairs",),
        rows="pairs",
    ),
    Contender(
        DATACOMPY,
        "bench.compare",
        "compare_frames",
        "datacompy on Polars frames: the same pairs, effects unpacked to columns, joined by pair and compared",
        needs=("pairs",),
        rows="pairs",
    ),
    Contender(
        INTAKE,
        "bench.intake",
        "take_uploads",
        "intake: claims and evidence as CSV uploads to canonical Parquet, one process",
        needs=("uploads",),
        rows="rows",
    ),
)
BY_NAME: Final = {contender.name: contender for contender in CONTENDERS}
