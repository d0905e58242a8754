"""Whose data a piece of code may touch: one tenant's, for the length of one transaction.

PostgreSQL's row security asks `app_tenant()`, which believes only a context signed here. The context is
transaction-local and bound to the backend, so nothing of it outlives the block or leaves the connection.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.pq import TransactionStatus

DIRECTORY = "directory"
SET = "select set_config(%s, %s, true), set_config(%s, %s, true)"
FORGET = "select set_config(%s, '', false), set_config(%s, '', false)"
_active: ContextVar[UUID | str | None] = ContextVar("active scope", default=None)


class ScopeError(RuntimeError):
    """Tenant data was asked for outside a scope, or a scope was opened inside another."""


@contextmanager
def scope(tenant_id: UUID | str, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """One transaction that sees and writes the rows of this tenant only.

    Refuses to nest: an inner scope would outlive its savepoint. Rolled back when an exception leaves it.
    """
    tenant = UUID(str(tenant_id))
    with _context(tenant, "tenant", str(tenant), using):
        yield


@contextmanager
def directory(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """One transaction that may read which tenants, memberships and API keys exist, across tenants.

    For what must be known before the tenant is: whose key, whose membership, which tenants to sweep. Nothing
    else is readable in it and nothing can be written. A test lists who calls this.
    """
    with _context(DIRECTORY, DIRECTORY, "open", using):
        yield


def ask_directory(statement: str, given: Sequence[Any], using: str = DEFAULT_DB_ALIAS) -> list[Any]:
    """The rows of one statement in a directory scope of its own, in one message to PostgreSQL.

    Statements that are sent together are one transaction, so the context is gone when the answer is there.
    """
    if is_open():
        raise ScopeError(f"A scope does not nest: {_active.get()} is open already.")
    connection: Any = connections[using]
    if connection.connection is None or connection.in_atomic_block:
        return _ask(connection, statement, given)
    connection.health_check_done = True  # what is asked shows it too, and can be asked again
    try:
        return _ask(connection, statement, given)
    except (InterfaceError, OperationalError):
        connection.close()
        return _ask(connection, statement, given)


def _ask(connection: BaseDatabaseWrapper, statement: str, given: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        context = _context_values(connection, DIRECTORY, "open")
        cursor.execute(f"{SET}; {statement}; {FORGET}", [*context, *given, *context[::2]])
        cursor.nextset()
        return list(cursor.fetchall())


def current() -> UUID:
    """The tenant of the scope that is open, or ScopeError."""
    active = _active.get()
    if isinstance(active, UUID):
        return active
    raise ScopeError("No tenant scope is open here: wrap this in `with scope(tenant_id):` and read all of it inside.")


def is_open() -> bool:
    """Whether a scope or the directory is open here."""
    return _active.get() is not None


@contextmanager
def _context(active: UUID | str, kind: str, value: str, using: str) -> Iterator[None]:
    if is_open():
        raise ScopeError(f"A scope does not nest: {_active.get()} is open already.")
    connection = connections[using]
    with transaction.atomic(using=using):
        _set_context(connection, kind, value)
        token = _active.set(active)
        try:
            yield
        finally:
            _active.reset(token)
        _refuse_lost_writes(connection)
        if not connection.needs_rollback:
            _forget_context(connection, kind)


def _set_context(connection: BaseDatabaseWrapper, kind: str, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SET, _context_values(connection, kind, value))


def _context_values(connection: BaseDatabaseWrapper, kind: str, value: str) -> list[str]:
    """Name and value of the two settings of a context. The connection must be open: its backend is signed too."""
    signature = sign(f"{kind}:{value}", connection.connection.info.backend_pid)
    return [f"app.{kind}", value, f"app.{kind}_signature", signature]


def _forget_context(connection: BaseDatabaseWrapper, kind: str) -> None:
    """Also where an outer transaction goes on, and also what injected SQL may have set for the whole session."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET, [f"app.{kind}", f"app.{kind}_signature"])


def _refuse_lost_writes(connection: BaseDatabaseWrapper) -> None:
    """PostgreSQL answers COMMIT of a failed transaction with a quiet ROLLBACK; a swallowed error must not pass so."""
    if connection.connection.info.transaction_status == TransactionStatus.INERROR and not connection.needs_rollback:
        raise ScopeError("A statement failed in this scope and its error was swallowed: nothing would be saved.")


def key() -> bytes:
    """The key that signs contexts: 32 bytes derived from TENANT_KEY."""
    return hmac.digest(settings.TENANT_KEY.encode(), b"awu_portal tenant context v1", hashlib.sha256)


def sign(message: str, pid: int) -> str:
    """HMAC-SHA256 (RFC 2104) of the message on this backend, in hexadecimal; `app_signed` in SQL is its other half."""
    return hmac.new(key(), f"{message}:{pid}".encode(), hashlib.sha256).hexdigest()
