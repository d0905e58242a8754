"""`python -m bench`: measure the contenders side by side and write bench/RESULTS.md."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import machine, report
from bench.contenders import BY_NAME, CONTENDERS, POSTGRES, Contender
from bench.data import ROOT, Data
from bench.measure import Measured, measure
from bench.task import Options

WARMING = 200_000
"""How many claims a run has that only sees to it that all is compiled: enough for every contender."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the data, run everybody, check that they agree, write the report; 1 if they do not agree."""
    asked = _parser().parse_args(arguments)
    command = "python -m bench " + " ".join(sys.argv[1:] if arguments is None else arguments)
    facts = machine.facts()
    _compile(asked)
    sizes = [_size(asked, claims) for claims in asked.claims]
    for size in sizes:
        (_measured(asked.root) / f"{size.claims}.json").write_text(size.to_json(), encoding="utf-8")
    if asked.add:
        fresh, laws = {size.claims for size in sizes}, {size.law for size in sizes}
        files = sorted(_measured(asked.root).glob("*.json"))
        earlier = [report.Size.from_json(file.read_text(encoding="utf-8")) for file in files]
        sizes += [size for size in earlier if size.claims not in fresh and size.law in laws]
    sizes.sort(key=lambda size: size.claims)
    asked.out.write_text(report.text(sizes, facts, command.strip()), encoding="utf-8")
    print(f"written: {asked.out}")
    return 0 if all(size.agrees for size in sizes) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--claims", type=_numbers, default=[1_000_000, 10_000_000], help="sizes (1000000,10000000)")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each contender (3)")
    parser.add_argument("--only", type=_names, help=f"some of {','.join(BY_NAME)}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slices", type=int, help="of the kernel (as many as it makes itself)")
    parser.add_argument("--memory", default="1500MB", help="of the kernel's engine (1500MB)")
    parser.add_argument("--threads", type=int, help="of the kernel's engine (all cores)")
    parser.add_argument(
        "--add", action="store_true", help="also show the sizes that earlier runs measured under the same law"
    )
    parser.add_argument("--root", type=Path, default=ROOT / "var" / "bench-data", help="where data are kept")
    parser.add_argument("--out", type=Path, default=ROOT / "bench" / "RESULTS.md")
    return parser


def _numbers(text: str) -> list[int]:
    return [int(part.replace("_", "")) for part in text.split(",")]


def _names(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in BY_NAME:
            raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(BY_NAME)}")
    return names


def _measured(root: Path) -> Path:
    folder = root / "measured"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _size(asked: argparse.Namespace, claims: int) -> report.Size:
    """Measure one size: rounds over all contenders, each round beginning with another one."""
    chosen = _chosen(asked.only, claims)
    data = Data(asked.root.resolve() / f"{claims}-seed-{asked.seed}")
    parts = sorted({part for contender in chosen for part in contender.needs})
    print(f"{claims:,} claims: data ({', '.join(['canonical', *parts])})", flush=True)
    _child("bench.data", data.folder, claims, asked.seed, *parts)
    out = asked.root.resolve() / "out"
    servers = out / "server"
    for contender in CONTENDERS:  # what another size or an earlier run left must not be compared
        shutil.rmtree(out / contender.name, ignore_errors=True)
    if POSTGRES in [contender.name for contender in chosen]:
        _child("bench.postgres", servers)
    options = Options(asked.slices, asked.memory, asked.threads)
    _warm(data.folder)
    runs: dict[str, list[Measured]] = {contender.name: [] for contender in chosen}
    agreement: dict[str, Any] = {}
    for turn in range(asked.repeat):
        first = turn % len(chosen)
        for contender in [*chosen[first:], *chosen[:first]]:
            run = measure(contender, data, out / contender.name, options, servers)
            runs[contender.name].append(run)
            print(f"  {contender.name:<10} {run.seconds:8.2f} s {run.peak_memory / 1e9:6.2f} GB", flush=True)
        if turn == 0:
            agreement = json.loads(_child("bench.check", data.folder, out))
    slices = next((each[0].told["slices"] for each in runs.values() if "slices" in each[0].told), None)
    return report.Size(claims, asked.seed, slices, asked.memory, data.facts, runs, agreement)


def _chosen(only: list[str] | None, claims: int) -> list[Contender]:
    if only:
        return [contender for contender in CONTENDERS if contender.name in only]
    return [contender for contender in CONTENDERS if claims <= contender.most]


def _child(module: str, *arguments: object) -> str:
    """Work that would swell this process, in another one; its output."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{module} failed with {done.returncode}:\n{done.stderr[-4000:]}")
    return done.stdout


def _compile(asked: argparse.Namespace) -> None:
    """Small runs, so that no measured run compiles: what they compile is kept on disk."""
    out = asked.root.resolve() / "out" / "warm"
    for contender in CONTENDERS:
        if contender.module != "bench.kernel" or (asked.only and contender.name not in asked.only):
            continue
        data = Data(asked.root.resolve() / f"{WARMING}-seed-{asked.seed}")
        _child("bench.data", data.folder, WARMING, asked.seed, *contender.needs)
        run = measure(contender, data, out, Options(2, asked.memory, asked.threads), out)
        print(f"warming up: {contender.name:<10} {run.seconds:8.2f} s", flush=True)
    shutil.rmtree(out, ignore_errors=True)


def _warm(folder: Path) -> None:
    """Read every file once, so that nobody is the first to touch the disk."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "raw" not in path.parts:
            with path.open("rb") as file:
                while file.read(1 << 24):
                    pass


if __name__ == "__main__":
    sys.exit(main())
