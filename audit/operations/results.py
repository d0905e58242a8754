"""What a finished run leaves in PostgreSQL: totals, scores, discrepancies with what this run found of them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.kernel.score import share_bps
from audit.kernel.terms import State
from audit.models import Discrepancy, Finding, Run, Score, Total
from audit.operations.record import canonical_json
from audit.vault.findings import FindingRow, TotalRow, read_findings, read_totals
from tenants.scope import current

BATCH = 2000
BY: dict[str, Callable[[TotalRow], dict[str, Any]]] = {
    Score.By.RUN: lambda row: {},
    Score.By.VENDOR: lambda row: {"vendor": row.vendor},
    Score.By.AGENT: lambda row: {"vendor": row.vendor, "agent_id": row.agent_id},
    Score.By.ACTION: lambda row: {"action": row.action},
    Score.By.DAY: lambda row: {"day": row.day},
}


@dataclass(frozen=True, slots=True)
class Results:
    """What the lines of a run add up to."""

    totals: list[TotalRow]
    findings: list[FindingRow]


def gather(totals: Path, lines: Path) -> Results:
    """The kernel's totals, and what the lines add up to. Called outside any scope: it may take seconds."""
    return Results(read_totals(totals), read_findings(lines))


def write(run: Run, found: Results) -> None:
    """Write the results of a run in the transaction that ends it; a second call writes the same again."""
    for model in (Total, Score, Finding):
        model.objects.filter(run=run).delete()
    Total.objects.bulk_create([_total(run, row) for row in found.totals], batch_size=BATCH)
    Score.objects.bulk_create(_scores(run, found.totals), batch_size=BATCH)
    _write_findings(run, found.findings)


def _total(run: Run, row: TotalRow) -> Total:
    return Total(tenant_id=current(), run=run, **{name: getattr(row, name) for name in TotalRow.__slots__})


def _scores(run: Run, totals: list[TotalRow]) -> list[Score]:
    scores: list[Score] = []
    for by, key in BY.items():
        groups: dict[tuple[tuple[str, Any], ...], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        if by == Score.By.RUN:
            groups[()] = defaultdict(int)
        for row in totals:
            groups[tuple(key(row).items())][row.state] += row.units
        scores += [_score(run, by, dict(named), units) for named, units in sorted(groups.items(), key=str)]
    return scores


def _score(run: Run, by: str, named: dict[str, Any], units: dict[str, int]) -> Score:
    claimed = sum(number for state, number in units.items() if state != State.NOT_CLAIMED)
    verified, unverifiable = units.get(State.VERIFIED, 0), units.get(State.UNVERIFIABLE, 0)
    return Score(
        tenant_id=current(),
        run=run,
        by=by,
        low_bps=share_bps(verified, claimed),
        high_bps=share_bps(verified + unverifiable, claimed),
        claimed_units=claimed,
        verified_units=verified,
        unverifiable_units=unverifiable,
        **named,
    )


def _write_findings(run: Run, rows: list[FindingRow]) -> None:
    keys = [_key(run, row) for row in rows]
    Discrepancy.objects.bulk_create(
        [_discrepancy(run, row, key) for row, key in zip(rows, keys, strict=True)],
        batch_size=BATCH,
        ignore_conflicts=True,
    )
    known = dict(Discrepancy.objects.filter(key__in=keys).values_list("key", "id"))
    Finding.objects.bulk_create(
        [_finding(run, row, known[key]) for row, key in zip(rows, keys, strict=True)], batch_size=BATCH
    )


def _key(run: Run, row: FindingRow) -> str:
    period = [run.period_start.isoformat(), run.period_end.isoformat()]
    return hashlib.sha256(canonical_json([row.vendor, row.agent_id, row.action, row.reason, *period])).hexdigest()


def _discrepancy(run: Run, row: FindingRow, key: str) -> Discrepancy:
    return Discrepancy(
        tenant_id=current(),
        key=key,
        vendor=row.vendor,
        agent_id=row.agent_id,
        action=row.action,
        reason=row.reason,
        period_start=run.period_start,
        period_end=run.period_end,
    )


def _finding(run: Run, row: FindingRow, discrepancy_id: Any) -> Finding:
    currency, micros = max(row.money.items(), key=lambda entry: (entry[1], entry[0]), default=("", 0))
    return Finding(
        tenant_id=current(),
        run=run,
        discrepancy_id=discrepancy_id,
        claims=row.claims,
        units=row.units,
        charge_micros=micros,
        currency=currency,
        money=row.money,
        first_at=row.first_at,
        last_at=row.last_at,
        examples=row.examples,
    )
