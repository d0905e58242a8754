"""`manage.py create_member SLUG EMAIL NAME ROLE`: a person in a tenant, with the link where they choose a password."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from tenants import operations
from tenants.models import Role, Tenant
from tenants.scope import directory, scope


class Command(BaseCommand):
    """Adds a member, who may be new."""

    help = "Add a member to a tenant and print the path where a new person chooses a password."

    def add_arguments(self, parser: CommandParser) -> None:
        """What is asked for."""
        parser.add_argument("slug")
        parser.add_argument("email")
        parser.add_argument("name")
        parser.add_argument("role", choices=Role.values)

    def handle(self, *args: Any, **options: Any) -> None:
        """Adds them, or says why not."""
        with directory():
            tenant = Tenant.objects.filter(slug=options["slug"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {options['slug']}: make it with create_tenant.")
        try:
            with scope(tenant.id):
                membership, token = operations.add_member(options["email"], options["name"], options["role"])
        except operations.Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(
            f"{membership.user.email} is {membership.role} of {tenant.slug}: {reverse('welcome', args=[token])}"
        )
