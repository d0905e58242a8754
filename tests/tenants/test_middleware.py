"""From a request to a tenant: one transaction, one tenant, and the same silence for all others."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tenants import scope
from tenants.models import Membership, Tenant, User
from tests.world import World


def name_of(tenant: Tenant) -> str:
    """The tenant's name as it is in the database now."""
    with scope.scope(tenant.id):
        return Tenant.objects.get().name


def without_token(page: bytes) -> bytes:
    """The page without the CSRF token, which is masked anew in every answer."""
    return re.sub(rb"[A-Za-z0-9]{64}", b"", page)


def test_a_member_gets_their_tenant_in_its_time_zone(as_vera: Client) -> None:
    assert as_vera.get("/t/northwind/").content == b"Europe/Berlin Northwind"


def test_a_template_reads_inside_the_scope(as_vera: Client) -> None:
    assert as_vera.get("/t/northwind/late/").content == b"5 members"
    assert not scope.is_open()


def test_another_tenant_answers_as_if_it_did_not_exist(as_alice: Client) -> None:
    foreign, absent = as_alice.get("/t/contoso/"), as_alice.get("/t/nowhere/")
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert without_token(foreign.content) == without_token(absent.content)
    assert b"Contoso" not in foreign.content


def test_a_stranger_is_led_to_sign_in_whether_the_tenant_exists_or_not(as_nobody: Client) -> None:
    for slug in ("northwind", "nowhere"):
        response = as_nobody.get(f"/t/{slug}/late/?page=2")
        assert (response.status_code, response.headers["Location"]) == (
            302,
            f"/sign-in/?next=/t/{slug}/late/%3Fpage%3D2",
        )


def test_a_part_of_a_page_is_not_replaced_by_the_sign_in_form(as_nobody: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/t/northwind/late/"}
    response = as_nobody.get("/t/northwind/", headers=headers)
    assert response.headers["HX-Redirect"] == "/sign-in/?next=/t/northwind/late/"


def test_who_was_removed_is_out_at_once(world: World, as_bob: Client) -> None:
    assert as_bob.get("/t/northwind/").status_code == 200
    with scope.scope(world.northwind.id):
        Membership.objects.filter(user=world.bob).update(removed_at="2026-01-01T00:00Z")
    assert as_bob.get("/t/northwind/").status_code == 404


def test_who_may_not_sign_in_any_more_is_out_at_once(world: World, as_bob: Client) -> None:
    User.objects.filter(pk=world.bob.pk).update(is_active=False)
    assert as_bob.get("/t/northwind/").status_code == 302


@pytest.mark.parametrize(
    ("end", "name"), [("200", "Renamed"), ("302", "Renamed"), ("500", "Northwind"), ("raise", "Northwind")]
)
def test_what_fails_is_rolled_back(end: str, name: str, world: World, as_alice: Client) -> None:
    as_alice.get(f"/t/northwind/renames/{end}/")
    assert name_of(world.northwind) == name


def test_a_crash_is_rolled_back_and_leaves_no_scope(world: World, as_alice: Client) -> None:
    with pytest.raises(ZeroDivisionError):
        as_alice.get("/t/northwind/renames/crash/")
    assert name_of(world.northwind) == "Northwind"


def test_a_stream_that_could_read_later_is_refused(as_alice: Client) -> None:
    with pytest.raises(RuntimeError, match="read after its scope"):
        as_alice.get("/t/northwind/stream/0/")
    assert b"".join(as_alice.get("/t/northwind/stream/1/")) == b"bytes"


def test_a_view_may_enter_by_itself(as_alice: Client) -> None:
    assert as_alice.get("/t/northwind/itself/").content == b"Northwind"


def test_a_key_gets_its_tenant(world: World, api: Callable[..., Client]) -> None:
    assert api("read").get("/api/v1/nouns/").json() == {"tenant": "northwind", "members": 5}
    assert api("read", tenant=world.contoso).get("/api/v1/nouns/").json() == {"tenant": "contoso", "members": 1}


def test_a_handler_of_an_api_view_may_enter_by_itself(api: Callable[..., Client]) -> None:
    program = api("ingest", "read")
    assert program.post("/api/v1/intake/").json() == {"open": False, "tenant": "northwind"}
    assert program.get("/api/v1/intake/").json() == {"open": True}


def test_a_session_is_no_key(as_alice: Client) -> None:
    assert as_alice.get("/api/v1/nouns/").status_code == 401


def test_what_needs_no_key_takes_none(as_nobody: Client) -> None:
    assert as_nobody.get("/api/v1/open/").json() == {"open": False}


def test_two_requests_after_one_another_share_nothing(as_alice: Client, as_charlie: Client) -> None:
    seen: list[Any] = []
    for _ in range(3):
        seen += [as_alice.get("/t/northwind/").content[-9:], as_charlie.get("/t/contoso/").content[-7:]]
    assert seen == [b"Northwind", b"Contoso"] * 3
