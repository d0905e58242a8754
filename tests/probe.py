"""What the runtime role can do with SQL of its own. `faults` returns every way over the wall as a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from tenants import rls
from tenants.scope import sign
from tests import catalogue

Connection = psycopg.Connection[Any]
MINE = UUID("01900000-0000-7000-8000-000000000001")
THEIRS = UUID("01900000-0000-7000-8000-000000000002")
CANARY = "canary"  # every text of a furnished row is this, then the tenant's last digit
COLUMNS = """
select attname::text, format_type(atttypid, atttypmod), attnotnull, attgenerated <> '' or attidentity <> ''
from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped"""
REFUSED = psycopg.errors.InsufficientPrivilege

FORBIDDEN = {
    "read the key of contexts": "select * from app_key",
    "have a context signed or checked": "select app_signed('tenant:x', 'y')",
    "become the owner": "set role {owner}",
    "become the owner for the session": "set session authorization {owner}",
    "switch triggers off": "set session_replication_role = replica",
    "give itself rights": "alter role {runtime} bypassrls",
    "make a function": "create function public.mine() returns int language sql as 'select 1'",
    "make a table": "create table public.mine (id int)",
    "replace the judge": "create or replace function app_tenant() returns uuid language sql as 'select null::uuid'",
    "drop the judge": "drop function public.app_tenant() cascade",
    "run a program": "copy tenants_tenant to program 'cat'",
    "read a file": "select pg_read_file('/etc/passwd')",
    "read passwords of roles": "select * from pg_authid",
}
FORBIDDEN_ON_A_TABLE = {
    "truncate": "truncate {table}",
    "switch row security off": "alter table {table} disable row level security",
    "free the owner": "alter table {table} no force row level security",
    "drop the policy of": "drop policy tenant_isolation on {table}",
    "add a policy to": "create policy open on {table} using (true)",
    "disable triggers of": "alter table {table} disable trigger all",
    "add a trigger to": "create trigger mine before insert on {table} execute function app_refuse_change()",
    "drop": "drop table {table}",
    "index": "create index on {table} (id)",
}


def furnish(owner: Connection) -> None:
    """Gives every tenant-owned table one row of each of two tenants, whatever its columns ask for."""
    for table, column in catalogue.tenant_tables(owner).items():
        for (name,) in owner.execute(
            "select conname::text from pg_constraint where conrelid = %s::regclass and contype in ('f', 'c')", [table]
        ).fetchall():
            owner.execute(sql.SQL("alter table {} drop constraint {}").format(sql.SQL(table), sql.Identifier(name)))
        columns = owner.execute(COLUMNS, [table]).fetchall()
        for name, _, needed, generated in columns:
            if needed and not generated and name not in ("id", column):
                drop = sql.SQL("alter table {} alter column {} drop not null")
                owner.execute(drop.format(sql.SQL(table), sql.Identifier(name)))
        with owner.transaction():
            owner.execute(f"alter table {table} no force row level security")
            for tenant in (MINE, THEIRS):
                _insert(owner, table, _row(columns, column, tenant))
            owner.execute(f"alter table {table} force row level security")
    owner.execute("analyze")


def _row(columns: list[Any], tenant_column: str, tenant: UUID) -> dict[str, Any]:
    row: dict[str, Any] = {"id": UUID(int=tenant.int + (1 << 20))}
    for name, kind, _, generated in columns:
        if not generated and re.fullmatch(r"text|character varying(\(\d{2,}\))?", kind):
            row[name] = _canary(tenant)
    return row | {tenant_column: tenant}


def _canary(tenant: UUID) -> str:
    return CANARY + tenant.hex[-1]


def _insert(connection: Connection, table: str, row: dict[str, Any]) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, row))
    values = sql.SQL(", ").join(sql.Placeholder() * len(row))
    connection.execute(
        sql.SQL("insert into {} ({}) values ({})").format(sql.SQL(table), names, values), list(row.values())
    )


def enter(connection: Connection, tenant: UUID, signature: str | None = None) -> None:
    """What `scope` does, by hand; with a signature of one's own it is a forgery."""
    pid = connection.info.backend_pid
    connection.execute(
        "select set_config('app.tenant', %s, true), set_config('app.tenant_signature', %s, true)",
        [str(tenant), sign(f"tenant:{tenant}", pid) if signature is None else signature],
    )


def faults(runtime: Connection) -> Iterator[str]:
    """Every hole that the runtime role finds in a furnished database, as it finds them."""
    for part in (_forbidden, _without_context, _with_forged_context, _reads, _writes, _canaries):
        yield from part(runtime)


def _refused(connection: Connection, statement: str, prepare: Callable[[], object] = lambda: None) -> str | None:
    """None where PostgreSQL refuses for want of rights; else what happened instead. Always rolled back."""
    outcome: str | None = "done"
    with connection.transaction(force_rollback=True):
        prepare()
        try:
            connection.execute(statement)
        except REFUSED:
            outcome = None
        except psycopg.Error as error:
            outcome = f"{type(error).__name__}: {error.diag.message_primary}"
    return outcome


def _without_context(runtime: Connection) -> Iterator[str]:
    for table in catalogue.tenant_tables(runtime):
        if outcome := _refused(runtime, f"select count(*) from {table}"):
            yield f"without a context {table} is read: {outcome}"


def _with_forged_context(runtime: Connection) -> Iterator[str]:
    pid = runtime.info.backend_pid
    forgeries = {
        "an unsigned": "",
        "a made-up": "0" * 64,
        "another backend's": sign(f"tenant:{THEIRS}", pid + 1),
        "another tenant's": sign(f"tenant:{MINE}", pid),
        "the directory's": sign("directory:open", pid),
    }
    for table in catalogue.tenant_tables(runtime):
        for kind, signature in forgeries.items():
            forge = partial(enter, runtime, THEIRS, signature)
            if outcome := _refused(runtime, f"select count(*) from {table}", forge):
                yield f"with {kind} signature {table} is read: {outcome}"
    forged = "select set_config('app.directory', 'open', true), set_config('app.directory_signature', 'x', true)"
    if outcome := _refused(runtime, "select count(*) from tenants_tenant", partial(runtime.execute, forged)):
        yield f"with a forged directory the tenants are read: {outcome}"


def _reads(runtime: Connection) -> Iterator[str]:
    for table, column in catalogue.tenant_tables(runtime).items():
        with runtime.transaction(force_rollback=True):
            enter(runtime, MINE)
            try:
                seen = {tenant for (tenant,) in runtime.execute(f"select {column} from {table}")}
            except psycopg.Error as error:
                yield f"{table} cannot be read: {error}"
                continue
        if THEIRS in seen:
            yield f"{table} shows rows of another tenant"
        if MINE not in seen:
            yield f"{table} hides one's own rows"


def _writes(runtime: Connection) -> Iterator[str]:
    for table, column in catalogue.tenant_tables(runtime).items():
        attempts = {
            "inserted": f"insert into {table} ({', '.join({'id', column})}) values "
            + ("(gen_random_uuid())" if column == "id" else "(gen_random_uuid(), gen_random_uuid())"),
            "given away": f"update {table} set {column} = '{THEIRS}'",
        }
        for kind, statement in attempts.items():
            if outcome := _refused(runtime, statement, lambda: enter(runtime, MINE)):
                yield f"a row of another tenant is {kind} in {table}: {outcome}"
        for verb in (f"delete from {table}", f"update {table} set {column} = {column}"):
            with runtime.transaction(force_rollback=True):
                enter(runtime, MINE)
                touched = _touched(runtime, f"{verb} where {column} <> '{MINE}'")
            if touched:
                yield f"{touched} rows of another tenant fall to: {verb}"


def _touched(runtime: Connection, statement: str) -> int:
    try:
        with runtime.transaction():
            return runtime.execute(statement).rowcount
    except REFUSED:
        return 0


def _forbidden(runtime: Connection) -> Iterator[str]:
    (owner,) = runtime.execute(
        "select relowner::regrole::text from pg_class where relname = 'tenants_tenant'"
    ).fetchone() or ("nobody",)
    names = {"owner": owner, "runtime": rls.runtime_role()}
    for act, statement in FORBIDDEN.items():
        if outcome := _refused(runtime, statement.format(**names)):
            yield f"the runtime role can {act}: {outcome}"
    for table in catalogue.tenant_tables(runtime):
        for act, statement in FORBIDDEN_ON_A_TABLE.items():
            if outcome := _refused(runtime, statement.format(table=table)):
                yield f"the runtime role can {act} {table}: {outcome}"
    if outcome := _refused(runtime, "set local row_security = off; select count(*) from tenants_membership"):
        yield f"row security can be set aside: {outcome}"


def _canaries(runtime: Connection) -> Iterator[str]:
    """Nothing that may be read at all, system views and statistics included, holds a word of another tenant."""
    relations = runtime.execute(
        "select oid::regclass::text from pg_class where relkind in ('r', 'p', 'v', 'm', 'f') "
        "and has_table_privilege(oid, 'select') and relname <> 'pg_stat_activity'"  # which shows this very query
    ).fetchall()
    for (relation,) in relations:
        with runtime.transaction(force_rollback=True):
            enter(runtime, MINE)
            try:
                query = f"select count(*) from {relation} as r where r::text like '%%' || %s || '%%'"
                found = runtime.execute(query, [_canary(THEIRS)]).fetchone()
            except psycopg.Error:  # some system views want more rights, or a preloaded library
                continue
        if found != (0,):
            yield f"{relation} holds another tenant's words"
