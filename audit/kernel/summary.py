"""The summary of a run: what it counted, what it costs, what it rests on, how fast it was.

Everything but `measured` is the same on every machine.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import duckdb

from audit.kernel import terms
from audit.kernel.bench import Bench, law_digest, statement
from audit.kernel.pricing import money
from audit.kernel.ruleset import Rule
from audit.kernel.score import Line, score, scores


def summarize(
    table: Bench, rule: Rule, inputs: Mapping[str, Any], row_root: str, seconds: Mapping[str, float]
) -> dict[str, Any]:
    """The summary as plain values, ready for JSON."""
    lines = [Line(*row[:6], *(int(value) for value in row[6:])) for row in table.rows(statement("exports", "lines"))]
    events, units = table.rows("select count(*), coalesce(sum(units), 0) from unclaimed")[0]
    return {
        "claims": sum(line.claims for line in lines),
        "units": sum(line.units for line in lines),
        "states": {str(state): _count(lines, "state", state) for state in terms.State},
        "reasons": {str(reason): _count(lines, "reason", reason) for reason in terms.Reason},
        "score": score(lines).to_json(),
        "scores": scores(lines),
        "money": [purse.to_json() for purse in money(lines)],
        "unclaimed": {"events": int(events), "units": int(units)},
        "row_root": row_root,
        "inputs": dict(inputs),
        "rules": asdict(rule),
        "rules_sha256": rule.digest(),
        "law_sha256": law_digest(),
        "engine": f"duckdb {duckdb.__version__}",
        "measured": _measured(sum(line.claims for line in lines), seconds),
    }


def _count(lines: list[Line], column: str, value: str) -> dict[str, int]:
    chosen = [line for line in lines if getattr(line, column) == value]
    return {"claims": sum(line.claims for line in chosen), "units": sum(line.units for line in chosen)}


def _measured(claims: int, seconds: Mapping[str, float]) -> dict[str, Any]:
    """Times as whole milliseconds, rates as claims per second, and the most memory this process ever held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    stages = [
        {"stage": name, "milliseconds": round(spent * 1000), "rows_per_second": int(claims / max(spent, 1e-6))}
        for name, spent in seconds.items()
    ]
    whole = sum(seconds.values())
    return {
        "milliseconds": round(whole * 1000),
        "rows_per_second": int(claims / max(whole, 1e-6)),
        "stages": stages,
        "peak_memory_bytes": peak,
    }
