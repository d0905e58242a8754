"""What came after a run was opened and speaks of its period: counted in the rows, by the rules of what belongs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from audit.vault.bench import Connection, connect


@dataclass(frozen=True, slots=True)
class Late:
    """Claims that the run does not know, claims of the run that were said anew, events that it would have heard."""

    claims: int = 0
    restated: int = 0
    events: int = 0


def count(
    known: Path,
    claims: Sequence[Path],
    events: Sequence[Path],
    period: tuple[datetime, datetime],
    heard: tuple[datetime, datetime],
) -> Late:
    """Count in canonical rows. known: the run's own claims; heard: the instants between which an event may speak."""
    with connect(known.parent) as connection:
        connection.execute("create table known as select distinct vendor, claim_id from read_parquet(?)", [str(known)])
        late, restated = _claims(connection, claims, period) if claims else (0, 0)
        return Late(late, restated, _events(connection, events, heard) if events else 0)


def _claims(connection: Connection, claims: Sequence[Path], period: tuple[datetime, datetime]) -> tuple[int, int]:
    query = """
        select
            count(distinct (vendor, claim_id))
                filter (known.claim_id is null and occurred_at >= $2 and occurred_at < $3),
            count(distinct (vendor, claim_id)) filter (known.claim_id is not null)
        from read_parquet($1, union_by_name = true) as new
        left join known using (vendor, claim_id)
    """
    found = connection.execute(query, [[str(path) for path in claims], *period]).fetchone()
    return (int(found[0]), int(found[1])) if found else (0, 0)


def _events(connection: Connection, events: Sequence[Path], heard: tuple[datetime, datetime]) -> int:
    query = """
        select count(*)
        from read_parquet($1, union_by_name = true)
        where occurred_at between $2 and $3 or claim_ref in (select claim_id from known)
    """
    found = connection.execute(query, [[str(path) for path in events], *heard]).fetchone()
    return int(found[0]) if found else 0
