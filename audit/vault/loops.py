"""Loops in claims that just came in: the same work claimed again and again within one burst window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from audit.vault.bench import connect

LOOPS_MAX = 100  # more at once are one trouble, not a hundred


@dataclass(frozen=True, slots=True)
class Loop:
    """Claims of one vendor, agent, action, target and effect; `claims`: the most of them within one window."""

    vendor: str
    agent_id: str
    action: str
    target: str
    effect: str | None
    claims: int
    first_at: datetime
    last_at: datetime


def find(rows: Sequence[Path], window_seconds: int, more_than: int, since: datetime) -> list[Loop]:
    """The largest loops among the canonical claims of these files that happened since an instant, in a total order."""
    with connect() as connection:
        found = connection.execute(
            """
            with claimed as (
                select
                    vendor, agent_id, action, target, effect, occurred_at,
                    count(*) over (
                        partition by vendor, agent_id, action, target, effect
                        order by occurred_at
                        range between to_seconds($seconds) preceding and current row
                    ) as claims
                from read_parquet($rows)
                where target is not null and occurred_at >= $since
            )
            select
                vendor, agent_id, action, target, effect, max(claims) as most,
                min(occurred_at), max(occurred_at)
            from claimed
            group by vendor, agent_id, action, target, effect
            having max(claims) > $more_than
            order by most desc, vendor, agent_id, action, target, effect
            limit $limit
            """,
            {
                "rows": [str(path) for path in rows],
                "seconds": window_seconds,
                "more_than": more_than,
                "since": since,
                "limit": LOOPS_MAX,
            },
        ).fetchall()
    return [Loop(*row) for row in found]
