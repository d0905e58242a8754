"""Two judgements of the same claims set side by side."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from audit.vault.bench import Connection, connect, copy
from audit.vault.sample import count_rows

IDENTITY = ("vendor", "claim_id", "revision", "row")
JUDGED = ("class", "rank", "event_system", "event_id", "repeat_of", "undone_by", "tainted_by", "provisional")
SAID = ("units", "charge_micros", "currency", "agent_id", "action", "target", "occurred_at", "session_id")
COLUMNS = (*IDENTITY, "old_state", "old_reason", "new_state", "new_reason", *JUDGED, *SAID)


@dataclass(frozen=True, slots=True)
class Move:
    """Claims that went from one verdict to another, or kept theirs. Money in micros by currency."""

    old_state: str
    old_reason: str
    new_state: str
    new_reason: str
    claims: int
    units: int
    money: dict[str, int]

    @property
    def is_change(self) -> bool:
        """Whether the verdict is another."""
        return (self.old_state, self.old_reason) != (self.new_state, self.new_reason)


@dataclass(frozen=True, slots=True)
class Difference:
    """Every claim row in one move, and how many rows are provisional before and after."""

    moves: list[Move]
    provisional_before: int
    provisional_after: int


def compare(lines: Path, verdicts: Path, out: Path) -> Difference:
    """Set the verdicts of `lines` (a run's) beside other verdicts on the same claims; write what changed to `out`.

    Raises ValueError where the two are not of the same claims.
    """
    with connect(lines.parent, verdicts.parent, out.parent) as connection:
        kept = ", ".join(f"new.{name}" for name in JUDGED)
        said = ", ".join(f"old.{name}" for name in SAID)
        connection.execute(
            f"""
            create view judged as
            select
                {", ".join(IDENTITY)},
                old.state as old_state, old.reason as old_reason, new.state as new_state, new.reason as new_reason,
                old.provisional as old_provisional, {kept}, {said}
            from {_file(lines)} as old
            join {_file(verdicts)} as new using ({", ".join(IDENTITY)})
            """
        )
        difference = _moves(connection)
        if not sum(move.claims for move in difference.moves) == count_rows(lines) == count_rows(verdicts):
            raise ValueError("The two judgements are not of the same claims.")
        changed = "(old_state, old_reason) <> (new_state, new_reason)"
        columns = ", ".join(COLUMNS)
        copy(connection, f"select {columns} from judged where {changed} order by {', '.join(IDENTITY)}", out)
    return difference


def _file(path: Path) -> str:
    return "read_parquet('" + str(path).replace("'", "''") + "')"


def _moves(connection: Connection) -> Difference:
    rows = connection.execute(
        """
        select
            old_state, old_reason, new_state, new_reason, currency, count(*), sum(units)::hugeint,
            sum(charge_micros)::hugeint, count(*) filter (old_provisional), count(*) filter (provisional)
        from judged group by all order by all
        """
    ).fetchall()
    claims: dict[tuple[str, ...], int] = defaultdict(int)
    units: dict[tuple[str, ...], int] = defaultdict(int)
    money: dict[tuple[str, ...], dict[str, int]] = defaultdict(dict)
    for *verdicts, currency, row_count, row_units, micros, _, _ in rows:
        key = tuple(verdicts)
        claims[key] += row_count
        units[key] += int(row_units)
        if currency and micros is not None:
            money[key][currency] = int(micros)
    verdict = ("old_state", "old_reason", "new_state", "new_reason")
    moves = [
        Move(**dict(zip(verdict, key, strict=True)), claims=claims[key], units=units[key], money=money[key])
        for key in claims
    ]
    return Difference(moves, sum(row[-2] for row in rows), sum(row[-1] for row in rows))
