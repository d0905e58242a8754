"""`manage.py create_tenant SLUG NAME [--time-zone ZONE]`: a new customer."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants import operations


class Command(BaseCommand):
    """Makes a tenant without members."""

    help = "Make a tenant; add its first admin with create_member."

    def add_arguments(self, parser: CommandParser) -> None:
        """What is asked for."""
        parser.add_argument("slug", help="its name in addresses: /t/SLUG/")
        parser.add_argument("name")
        parser.add_argument("--time-zone", default="UTC", help="a name like Europe/Berlin")

    def handle(self, *args: Any, **options: Any) -> None:
        """Makes it, or says why not."""
        try:
            tenant = operations.create_tenant(options["slug"], options["name"], options["time_zone"])
        except operations.Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{tenant.name}: /t/{tenant.slug}/")
