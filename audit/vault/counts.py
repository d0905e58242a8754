"""Stated counts: a file's rows added up to buckets, and what the tenant holds of the same buckets.

A bucket is half-open: its end is the first instant that no longer belongs. An empty agent, action or environment of a
bucket stands for every one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from audit.kernel.ruleset import Rule
from audit.vault.bench import Connection, connect

Bucket = tuple[datetime, datetime, str, str, str]  # period_start, period_end, agent_id, action, environment
KEY = "period_start, period_end, coalesce(agent_id, ''), coalesce(action, ''), coalesce(environment, '')"
STATED = f"""
select
    {KEY}, min(line), count(*), sum(units)::hugeint, sum(coalesce(tokens, tokens_input + tokens_output, tokens_input,
    tokens_output))::hugeint
from counted group by all order by all"""
MONEY = f"""
select {KEY}, coalesce(currency, ''), sum(charge_micros)::hugeint
from counted where charge_micros is not null group by all"""
CURRENT = """
create view current as
with top as (
    select claim_id, max(revision) as revision from received
    group by claim_id having max(revision) > min(revision)
),
withdrawn as (
    select distinct claim_id, revision from received where withdrawn
)
select received.*
from received
left join top using (claim_id)
anti join withdrawn on withdrawn.claim_id = received.claim_id and withdrawn.revision = received.revision
where received.revision = coalesce(top.revision, received.revision)"""
CLAIMED = """
with period as (
    select distinct period_start, period_end from bucket
),
tally as (
    select
        period_start, period_end, agent_id, action, environment, currency, count(*) as claims, sum(units) as units,
        sum(coalesce(tokens_input + tokens_output, tokens_input, tokens_output)) as tokens, sum(charge_micros) as micros
    from period
    join current on occurred_at >= period_start and occurred_at < period_end
    where list_contains($completed, status)
        or case when charge_micros is null then $failures_are_billed else charge_micros <> 0 end
    group by all
)
select
    place, coalesce(currency, ''), sum(claims)::hugeint, sum(units)::hugeint, sum(tokens)::hugeint,
    sum(micros)::hugeint
from bucket
join tally using (period_start, period_end)
where bucket.agent_id in ('', tally.agent_id)
    and bucket.action in ('', tally.action)
    and bucket.environment in ('', tally.environment)
group by all"""
SEEN = """
with period as (
    select distinct seen_from, seen_until from bucket
),
tally as (
    select
        seen_from, seen_until, system, grade, action, actor, count(*) as events, sum(units) as units,
        actor is null or claim_ref is not null or system not in (select system from actors) as is_anyone
    from period
    join received on occurred_at >= seen_from and occurred_at <= seen_until
    where list_contains($independent, grade) and (vendor is null or vendor = $vendor)
    group by all
)
select place, system, grade, sum(events)::hugeint, sum(units)::hugeint
from bucket
join tally using (seen_from, seen_until)
where (bucket.action = '' or tally.action is null or tally.action = bucket.action)
    and (is_anyone or exists (
        from actors
        where actors.system = tally.system and actors.actor = tally.actor and actors.vendor = $vendor
            and bucket.agent_id in ('', actors.agent_id)
    ))
group by all order by all"""
JUDGED = """
with period as (
    select distinct period_start, period_end from bucket
),
tally as (
    select period_start, period_end, agent_id, action, environment, state, sum(units) as units
    from period
    join read_parquet($lines) on occurred_at >= period_start and occurred_at < period_end
    where vendor = $vendor
    group by all
)
select place, state, sum(units)::hugeint
from bucket
join tally using (period_start, period_end)
where bucket.agent_id in ('', tally.agent_id)
    and bucket.action in ('', tally.action)
    and bucket.environment in ('', tally.environment)
group by all"""
FOUND = pa.schema(
    [
        *(
            ("place", pa.int64()),
            ("period_start", pa.timestamp("us", "UTC")),
            ("period_end", pa.timestamp("us", "UTC")),
        ),
        *(("agent_id", pa.string()), ("action", pa.string()), ("environment", pa.string())),
        *(("seen_from", pa.timestamp("us", "UTC")), ("seen_until", pa.timestamp("us", "UTC"))),
    ]
)
ACTORS = pa.schema([(name, pa.string()) for name in ("system", "actor", "vendor", "agent_id")])


@dataclass(slots=True)
class Stated:
    """What a file states of one bucket, its lines added up; None where no line states it. Money: currency → micros."""

    bucket: Bucket
    line: int
    line_count: int
    units: int | None
    tokens: int | None
    money: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Claimed:
    """What the lines of one bucket add up to. Money in micros by currency."""

    claims: int = 0
    units: int = 0
    tokens: int | None = None
    money: dict[str, int] = field(default_factory=dict)


def add_up(rows: Path, *, drop_copies: bool) -> tuple[list[Stated], int]:
    """The buckets of a file of canonical counts, and how many rows were left out as exact copies."""
    with connect(rows.parent) as connection:
        once = "qualify row_number() over (partition by content order by file_row_number) = 1" if drop_copies else ""
        query = f"create table counted as select * from read_parquet(?, file_row_number = true) {once}"
        connection.execute(query, [str(rows)])
        received = _one(connection, "select count(*) from read_parquet(?)", [str(rows)])
        dropped = received - _one(connection, "select count(*) from counted", [])
        found = [_stated(row) for row in connection.execute(STATED).fetchall()]
        by_bucket = {stated.bucket: stated for stated in found}
        for *bucket, currency, micros in connection.execute(MONEY).fetchall():
            by_bucket[tuple(bucket)].money[currency] = int(micros)
    return found, dropped


def _stated(row: tuple[Any, ...]) -> Stated:
    *bucket, line, lines, units, tokens = row
    units, tokens = (None if value is None else int(value) for value in (units, tokens))
    return Stated(tuple(bucket), line, lines, units, tokens)


def claimed(batches: Sequence[Path], buckets: Any, rule: Rule, folder: Path) -> dict[int, Claimed]:
    """What a vendor's lines claim of each bucket, by its place: effective revisions, none withdrawn, none that it says
    itself did not complete and charges nothing for.
    """
    found: dict[int, Claimed] = defaultdict(Claimed)
    if not batches:
        return found
    with connect(folder) as connection:
        connection.register("bucket", buckets)
        _received(connection, batches)
        connection.execute(CURRENT)
        given = {"completed": list(rule.completed_statuses), "failures_are_billed": rule.failures_are_billed}
        for place, currency, claims, units, tokens, micros in connection.execute(CLAIMED, given).fetchall():
            at = found[place]
            at.claims, at.units = at.claims + int(claims), at.units + int(units)
            if tokens is not None:
                at.tokens = (at.tokens or 0) + int(tokens)
            if micros is not None:
                at.money[currency] = int(micros)
    return found


def seen(
    batches: Sequence[Path], buckets: Any, actors: Sequence[dict[str, str]], vendor: str, rule: Rule, folder: Path
) -> dict[int, list[list[Any]]]:
    """Events that could be a trace of a bucket's work, by its place: [system, grade, events, units].

    Left out is what surely is not: another vendor's, another action's, another account's where accounts are bound.
    """
    found: dict[int, list[list[Any]]] = defaultdict(list)
    if not batches:
        return found
    with connect(folder) as connection:
        connection.register("bucket", buckets)
        connection.register("actors", pa.Table.from_pylist(list(actors), schema=ACTORS))
        _received(connection, batches)
        given = {"vendor": vendor, "independent": list(rule.independent_grades)}
        for place, system, grade, events, units in connection.execute(SEEN, given).fetchall():
            found[place].append([system, grade, int(events), int(units)])
    return found


def judged(lines: Path, buckets: Any, vendor: str, folder: Path) -> dict[int, dict[str, int]]:
    """Units by state of a run's lines in each bucket, by its place."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    with connect(folder, lines.parent) as connection:
        connection.register("bucket", buckets)
        for place, state, units in connection.execute(JUDGED, {"lines": str(lines), "vendor": vendor}).fetchall():
            found[place][state] = int(units)
    return found


def table_of(rows: Sequence[dict[str, Any]]) -> Any:
    """Buckets as the questions above read them: place, borders, agent, action, environment, seen_from, seen_until."""
    return pa.Table.from_pylist(list(rows), schema=FOUND)


def _received(connection: Connection, batches: Sequence[Path]) -> None:
    files = ", ".join("'" + str(path).replace("'", "''") + "'" for path in batches)
    connection.execute(f"create view received as select * from read_parquet([{files}], union_by_name = true)")


def _one(connection: Connection, query: str, given: list[str]) -> int:
    row = connection.execute(query, given).fetchone()
    return int(row[0]) if row else 0
