"""What operators ask: is everything there that work needs, how much of it waits. Called outside any scope."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Min
from django.utils import timezone

from audit.models import Job
from tenants.models import Tenant
from tenants.scope import directory, scope


@dataclass(frozen=True, slots=True)
class Waiting:
    """Jobs of all tenants together, by kind and state, and how long the oldest due one has been due."""

    counts: dict[tuple[str, str], int]
    oldest_due_seconds: int


def faults() -> list[str]:
    """What is missing for work to go on, one word each: database, migrations, vault, bench; empty when ready."""
    found = [] if _database_answers() else ["database"]
    if not found and _migrations_wait():
        found.append("migrations")
    folders = {"bench": str(settings.BENCH_DIR)}
    if "://" not in settings.VAULT_URL.removeprefix("file://"):
        folders["vault"] = settings.VAULT_URL.removeprefix("file://")
    return found + [name for name, folder in folders.items() if not _writable(Path(folder))]


def waiting() -> Waiting:
    """Counts over every tenant; says nothing of any one of them."""
    counts = {(kind, state): 0 for kind in Job.Kind.values for state in Job.State.values}
    oldest: datetime | None = None
    with directory():
        tenants = list(Tenant.objects.values_list("id", flat=True))
    for tenant_id in tenants:
        with scope(tenant_id):
            for kind, state, number in Job.objects.values_list("kind", "state").annotate(Count("id")).order_by():
                counts[kind, state] += number
            due = Job.objects.filter(state=Job.State.DUE).aggregate(first=Min("due_at"))["first"]
        oldest = min(filter(None, (oldest, due)), default=None)
    late = (timezone.now() - oldest).total_seconds() if oldest else 0
    return Waiting(counts, max(0, int(late)))


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except Exception:
        return False
    return True


def _migrations_wait() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _writable(folder: Path) -> bool:
    """Whether files can be made there; a folder that is not there yet is made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)
