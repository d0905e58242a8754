"""What pages and reports group by: the kernel's totals, and discrepancies from the lines of a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from audit.vault.bench import connect

EXAMPLES = 5  # claim ids kept with each discrepancy


@dataclass(frozen=True, slots=True)
class TotalRow:
    """Claims of one vendor, agent, action, UTC day, state, reason and currency. Money in micros."""

    vendor: str
    agent_id: str
    action: str
    day: date
    state: str
    reason: str
    currency: str
    claims: int
    units: int
    charge_micros: int
    tokens: int | None


@dataclass(frozen=True, slots=True)
class FindingRow:
    """Contradicted or unsupported claims of one vendor, agent, action and reason. Money in micros by currency."""

    vendor: str
    agent_id: str
    action: str
    reason: str
    claims: int
    units: int
    money: dict[str, int]
    first_at: datetime
    last_at: datetime
    examples: list[str]


def read_totals(totals: Path) -> list[TotalRow]:
    """The kernel's own totals, in a total order; tokens are input (cached included) and output together.

    Where no line says the one or the other they are not known: None, never 0.
    """
    with connect(totals.parent) as connection:
        rows = connection.execute(
            """
            select
                vendor, agent_id, action, day, state, reason, coalesce(currency, '') as currency, claims,
                units::hugeint, coalesce(charge_micros, 0)::hugeint,
                tokens_input::hugeint + tokens_output::hugeint
            from read_parquet(?) order by all
            """,
            [str(totals)],
        ).fetchall()
    return [TotalRow(*row[:7], *(None if number is None else int(number) for number in row[7:])) for row in rows]


def read_findings(lines: Path) -> list[FindingRow]:
    """One row for each discrepancy, in a total order."""
    with connect(lines.parent) as connection:
        rows = connection.execute(
            """
            with moneys as (
                select vendor, agent_id, action, reason, currency, sum(charge_micros)::hugeint as micros
                from read_parquet($path)
                where state in ('contradicted', 'unsupported') and charge_micros is not null
                group by all
            ),
            money as (
                select
                    vendor, agent_id, action, reason,
                    list((coalesce(currency, ''), micros) order by currency) as money
                from moneys group by all
            ),
            found as (
                select
                    vendor, agent_id, action, reason, count(*) as claims, sum(units)::hugeint as units,
                    min(occurred_at) as first_at, max(occurred_at) as last_at,
                    min(claim_id, $examples) as examples
                from read_parquet($path)
                where state in ('contradicted', 'unsupported')
                group by all
            )
            select
                vendor, agent_id, action, reason, claims, units,
                coalesce(money, []) as money, first_at, last_at, examples
            from found left join money using (vendor, agent_id, action, reason)
            order by vendor, agent_id, action, reason
            """,
            {"path": str(lines), "examples": EXAMPLES},
        ).fetchall()
    return [_finding(*row) for row in rows]


def _finding(vendor: str, agent_id: str, action: str, reason: str, claims: int, units: int, *more: Any) -> FindingRow:
    money, first_at, last_at, examples = more
    by_currency = {currency: int(micros) for currency, micros in money}
    return FindingRow(vendor, agent_id, action, reason, claims, int(units), by_currency, first_at, last_at, examples)
