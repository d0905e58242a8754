"""How far a piece of work is, told on its row while it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable

from audit.kernel.reconcile import Progress
from audit.kernel.score import WHOLE_BPS
from audit.models import Preview, Run, Screen
from audit.operations import jobs
from tenants.scope import scope

SECONDS = 0.5  # between two words of the kernel


def tell(thing: Run | Preview | Screen, lease: jobs.Lease, stage: str, done: int, total: int, rate: int = 0) -> None:
    """Note the stage on the row, unless the lease was lost. rate: claims a second."""
    with scope(lease.tenant_id):
        jobs.hold(lease)
        rows = type(thing)._default_manager.filter(id=thing.id)
        rows.update(stage=stage, stage_done=done, stage_total=total, rows_per_second=rate)


def reporter(thing: Run | Preview, lease: jobs.Lease) -> Callable[[Progress], None]:
    """A callback for the kernel that writes its progress at most twice a second."""
    last = 0.0

    def report(progress: Progress) -> None:
        nonlocal last
        if time.monotonic() - last < SECONDS:
            return
        last = time.monotonic()
        rate = int(progress.rows_per_second or 0)
        tell(thing, lease, f"judgement: {progress.stage}"[:40], progress.share_bps, WHOLE_BPS, rate)

    return report
