"""Counts that vendors state: kept bucket by bucket, superseded when stated anew, reckoned by a job."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings

from audit.intake import BadInput, Taken
from audit.models import Batch, Job, StatedCount, Vendor
from audit.operations import jobs
from audit.operations.record import canonical_json
from audit.vault.counts import Stated, add_up
from audit.vault.sift import Sifted
from tenants.scope import current

BUCKETS = 100_000
ROWS = 1000


def sift(taken: Taken, folder: Path, file_name: str) -> Sifted:
    """The buckets of a file of counts, whose rows stay as they were read. Raises BadInput for one that has too many.

    A row that says in every column what another one says is a copy. Where the file has columns that are not read, rows
    that look alike may differ there: they are parts of one bucket, and added up.
    """
    stated, copies = add_up(folder / "taken.parquet", drop_copies=not taken.ignored)
    if len(stated) > BUCKETS:
        raise BadInput(file_name, f"states more than {BUCKETS:,} buckets: counts are totals; send lines as claims")
    if any(
        abs(number) >= 1 << 63 for one in stated for number in (one.units, one.tokens, *one.money.values()) if number
    ):
        raise BadInput(file_name, "states a sum that is larger than 9223372036854775807: correct its rows")
    (folder / "taken.parquet").rename(folder / "rows")
    ends = [bucket.bucket[1] for bucket in stated]
    return Sifted(
        taken.accepted - copies, copies, 0, taken.first_at, max(ends, default=None), (), (), (), tuple(stated)
    )


def keep(batch: Batch, stated: Sequence[Stated]) -> int:
    """Keep what a file states, in the transaction that seals it; return how many of its rows state the same as before.

    A bucket that the source stated otherwise before is superseded: both stay.
    """
    if not stated:
        return 0
    rows = [_row(batch, bucket) for bucket in stated]
    before = StatedCount.objects.filter(superseded_by=None, key__in=[row.key for row in rows])
    known = {row.key: row for row in before}
    new = [row for row in rows if row.key not in known or not _same(row, known[row.key])]
    StatedCount.objects.bulk_create(new, batch_size=ROWS)
    restated = [known[row.key] for row in new if row.key in known]
    by_key = {row.key: row for row in new}
    for row in restated:
        row.superseded_by = by_key[row.key]
    StatedCount.objects.bulk_update(restated, ["superseded_by"], batch_size=ROWS)
    return sum(row.line_count for row in rows) - sum(row.line_count for row in new)


def ask(vendor: Vendor | None = None) -> None:
    """Have the counts of a vendor, or of all, reckoned again: something that they are held against has changed."""
    rows = StatedCount.objects.filter(superseded_by=None)
    rows = rows.filter(vendor=vendor) if vendor else rows
    for vendor_id in sorted(set(rows.order_by().values_list("vendor_id", flat=True).distinct())):
        jobs.ask_again(Job.Kind.COUNT, vendor_id, settings.COUNT_SECONDS)


def _row(batch: Batch, stated: Stated) -> StatedCount:
    start, end, agent_id, action, environment = stated.bucket
    named = [str(batch.source_id), start.isoformat(), end.isoformat(), agent_id, action, environment]
    zone = ZoneInfo(batch.mapping.get("time_zone") or batch.source.time_zone or "UTC")
    return StatedCount(
        tenant_id=current(),
        vendor=batch.source.vendor,
        batch=batch,
        key=hashlib.sha256(canonical_json(named)).hexdigest(),
        period_start=start,
        period_end=end,
        time_zone=zone.key,
        agent_id=agent_id,
        action=action,
        environment=environment,
        line=stated.line,
        line_count=stated.line_count,
        units=stated.units,
        tokens=stated.tokens,
        money=stated.money,
    )


def _same(one: StatedCount, other: StatedCount) -> bool:
    return (one.units, one.tokens, one.money) == (other.units, other.tokens, other.money)
