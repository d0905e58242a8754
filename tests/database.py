"""The databases of a test process. The owner makes, migrates, cleans and drops them; tests are the runtime role."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import psutil
import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections, transaction
from django.test import TransactionTestCase
from psycopg import sql

PREFIX = "test_awu_"
NAME = f"{PREFIX}{os.getpid()}"
PRISTINE = f"{NAME}_pristine"  # migrated and empty: what others are copied from
KEPT = ("app_key", "django_migrations", "django_content_type", "auth_permission")  # what migrations fill
EMBEDDED = not os.environ.get("AWU_TEST_DATABASE_URL")
_first_names: dict[str, str] = {}


def connect(alias: str, name: str | None = None, **options: Any) -> psycopg.Connection[Any]:
    """A bare connection as the runtime role (`default`) or the owner (`owner`), past Django and its transactions."""
    given = connections[alias].settings_dict
    known = {"user": given["USER"], "password": given["PASSWORD"], "host": given["HOST"], "port": given["PORT"]}
    known = {key: value for key, value in known.items() if value} | given["OPTIONS"]
    return psycopg.connect(dbname=name or given["NAME"], autocommit=True, **known, **options)


def copy_database(source: str, name: str) -> str:
    """A new database like `source`, to which nobody may be connected; the owner of both is the owner."""
    with _maintenance() as server:
        server.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
        create = sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(source))
        server.execute(create)
    return name


def drop_database(name: str) -> None:
    """Drops a database with whoever is connected to it; those who are just leaving get the time to."""
    with _maintenance() as server:
        try:
            server.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(name)))
        except psycopg.errors.ObjectInUse:
            server.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def environment(name: str | None = None, **more: str) -> dict[str, str]:
    """Variables with which another process (a worker, a server) uses the test's database, or the one named."""
    urls = {}
    for alias, variable in (("default", "DATABASE_URL"), ("owner", "DATABASE_OWNER_URL")):
        given = connections[alias].settings_dict
        who = quote(given["USER"], safe="") + (f":{quote(given['PASSWORD'], safe='')}" if given["PASSWORD"] else "")
        where = f"?host={quote(given['HOST'], safe='')}" if given["HOST"].startswith("/") else ""
        server = "" if where else f"{given['HOST']}:{given['PORT'] or 5432}"
        urls[variable] = f"postgresql://{who}@{server}/{quote(name or given['NAME'])}{where}"
    own = {"DJANGO_SETTINGS_MODULE": "awu_portal.settings", "TENANT_KEY": settings.TENANT_KEY}
    return {**os.environ, **urls, **own, **more}


@contextmanager
def _maintenance() -> Iterator[psycopg.Connection[Any]]:
    with connect("owner", _first_names["owner"]) as server:
        yield server


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """One migrated database for this process, whatever else runs on the machine."""
    with django_db_blocker.unblock():
        for alias in connections:
            _first_names[alias] = connections[alias].settings_dict["NAME"]
        if EMBEDDED:
            _relax_server()
            _drop_what_the_dead_left()
        copy_database("template1", PRISTINE)
        use(PRISTINE)
        call_command("migrate", verbosity=0)
        connections.close_all()
        use(copy_database(PRISTINE, NAME))
    TransactionTestCase._fixture_teardown = lambda case: empty_tables()  # type: ignore[attr-defined]
    yield
    with django_db_blocker.unblock():
        connections.close_all()
        drop_database(NAME)
        drop_database(PRISTINE)


def use(name: str) -> None:
    """From here on tests talk to the database of this name."""
    for alias in connections:
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name


@contextmanager
def undone(name: str) -> Iterator[None]:
    """The database of this name, for a while and without a trace."""
    use(name)
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    finally:
        for alias in connections:
            connections[alias].close()
        use(NAME)


def _relax_server() -> None:
    """Test data need not survive a power cut."""
    host = connections["owner"].settings_dict["HOST"]
    with psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True) as server:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            server.execute(sql.SQL("alter system set {} = off").format(sql.Identifier(setting)))
        server.execute("select pg_reload_conf()")


def _drop_what_the_dead_left() -> None:
    with _maintenance() as server:
        names = [name for (name,) in server.execute("select datname from pg_database where datname ^@ %s", [PREFIX])]
    for name in names:
        if not psutil.pid_exists(int(name.removeprefix(PREFIX).split("_")[0])):
            drop_database(name)


def empty_tables() -> None:
    """Empties what tests committed. The owner does it: the runtime role may not truncate, append-only tables refuse."""
    with connect("owner") as owner, owner.transaction():
        owner.execute("set local lock_timeout = '20s'")
        tables = owner.execute(
            "select oid::regclass::text, relhastriggers from pg_class where relkind in ('r', 'p') "
            "and relnamespace = 'public'::regnamespace and relname <> all(%s)",
            [list(KEPT)],
        ).fetchall()
        with_triggers = [table for table, has_triggers in tables if has_triggers]
        for table in with_triggers:
            owner.execute(f"alter table {table} disable trigger user")
        owner.execute("truncate " + ", ".join(table for table, _ in tables))
        for table in with_triggers:
            owner.execute(f"alter table {table} enable trigger user")
