"""Refusal to run with a database role that row security would not bind."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections

log = logging.getLogger(__name__)
WAIT_SECONDS = 60
TOO_STRONG = """
select 'is a superuser' from pg_roles where rolname = current_user and rolsuper
union all
select 'may bypass row security' from pg_roles where rolname = current_user and rolbypassrls
union all
select 'owns the table ' || min(oid::regclass::text) from pg_class
where relkind in ('r', 'p', 'v', 'm', 'f') and pg_has_role(relowner, 'member') having count(*) > 0
"""


def faults(alias: str = DEFAULT_DB_ALIAS) -> list[str]:
    """What is wrong with the role of this connection, in words; empty when row security binds it."""
    with connections[alias].cursor() as cursor:
        cursor.execute(TOO_STRONG)
        return [f"The database role {connections[alias].settings_dict['USER']} {fault}." for (fault,) in cursor]


def refuse_strong_role() -> None:
    """Stops the start of the web or a worker whose role could walk through the wall, or that finds no database."""
    try:
        found = _faults_once_it_answers()
    finally:
        connections[DEFAULT_DB_ALIAS].close()  # whoever starts may fork
    if found:
        raise ImproperlyConfigured(" ".join([*found, "Give DATABASE_URL a role that owns nothing."]))


def _faults_once_it_answers() -> list[str]:
    """Waits for a database that starts too: gunicorn gives up for good when one of its processes does not start."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return faults()
        except OperationalError as error:
            connections[DEFAULT_DB_ALIAS].close()
            if time.monotonic() > deadline:
                raise ImproperlyConfigured(f"The database does not answer: {error}") from error
            log.warning("the database does not answer yet")
            time.sleep(1)


@register(Tags.database)
def check_role(databases: Sequence[str] | None = None, **options: Any) -> list[CheckMessage]:
    """`manage.py check --database default`: the same as a message."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    return [Error(fault, hint="Give DATABASE_URL a role that owns nothing.", id="tenants.E001") for fault in faults()]
