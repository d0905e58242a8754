"""The kernel on the command line: `python -m audit.kernel judge | verify | explain`.

Exit codes of judge and explain: 0 done, 2 bad input or rules, 3 a check failed, 4 too many refused rows. Of verify:
0 it holds, 1 content changed, 5 unsupported.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from audit.kernel import explain as explaining
from audit.kernel import statement
from audit.kernel.bench import EXPORTS
from audit.kernel.inputs import BadInput, prepare
from audit.kernel.reconcile import FORMS, BadEvidence, CheckFailed, Inputs, judge
from audit.kernel.ruleset import BadRules, Rule, parse
from audit.kernel.terms import INPUTS

DONE, CHANGED, BAD, BROKEN, REFUSED, UNSUPPORTED = 0, 1, 2, 3, 4, 5
OURS = {"summary.json", "refused.csv", "doomed.parquet", "inputs"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line, run one command, return its exit code."""
    options = _parser().parse_args(arguments)
    command = {"judge": _judge, "verify": _verify, "explain": _explain}[options.command]
    return command(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m audit.kernel", description="Judge what vendors claim.")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("judge", help="claims, evidence, coverage and rules in; one verdict for each claim out")
    one.add_argument("--claims", nargs="+", type=Path, required=True, metavar="F")
    one.add_argument("--evidence", nargs="+", type=Path, default=[], metavar="F")
    one.add_argument("--coverage", nargs="+", type=Path, default=[], metavar="F")
    one.add_argument("--actors", nargs="+", type=Path, default=[], metavar="F")
    one.add_argument("--rules", type=Path, metavar="rules.json")
    one.add_argument("--out", type=Path, required=True, metavar="DIR")
    one.add_argument("--slices", type=_positive, metavar="N", help="parts of the records (one for every 250,000 rows)")
    one.add_argument("--threads", type=_positive, metavar="N")
    one.add_argument("--memory", default="2GB")
    one.add_argument("--format", choices=FORMS, default="parquet")
    one.add_argument("--timezone", metavar="ZONE", help="the zone of instants that are written without one")
    one.add_argument("--max-refused", type=int, default=0, metavar="N")
    two = commands.add_parser("verify", help="judge a finished run again and compare")
    two.add_argument("bundle", type=Path)
    three = commands.add_parser("explain", help="why one claim has its verdict")
    three.add_argument("--run", type=Path, required=True, metavar="DIR")
    three.add_argument("--claim", nargs=2, required=True, metavar=("VENDOR", "CLAIM_ID"))
    three.add_argument("--json", action="store_true", help="as one JSON object")
    return parser


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def _judge(options: argparse.Namespace) -> int:
    """Work in a folder beside DIR and put it in place when everything is there."""
    out: Path = options.out
    strange = _strangers(out)
    if strange:
        return _fail(BAD, [f"{out}: holds {strange[0]}, which no run wrote; choose another folder"])
    try:
        rule = _rule(options.rules)
        out.parent.mkdir(parents=True, exist_ok=True)
    except (BadRules, OSError) as bad:
        return _fail(BAD, getattr(bad, "faults", [str(bad)]))
    staged = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        return _judge_staged(options, rule, staged)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _judge_staged(options: argparse.Namespace, rule: Rule, staged: Path) -> int:
    faults, refused, inputs = _prepare(options, staged)
    if faults:
        return _fail(BAD, faults)
    if refused > options.max_refused:
        _publish(staged, options.out, ["refused.csv"])
        words = f"{refused:,} rows were refused, {options.max_refused:,} are allowed; see {options.out / 'refused.csv'}"
        return _fail(REFUSED, [words])
    try:
        settings = {"slices": options.slices, "threads": options.threads, "memory": options.memory}
        summary = judge(inputs, rule, staged, output=options.format, **settings)
    except BadEvidence as bad:
        return _fail(BAD, [str(bad)])
    except CheckFailed as broken:
        _publish(staged, options.out, [broken.path.name])
        return _fail(BROKEN, [str(broken)])
    _replace(staged, options.out)
    _say(statement.lines(summary))
    return DONE


def _prepare(options: argparse.Namespace, staged: Path) -> tuple[list[str], int, Inputs]:
    """Faults of whole files, the number of refused rows, and the canonical files."""
    (staged / "inputs").mkdir()
    faults: list[str] = []
    refused = 0
    grades: dict[str, str] = {}
    ready: dict[str, list[Path]] = {}
    for kind in INPUTS:
        paths, target = getattr(options, kind), staged / "inputs" / f"{kind}.parquet"
        ready[kind] = [target] if paths else []
        if not paths:
            continue
        try:
            zone = options.timezone
            taken = prepare(kind, paths, target, staged / "refused.csv", time_zone=zone, grades=grades)
            refused += taken.refused
        except (BadInput, OSError) as bad:
            faults.append(" ".join(str(bad).split()))
    return faults, refused, Inputs(**ready)


def _rule(path: Path | None) -> Rule:
    if path is None:
        return Rule()
    try:
        given = json.loads(path.read_bytes(), object_pairs_hook=_once)
    except (OSError, ValueError, RecursionError) as bad:
        raise BadRules([f"{path.name}: {' '.join(str(bad).split())}"]) from None
    try:
        return parse(given)
    except BadRules as bad:
        raise BadRules([f"{path.name}: {fault}" for fault in bad.faults]) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(pairs)
    if len(named) < len(pairs):
        raise ValueError("names the same thing twice")
    return named


def _strangers(out: Path) -> list[str]:
    """What lies in the way: a file instead of a folder, or files that no run wrote."""
    if not out.exists():
        return []
    if not out.is_dir():
        return ["a file of that name"]
    ours = OURS | {f"{name}.{form}" for name in EXPORTS for form in FORMS}
    return sorted(path.name for path in out.iterdir() if path.name not in ours and not path.name.startswith("failed_"))


def _publish(staged: Path, out: Path, names: Iterable[str]) -> None:
    """Put single files into DIR and nothing else."""
    out.mkdir(exist_ok=True)
    for name in names:
        (staged / name).replace(out / name)


def _replace(staged: Path, out: Path) -> None:
    """Put the finished folder in place of DIR at one stroke; an earlier run there goes."""
    staged.chmod(0o755)
    if out.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{out.name}-old-", dir=out.parent))
        out.rename(old / "run")
        staged.rename(out)
        shutil.rmtree(old, ignore_errors=True)
    else:
        staged.rename(out)


def _verify(options: argparse.Namespace) -> int:
    try:
        faults = statement.verify(options.bundle)
    except statement.Unsupported as bad:
        return _fail(UNSUPPORTED, [f"{options.bundle}: {bad}"])
    if faults:
        return _fail(CHANGED, [f"{options.bundle}: {fault}" for fault in faults])
    _say([f"{options.bundle}: judged again, every verdict and digest is the same"])
    return DONE


def _explain(options: argparse.Namespace) -> int:
    try:
        answer = explaining.explain(options.run, *options.claim)
    except (explaining.UnknownClaim, OSError) as bad:
        return _fail(BAD, [str(bad)])
    _say([json.dumps(answer, ensure_ascii=False, indent=1)] if options.json else [explaining.text(answer).rstrip()])
    return DONE


def _say(lines: Iterable[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def _fail(code: int, lines: Iterable[str]) -> int:
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    return code


if __name__ == "__main__":
    sys.exit(main())
