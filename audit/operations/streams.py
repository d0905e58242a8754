"""Streams: rows taken as they come, durable with their receipt, each told from all that came before it.

Rows wait in the source's open segment. Who adds to it shares the lock `stream/<source>`; who closes it holds that
lock alone, so that no row comes to a segment that is being sealed. Locks are taken in this order: the answer's key,
witnesses, stream, opening, batches, ledger, identities (sorted), their variants (sorted).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from itertools import islice
from typing import Any
from uuid import UUID

import psycopg
import pyarrow as pa
from django.conf import settings
from django.db import connection
from django.utils import timezone

from audit.intake import BadInput
from audit.intake import streams as reading
from audit.intake.mediatypes import UnknownMediaType
from audit.intake.streams import Items, Read
from audit.kernel.inputs import Fault
from audit.models import Arrival, Batch, Job, Source, Witness
from audit.operations import jobs, limits, sources
from audit.operations.faults import Refused, Unreadable
from audit.operations.points import reached
from audit.operations.record import enter, lock, lock_key, next_number
from audit.queries import mapping, streams
from audit.vault.segments import pack
from tenants.models import uuid7
from tenants.scope import current, scope

# Identities travel as one value: a hundred thousand objects fewer for each hundred requests.
GIVEN = """
    select encode(substr(given.pairs, at, 16), 'hex')::uuid as id, substr(given.pairs, at + 16, 16) as content
    from (select %s::bytea as pairs) given, generate_series(1, length(given.pairs), 32) as at
"""
ENTER = f"""
    with entered as (
        insert into audit_identity (id, tenant_id, created_at, content)
        select id, %s, now(), content from ({GIVEN}) as given order by id
        on conflict (id) do nothing
        returning id
    )
    select string_agg(uuid_send(id), '') from entered
"""  # noqa: S608
KNOWN = f"""
    select string_agg(uuid_send(id) || known.content, '') from audit_identity known join ({GIVEN}) as given using (id)
"""  # noqa: S608
# 202 says that it is there, whatever the server does for others: hence durable. The segment is looked for once the
# lock is held, by a statement of its own.
OPEN = """
    select pg_advisory_xact_lock_shared(%s);
    set local synchronous_commit = on;
    select id, ledger_index from audit_batch where source_id = %s and state = 'open'
"""
CROWDED_SECONDS = 30  # how old a segment grows where much waits
KEPT = (
    *("id", "tenant_id", "created_at", "batch_id", "content_type", "content_encoding", "sha256", "byte_count"),
    *("line_count", "received_count", "accepted_count", "duplicate_count", "conflicting_count", "refused_count"),
    *("refusals", "body", "text", "rows", "received_by"),
)
KEEP = f"insert into audit_arrival ({', '.join(KEPT)}) values ({', '.join(['%s'] * len(KEPT))})"  # noqa: S608


class Empty(Refused):
    """There is nothing to take in the request."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request: who sent it, its body as received and unpacked, what it is said to be, and what reads rows in it."""

    by: str
    body: bytes
    content_type: str
    content_encoding: str
    plain: bytes
    read: Callable[[str, Collection[str]], Items]  # of the kind of rows, and the columns that the source says itself


@dataclass(frozen=True, slots=True)
class Segment:
    """An open batch, as far as a request needs to know it."""

    id: UUID
    ledger_index: int | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a request: where it waits, its counts, and each refusal by its line in the request."""

    arrival: Arrival
    batch: Segment
    read: Read


@contextmanager
def taking(tenant_id: UUID) -> Iterator[None]:
    """The tenant's scope, and the moment after it at which everything is kept but nobody was told."""
    with scope(tenant_id):
        yield
    reached("answer.committed")


def receive(source: Source, sent: Sequence[Sent]) -> list[Receipt]:
    """Take the rows of one request, or of several together. Durable once the scope's transaction commits.

    Raises Busy and OverQuota before anything is kept, Refused where nothing of one of the requests can be taken.
    """
    if source.kind == Source.Kind.COUNTS:
        raise Refused("Counts are totals of whole buckets and come as files: send them to the source's batches/.")
    limits.check(source)
    try:
        items = [one.read(source.kind, mapping.says(source)) for one in sent]
        reads = _read(source, items)
    except UnknownMediaType as error:
        raise Unreadable(str(error)) from error
    except BadInput as error:
        raise Refused(str(error)) from error
    if not all(read.received for read in reads):
        raise Empty("The body holds no row: send at least one.")
    limits.count(source, sum(read.received for read in reads))
    batch = _open_segment(source, sent[0].by)
    fates = iter(_judge(source.kind, pa.concat_tables([read.rows for read in reads])))
    reached("stream.judged")
    told = [list(islice(fates, read.rows.num_rows)) for read in reads]
    arrivals = _keep([_arrival(batch, *one) for one in zip(sent, items, reads, told, strict=True)])
    reached("stream.kept")
    return [Receipt(arrival, batch, read) for arrival, read in zip(arrivals, reads, strict=True)]


def _read(source: Source, items: list[Items]) -> list[Read]:
    """The canonical rows; systems that are heard of first get their grade here, once for all."""
    (canonical,) = {one.canonical for one in items}
    says, read_as, found = mapping.says(source), mapping.of_rows(source, canonical), [list(one.items) for one in items]
    if source.kind == Source.Kind.CLAIMS or {"system", "grade"} <= says.keys():
        return reading.take(source.kind, found, read_as, says, {})
    known = _grades()
    grades = dict(known)
    reads = reading.take(source.kind, found, read_as, says, grades)
    if grades == known:
        return reads
    lock("witnesses")
    known = _grades()
    grades = dict(known)
    reads = reading.take(source.kind, found, read_as, says, grades)
    for system in sorted(grades.keys() - known.keys()):
        sources.hear(system, grades[system])
    return reads


def _grades() -> dict[str, str]:
    return dict(Witness.objects.values_list("system", "grade"))


def _open_segment(source: Source, by: str) -> Segment:
    found = _find_segment(source)
    if found is None:
        lock(f"opening/{source.id}")
        found = _find_segment(source)
    return found or _begin(source, by)


def _find_segment(source: Source) -> Segment | None:
    """The source's open segment, to which rows may be added until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN, [lock_key(f"stream/{source.id}"), source.id])
        cursor.nextset()
        cursor.nextset()
        found = cursor.fetchone()
    return Segment(*found) if found else None


def _begin(source: Source, by: str) -> Segment:
    lock("batches")
    batch = Batch.objects.create(
        tenant_id=current(),
        source=source,
        streamed=True,
        position=next_number(Batch.objects, "position"),
        file_name=f"stream {timezone.now():%Y-%m-%d %H.%M.%S} UTC.ndjson",
        sha256="",
        byte_count=0,
        mapping=source.mapping,
        mapping_version=source.mapping_version,
        received_by=by,
        state=Batch.State.OPEN,
    )
    batch.ledger_index = enter("batch.opened", batch, by, source=source.id).seq
    batch.save(update_fields=["ledger_index"])
    return Segment(batch.id, batch.ledger_index)


def _judge(kind: str, rows: Any) -> list[str]:
    """What each row is to all that ever came through a stream: accepted, duplicate or conflicting."""
    ids = reading.identities(kind, rows, current().bytes)
    contents: list[bytes] = rows.column("content").to_pylist()
    first = dict(zip(reversed(ids), reversed(contents), strict=True))
    new = _enter(first)
    if len(new) == len(ids):
        return ["accepted"] * len(ids)
    known = first | _contents(dict.fromkeys(first.keys() - new, bytes(16)))
    fates: list[str] = []
    others: dict[int, bytes] = {}
    for at, (identity, content) in enumerate(zip(ids, contents, strict=True)):
        if identity in new:
            new.discard(identity)
            fates.append("accepted")
            continue
        fates.append("duplicate")
        if known[identity] != content:
            others[at] = reading.variant(identity, content)
    _mark_conflicts(fates, others, contents)
    return fates


def _mark_conflicts(fates: list[str], others: dict[int, bytes], contents: list[bytes]) -> None:
    """Of rows that say something else than the first of their identity: the first to say so, once each."""
    new = _enter({identity: contents[at] for at, identity in others.items()})
    for at, identity in others.items():
        if identity in new:
            new.discard(identity)
            fates[at] = "conflicting"


def _enter(identities: dict[bytes, bytes]) -> set[bytes]:
    """Enter identities with their contents; those that were not known. Waits for whoever is entering the same."""
    if not identities:
        return set()
    entered = _ask_bytes(ENTER, [current(), _joined(identities)])
    return {entered[at : at + 16] for at in range(0, len(entered), 16)}


def _contents(identities: dict[bytes, bytes]) -> dict[bytes, bytes]:
    """What the rows of known identities say."""
    known = _ask_bytes(KNOWN, [_joined(identities)]) if identities else b""
    return {known[at : at + 16]: known[at + 16 : at + 32] for at in range(0, len(known), 32)}


def _joined(identities: dict[bytes, bytes]) -> bytes:
    """Each identity and its content, 32 bytes."""
    return b"".join(identity + content for identity, content in identities.items())


def _ask_bytes(statement: str, given: list[Any]) -> bytes:
    with _sending() as cursor:
        found = cursor.execute(statement, given, binary=True).fetchone()
    return bytes(found[0] or b"") if found else b""


@contextmanager
def _sending() -> Iterator[psycopg.Cursor[Any]]:
    """A cursor that sends values beside the statement: as text inside it bytes would be twice as long."""
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        yield cursor


def _arrival(batch: Segment, sent: Sent, items: Items, read: Read, fates: list[str]) -> Arrival:
    kept = [fate != "duplicate" for fate in fates]
    rows = read.rows if all(kept) else read.rows.filter(kept)
    return Arrival(
        id=uuid7(),
        tenant_id=current(),
        batch_id=batch.id,
        content_type=sent.content_type[:200],
        content_encoding=sent.content_encoding,
        sha256=sha256(sent.body).hexdigest(),
        byte_count=len(sent.body),
        line_count=(reading.lines(sent.plain) if items.text is None else items.text).count(b"\n"),
        received_count=read.received,
        accepted_count=fates.count("accepted"),
        duplicate_count=fates.count("duplicate"),
        conflicting_count=fates.count("conflicting"),
        refused_count=read.refused,
        refusals=json.dumps([_told(fault) for fault in read.refusals]),
        body=sent.body,
        text=items.text,
        rows=pack(rows, [fate == "conflicting" for fate in fates if fate != "duplicate"]),
        received_by=sent.by,
    )


def _keep(arrivals: list[Arrival]) -> list[Arrival]:
    with _sending() as cursor:
        cursor.executemany(KEEP, [[getattr(arrival, name) for name in KEPT] for arrival in arrivals])
    return arrivals


def _told(fault: Fault) -> list[Any]:
    """A refusal without what PostgreSQL cannot hold."""
    words = (fault.column, fault.value, fault.reason)
    return [
        fault.line,
        *(word.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}") for word in words),
    ]


def to_close() -> list[UUID]:
    """Open segments that are old or large enough to be sealed; sooner where half of what may wait does."""
    crowded = streams.unsealed_rows() * 2 >= settings.STREAM_BACKLOG_MAX
    age = min(settings.SEGMENT_SECONDS, CROWDED_SECONDS) if crowded else settings.SEGMENT_SECONDS
    before = timezone.now() - timedelta(seconds=age)
    return streams.to_close(before, settings.SEGMENT_ROWS)


def close(batch_id: UUID) -> None:
    """Close an open segment for reading: it gets its place in the order of arrival, and its sealing is queued."""
    lock(f"stream/{Batch.objects.values_list('source_id', flat=True).get(id=batch_id)}")
    batch = Batch.objects.filter(id=batch_id, state=Batch.State.OPEN).first()
    if batch is None:
        return
    streams.counted([batch])
    lock("batches")
    batch.position, batch.state = next_number(Batch.objects, "position"), Batch.State.RECEIVED
    batch.save()
    jobs.add(Job.Kind.SEAL, batch.id)


def close_all() -> None:
    """Close every open segment, so that a run reads what has come so far. Before any other lock is taken."""
    segments = list(Batch.objects.filter(state=Batch.State.OPEN).order_by("source_id").values_list("source_id", "id"))
    for source_id, _ in segments:  # every stream before the first batch, as in all other orders
        lock(f"stream/{source_id}")
    for _, batch_id in segments:
        close(batch_id)
