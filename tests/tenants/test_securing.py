"""Migrations after the first: new tables, new references, tables that hold rows; and who may start at all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connections, migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from tenants import operations, rls, scope
from tenants.models import TenantForeignKey, User, uuid7
from tests import catalogue, probe
from tests.database import NAME, connect, copy_database, drop_database, environment
from tests.world import World

MIGRATED = f"{NAME}_migrated"

pytestmark = [pytest.mark.django_db(databases=["default", "owner"]), pytest.mark.xdist_group("wall")]


@pytest.fixture
def owner(db: None, furnished: str) -> Iterator[Any]:
    """Django's connection of the owner to a database of its own, furnished."""
    copy_database(furnished, MIGRATED)
    usual, connection = connections["owner"], connections["owner"].copy()
    connection.settings_dict = {**connection.settings_dict, "NAME": MIGRATED}
    connections["owner"] = connection
    yield connection
    connections["owner"] = usual
    connection.close()
    drop_database(MIGRATED)


def migrate(connection: Any, *steps: Operation) -> None:
    """Applies operations of a migration of the app audit, one after the other, in one transaction."""
    before = ProjectState.from_apps(apps)
    with connection.schema_editor(atomic=True) as editor:
        for step in steps:
            after = before.clone()
            step.state_forwards("audit", after)
            step.database_forwards("audit", editor, before, after)
            before = after


def found(connection: Any) -> list[str]:
    """What the catalogue lacks."""
    with connect("owner", connection.settings_dict["NAME"]) as bare:
        return catalogue.faults(bare)


def tenant_key() -> Any:
    """The field that makes a model a tenant's."""
    return models.ForeignKey("tenants.Tenant", models.PROTECT, db_index=False, default=scope.current, related_name="+")


def note() -> Operation:
    """A new model that refers to one with rows."""
    key = models.UUIDField(primary_key=True, default=uuid7)
    vendor = TenantForeignKey("audit.Vendor", models.CASCADE)
    return migrations.CreateModel("Note", [("id", key), ("tenant", tenant_key()), ("vendor", vendor)])


def test_a_new_table_without_a_wall_is_noticed(owner: Any) -> None:
    migrate(owner, note())
    assert "audit_note has no row security" in found(owner)


def test_a_new_table_is_secured_beside_tables_with_rows(owner: Any) -> None:
    migrate(owner, note(), rls.SecureTables("audit"))
    assert found(owner) == []
    with connect("default", MIGRATED) as runtime, runtime.transaction(force_rollback=True):
        probe.enter(runtime, probe.MINE)
        insert = "insert into audit_note (id, tenant_id, vendor_id) values (gen_random_uuid(), %s, %s)"
        runtime.execute("set constraints all immediate")
        with pytest.raises(psycopg.errors.ForeignKeyViolation), runtime.transaction():
            runtime.execute(insert, [probe.MINE, uuid7()])
        with pytest.raises(psycopg.errors.InsufficientPrivilege), runtime.transaction():
            runtime.execute(insert, [probe.THEIRS, None])


def test_a_new_reference_on_a_table_with_rows_is_secured(owner: Any) -> None:
    field = TenantForeignKey("audit.Vendor", models.CASCADE, null=True, related_name="+")
    migrate(owner, migrations.AddField("batch", "vendor_again", field), rls.SecureTables("audit"))
    assert found(owner) == []
    with connect("owner", MIGRATED) as bare:
        references = {columns[1] for _, _, columns, _ in bare.execute(catalogue.REFERENCES, ["audit_batch"])}
    assert "vendor_again_id" in references


def test_securing_again_keeps_what_is_append_only(owner: Any) -> None:
    migrate(owner, rls.SecureTables("audit"), rls.SecureTables("tenants"))
    assert found(owner) == []
    with connect("owner", MIGRATED) as bare, bare.transaction(force_rollback=True):
        probe.enter(bare, probe.MINE)
        for statement in (
            "update audit_ledgerentry set seq = 1",
            "delete from audit_ledgerentry",
            "truncate audit_ledgerentry",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"), bare.transaction():
                bare.execute(statement)


def test_a_migration_may_move_data_of_every_tenant(owner: Any) -> None:
    name_all = migrations.RunSQL("update audit_vendor set name = 'moved'")
    with pytest.raises(Exception, match="no tenant context"):
        migrate(owner, name_all)
    migrate(owner, rls.OpenTables(), name_all, rls.SecureTables("audit"))
    assert found(owner) == []


def test_tables_left_open_are_noticed(owner: Any) -> None:
    migrate(owner, rls.OpenTables())
    assert "tenants_tenant does not force row security on its owner" in found(owner)


def test_the_wall_is_the_same_backwards() -> None:
    for step in (rls.InstallContext(), rls.OpenTables(), rls.SecureTables("audit", append_only=["LedgerEntry"])):
        assert step.reversible
        assert step.describe()
        step.database_backwards("audit", None, None, None)
        name, args, kwargs = step.deconstruct()
        assert vars(getattr(rls, name)(*args, **kwargs)) == vars(step)


def test_the_web_does_not_start_as_the_owner() -> None:
    urls = environment()
    as_owner = {**urls, "DATABASE_URL": urls["DATABASE_OWNER_URL"]}
    del as_owner["DATABASE_OWNER_URL"]
    for variables, starts in ((urls, True), (as_owner, False)):
        command = [sys.executable, "-c", "import awu_portal.wsgi"]
        done = subprocess.run(
            command, env=variables, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=100
        )
        assert (done.returncode == 0) is starts, done.stderr
    assert "owns the table" in done.stderr


def test_every_act_on_members_and_keys_is_handed_to_the_ledger(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr(settings, "RECORD_ACT", f"{__name__}.remember")
    acts.clear()
    with scope.scope(world.northwind.id):
        member, _ = operations.add_member("nina@northwind.example", "Nina", "viewer", by=world.alice)
        operations.change_role(member, "auditor", by=world.alice)
        operations.remove_member(member, by=world.alice)
        key, _ = operations.create_key("nightly", ["read"], by=world.alice)
        operations.revoke_key(key)
    who = f"user:{world.alice.id}"
    assert acts == [
        ("member.added", who, {"role": "viewer"}),
        ("member.role_changed", who, {"before": "viewer", "after": "auditor"}),
        ("member.removed", who, {"role": "auditor"}),
        ("key.created", who, {"scopes": ["read"]}),
        ("key.revoked", "operator", {}),
    ]
    assert User.objects.filter(email="nina@northwind.example").exists()


acts: list[Any] = []


def remember(action: str, thing: Any, by: str, **detail: Any) -> None:
    """A ledger for this test."""
    acts.append((action, by, detail))
