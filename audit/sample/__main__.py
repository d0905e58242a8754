"""`python -m audit.sample --out DIR --claims 60000 --seed 1 [--format csv|parquet]`: write the sample to a folder."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from audit.kernel.terms import MEANINGS
from audit.sample import Made, hostile, write
from audit.sample.files import FORMATS
from audit.sample.world import TENANTS


def main(arguments: list[str] | None = None) -> int:
    """Write what was asked for and say what was planted; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m audit.sample", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--claims", type=int, default=60_000, help="claim lines in all (60000)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same bytes (1)")
    parser.add_argument("--tenants", type=int, default=len(TENANTS), help="one tenant or two (2)")
    parser.add_argument("--format", choices=sorted(FORMATS), default="csv", help="csv is gzipped")
    parser.add_argument("--hostile", action="store_true", help="also write the small wrong files, to OUT/hostile")
    asked = parser.parse_args(arguments)
    try:
        made = write(asked.out, seed=asked.seed, claims=asked.claims, tenants=asked.tenants, fmt=asked.format)
    except ValueError as problem:
        parser.error(str(problem))
    if asked.hostile:
        hostile(asked.out / "hostile")
    sys.stdout.write(told(made))
    return 0


def told(made: Made) -> str:
    """What was written, in words and numbers."""
    lines = [f"{made.lines} claim lines and {made.events} events in {made.out}"]
    for reason, count in sorted(made.reasons().items(), key=lambda item: -item[1]):
        lines.append(f"{count:>12}  {count / made.lines:>7.2%}  {reason.value} ({MEANINGS[reason].state.value})")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
