"""The people of every test: all roles of Northwind, and Charlie, who belongs to Contoso only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from django.test import Client

from tenants import operations
from tenants.models import Membership, Role, Tenant, User
from tenants.scope import scope

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class World:
    """Two tenants and their people; nothing of the product yet."""

    northwind: Tenant
    contoso: Tenant
    alice: User  # admin
    bob: User  # analyst
    vera: User  # viewer
    axel: User  # auditor
    gus: User  # a vendor's guest
    charlie: User  # admin of Contoso, nobody in Northwind

    def by_role(self) -> dict[Role, User]:
        """The person of each role in Northwind."""
        people = (self.vera, self.bob, self.axel, self.alice, self.gus)
        return dict(zip((Role.VIEWER, Role.ANALYST, Role.AUDITOR, Role.ADMIN, Role.GUEST), people, strict=True))

    def member(self, user: User, tenant: Tenant | None = None) -> Membership:
        """A person's membership in Northwind, or in the tenant named."""
        tenant = tenant or self.northwind
        with scope(tenant.id):
            return Membership.objects.select_related("user").get(user=user, tenant=tenant)


@pytest.fixture
def world(db: None) -> World:
    """Northwind, Contoso, and their people. Rolled back, or with `committed` emptied, after the test."""
    return people()


def people() -> World:
    """Enter both tenants and everybody in them."""
    northwind = operations.create_tenant("northwind", "Northwind", "Europe/Berlin")
    contoso = operations.create_tenant("contoso", "Contoso")
    return World(
        northwind=northwind,
        contoso=contoso,
        alice=person("Alice", northwind, Role.ADMIN),
        bob=person("Bob", northwind, Role.ANALYST),
        vera=person("Vera", northwind, Role.VIEWER),
        axel=person("Axel", northwind, Role.AUDITOR),
        gus=person("Gus", northwind, Role.GUEST),
        charlie=person("Charlie", contoso, Role.ADMIN),
    )


@pytest.fixture
def committed(transactional_db: None) -> None:
    """For tests with threads, processes or several connections: what they write is really committed."""


def person(name: str, tenant: Tenant, role: Role) -> User:
    """A person with a password in one tenant."""
    user = User.objects.create_user(f"{name.lower()}@{tenant.slug}.example", name, PASSWORD)
    with scope(tenant.id):
        Membership.objects.create(tenant=tenant, user=user, role=role)
    return user


def signed_in(user: User) -> Client:
    """A browser of this person. Call it outside any scope: the request opens its own."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def as_nobody(db: None) -> Client:
    """A browser that is not signed in."""
    return Client()


@pytest.fixture
def as_alice(world: World) -> Client:
    """Northwind's admin."""
    return signed_in(world.alice)


@pytest.fixture
def as_bob(world: World) -> Client:
    """Northwind's analyst."""
    return signed_in(world.bob)


@pytest.fixture
def as_vera(world: World) -> Client:
    """Northwind's viewer."""
    return signed_in(world.vera)


@pytest.fixture
def as_axel(world: World) -> Client:
    """Northwind's auditor."""
    return signed_in(world.axel)


@pytest.fixture
def as_gus(world: World) -> Client:
    """A guest of Northwind from a vendor."""
    return signed_in(world.gus)


@pytest.fixture
def as_charlie(world: World) -> Client:
    """The outsider: admin of Contoso."""
    return signed_in(world.charlie)


@pytest.fixture
def in_northwind(world: World) -> Iterator[UUID]:
    """The whole test runs in Northwind's scope; for operations and queries, not for requests."""
    with scope(world.northwind.id):
        yield world.northwind.id


@pytest.fixture
def key_text(world: World) -> Callable[..., str]:
    """Makes an API key: `key_text("read", "ingest")`, or with `tenant=world.contoso`; the answer is its text."""

    def make(*scopes: str, tenant: Tenant | None = None) -> str:
        tenant = tenant or world.northwind
        with scope(tenant.id):
            _, text = operations.create_key("test", scopes, by=world.alice)
        return text

    return make


@pytest.fixture
def api(key_text: Callable[..., str]) -> Callable[..., Client]:
    """A program with a key: `api("read").get("/api/v1/…")`."""
    return lambda *scopes, tenant=None: program(key_text(*scopes, tenant=tenant))


def program(text: str) -> Client:
    """A client that sends this key."""
    return Client(headers={"Authorization": f"Bearer {text}"})
