"""A shop in Northwind that is driven through the API alone, and Contoso, which must see nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from audit import tasks
from audit.models import Job
from audit.operations import jobs
from tenants import operations
from tenants.models import Tenant
from tenants.scope import scope
from tests.world import World, program

ALL = ("ingest", "read", "run", "admin")
CLAIMS = """claim_id,agent_id,action,target,occurred_at,charge_micros,currency
c1,a1,record_update,crm/Case/1,2026-03-02T09:00:00Z,1500000,EUR
c2,a1,record_update,crm/Case/2,2026-03-02T10:00:00Z,1500000,EUR
c3,a2,record_update,erp/Order/3,2026-03-03T09:00:00Z,2500000,USD
c4,a2,record_update,,2026-03-03T10:00:00Z,1500000,EUR
odd/id ü?#1,a1,record_update,crm/Case/9,2026-03-04T09:00:00Z,1500000,EUR
"""
EVIDENCE = """event_id,target,action,occurred_at,outcome
e1,crm/Case/1,record_update,2026-03-02T09:00:30Z,done
"""
PERIOD = {"period_start": "2026-03-01T00:00:00Z", "period_end": "2026-04-01T00:00:00Z"}


@pytest.fixture(autouse=True)
def _own_folders(settings: Any, tmp_path: Path) -> None:
    settings.VAULT_URL = str(tmp_path / "vault")
    settings.BENCH_DIR = tmp_path / "bench"


def drain(tenant: Tenant) -> None:
    """Works on what is due until nothing is, as a worker would."""
    for _ in range(20):
        with scope(tenant.id):
            due = jobs.due()
        if not due:
            return
        for job_id in due:
            tasks.work(tenant_id=str(tenant.id), job_id=str(job_id))
            with scope(tenant.id):
                error = Job.objects.get(id=job_id).error
            assert not error, error
    raise AssertionError("the jobs do not come to an end")


@dataclass
class Shop:
    """A program with every scope, and what it has made so far."""

    client: Client
    tenant: Tenant
    vendor: dict[str, Any]
    claims: dict[str, Any]
    evidence: dict[str, Any]

    def __deepcopy__(self, memo: dict[int, Any]) -> Shop:
        """The same shop with a client of its own."""
        return replace(self, client=Client(**self.client.defaults))

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        """POST with a JSON body."""
        return self.client.post(f"/api/v1/{path}", body, content_type="application/json", **options)

    def get(self, path: str, **parameters: Any) -> Any:
        """GET with parameters."""
        return self.client.get(f"/api/v1/{path}", parameters)

    def send(self, source: dict[str, Any], text: str | bytes, name: str = "file.csv", **options: Any) -> Any:
        """A file as a raw body."""
        return self.client.post(
            f"/api/v1/sources/{source['id']}/batches/?name={name}", text, content_type="text/csv", **options
        )

    def run(self, **more: Any) -> dict[str, Any]:
        """A run over March, carried to its end."""
        opened = self.post("runs/", PERIOD | more)
        assert opened.status_code == 202, opened.content
        drain(self.tenant)
        done = self.get(f"runs/{opened.json()['id']}/").json()
        assert done["state"] == "done", done
        return done  # type: ignore[no-any-return]

    def judged(self) -> dict[str, Any]:
        """Claims and evidence received, read and judged: the run."""
        self.send(self.claims, CLAIMS)
        self.send(self.evidence, EVIDENCE)
        return self.run()


@pytest.fixture
def shop(world: World) -> Shop:
    """A shop in which nothing was sold yet."""
    return open_shop(world)


def open_shop(world: World) -> Shop:
    """Northwind with the vendor Acme, its claims, the CRM's evidence and the CRM's coverage of March."""
    with scope(world.northwind.id):
        _, text = operations.create_key("shop", ALL, by=world.alice)
    shop = Shop(program(text), world.northwind, {}, {}, {})
    shop.vendor = shop.post("vendors/", {"key": "acme", "name": "Acme"}).json()
    shop.claims = shop.post("sources/", {"kind": "claims", "name": "Acme feed", "vendor": "acme"}).json()
    crm = {"kind": "evidence", "name": "CRM", "system": "crm", "grade": "A"}
    shop.evidence = shop.post("sources/", crm).json()
    watched = {"system": "crm", "target_prefix": "crm/", "starts_at": "2026-02-01T00:00:00Z"}
    assert shop.post("coverage/", watched | {"ends_at": "2026-05-01T00:00:00Z"}).status_code == 201
    return shop


@pytest.fixture
def outsider(world: World, api: Callable[..., Client]) -> Client:
    """A program of Contoso with every scope."""
    return api(*ALL, tenant=world.contoso)


def is_uuid7(text: str) -> bool:
    """Whether an id is a UUIDv7."""
    return UUID(text).version == 7


def problem(response: Any, status: int, field: str | None = None) -> dict[str, Any]:
    """The problem that a response must be, with the field that it must name."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert {"type", "title", "status", "detail"} <= set(body)
    assert body["status"] == status
    if field:
        assert field in [error["field"] for error in body["errors"]], body
    return body
