"""Sealing: the rows that wait in a closed segment become the files of its batch, once, whatever dies meanwhile.

Nothing is taken from the waiting rows until the transaction that seals the batch: a worker that dies before it leaves
files in the vault that nobody names, and the next one makes the same again. What gives a segment up, and takes it up
again, is what does so with a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from audit.intake.bodies import unpacked
from audit.intake.streams import lines
from audit.models import Arrival, Batch
from audit.operations import batches, jobs, loops, parties, sources
from audit.operations import counts as counted
from audit.operations.points import reached
from audit.operations.record import enter
from audit.vault import files
from audit.vault.segments import Piece, gather
from audit.vault.sift import Sifted, sift
from tenants.scope import scope

READ_AT_ONCE = 64  # requests


def seal(lease: jobs.Lease) -> None:
    """Seal a closed segment. A job: called outside any scope."""
    with scope(lease.tenant_id):
        batch = Batch.objects.select_related("source", "source__vendor").get(id=lease.object_id)
        if batch.state != Batch.State.RECEIVED:
            jobs.finish(lease)
            return
        earlier = batches.rows_before(batch, streamed=False)  # what came in streams was judged on arrival
    with files.scratch(lease.tenant_id, f"seal-{batch.id}", lease.fence) as folder:
        kind = batch.source.kind
        gather(kind, batch.file_name, _pieces(lease.tenant_id, batch.id), folder)
        reached("seal.gathered")
        sifted = sift(kind, folder / "taken", earlier, folder / "rows", folder / "conflicts", streamed=True)
        reached("seal.sifted")
        _store(lease.tenant_id, batch, sifted, folder)
    reached("seal.stored")
    with scope(lease.tenant_id):
        _write(batch, sifted, lease)
        reached("seal.written")


def _pieces(tenant_id: UUID, batch_id: UUID) -> Iterator[Piece]:
    """The requests of a segment in order; each few are read in a scope of their own."""
    last = 0
    while True:
        with scope(tenant_id):
            found = list(Arrival.objects.filter(batch=batch_id, seq__gt=last).order_by("seq")[:READ_AT_ONCE])
        if not found:
            return
        yield from map(_piece, found)
        last = found[-1].seq


def _piece(arrival: Arrival) -> Piece:
    body = bytes(arrival.body or b"")
    plain = arrival.text is None and unpacked(body, arrival.content_encoding, settings.STREAM_BYTES_MAX)
    return Piece(
        id=arrival.id,
        received_at=arrival.created_at,
        content_type=arrival.content_type,
        content_encoding=arrival.content_encoding,
        sha256=arrival.sha256,
        body=body,
        text=lines(plain) if plain else bytes(arrival.text or b""),
        rows=bytes(arrival.rows or b""),
        refusals=arrival.refusals,
    )


def _store(tenant_id: UUID, batch: Batch, sifted: Sifted, folder: Path) -> None:
    """Put the files into the vault and note them, and what the earlier files say of the rows, on the batch."""
    raw = files.store(tenant_id, folder / "raw", ".raw")
    batch.raw_key, batch.sha256, batch.byte_count = raw.key, raw.sha256, raw.byte_count
    batch.bodies_key = files.store(tenant_id, folder / "bodies", ".bodies.parquet").key
    batch.rows_key = files.store(tenant_id, folder / "rows", ".parquet").key
    if batch.refused_count:
        batch.refused_key = files.store(tenant_id, folder / "refused.csv", ".refused.csv").key
    if sifted.conflicting:
        batch.conflicts_key = files.store(tenant_id, folder / "conflicts", ".parquet").key
    batch.duplicate_count += sifted.duplicate
    batch.accepted_count, batch.conflicting_count = sifted.accepted, sifted.conflicting
    batch.first_at, batch.last_at = sifted.first_at, sifted.last_at


def _write(batch: Batch, sifted: Sifted, lease: jobs.Lease) -> None:
    """Seal the batch, let the waiting rows go, and close the job: all or nothing."""
    jobs.hold(lease)
    batch.state, batch.sealed_at, batch.error = Batch.State.SEALED, timezone.now(), ""
    batch.save()
    Arrival.objects.filter(batch=batch).update(body=None, text=None, rows=None)
    for system, grade in sifted.witnesses:
        sources.hear(system, grade)
    if batch.source.vendor:
        parties.note_agents(batch.source.vendor, sifted.agents)
    sources.propose_coverage(batch, sifted.prefixes)
    counted.ask(batch.source.vendor)
    counts = batches.receipt_counts(batch)
    enter("batch.sealed", batch, "system", sha256=batch.sha256, rows_key=batch.rows_key, **counts)
    jobs.finish(lease)
    loops.after_sealing(batch)
    batches.wake(batch)
