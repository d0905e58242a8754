"""A scope is one tenant, one transaction, and nothing after."""

from __future__ import annotations

import ast
import contextlib
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, ProgrammingError, connection, transaction

from tenants.models import Membership, Tenant
from tenants.scope import ScopeError, ask_directory, current, directory, is_open, scope
from tests.database import connect
from tests.world import World

ROOT = Path(__file__).parent.parent.parent
CROSSES_TENANTS = {
    "tenants/access.py": 3,  # a person's memberships; a membership by slug; a key's tenant
    "tenants/management/commands/create_member.py": 1,  # the tenant of a slug
    "audit/tasks.py": 1,  # the list of tenants whose jobs and segments are looked after
    "audit/queries/probes.py": 1,  # counts of waiting jobs over all tenants
    "audit/management/commands/load_demo.py": 1,  # whether the demo is there already
}


def setting(name: str) -> str:
    """A setting of the open transaction."""
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(current_setting(%s, true), '')", [name])
        (value,) = cursor.fetchone() or ("",)
    return str(value)


def refused() -> Any:
    """What PostgreSQL answers without a context."""
    return pytest.raises(ProgrammingError, match="no tenant context")


def test_a_scope_shows_one_tenant_and_its_members(world: World) -> None:
    with scope(world.northwind.id):
        assert list(Tenant.objects.all()) == [world.northwind]
        assert Membership.objects.count() == 5
        assert current() == world.northwind.id


def test_outside_a_scope_a_read_is_an_error_not_an_empty_page(world: World) -> None:
    with refused(), transaction.atomic():
        Membership.objects.count()
    with pytest.raises(ScopeError):
        current()


def test_scopes_do_not_nest(world: World) -> None:
    with scope(world.northwind.id):
        with pytest.raises(ScopeError), scope(world.contoso.id):
            pass
        with pytest.raises(ScopeError), directory():
            pass
        assert list(Tenant.objects.all()) == [world.northwind]
    with directory(), pytest.raises(ScopeError), scope(world.northwind.id):
        pass


def test_nothing_of_a_scope_outlives_it_inside_an_outer_transaction(world: World) -> None:
    with scope(world.northwind.id):
        assert setting("app.tenant") == str(world.northwind.id)
    assert (setting("app.tenant"), setting("app.tenant_signature"), is_open()) == ("", "", False)
    with directory():
        assert Tenant.objects.count() == 2
    assert (setting("app.directory"), setting("app.directory_signature")) == ("", "")


@pytest.mark.usefixtures("committed")
def test_nothing_of_a_scope_outlives_its_commit(world: World) -> None:
    with scope(world.northwind.id):
        Membership.objects.count()
    assert (setting("app.tenant"), setting("app.tenant_signature")) == ("", "")


def test_an_exception_rolls_back_and_leaves_no_context(world: World) -> None:
    def rename_and_fail() -> None:
        Tenant.objects.update(name="Southwind")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), scope(world.northwind.id):
        rename_and_fail()
    assert not is_open()
    assert setting("app.tenant") == ""
    with scope(world.northwind.id):
        assert Tenant.objects.get().name == "Northwind"


def test_a_failed_statement_leaves_no_context(world: World) -> None:
    with pytest.raises(DatabaseError), scope(world.northwind.id), connection.cursor() as cursor:
        cursor.execute("select 1 / 0")
    assert setting("app.tenant") == ""


@pytest.mark.usefixtures("committed")
def test_a_swallowed_error_does_not_pass_for_a_commit(world: World) -> None:
    def swallow() -> None:
        Tenant.objects.update(name="Southwind")
        with contextlib.suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("select 1 / 0")

    with pytest.raises(ScopeError, match="swallowed"), scope(world.northwind.id):
        swallow()


def test_a_lazy_queryset_read_outside_is_an_error(world: World) -> None:
    with scope(world.northwind.id):
        lazy = Membership.objects.all()
    with refused(), transaction.atomic():
        list(lazy)


@pytest.mark.usefixtures("committed")
def test_what_runs_after_commit_runs_outside(world: World) -> None:
    seen = []
    with scope(world.northwind.id):
        transaction.on_commit(lambda: seen.append(is_open()))
    assert seen == [False]


def test_the_directory_shows_tenants_members_and_keys_and_writes_nothing(world: World) -> None:
    with directory():
        assert set(Tenant.objects.all()) == {world.northwind, world.contoso}
        assert Membership.objects.count() == 6
        with pytest.raises(ScopeError):
            current()
        with pytest.raises(ProgrammingError), transaction.atomic():
            Tenant.objects.update(name="Mine")


def test_a_question_to_the_directory_leaves_nothing_and_does_not_nest(world: World) -> None:
    slugs = "select slug from tenants_tenant where slug <> %s order by slug"
    assert ask_directory(slugs, ["'; drop table tenants_tenant"]) == [("contoso",), ("northwind",)]
    assert (setting("app.directory"), setting("app.directory_signature"), is_open()) == ("", "", False)
    with refused(), transaction.atomic():
        ask_directory("update tenants_tenant set name = 'Mine' where slug = %s returning id", ["contoso"])
    with scope(world.northwind.id), pytest.raises(ScopeError):
        ask_directory(slugs, [""])


@pytest.mark.usefixtures("committed")
def test_a_question_to_the_directory_leaves_nothing_on_its_connection(world: World) -> None:
    ask_directory("select %s::text", ["x"])
    assert (setting("app.directory"), setting("app.directory_signature")) == ("", "")
    with refused():
        Membership.objects.count()


@pytest.mark.usefixtures("committed")
def test_a_question_is_asked_again_where_the_server_has_hung_up(world: World) -> None:
    ask_directory("select %s::text", ["x"])
    with connect("default") as other:
        other.execute("select pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    assert ask_directory("select %s::text", ["y"]) == [("y",)]


def test_the_directory_is_no_key_to_anything_else(world: World) -> None:
    with directory(), connection.cursor() as cursor, refused(), transaction.atomic():
        cursor.execute("select app_tenant()")


@pytest.mark.parametrize("wrong", ["", "northwind", "None", None, "'; drop table tenants_tenant"])
def test_a_scope_takes_an_id_and_nothing_else(wrong: Any) -> None:
    with pytest.raises(ValueError, match="hexadecimal"), scope(wrong):
        pass


def test_a_tenant_that_does_not_exist_is_empty_and_takes_no_rows(world: World) -> None:
    with scope(uuid4()):
        assert not Tenant.objects.exists()
        with pytest.raises(DatabaseError), transaction.atomic():
            Membership.objects.create(tenant=world.northwind, user=world.alice, role="admin")


def test_whoever_crosses_tenants_is_listed_here() -> None:
    found = {}
    for path in (
        *(ROOT / "tenants").rglob("*.py"),
        *(ROOT / "audit").rglob("*.py"),
        *(ROOT / "awu_portal").rglob("*.py"),
    ):
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if _is_directory_call(node)]
        if calls:
            found[str(path.relative_to(ROOT))] = len(calls)
    assert found == CROSSES_TENANTS


def _is_directory_call(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in ("directory", "ask_directory")
