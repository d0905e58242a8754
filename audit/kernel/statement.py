"""The outcome of a run: told in a few lines, and judged again to see whether it still holds."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from audit.kernel.bench import EXPORTS, Bench, law_digest
from audit.kernel.explain import Kept
from audit.kernel.reconcile import FORMS, Inputs, judge
from audit.kernel.ruleset import BadRules, parse
from audit.kernel.terms import INPUTS

SAME: Final = ("claims", "units", "states", "reasons", "score", "scores", "money", "unclaimed", "row_root", "rules")


class Unsupported(Exception):
    """What was given cannot be verified by this program; the message says why."""


def lines(summary: Mapping[str, Any]) -> list[str]:
    """The summary for a person, a few lines."""
    counted = summary["score"]
    answer = [f"{summary['claims']:,} claim rows, {counted['units']:,} units claimed"]
    answer += [
        f"  {state:<13} {count['claims']:>12,} rows {count['units']:>12,} units"
        for state, count in summary["states"].items()
    ]
    answer.append(f"score: {_range(counted['low_bps'], counted['high_bps'])}")
    answer.append(f"unclaimed work: {summary['unclaimed']['events']:,} events, {summary['unclaimed']['units']:,} units")
    answer.append(f"row root: {summary['row_root']}")
    return answer


def verify(folder: Path) -> list[str]:
    """Judge a run again from its own inputs and rules; returns what differs, nothing if it holds.

    Raises Unsupported for what is no run folder of `python -m audit.kernel judge`, or was judged by another law.
    """
    path = folder / "summary.json"
    if not path.is_file() or not (folder / "inputs").is_dir():
        raise Unsupported("only a folder made by `judge`, with summary.json and inputs/, can be verified so far")
    summary = json.loads(path.read_text(encoding="utf-8"))
    if summary.get("law_sha256") != law_digest():
        raise Unsupported(f"judged by another version of the law ({str(summary.get('law_sha256'))[:12]})")
    try:
        rule = parse(summary["rules"])
    except BadRules as bad:
        return [f"rules: {fault}" for fault in bad.faults]
    form = next((form for form in FORMS if (folder / f"verdicts.{form}").exists()), None)
    if form is None:
        return ["verdicts: the file is missing"]
    kept = Kept(folder / "inputs")
    with tempfile.TemporaryDirectory(prefix="verify-") as again:
        inputs = Inputs(**{kind: kept.of(kind) for kind in INPUTS})
        judged = judge(inputs, rule, Path(again), output=form)
        return _differences(summary, judged) + _changed_files(folder, Path(again), form)


def _differences(told: Mapping[str, Any], judged: Mapping[str, Any]) -> list[str]:
    judged = json.loads(json.dumps(judged))
    faults = [f"{name}: summary.json says otherwise" for name in SAME if told.get(name) != judged[name]]
    if told.get("rules_sha256") != judged["rules_sha256"]:
        faults.append("rules: the digest is another one")
    for kind in INPUTS:
        digest = told.get("inputs", {}).get(kind, {}).get("content_sha256")
        if digest != judged["inputs"][kind]["content_sha256"]:
            faults.append(f"inputs: {kind} are not those that were judged")
    return faults


def _changed_files(folder: Path, again: Path, form: str) -> list[str]:
    """The files of the run that do not say what judging again says, row by row."""
    with tempfile.TemporaryDirectory(prefix="verify-") as temporary:
        table = Bench(Path(temporary))
        try:
            names = [f"{name}.{form}" for name in EXPORTS]
            return [f"{name}: changed" for name in names if not _is_same(table, folder / name, again / name, form)]
        finally:
            table.close()


def _is_same(table: Bench, one: Path, other: Path, form: str) -> bool:
    if not one.is_file():
        return False
    if form != "parquet":
        return one.read_bytes() == other.read_bytes()
    query = "select count(*) from (select * from read_parquet(?) except all select * from read_parquet(?))"
    pairs = ((one, other), (other, one))
    return all(table.rows(query, str(left), str(right))[0][0] == 0 for left, right in pairs)


def _range(low: int | None, high: int | None) -> str:
    if low is None or high is None:
        return "none, for nothing was claimed"
    return _percent(low) if low == high else f"{_percent(low)} to {_percent(high)}"


def _percent(bps: int) -> str:
    return f"{bps // 100}.{bps % 100:02d} %"
