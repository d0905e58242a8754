"""From sealed batches to the fixed inputs of one run, and from its verdicts to lines that pages read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audit.kernel.terms import CLAIMS, EVIDENCE, INPUTS
from audit.vault.bench import Connection, connect, copy_findable

ARROW = {"integer": pa.int64(), "boolean": pa.bool_(), "instant": pa.timestamp("us", "UTC")}
IN_CLAIMS = ("claim_id", "target")  # what an explanation finds a claim by
IN_EVIDENCE = ("event_id", "target", "claim_ref")  # what pages find an event by
IN_LINES = ("claim_id", "target", "session_id", "event_id", "undone_by")
RECEIVED = "row_number() over (partition by vendor, claim_id, revision order by position, file_row_number)"


def select_claims(batches: Sequence[tuple[int, str, Path]], start: datetime, end: datetime, out: Path) -> int:
    """Write the claims of a period, in the order they were received; return how many rows.

    batches: (position, batch id, canonical rows). A claim belongs to the period in which its current
    revision says that it happened, with all its older revisions.
    """
    columns = ", ".join(column.name for column in CLAIMS)
    with connect(out.parent) as connection:
        _attach(connection, "claims", batches)
        copy_findable(
            connection,
            f"""
            select {columns}, line, batch, {RECEIVED} as row
            from received
            qualify max_by(occurred_at, (revision, -position, -file_row_number)) over (partition by vendor, claim_id)
                between ? and ? - interval 1 microsecond
            order by position, file_row_number
            """,
            out,
            IN_CLAIMS,
            [start, end],
        )
    return int(pq.read_metadata(out).num_rows)


def select_evidence(
    batches: Sequence[tuple[int, str, Path]],
    start: datetime,
    end: datetime,
    claims: Path,
    out: Path,
    *,
    is_sample: bool = False,
) -> int:
    """Write the events between two instants, and whatever names one of the claims; return how many rows.

    is_sample: the claims are a sample of whole records; events on other records are left out.
    """
    near = "and target in (select target from read_parquet($claims))" if is_sample else ""
    columns = ", ".join(column.name for column in EVIDENCE)
    with connect(out.parent) as connection:
        _attach(connection, "evidence", batches)
        copy_findable(
            connection,
            f"""
            select {columns}, line, batch
            from received
            where (occurred_at between $start and $end {near})
                or claim_ref in (select claim_id from read_parquet($claims))
            order by position, file_row_number
            """,
            out,
            IN_EVIDENCE,
            {"start": start, "end": end, "claims": str(claims)},
        )
    return int(pq.read_metadata(out).num_rows)


def write_rows(kind: str, rows: Sequence[dict[str, object]], out: Path) -> None:
    """Write coverage or actor rows as canonical Parquet. rows: column name → value, as terms.INPUTS names them."""
    schema = pa.schema([(column.name, ARROW.get(column.kind, pa.string())) for column in INPUTS[kind]])
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), out)


def join_lines(verdicts: Path, claims: Path, out: Path) -> int:
    """Write one line a claim row: its verdict beside what the vendor said; return how many."""
    said = ", ".join(f"claims.{column.name}" for column in CLAIMS if column.name not in _JUDGED)
    with connect(out.parent, verdicts.parent, claims.parent) as connection:
        copy_findable(
            connection,
            f"""
            select verdicts.*, {said}, claims.line, claims.batch
            from read_parquet(?) as verdicts
            join read_parquet(?) as claims using (vendor, claim_id, revision, row)
            order by vendor, claim_id, revision, row
            """,
            out,
            IN_LINES,
            [str(verdicts), str(claims)],
        )
    return int(pq.read_metadata(out).num_rows)


_JUDGED = ("vendor", "claim_id", "revision", "units", "charge_micros")


def _attach(connection: Connection, kind: str, batches: Sequence[tuple[int, str, Path]]) -> None:
    """Make the view `received`: every row of the batches with its batch, position and place."""
    if not batches:
        empty = ", ".join(f"null::{_SQL.get(column.kind, 'varchar')} as {column.name}" for column in INPUTS[kind])
        connection.execute(
            f"create view received as select {empty}, 0::bigint as line, '' as batch, 0 as position, "
            "0 as file_row_number where false"
        )
        return
    connection.execute("create table batches (position bigint, batch varchar, filename varchar)")
    connection.executemany(
        "insert into batches values (?, ?, ?)", [(n, batch, str(path)) for n, batch, path in batches]
    )
    files = ", ".join("'" + str(path).replace("'", "''") + "'" for _, _, path in batches)
    connection.execute(
        f"""
        create view received as
        select * from read_parquet([{files}], filename = true, file_row_number = true, union_by_name = true)
        join batches using (filename)
        """
    )


_SQL = {"integer": "bigint", "boolean": "boolean", "instant": "timestamptz"}
