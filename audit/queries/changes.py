"""What changed since a run was opened: its inputs are fixed, the world goes on."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet, Sum

from audit.kernel.ruleset import parse
from audit.models import Arrival, Batch, Run, Source
from audit.queries import runs
from audit.queries.streams import UNSEALED
from audit.vault import files, late
from audit.vault.late import Late

FILES_MAX = 200  # of which rows are counted while somebody waits for the page
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Changes:
    """Batches that came later and may bear on the run, the newest of them, rows not sealed yet, and what they say.

    late: None where there are too many batches to count in.
    """

    batches: int
    newest: list[Batch]
    waiting: int
    late: Late | None

    @property
    def any(self) -> bool:
        """Whether a new run would read something else."""
        return bool(self.batches or self.waiting)


def count(run: Run) -> int:
    """How many batches were sealed since a run was opened."""
    return _batches(run).count()


def since(run: Run) -> Changes:
    """What changed since a finished run was opened."""
    found = list(_batches(run).select_related("source").order_by("-position"))
    waiting = Arrival.objects.filter(batch__state__in=UNSEALED).aggregate(rows=Sum("received_count"))["rows"]
    return Changes(len(found), found[:SHOWN], waiting or 0, _late(run, found) if len(found) <= FILES_MAX else None)


def _batches(run: Run) -> QuerySet[Batch]:
    """Batches that the run did not read: of its vendor, or of evidence."""
    later = Batch.objects.filter(state=Batch.State.SEALED, position__gt=run.inputs["until_position"])
    later = later.exclude(source__kind=Source.Kind.COUNTS)  # no run hears them
    if run.vendor_id is None:
        return later
    return later.filter(Q(source__kind="evidence") | Q(source__vendor=run.vendor_id))


def _late(run: Run, batches: list[Batch]) -> Late:
    paths = {
        kind: [files.local(batch.rows_key) for batch in batches if batch.source.kind == kind]
        for kind in ("claims", "evidence")
    }
    if not batches:
        return Late()
    before, after = runs.reach(parse(run.summary["rules"]))
    period = run.period_start, run.period_end
    known = files.local(run.files["claims"])
    return late.count(known, paths["claims"], paths["evidence"], period, (period[0] - before, period[1] + after))
