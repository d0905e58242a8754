"""`manage.py migrate`, as the owner of the tables; then the wall's functions, key and rights are renewed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate
from django.db import connections

from tenants import rls


class Command(migrate.Command):
    """Django's command on the `owner` connection, where there is one."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Django's arguments, with another default database."""
        super().add_arguments(parser)
        if "owner" in connections:
            parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrates, then renews what is not in migrations."""
        super().handle(*args, **options)
        if not (options["plan"] or options["check_unapplied"] or options["prune"]):
            _renew(options["database"])


def _renew(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("select to_regclass('public.tenants_tenant') is not null")
        (there,) = cursor.fetchone() or (False,)
    if there:
        rls.renew(connections[alias])
