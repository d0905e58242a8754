"""The wall stands, and each part of it is missed when it is gone."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from django.db.models import ForeignKey

from tenants import checks, rls
from tenants.models import TenantForeignKey
from tests import catalogue, probe
from tests.database import NAME, PRISTINE, connect, copy_database, drop_database, environment

BREACHED = f"{NAME}_breached"

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("wall")]


def test_the_catalogue_is_in_order(furnished: str) -> None:
    for database in (PRISTINE, furnished):
        with connect("owner", database) as owner:
            assert catalogue.faults(owner) == []


def test_every_exception_still_exists() -> None:
    with connect("owner") as owner:
        tables = {name for name, *_ in owner.execute(catalogue.RIGHTS, ["pg_monitor"])}
        assert set(catalogue.NO_TENANT) <= tables
        assert {*catalogue.APPEND_ONLY, *rls.DIRECTORY_TABLES} <= set(catalogue.tenant_tables(owner))


def test_every_key_between_tenant_owned_models_is_composite_in_the_database() -> None:
    owned = [model for label in ("tenants", "audit") for model in rls.tenant_owned(apps, label)]
    expected = set()
    for model in owned:
        for field in model._meta.local_fields:
            if isinstance(field, ForeignKey) and field.related_model in owned and field.name != "tenant":
                assert isinstance(field, TenantForeignKey), f"{model.__name__}.{field.name} can point over the wall"
                expected.add((model._meta.db_table, field.related_model._meta.db_table, field.column))
    with connect("owner") as owner:
        found = {
            (model._meta.db_table, target, columns[1])
            for model in owned
            for _, target, columns, _ in owner.execute(catalogue.REFERENCES, [model._meta.db_table])
            if columns[0] == "tenant_id" and len(columns) == 2
        }
    assert found == expected


def test_the_runtime_role_finds_no_way_over(furnished: str) -> None:
    with connect("default", furnished) as runtime:
        assert list(probe.faults(runtime)) == []


def test_the_runtime_role_is_weak_and_the_owner_is_not() -> None:
    assert checks.faults("default") == []
    with connect("owner") as owner:
        assert owner.execute(checks.TOO_STRONG).fetchall()


def test_a_process_waits_for_a_database_that_starts_too_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def faults() -> list[str]:
        asked.append(1)
        if len(asked) in (2, 4):
            return ["The role is strong."] if len(asked) == 4 else []
        raise OperationalError("the database system is starting up")

    monkeypatch.setattr(checks, "faults", faults)
    monkeypatch.setattr(checks.time, "sleep", lambda seconds: None)
    checks.refuse_strong_role()
    with pytest.raises(ImproperlyConfigured, match="The role is strong"):
        checks.refuse_strong_role()
    monkeypatch.setattr(checks, "WAIT_SECONDS", 0)
    with pytest.raises(ImproperlyConfigured, match="does not answer"):
        checks.refuse_strong_role()


A_TABLE = "tenants_membership"
FORGETFUL = "create or replace function app_tenant() returns uuid language sql stable security definer as $$ {} $$"
WALLS = {
    "row security": f"alter table {A_TABLE} disable row level security",
    "its hold on the owner": f"alter table {A_TABLE} no force row level security",
    "the policy": f"drop policy tenant_isolation on {A_TABLE}",
    "its being the only one": f"create policy open on {A_TABLE} using (true)",
    "its words": f"alter policy tenant_isolation on {A_TABLE} using (true)",
    "its check": f"alter policy tenant_isolation on {A_TABLE} with check (true)",
    "the signature": FORGETFUL.format("select nullif(current_setting('app.tenant', true), '')::uuid"),
    "the error for no context": FORGETFUL.format("select null::uuid"),
    "the backend in the signature": "create or replace function app_signed(message text, given text) "
    "returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as "
    "$$ select given ~ '^[0-9a-f]{64}$' $$",
    "the key's secrecy": "grant select on app_key to {runtime}",
    "the oracle's secrecy": "grant execute on function app_signed(text, text) to {runtime}",
    "the pinned search path": "alter function app_tenant() reset search_path",
    "no truncate": f"grant truncate on {A_TABLE} to {{runtime}}",
    "no delete of members": f"grant delete on {A_TABLE} to {{runtime}}",
    "no triggers": f"grant trigger on {A_TABLE} to {{runtime}}",
    "no references": f"grant references on {A_TABLE} to {{runtime}}",
    "nothing for everyone": f"grant select on {A_TABLE} to public",
    "no tables of its own": "grant create on schema public to {runtime}",
    "the owner's functions": "create function leak() returns int language sql security definer as 'select 1'",
    "views that ask as their reader": f"create view everything as select * from {A_TABLE}",
    "no materialised views": "create materialized view counts as select 1 as n",
    "the tenant in unique keys": f"create unique index on {A_TABLE} (role)",
    "tenants in tables": "create table loose (id int)",
    "the tenant in references": f"alter table {A_TABLE} add loose uuid references tenants_apikey (id)",
    "the ledger's trap": "alter table audit_ledgerentry disable trigger append_only",
    "the ledger's rights": "grant update on audit_ledgerentry to {runtime}",
}


@pytest.mark.parametrize("wall", WALLS)
def test_a_missing_wall_is_noticed(wall: str, furnished: str) -> None:
    breach = WALLS[wall].replace("{runtime}", rls.runtime_role())
    with connect("owner", furnished) as owner, owner.transaction(force_rollback=True):
        owner.execute(breach)
        found = catalogue.faults(owner)
    assert found or _found_by_probe(breach, furnished), f"nobody notices that {wall} is gone"


def _found_by_probe(breach: str, furnished: str) -> str | None:
    """The probe needs a connection of its own, so the breach must be committed: in a copy."""
    copy_database(furnished, BREACHED)
    try:
        with connect("owner", BREACHED) as owner:
            owner.execute(breach)
        with connect("default", BREACHED) as runtime:
            return next(probe.faults(runtime), None)
    finally:
        drop_database(BREACHED)


def test_a_composite_key_stops_a_row_from_pointing_over_the_wall() -> None:
    with connect("owner") as owner, owner.transaction(force_rollback=True):
        _two_vendors(owner)
        probe.enter(owner, probe.MINE)
        owner.execute("set constraints all immediate")
        insert = (
            "insert into audit_agent (id, tenant_id, vendor_id, agent_id, name, created_at) "
            "values (gen_random_uuid(), %s, %s, 'a', '', now())"
        )
        with pytest.raises(psycopg.errors.ForeignKeyViolation), owner.transaction():
            owner.execute(insert, [probe.MINE, probe.THEIRS])
        owner.execute(insert, [probe.MINE, probe.MINE])


def _two_vendors(owner: Any) -> None:
    for number, tenant in enumerate((probe.MINE, probe.THEIRS)):
        probe.enter(owner, tenant)
        owner.execute("insert into tenants_tenant values (%s, %s, '', 'UTC', now())", [tenant, f"t{number}"])
        insert = "insert into audit_vendor (id, tenant_id, key, name, created_at) values (%s, %s, 'v', 'v', now())"
        owner.execute(insert, [tenant, tenant])


def test_migrating_again_changes_nothing_but_a_changed_key(furnished: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(settings, "TENANT_KEY", "another key, of at least 32 characters")
    copy_database(PRISTINE, BREACHED)
    try:
        command = [sys.executable, "manage.py", "migrate", "--verbosity=0", "--skip-checks"]
        subprocess.run(command, env=environment(BREACHED), cwd=settings.BASE_DIR, check=True, timeout=100)
        with connect("owner", BREACHED) as owner:
            assert catalogue.faults(owner) == []
            assert owner.execute("select count(*) from app_key").fetchone() == (1,)
        with connect("default", BREACHED) as runtime, runtime.transaction():
            probe.enter(runtime, probe.MINE)
            assert runtime.execute("select app_tenant()").fetchone() == (probe.MINE,)
    finally:
        drop_database(BREACHED)
