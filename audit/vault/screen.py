"""The claims of one batch set against themselves: before any evidence is there, and without a verdict.

The checks are plain SQL in `sql/screen/`, in the order of `STEPS`; a *finding* is a table of places (row numbers of the
canonical file), each with its part (which burst, series or kind) and with the units and micros at stake there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from audit.vault.bench import Connection, connect, copy

FINDINGS: Final = (
    *("duplicate_ids", "repeats", "environments", "tokens", "running_totals", "dates", "period", "many_units"),
    *("charges", "rates"),
)
STEPS: Final = (
    *("line", "totals", "repeated_ids", "duplicate_ids", "repeatable", "repeats", "environments", "token_band"),
    *("tokens", "series", "growing", "running_totals", "calendar", "dates", "period", "many_units", "charges"),
    *("tariff", "priced", "rates"),
)
SQL: Final = Path(__file__).parent / "sql" / "screen"
BAND, BAND_LINES, SERIES_LINES, SERIES_RISES = 10, 30, 6, 5  # as the steps have them
KINDS: Final = ("duplicate_ids", "environments", "period", "charges", "rates")  # whose parts are kinds, not groups
RULE: Final = pa.schema(
    [
        ("burst_window_seconds", pa.int64()),
        ("burst_minimum", pa.int64()),
        ("production_environments", pa.list_(pa.string())),
        ("completed_statuses", pa.list_(pa.string())),
        ("time_zone", pa.string()),
        ("received_at", pa.timestamp("us", "UTC")),
        ("first_on", pa.date32()),
        ("last_on", pa.date32()),
    ]
)
PRICES: Final = pa.schema(
    [("action", pa.string()), ("currency", pa.string()), ("price_micros", pa.int64()), ("starts_on", pa.date32())]
)
Outcome = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Price:
    """The agreed price of one unit of an action (empty: of every action) from a day on."""

    action: str
    currency: str
    price_micros: int
    starts_on: date


@dataclass(frozen=True, slots=True)
class Basis:
    """What the claims are set against beside themselves: numbers of the rules, the file's zone and arrival, prices.

    first_on, last_on: the days that the vendor says the batch is about, where it was asked.
    """

    burst_window_seconds: int
    burst_minimum: int
    production_environments: tuple[str, ...]
    completed_statuses: tuple[str, ...]
    time_zone: str
    received_at: datetime
    first_on: date | None = None
    last_on: date | None = None
    prices: tuple[Price, ...] = ()

    def digest(self) -> str:
        """SHA-256 over these and the steps, in hex: another one may find otherwise."""
        law = "\n".join(_sql(step) for step in STEPS)
        return hashlib.sha256(f"{asdict(self)!r}\n{law}".encode()).hexdigest()


@cache
def _sql(step: str) -> str:
    return (SQL / f"{step}.sql").read_text()


def screen(
    rows: Path, earlier: Sequence[Path], basis: Basis, out: Path, told: Callable[[int, int], None] | None = None
) -> Outcome:
    """Look through the canonical claims of a batch; write every finding's lines to `out`, return what they come to.

    earlier: rows of the vendor's batches that came before. told: hears of each step, done of how many.
    """
    with connect(rows.parent, out.parent, *{path.parent for path in earlier}) as connection:
        _lay_out(connection, rows, earlier, basis)
        for number, step in enumerate(STEPS):
            if told:
                told(number, len(STEPS))
            connection.execute(f"create table {step} as {_sql(step)}")
        _write(connection, out)
        return {
            "totals": _totals(connection),
            "found": {finding: _found(connection, finding) for finding in FINDINGS},
            "environments": _dicts(
                connection,
                "select environment, count(*) as lines, sum(units)::hugeint as units from line group by 1 order by 1",
            ),
            **_reach(connection),
        }


def _totals(connection: Connection) -> Outcome:
    """Lines, units, first and last UTC day, money in micros by currency; how many lines say target, tokens, charge."""
    found = _dicts(connection, "select * replace (units::hugeint as units) from totals")[0]
    money = connection.execute(
        "select coalesce(currency, ''), sum(charge_micros)::hugeint from line where charge_micros is not null "
        "group by 1 order by 1"
    ).fetchall()
    return {**_plain(found), "money": {currency: int(micros) for currency, micros in money}}


def _lay_out(connection: Connection, rows: Path, earlier: Sequence[Path], basis: Basis) -> None:
    file = str(rows).replace("'", "''")
    connection.execute(
        "create view received as select *, file_row_number as place "
        f"from read_parquet('{file}', file_row_number = true)"
    )
    connection.execute("create table known (vendor varchar, claim_id varchar, revision bigint)")
    if earlier:
        connection.execute(
            "insert into known select distinct vendor, claim_id, revision from read_parquet(?) "
            "semi join received using (vendor, claim_id)",
            [[str(path) for path in earlier]],
        )
    rule = {name: value for name, value in asdict(basis).items() if name != "prices"}
    connection.register("rules", pa.Table.from_pylist([rule], schema=RULE))
    connection.execute("create table rule as select * from rules")
    price = pa.Table.from_pylist([asdict(price) for price in basis.prices], schema=PRICES)
    connection.register("prices", price)
    connection.execute("create table price as select * from prices")


def _write(connection: Connection, out: Path) -> None:
    """Every finding's places in one file, in order."""
    each = " union all ".join(
        f"select '{finding}' as finding, place, part::bigint as part, units::decimal(38, 0) as units, "
        f"micros::decimal(38, 0) as micros from {finding}"
        for finding in FINDINGS
    )
    copy(connection, f"select * from ({each}) order by finding, place", out)


def _found(connection: Connection, finding: str) -> Outcome:
    """Lines, those of them at stake, units and money at stake; parts: how many, the largest, lines of each kind."""
    lines, at_stake, units = connection.execute(
        f"select count(*), count(*) filter (units <> 0), coalesce(sum(units), 0)::hugeint from {finding}"
    ).fetchall()[0]
    money = connection.execute(
        f"select coalesce(received.currency, ''), sum(found.micros)::hugeint from {finding} as found "
        "join received using (place) where found.micros is not null group by 1 having sum(found.micros) <> 0 order by 1"
    ).fetchall()
    by_part = connection.execute(f"select part, count(*) from {finding} group by 1 order by 2 desc, 1").fetchall()
    return {
        "lines": lines,
        "at_stake": at_stake,
        "units": int(units),
        "money": {currency: int(micros) for currency, micros in money},
        "parts": len(by_part),
        "largest": by_part[0][1] if by_part else 0,
        "kinds": {str(part): count for part, count in by_part} if finding in KINDS else {},
    }


def _reach(connection: Connection) -> Outcome:
    """How far each check could look: what it had to go by."""
    numbers = {"bands": "token_band", "series": "series", "priced": "priced"}
    found: Outcome = {
        name: connection.execute(f"select count(*) from {step}").fetchall()[0][0] for name, step in numbers.items()
    }
    found["banded"] = connection.execute(
        "select count(*) from line semi join token_band using (vendor, agent_id, action) where tokens is not null"
    ).fetchall()[0][0]
    found["restated"] = connection.execute("select count(*) from repeated_ids where part = 3").fetchall()[0][0]
    return {**found, "calendar": _plain(_dicts(connection, "select * from calendar")[0])}


def _dicts(connection: Connection, query: str) -> list[dict[str, Any]]:
    result = connection.execute(query)
    names = [column[0] for column in result.description]
    return [_plain(dict(zip(names, row, strict=True))) for row in result.fetchall()]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """The same for JSON: days as text."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}
