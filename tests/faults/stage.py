"""Two tenants with their sources, ready before anything is broken."""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime
from pathlib import Path

from tests.faults.clients import Door
from tests.faults.plant import SETTINGS
from tests.faults.promises import Promises

WATCHED = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
NO_QUOTA = 2**31 - 1


def prepare(folder: Path) -> list[Door]:
    """PostgreSQL in a folder, migrated, with two tenants: for each two streams of one system, and one of claims."""
    from awu_portal import embedded

    urls = embedded.start(folder)
    mine = {"AWU_VAR": str(folder), "DATABASE_URL": urls.runtime, "DATABASE_OWNER_URL": urls.owner}
    os.environ |= SETTINGS | mine
    import django
    from django.core.management import call_command
    from django.db import connections

    django.setup()
    logging.getLogger().setLevel(logging.WARNING)
    call_command("migrate", verbosity=0)
    doors = [door for name in ("northwind", "contoso") for door in _tenant(name)]
    connections.close_all()
    return doors


def _tenant(name: str) -> list[Door]:
    from audit.operations import parties, sources
    from tenants import operations
    from tenants.models import Role, Scope
    from tenants.scope import scope

    tenant = operations.create_tenant(name, name.capitalize())
    promises, by = Promises(tenant.id), "system"
    with scope(tenant.id):
        person, _ = operations.add_member(f"ada@{name}.example", "Ada", Role.ADMIN)
        _, secret = operations.create_key("faults", [Scope.INGEST, Scope.RUN], person.user)
        vendor = parties.add_vendor("acme", "Acme", by)
        more = {"events_per_minute": NO_QUOTA}
        made = [
            sources.add_source("claims", "Acme", by, vendor=vendor, **more),
            *(sources.add_source("evidence", f"CRM {n}", by, system="crm", grade="A", **more) for n in (1, 2)),
        ]
        sources.add_coverage("crm", "crm/", *WATCHED, by)
    return [Door(one.kind, f"/api/v1/sources/{one.id}/events/", secret, promises) for one in made]
