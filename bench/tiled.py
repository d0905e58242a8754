"""A run whose lines are those of another so many times over, for what the pages of lines take at ten million."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

NAMES = ("claim_id", "target", "session_id", "event_id", "repeat_of", "undone_by", "tainted_by", "parent_id")


@contextmanager
def grown(tenant_id: UUID, run: Any, times: int, folder: Path) -> Iterator[Any]:
    """The run with its lines `times` over, ids and records with the number of the copy behind them; gone afterwards.

    Written in the order and the form in which a run writes its lines. Totals are those of the run, as often.
    """
    from audit.models import Run, Total
    from audit.vault import files
    from audit.vault.bench import connect, copy_findable
    from audit.vault.select import IN_LINES
    from tenants.scope import scope

    out = folder / "tiled-lines"
    renamed = ", ".join(f"{name} || '~' || copy as {name}" for name in NAMES)
    query = f"""
        select lines.* replace ({renamed}) from read_parquet(?) as lines, range(?) as copies (copy)
        order by vendor, claim_id, revision, row
    """
    with connect(folder) as connection:
        copy_findable(connection, query, out, IN_LINES, [str(files.local(run.files["lines"])), times])
    with scope(tenant_id):
        totals = list(Total.objects.filter(run=run))
        big = Run.objects.get(pk=run.pk)
        big.pk, big.number, big._state.adding = None, run.number + 1, True
        big.id = Run._meta.pk.get_default()
        big.files = run.files | {"lines": files.store(tenant_id, out, ".parquet").key}
        big.save()
        for total in totals:
            total.pk, total.id, total.run = None, Total._meta.pk.get_default(), big
            total.claims, total.units = total.claims * times, total.units * times
        Total.objects.bulk_create(totals, batch_size=2_000)
    try:
        yield big
    finally:
        with scope(tenant_id):
            Run.objects.filter(pk=big.pk).delete()
