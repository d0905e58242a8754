"""Lines counted in boxes of records and time, all boxes at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from audit.vault.bench import reading

UNDER = "(target = prefix or (ends_with(prefix, '/') and starts_with(target, prefix)))"  # as coverage names targets


@dataclass(frozen=True, slots=True)
class Box:
    """Targets that a prefix of coverage covers, an action (None: every one), from an instant to before another."""

    prefix: str
    action: str | None
    first: datetime
    last: datetime


def count_in(lines: Path, boxes: Sequence[Box], name: str, value: str) -> list[int]:
    """How many lines whose column `name` has a value (as text) lie in each box."""
    if not boxes:
        return []
    query = f"""
        with box as (
            select
                unnest(range(len($prefix))) as place, unnest($prefix::varchar[]) as prefix,
                unnest($action::varchar[]) as wanted, unnest($first::timestamptz[]) as first,
                unnest($last::timestamptz[]) as last
        )
        select place, count(*)
        from read_parquet($path) as lines
        join box on {UNDER} and occurred_at >= first and occurred_at < last and coalesce(wanted, action) = action
        where "{name}"::varchar = $value
        group by place
    """
    columns = {column: [getattr(box, column) for box in boxes] for column in ("prefix", "action", "first", "last")}
    with reading() as connection:
        rows = connection.execute(query, {"path": str(lines), "value": value, **columns}).fetchall()
    counts = dict(rows)
    return [counts.get(place, 0) for place in range(len(boxes))]
