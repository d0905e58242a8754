"""Keys: shown once, kept as digests, held to their scopes, ended at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tenants import operations, scope
from tenants.models import ApiKey
from tests.world import World, program

NOUNS = "/api/v1/nouns/"


def the_key(world: World) -> ApiKey:
    """The only key of Northwind."""
    with scope.scope(world.northwind.id):
        return ApiKey.objects.get()


def change(world: World, **fields: Any) -> None:
    """Writes fields of every key of Northwind."""
    with scope.scope(world.northwind.id):
        ApiKey.objects.update(**fields)


def test_a_key_is_kept_as_a_digest(world: World, key_text: Callable[..., str]) -> None:
    text = key_text("read")
    key = the_key(world)
    secret = text.removeprefix(f"awu_{key.id.hex}_")
    assert len(secret) >= 43, "256 bits"
    assert secret not in str(vars(key))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1],
        lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"),
        lambda text: text.replace("awu_", "xyz_"),
        lambda text: text.replace("awu_", "awu_0", 1),
        lambda text: "awu__",
        lambda text: "",
        lambda text: text[:37],
        lambda text: text + "é",
    ],
)
def test_a_wrong_key_is_401_and_says_how_to_come_in(spoil: Callable[[str], str], key_text: Callable[..., str]) -> None:
    response = program(spoil(key_text("read"))).get(NOUNS)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_no_key_is_401(as_nobody: Client) -> None:
    response = as_nobody.get(NOUNS)
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, 'Bearer realm="awu_portal"')


def test_only_bearer_is_understood(key_text: Callable[..., str]) -> None:
    assert Client(headers={"Authorization": f"Basic {key_text('read')}"}).get(NOUNS).status_code == 401


def test_a_revoked_key_is_401_at_once(world: World, key_text: Callable[..., str]) -> None:
    client = program(key_text("read"))
    assert client.get(NOUNS).status_code == 200
    with scope.scope(world.northwind.id):
        operations.revoke_key(ApiKey.objects.get(), by=world.alice)
    assert client.get(NOUNS).status_code == 401


def test_an_expired_key_is_401(world: World, key_text: Callable[..., str]) -> None:
    client = program(key_text("read"))
    change(world, expires_at=timezone.now() + timedelta(minutes=1))
    assert client.get(NOUNS).status_code == 200
    change(world, expires_at=timezone.now())
    assert client.get(NOUNS).status_code == 401


@pytest.mark.parametrize(
    ("scope_held", "allowed"),
    [
        ("read", {"GET nouns", "HEAD nouns", "OPTIONS nouns", "GET intake"}),
        ("admin", {"POST nouns"}),
        ("ingest", {"POST intake"}),
        ("run", set()),
    ],
)
def test_a_scope_opens_what_it_names_and_nothing_else(
    scope_held: str, allowed: set[str], api: Callable[..., Client]
) -> None:
    client, opened = api(scope_held), set()
    for call in ("GET nouns", "HEAD nouns", "OPTIONS nouns", "POST nouns", "GET intake", "POST intake"):
        method, _, noun = call.partition(" ")
        response = client.generic(method, f"/api/v1/{noun}/")
        assert response.status_code in (200, 201, 403)
        if response.status_code != 403:
            opened.add(call)
    assert opened == allowed


def test_a_refusal_names_the_scope_that_is_missing(api: Callable[..., Client]) -> None:
    assert "“admin”" in api("read").post(NOUNS).json()["detail"]


def test_the_last_use_is_kept_to_the_minute(world: World, key_text: Callable[..., str]) -> None:
    client = program(key_text("read"))
    assert the_key(world).last_used_at is None
    client.get(NOUNS)
    first = the_key(world).last_used_at
    assert first is not None
    client.get(NOUNS)
    assert the_key(world).last_used_at == first
    change(world, last_used_at=first - timedelta(seconds=61))
    client.get(NOUNS)
    assert (the_key(world).last_used_at or first) > first


def test_a_key_needs_a_scope_and_a_future(world: World, in_northwind: Any) -> None:
    with pytest.raises(operations.Refused):
        operations.create_key("none", [], by=world.alice)
    with pytest.raises(operations.Refused):
        operations.create_key("late", ["read"], by=world.alice, expires_at=timezone.now())
    with pytest.raises(ValueError, match="everything"):
        operations.create_key("odd", ["everything"], by=world.alice)
