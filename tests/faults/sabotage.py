"""Spoiling what was sealed, so that it can be seen that the check finds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

from audit.models import Batch
from audit.vault import files
from tenants.scope import scope


def lose_a_row(tenant_id: UUID) -> str:
    """Take the first row out of a sealed segment; its batch."""
    return _spoil(tenant_id, lambda table: table.slice(1))


def double_a_row(tenant_id: UUID) -> str:
    """Put the first row of a sealed segment there twice; its batch."""
    return _spoil(tenant_id, lambda table: pa.concat_tables([table, table.slice(0, 1)]))


def _spoil(tenant_id: UUID, how: Callable[[Any], Any]) -> str:
    with scope(tenant_id):
        batch = Batch.objects.filter(streamed=True, state="sealed", accepted_count__gt=0).order_by("position")[0]
    path = files.local(batch.rows_key)
    table = how(pq.read_table(path))
    path.chmod(0o640)
    pq.write_table(table, path)
    return f"batch {batch.id}"
