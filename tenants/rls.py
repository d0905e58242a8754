"""The wall in PostgreSQL: row security, composite foreign keys, grants. Migrations build it, with the owner's role."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.utils import truncate_name
from django.db.migrations.operations.base import Operation
from psycopg import sql

from tenants import scope

CONTEXT_SQL = Path(__file__).parent / "sql" / "context.sql"
UNREFERRED_TABLES = ("audit_identity",)  # no key for others to refer to: an index that costs each of very many rows
DIRECTORY_TABLES = ("tenants_tenant", "tenants_membership", "tenants_apikey")
OWN_ROWS = "{tenant} = (select public.app_tenant())"
OWN_ROWS_OR_DIRECTORY = "case when (select public.app_directory()) then true else " + OWN_ROWS + " end"

ADD_UNLESS_THERE = """
do $$ begin
    if not exists (select from pg_constraint where conname = '{name}' and conrelid = '{table}'::regclass) then
        alter table {table} add constraint "{name}" {definition};
    end if;
end $$"""
FOR_EACH_TABLE = """
do $$ declare walled regclass; begin
    for walled in select oid from pg_class where relrowsecurity and relowner = current_user::regrole {which}
    loop execute format('alter table %s {change} row level security', walled); end loop;
end $$"""
OPEN_ALL = FOR_EACH_TABLE.format(which="and relforcerowsecurity", change="no force")
FORCE_ALL = FOR_EACH_TABLE.format(which="and not relforcerowsecurity", change="force")
SECURE = """
alter table {table} enable row level security;
drop policy if exists tenant_isolation on {table};
create policy tenant_isolation on {table} using ({using}) with check ({check})"""
GRANT = """
revoke all on {table} from public, {runtime};
grant {rights} on {table} to {runtime};
do $$ begin
    if exists (select from pg_trigger where tgname = 'append_only' and tgrelid = '{table}'::regclass) then
        revoke update, delete on {table} from {runtime};
    end if;
end $$"""
APPEND_ONLY = """
create or replace trigger append_only before update or delete on {table}
    for each row execute function public.app_refuse_change();
create or replace trigger append_only_whole before truncate on {table}
    for each statement execute function public.app_refuse_change()"""


def runtime_role() -> str:
    """The role of the web and the workers, which owns nothing."""
    role = str(settings.DATABASES["default"]["USER"])
    if not role or role == settings.DATABASES.get("owner", {}).get("USER"):
        raise ImproperlyConfigured("DATABASE_URL must name a role of its own, other than DATABASE_OWNER_URL's.")
    return role


class _WallOperation(Operation):
    """Changes the database only; going backwards leaves the wall standing."""

    reduces_to_sql = True
    reversible = True

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Models do not change."""

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """The wall goes with its tables."""


class InstallContext(_WallOperation):
    """Makes or renews the functions that believe a signed context, and the table of their key."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Runs context.sql and lets the runtime role call what policies call."""
        for statement in context_statements(schema_editor.quote_name(runtime_role())):
            schema_editor.execute(statement, params=None)

    def describe(self) -> str:
        """For the list of operations."""
        return "Make the functions that check the tenant context"


class OpenTables(_WallOperation):
    """Lets the owner read every table until the SecureTables at the end of the same migration.

    Put it first in a migration that moves data or makes a foreign key of a column that has values: under FORCE ROW
    LEVEL SECURITY the owner's own validation would be refused.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """The owner's exemption, for this transaction."""
        schema_editor.execute(OPEN_ALL, params=None)

    def describe(self) -> str:
        """For the list of operations."""
        return "Let the owner read every table"


class SecureTables(_WallOperation):
    """Builds the wall around every table of an app. Put it last in each migration that adds models or fields.

    Tables with a tenant get unique (tenant_id, id), unless nothing may refer to their rows; row security that is
    forced, the policy `tenant_isolation` and a composite key for each TenantForeignKey. `append_only` names models
    that are only ever inserted into, for good. Safe to repeat.
    """

    def __init__(self, secured_app: str, append_only: Sequence[str] = ()) -> None:
        self.secured_app = secured_app
        self.append_only = list(append_only)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Checks what is pending, then secures."""
        schema_editor.execute(OPEN_ALL, params=None)
        _finish_pending(schema_editor)
        for statement in wall_statements(schema_editor, to_state.apps, self.secured_app, self.append_only):
            schema_editor.execute(statement, params=None)
        schema_editor.execute(FORCE_ALL, params=None)

    def describe(self) -> str:
        """For the list of operations."""
        return f"Secure the tables of {self.secured_app}"


def context_statements(runtime: str) -> Iterator[str]:
    """The SQL of InstallContext for this quoted role."""
    yield CONTEXT_SQL.read_text(encoding="utf-8")
    yield f"grant usage on schema public to {runtime}"
    yield f"grant execute on function public.app_tenant(), public.app_directory() to {runtime}"


def _finish_pending(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Django adds constraints last of all; they must be there, and hold, before the owner is locked out."""
    schema_editor.execute("set constraints all immediate", params=None)
    for statement in schema_editor.deferred_sql:
        schema_editor.execute(statement, params=None)
    schema_editor.deferred_sql.clear()


def _with_tables(apps: Any, app_label: str) -> list[type[models.Model]]:
    found = apps.get_app_config(app_label).get_models()
    return [model for model in found if model._meta.managed and not model._meta.proxy]


def tenant_owned(apps: Any, app_label: str) -> list[type[models.Model]]:
    """The models of an app whose rows belong to a tenant."""
    return [model for model in _with_tables(apps, app_label) if _tenant_column(model)]


def _tenant_column(model: type[models.Model]) -> str | None:
    if model._meta.label_lower == "tenants.tenant":
        return "id"
    return "tenant_id" if any(field.attname == "tenant_id" for field in model._meta.concrete_fields) else None


def wall_statements(
    schema_editor: BaseDatabaseSchemaEditor, apps: Any, app_label: str, append_only: Sequence[str]
) -> Iterator[str]:
    """The SQL of SecureTables, in order: keys that others refer to, references, policies, rights."""
    quote = schema_editor.quote_name
    owned = tenant_owned(apps, app_label)
    for model in owned:
        yield from _tenant_key(model, quote)
    for model in owned:
        yield from _references(model, quote)
    for model in owned:
        yield _policy(model, quote)
    for model in _with_tables(apps, app_label):
        only_insert = model._meta.object_name in append_only
        yield _grants(model, quote, only_insert)
        if only_insert:
            yield APPEND_ONLY.format(table=quote(model._meta.db_table))


def _tenant_key(model: type[models.Model], quote: Any) -> Iterator[str]:
    table = model._meta.db_table
    if _tenant_column(model) == "tenant_id" and table not in UNREFERRED_TABLES:
        name = truncate_name(f"{table}_tenant_key", 63)
        yield ADD_UNLESS_THERE.format(table=quote(table), name=name, definition="unique (tenant_id, id)")


def _references(model: type[models.Model], quote: Any) -> Iterator[str]:
    from tenants.models import TenantForeignKey

    for field in model._meta.local_fields:
        if isinstance(field, TenantForeignKey):
            name = truncate_name(f"{model._meta.db_table}_{field.column}_same_tenant", 63)
            target = quote(field.related_model._meta.db_table)
            definition = (
                f"foreign key (tenant_id, {quote(field.column)}) references {target} (tenant_id, id) "
                "deferrable initially deferred"
            )
            yield ADD_UNLESS_THERE.format(table=quote(model._meta.db_table), name=name, definition=definition)


def _policy(model: type[models.Model], quote: Any) -> str:
    table = model._meta.db_table
    using = OWN_ROWS_OR_DIRECTORY if table in DIRECTORY_TABLES else OWN_ROWS
    column = _tenant_column(model)
    return SECURE.format(table=quote(table), using=using.format(tenant=column), check=OWN_ROWS.format(tenant=column))


def _grants(model: type[models.Model], quote: Any, only_insert: bool) -> str:
    rights = "select, insert, update, delete"
    if model._meta.app_label == "tenants":
        rights = "select, insert, update"
    if only_insert:
        rights = "select, insert"
    return GRANT.format(table=quote(model._meta.db_table), runtime=quote(runtime_role()), rights=rights)


def store_key(connection: BaseDatabaseWrapper) -> None:
    """Keeps the two pads of TENANT_KEY's HMAC (RFC 2104) where only the owner reads; a changed key replaces the old."""
    block = scope.key().ljust(64, b"\0")
    inner, outer = bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into public.app_key (inner_pad, outer_pad) values (%s, %s) on conflict (only_row) "
            "do update set inner_pad = excluded.inner_pad, outer_pad = excluded.outer_pad",
            [inner, outer],
        )


def renew(connection: BaseDatabaseWrapper) -> None:
    """After migrations: current functions, current key, and rights on the tables of Django and of other packages."""
    runtime = runtime_role()
    with connection.cursor() as cursor:
        for statement in context_statements(connection.ops.quote_name(runtime)):
            cursor.execute(statement)
        cursor.execute(
            "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') "
            r"and relname !~ '^(tenants|audit)_' and relname <> 'app_key' and relowner = current_user::regrole"
        )
        for (table,) in cursor.fetchall():
            rights = "select" if table == "django_migrations" else "select, insert, update, delete"
            grant = sql.SQL("grant {} on {} to {}")
            cursor.execute(grant.format(sql.SQL(rights), sql.Identifier(table), sql.Identifier(runtime)))
    store_key(connection)
