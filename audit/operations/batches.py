"""Files: received as they are, then read by a job into canonical rows, with every row accounted for."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from audit.intake import BadInput, Taken, cell
from audit.models import Batch, Job, Run, Source
from audit.operations import counts, jobs, parties, room, screens, sources
from audit.operations.faults import Busy, NotNow, Refused
from audit.operations.points import reached
from audit.operations.record import enter, lock, next_number
from audit.queries import mapping
from audit.queries.batches import UNMAPPED
from audit.vault import cells, files
from audit.vault.sift import Sifted, sift
from tenants.scope import current, scope


class TooBig(Refused):
    """The body is larger than the portal takes."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """Bytes that arrived, on disk but not yet in the vault."""

    path: Path
    sha256: str
    byte_count: int


def spool(tenant_id: UUID, chunks: Iterable[bytes]) -> Spooled:
    """Write a body to disk as it comes. Raises Busy, TooBig.

    Called outside any scope: a slow sender must hold no transaction.
    """
    room.check()
    folder = Path(settings.BENCH_DIR) / str(tenant_id) / "arriving"
    folder.mkdir(parents=True, exist_ok=True)
    path, digest, size = folder / uuid4().hex, hashlib.sha256(), 0
    try:
        with path.open("wb") as stream:
            for chunk in chunks:
                size += len(chunk)
                if size > settings.UPLOAD_BYTES_MAX:
                    raise TooBig(
                        f"The file is larger than {settings.UPLOAD_BYTES_MAX:,} bytes: split it.", field="file"
                    )
                digest.update(chunk)
                stream.write(chunk)
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException as error:
        path.unlink(missing_ok=True)
        if room.is_out(error):
            raise Busy(room.FULL, room.WAIT_SECONDS) from error
        raise
    return Spooled(path, digest.hexdigest(), size)


def receive(source: Source, spooled: Spooled, file_name: str, by: str, *, unmapped: bool = False) -> tuple[Batch, bool]:
    """Keep a file as received and queue its reading; the same bytes again are the batch of before.

    An `unmapped` file is kept but set aside, refused for want of a mapping: `retake` reads it once there is one.
    Returns the batch and whether it is new. Bytes and row are durable once the scope's transaction commits.
    """
    lock("batches")
    before = Batch.objects.filter(source=source, sha256=spooled.sha256, streamed=False).first()
    if before is not None:
        spooled.path.unlink(missing_ok=True)
        return before, False
    stored = files.store(current(), spooled.path, ".raw")
    batch = Batch.objects.create(
        tenant_id=current(),
        source=source,
        position=next_number(Batch.objects, "position"),
        file_name=Path(file_name).name[:255] or "file",
        sha256=stored.sha256,
        byte_count=stored.byte_count,
        raw_key=stored.key,
        mapping=source.mapping,
        mapping_version=source.mapping_version,
        received_by=by,
        state=Batch.State.REFUSED if unmapped else Batch.State.RECEIVED,
        error=UNMAPPED if unmapped else "",
    )
    entry = enter("batch.received", batch, by, sha256=stored.sha256, bytes=stored.byte_count, source=source.id)
    batch.ledger_index = entry.seq
    batch.save(update_fields=["ledger_index"])
    if not unmapped:
        jobs.add(Job.Kind.TAKE, batch.id)
    return batch, True


def take(lease: jobs.Lease) -> None:
    """Read a received file into canonical rows and seal the batch. A job: called outside any scope."""
    with scope(lease.tenant_id):
        batch = Batch.objects.select_related("source", "source__vendor").get(id=lease.object_id)
        if batch.state != Batch.State.RECEIVED:
            jobs.finish(lease)
            return
        earlier = rows_before(batch)
    with files.scratch(lease.tenant_id, f"take-{batch.id}", lease.fence) as folder:
        try:
            taken = _read(batch, folder)
            sifted = _sift(batch, taken, earlier, folder)
            reached("take.sifted")
        except BadInput as error:
            with scope(lease.tenant_id):
                _refuse(batch, str(error), lease)
            return
        _seal(batch, lease, taken, sifted, folder)


def rows_before(batch: Batch, **only: bool) -> list[Path]:
    """Canonical rows of the batches of this kind that arrived before, or `only` some; all must have been read."""
    before = Batch.objects.filter(source__kind=batch.source.kind, position__lt=batch.position, **only)
    wait_for(before, "an earlier file is still being read")
    keys = before.filter(state=Batch.State.SEALED).order_by("position").values_list("rows_key", flat=True)
    return [files.local(key) for key in keys]


def wait_for(some: QuerySet[Batch], why: str) -> None:
    """Raise NotNow where one of them is not read yet; the first of those must be read before."""
    first = some.filter(state=Batch.State.RECEIVED).order_by("position").values_list("id", flat=True).first()
    if first is not None:
        raise NotNow(why, first=first)


def _read(batch: Batch, folder: Path) -> Taken:
    source, path, limits = batch.source, files.local(batch.raw_key), cells.for_jobs()
    return cell.take_file(
        path,
        batch.file_name,
        source.kind,
        mapping.in_force(source, batch.mapping, path, batch.file_name, limits),
        folder / "taken.parquet",
        folder / "refused.csv",
        constants=mapping.says(source),
        limits=limits,
    )


def _sift(batch: Batch, taken: Taken, earlier: list[Path], folder: Path) -> Sifted:
    """What became of the rows. Of counts it is told by their buckets, when the batch is sealed."""
    if batch.source.kind == Source.Kind.COUNTS:
        return counts.sift(taken, folder, batch.file_name)
    return sift(batch.source.kind, folder / "taken.parquet", earlier, folder / "rows", folder / "conflicts")


def _seal(batch: Batch, lease: jobs.Lease, taken: Taken, sifted: Sifted, folder: Path) -> None:
    dropped = taken.duplicate + sifted.duplicate
    batch.received_count, batch.refused_count = taken.received, taken.refused
    batch.accepted_count, batch.duplicate_count = sifted.accepted, dropped
    batch.conflicting_count = sifted.conflicting
    if taken.refused:
        batch.refused_key = files.store(lease.tenant_id, folder / "refused.csv", ".refused.csv").key
    share_bps = taken.refused * 10_000 // max(1, taken.received)
    with scope(lease.tenant_id):
        if share_bps > batch.source.refused_limit_bps:
            _refuse_over_limit(batch, lease)
            return
    if sifted.conflicting:
        batch.conflicts_key = files.store(lease.tenant_id, folder / "conflicts", ".parquet").key
    batch.rows_key = files.store(lease.tenant_id, folder / "rows", ".parquet").key
    batch.first_at, batch.last_at = sifted.first_at, sifted.last_at
    with scope(lease.tenant_id):
        try:
            with transaction.atomic():
                for system, grade in sifted.witnesses:
                    sources.hear(system, grade)
        except Refused as error:
            _refuse(batch, str(error), lease)
            return
        batch.state, batch.sealed_at = Batch.State.SEALED, timezone.now()
        again = counts.keep(batch, sifted.stated)
        batch.accepted_count, batch.duplicate_count = sifted.accepted - again, dropped + again
        batch.save()
        if batch.source.vendor:
            parties.note_agents(batch.source.vendor, sifted.agents)
        sources.propose_coverage(batch, sifted.prefixes)
        counts.ask(batch.source.vendor)
        enter("batch.sealed", batch, "system", rows_key=batch.rows_key, **receipt_counts(batch))
        jobs.finish(lease)
        wake(batch)
        if batch.source.kind == Source.Kind.CLAIMS:
            screens.queue(batch)  # after what waits for the batch


def receipt_counts(batch: Batch) -> dict[str, int]:
    """What became of the rows: received = accepted + duplicate + conflicting + refused."""
    return {
        name: getattr(batch, f"{name}_count")
        for name in ("received", "accepted", "duplicate", "conflicting", "refused")
    }


def _refuse_over_limit(batch: Batch, lease: jobs.Lease) -> None:
    shown, limit = batch.refused_count, batch.source.refused_limit_bps / 100
    batch.accepted_count = batch.duplicate_count = batch.conflicting_count = 0
    error = (
        f"{shown:,} of {batch.received_count:,} rows have faults, more than the {limit:g} % that this source allows. "
        "Nothing was taken. See the refused rows, then correct the mapping or the file and upload it again."
    )
    batch.refused_count = batch.received_count
    _refuse(batch, error, lease)


def _refuse(batch: Batch, error: str, lease: jobs.Lease) -> None:
    if batch.received_count != batch.refused_count:
        batch.received_count = batch.accepted_count = batch.duplicate_count = 0
        batch.conflicting_count = batch.refused_count = 0
    batch.state, batch.error, batch.sealed_at = Batch.State.REFUSED, error, timezone.now()
    batch.rows_key = ""
    batch.save()
    enter("batch.refused", batch, "system", error=error[:500])
    jobs.finish(lease)
    wake(batch)


def wake(batch: Batch) -> None:
    """Tell those that waited for this batch: the one that comes next, and runs for which none is left to read."""
    unread = Batch.objects.filter(state=Batch.State.RECEIVED).exclude(id=batch.id).order_by("position")
    heard = unread.exclude(source__kind=Source.Kind.COUNTS)
    following = unread.filter(source__kind=batch.source.kind).first()
    if following is not None:
        jobs.wake(_reading(following), [following.id])
    waiting, first = Run.objects.filter(state=Run.State.WAITING), heard.first()
    if first is not None:
        waiting = waiting.filter(inputs__until_position__lt=first.position)
    jobs.wake(Job.Kind.CARRY, waiting.values_list("id", flat=True))


def _reading(batch: Batch) -> str:
    """The kind of job that makes canonical rows of a batch."""
    return Job.Kind.SEAL if batch.streamed else Job.Kind.TAKE


def give_up(batch_id: UUID, error: str) -> None:
    """Refuse a batch whose reading failed too often, so that nothing waits for it. What it holds is kept."""
    batch = Batch.objects.select_related("source").get(id=batch_id)
    if batch.state == Batch.State.RECEIVED:
        batch.state, batch.error, batch.sealed_at = Batch.State.REFUSED, error, timezone.now()
        batch.save()
        enter("batch.refused", batch, "system", error=error[:500])
        wake(batch)


def reopen(batch_id: UUID) -> None:
    """Read again what was given up."""
    batch = Batch.objects.get(id=batch_id)
    if batch.state == Batch.State.REFUSED:
        _line_up(batch)


def retake(batch: Batch, by: str) -> Batch:
    """Read a refused file again with the source's mapping of today; a sealed batch never changes."""
    lock("batches")
    batch.refresh_from_db()
    if batch.state != Batch.State.REFUSED:
        raise Refused("Only a refused batch can be read again; a sealed one never changes.")
    if not batch.streamed:  # whose rows were mapped when they arrived
        batch.mapping, batch.mapping_version = batch.source.mapping, batch.source.mapping_version
    _line_up(batch)
    enter("batch.retaken", batch, by, mapping_version=batch.mapping_version)
    Job.objects.filter(kind=_reading(batch), object_id=batch.id).delete()
    jobs.add(_reading(batch), batch.id)
    return batch


def _line_up(batch: Batch) -> None:
    """Put a refused batch at the end of the line: what was read meanwhile came before it; open runs do not see it."""
    lock("batches")
    batch.position = next_number(Batch.objects, "position")
    batch.state, batch.error, batch.sealed_at = Batch.State.RECEIVED, "", None
    if not batch.streamed:  # whose rows were counted when they arrived
        for name in receipt_counts(batch):
            setattr(batch, f"{name}_count", 0)
    batch.refused_key = batch.conflicts_key = batch.rows_key = ""
    batch.first_at = batch.last_at = None
    batch.save()
