"""Telling new rows from those that came before: the identity of a row holds for ever.

Claims are the same when vendor, claim_id and revision are; events when system and event_id are. Same
identity and same content as a row of an earlier batch: a duplicate, dropped. Same identity, other content:
conflicting, kept. Inside one file a vendor that claims an id twice has claimed it twice: those rows stay,
and the law calls the second `duplicate_id`. An event that stands twice in one file is one event. Of a stream's rows the
arrival has judged already which came before in any stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from audit.vault.bench import Connection, connect, copy
from audit.vault.counts import Stated

IDENTITY = {"claims": ("vendor", "claim_id", "revision"), "evidence": ("system", "event_id")}


@dataclass(frozen=True, slots=True)
class Sifted:
    """Rows by fate, the span of those that were kept, and the systems that speak with their grades."""

    accepted: int
    duplicate: int
    conflicting: int
    first_at: datetime | None
    last_at: datetime | None
    witnesses: tuple[tuple[str, str], ...]
    agents: tuple[str, ...]
    prefixes: tuple[tuple[str, str, datetime, datetime], ...]
    stated: tuple[Stated, ...] = ()  # of counts, which are judged by their buckets


def sift(
    kind: str, new: Path, earlier: Sequence[Path], rows: Path, conflicts: Path, *, streamed: bool = False
) -> Sifted:
    """Split the canonical rows of `new` against `earlier` batches into `rows` and `conflicts`.

    streamed: `new` is a segment, and its column `conflicting` says what was found when each row arrived.

    `rows` holds what runs read; `conflicts` what has a known identity with other content (for claims these
    stand in `rows` too, where the law judges them).
    """
    with connect(new.parent, rows.parent) as connection:
        _judge_identity(connection, kind, new, earlier, streamed)
        counts = dict(connection.execute("select fate, count(*) from sifted group by fate").fetchall())
        kept = "fate = 'accepted'" if kind == "evidence" else "fate <> 'duplicate'"
        copy(connection, f"select * exclude (n, fate) from sifted where {kept} order by n", rows)
        if counts.get("conflicting"):
            copy(connection, "select * exclude (n, fate) from sifted where fate = 'conflicting' order by n", conflicts)
        first_at, last_at = _one(
            connection,
            f"select min(occurred_at), max(occurred_at) from sifted where {kept}",
        )
        return Sifted(
            counts.get("accepted", 0),
            counts.get("duplicate", 0),
            counts.get("conflicting", 0),
            first_at,
            last_at,
            *_seen(connection, kind),
        )


def _judge_identity(connection: Connection, kind: str, new: Path, earlier: Sequence[Path], streamed: bool) -> None:
    names = ", ".join(IDENTITY[kind])
    connection.execute(f"create table known ({names.replace(',', ' varchar,')} varchar, content varchar)")
    if earlier:
        connection.execute(
            f"insert into known select distinct {names}, content::varchar from read_parquet(?)",
            [[str(path) for path in earlier]],
        )
    first = f"first_value(content::varchar) over (partition by {names} order by file_row_number)"
    place = f"row_number() over (partition by {names} order by file_row_number)"
    in_file = (
        f"when {place} > 1 then if(content::varchar = {first}, 'duplicate', 'conflicting')"
        if kind == "evidence"
        else ""
    )
    if streamed:
        in_file = "when new.conflicting then 'conflicting'"
    same = " and ".join(f"known.{name} = new.{name}::varchar" for name in IDENTITY[kind])
    connection.execute(
        f"""
        create table sifted as
        select
            new.* exclude (file_row_number{", conflicting" if streamed else ""}),
            file_row_number as n,
            case
                when exists (from known where {same} and known.content = new.content::varchar) then 'duplicate'
                when exists (from known where {same}) then 'conflicting'
                {in_file}
                else 'accepted'
            end as fate
        from read_parquet(?, file_row_number = true) as new
        """,
        [str(new)],
    )


def _seen(
    connection: Connection, kind: str
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...], tuple[tuple[str, str, datetime, datetime], ...]]:
    if kind == "claims":
        agents = connection.execute("select distinct agent_id from sifted order by 1 limit 10000").fetchall()
        return (), tuple(agent for (agent,) in agents), ()
    witnesses = connection.execute("select distinct system, grade from sifted order by 1, 2").fetchall()
    prefixes = connection.execute(
        """
        with seen as (
            select system, regexp_extract(target, '^(.*/)[^/]*$', 1) as prefix, occurred_at
            from sifted where fate <> 'duplicate' and grade <> 'D'
        )
        select system, prefix, min(occurred_at), max(occurred_at)
        from seen where prefix <> '' group by system, prefix order by system, prefix limit 200
        """
    ).fetchall()
    return tuple(witnesses), (), tuple(prefixes)


def _one(connection: Connection, query: str) -> tuple[datetime | None, datetime | None]:
    row = connection.execute(query).fetchone()
    return (row[0], row[1]) if row else (None, None)
