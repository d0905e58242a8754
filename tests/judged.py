"""A database with the demonstration in it, made once for each test process and put back after every test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.test import Client

from tenants.models import Tenant, User
from tenants.scope import directory
from tests import database
from tests.world import signed_in

CLAIMS = 1_500


@dataclass(frozen=True)
class Judged:
    """The demonstration's tenants by slug; people by name."""

    tenants: dict[str, UUID]

    def browser(self, email: str) -> Client:
        """Somebody signed in: `alice@northwind.example`."""
        return signed_in(User.objects.get(email=email))


@pytest.fixture(scope="session")
def judged_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The name of a database with two loaded tenants, each with a finished run."""
    name = f"{database.NAME}_judged"
    with django_db_blocker.unblock():
        database.copy_database(database.PRISTINE, name)
        database.use(name)
        call_command("load_demo", claims=CLAIMS, verbosity=0)
        database.use(database.NAME)
    yield name
    with django_db_blocker.unblock():
        database.drop_database(name)


@pytest.fixture
def judged(judged_database: str, django_db_blocker: Any) -> Iterator[Judged]:
    """The demonstration, judged. What the test writes is rolled back. Not together with `db`."""
    with django_db_blocker.unblock(), inside(judged_database) as found:
        yield found


@contextmanager
def inside(name: str) -> Iterator[Judged]:
    """The database of this name, for a while and without a trace."""
    with database.undone(name):
        with directory():
            tenants = dict(Tenant.objects.values_list("slug", "id"))
        yield Judged(tenants)
