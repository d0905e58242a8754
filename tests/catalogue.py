"""What PostgreSQL's catalogue must say of every table. Each function returns faults as sentences; none is right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from tenants import rls

Connection = psycopg.Connection[Any]

NO_TENANT = {
    "app_key": "the key of contexts; only the owner reads it",
    "auth_group": "Django's, unused",
    "auth_group_permissions": "Django's, unused",
    "auth_permission": "Django's, filled by migrations",
    "django_content_type": "Django's, filled by migrations",
    "django_migrations": "Django's, read-only",
    "django_session": "found by an unguessable key before a tenant is known",
    "tenants_signinthrottle": "counts by keyed hash, before anybody is known",
    "tenants_tenant": "its id is the tenant; it has the policy",
    "tenants_user": "a person may belong to several tenants",
}
UNIQUE_WITHOUT_TENANT: dict[str, str] = {}  # by index name; primary keys on a random id alone are right as they are
FUNCTIONS_OF_THE_OWNER = {"app_signed", "app_tenant", "app_directory"}
APPEND_ONLY = {"audit_ledgerentry"}

WALLED = """
select class.oid::regclass::text, class.relrowsecurity, class.relforcerowsecurity,
       array(select polname::text from pg_policy where polrelid = class.oid)
from pg_class class
where class.relnamespace = 'public'::regnamespace and class.relkind in ('r', 'p')
  and (class.relname = 'tenants_tenant'
       or exists (select from pg_attribute where attrelid = class.oid and attname = 'tenant_id' and not attisdropped))
order by 1"""
POLICIES = """
select tablename, permissive, roles::text[], cmd, qual, with_check from pg_policies where schemaname = 'public'"""
UNIQUE = """
select indexrelid::regclass::text, indisprimary, array_agg(attname::text order by place)
from pg_index
cross join lateral unnest(indkey::int2[]) with ordinality as key (number, place)
left join pg_attribute on attrelid = indrelid and attnum = number
where indisunique and indrelid::regclass::text = %s
group by 1, 2"""
REFERENCES = """
select conname::text, confrelid::regclass::text,
       array(select attname::text from unnest(conkey) with ordinality as key (number, place)
             join pg_attribute on attrelid = conrelid and attnum = number order by place),
       array(select attname::text from unnest(confkey) with ordinality as key (number, place)
             join pg_attribute on attrelid = confrelid and attnum = number order by place)
from pg_constraint where contype = 'f' and conrelid::regclass::text = %s"""
RIGHTS = """
select relname::text,
       array(select lower(privilege_type) from aclexplode(relacl) where grantee = %s::regrole order by 1),
       exists (select from aclexplode(relacl) where grantee = 0)
from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f') order by 1"""
READ_AND_WRITE = ["delete", "insert", "select", "update"]


def tenant_tables(connection: Connection) -> dict[str, str]:
    """Every table whose rows belong to a tenant, with the column that says to which."""
    names = [name for name, *_ in connection.execute(WALLED)]
    return {name: "id" if name == "tenants_tenant" else "tenant_id" for name in names}


def faults(connection: Connection) -> list[str]:
    """Everything in the catalogue that a wall should have and has not."""
    parts = (_rows, _policies, _unknown_tables, _keys, _references, _rights, _functions, _views, _append_only)
    return [fault for part in parts for fault in part(connection)]


def _rows(connection: Connection) -> Iterator[str]:
    for table, enabled, forced, policies in connection.execute(WALLED):
        if not enabled:
            yield f"{table} has no row security"
        if not forced:
            yield f"{table} does not force row security on its owner"
        if policies != ["tenant_isolation"]:
            yield f"{table} has the policies {policies}, not tenant_isolation alone"


def _policies(connection: Connection) -> Iterator[str]:
    columns = tenant_tables(connection)
    for table, permissive, roles, command, using, check in connection.execute(POLICIES):
        own = _flat(f"({columns.get(table)} = ( select app_tenant() as app_tenant))")
        directory = _flat(
            f"case when ( select app_directory() as app_directory) then true else {own} end"  # both are our own text
        )
        expected = directory if table in rls.DIRECTORY_TABLES else own
        if (_flat(using or ""), _flat(check or "")) != (expected, own):
            yield f"{table} has a policy with other words: using {using}, with check {check}"
        if (permissive, roles, command) != ("PERMISSIVE", ["public"], "ALL"):
            yield f"{table} has a policy that is not for everyone and every command"


def _flat(expression: str) -> str:
    return " ".join(expression.lower().replace("public.", "").split())


def _unknown_tables(connection: Connection) -> Iterator[str]:
    known = set(tenant_tables(connection)) | set(NO_TENANT)
    for table, *_ in connection.execute(RIGHTS, ["pg_monitor"]):
        if table not in known:
            yield f"{table} has no tenant_id and is no known exception"


def _keys(connection: Connection) -> Iterator[str]:
    for table, column in tenant_tables(connection).items():
        for index, primary, columns in connection.execute(UNIQUE, [table]):
            alone = primary and columns == ["id"]
            if column == "tenant_id" and columns[0] != column and not alone and index not in UNIQUE_WITHOUT_TENANT:
                yield f"{index} on {table} is unique across tenants: {columns}"


def _references(connection: Connection) -> Iterator[str]:
    owned = tenant_tables(connection)
    for table in owned:
        for name, target, columns, others in connection.execute(REFERENCES, [table]):
            if target in owned and target != "tenants_tenant" and (columns[0], others[0]) != ("tenant_id", "tenant_id"):
                yield f"{name} lets {table} point at a row of another tenant in {target}"


def _rights(connection: Connection) -> Iterator[str]:
    for table, rights, everyone in connection.execute(RIGHTS, [rls.runtime_role()]):
        if rights != _expected_rights(table):
            yield f"the runtime role may {rights} on {table}"
        if everyone:
            yield f"everyone has rights on {table}"


def _expected_rights(table: str) -> list[str]:
    if table == "app_key":
        return []
    if table == "django_migrations":
        return ["select"]
    if table in APPEND_ONLY:
        return ["insert", "select"]
    return [right for right in READ_AND_WRITE if right != "delete" or not table.startswith("tenants_")]


def _functions(connection: Connection) -> Iterator[str]:
    query = "select proname::text from pg_proc where pronamespace = 'public'::regnamespace and prosecdef"
    for (name,) in connection.execute(query):
        if name not in FUNCTIONS_OF_THE_OWNER:
            yield f"{name}() runs with the owner's rights"
    query = (
        "select proname::text from pg_proc where pronamespace = 'public'::regnamespace "
        "and proname = any(%s) and not coalesce(proconfig @> array['search_path=pg_catalog, pg_temp'], false)"
    )
    for (name,) in connection.execute(query, [list(FUNCTIONS_OF_THE_OWNER)]):
        yield f"{name}() looks functions up where others may put them"
    query = "select has_function_privilege(%s, 'public.app_signed(text, text)', 'execute')"
    if connection.execute(query, [rls.runtime_role()]).fetchone() != (False,):
        yield "the runtime role may ask app_signed() directly"


def _views(connection: Connection) -> Iterator[str]:
    query = (
        "select relname::text, relkind::text, coalesce(reloptions @> array['security_invoker=true'], false) "
        "from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm', 'f')"
    )
    for name, kind, invoker in connection.execute(query):
        if kind != "v" or not invoker:
            yield f"{name} is a view that does not ask as its reader"


def _append_only(connection: Connection) -> Iterator[str]:
    query = (
        "select tgname::text from pg_trigger where tgrelid = to_regclass(%s) and tgenabled <> 'D' and not tgisinternal"
    )
    for table in APPEND_ONLY & set(tenant_tables(connection)):
        names = {name for (name,) in connection.execute(query, [table])}
        if not names >= {"append_only", "append_only_whole"}:
            yield f"{table} can be changed by its owner"
