"""Whatever a vendor calls a claim, it has a page and a call, and the tables lead there."""

from __future__ import annotations

import json
import re
from html import unescape
from itertools import product
from urllib.parse import quote, urljoin

import pytest
from django.test import Client
from django.urls import reverse

from audit.queries import addresses
from tenants import operations
from tenants.scope import scope
from tests.audit.pages.walk import at, get, said
from tests.desk import Desk, open_desk
from tests.world import World, program

IDS = [
    *("a\nb", "a\r\nb", "tab\there", "\x01bell", "\x7f", "a/b", "/", "//", "a//b", "/a", "a/", ".", "..", "a/../b"),
    *("%2e%2e", "%", "?#&=;", "a\\b", "  blank  ", "x/explain", "explain", "é" * 500, "😀" * 500, "x" * 500),
    *("a\u2028b", "\u202eover", "<b>", '"quoted"', "sha256:" + "0" * 64, "y" * 5_000, "café"),
]


@pytest.fixture
def desk(world: World) -> Desk:
    """Northwind's desk, with a claim of every id judged."""
    desk = open_desk(world.northwind.id)
    rows = [
        {"claim_id": name, "agent_id": "a1", "action": "w", "target": f"crm/Case/{at}"}
        | {"occurred_at": f"2026-03-02T09:{at:02}:00Z"}
        for at, name in enumerate(IDS)
    ]
    batch = desk.take(desk.claims, "\n".join(map(json.dumps, rows)), "odd.jsonl")
    assert (batch.accepted_count, batch.refused_count) == (len(IDS), 0)
    desk.run()
    return desk


def opened(address: str) -> str:
    """The address as a browser asks for it: dots in its path are folded, percent-encoded ones too."""
    path, _, query = address.partition("?")
    return urljoin("http://testserver/", re.sub("%2e", ".", path, flags=re.I)).removeprefix("http://testserver") + (
        f"?{query}" if query else ""
    )


def test_every_claim_has_a_page_to_which_the_lines_lead(desk: Desk, as_vera: Client) -> None:
    page = as_vera.get(at("lines") + "?per_page=250")
    assert page.status_code == 200, said(page)[:300]
    links = re.findall(r'<a href="(/t/northwind/claims/acme/[^"]+)"', page.content.decode())
    assert len(links) == len(IDS)
    reached = []
    for link in links:
        assert len(link) < 4_000, "servers take no longer one"
        response = as_vera.get(opened(unescape(link)))
        assert response.status_code == 200, link[:200]
        reached.append(response.context["line"]["claim_id"])
    assert sorted(reached) == sorted(IDS)


def test_the_calls_take_the_same_addresses(desk: Desk, world: World) -> None:
    with scope(desk.tenant_id):
        _, key = operations.create_key("reads", ["read"], by=world.alice)
    client = program(key)
    for name, route in product(IDS, ("api-claim", "api-claim-explain")):
        address = opened(reverse(route, kwargs={"vendor": "acme", "claim_id": name}))
        answer = client.get(address)
        assert answer.status_code == 200, (route, address[:200])
        if route == "api-claim":
            assert [row["claim_id"] for row in answer.json()["results"]] == [name]


def test_a_vendor_with_a_slash_has_claims_with_pages(world: World, as_vera: Client) -> None:
    desk = open_desk(world.northwind.id)
    desk.ask(lambda: type(desk.vendor).objects.filter(id=desk.vendor.id).update(key="A/S Acme.."))
    desk.take(desk.claims, "claim_id,agent_id,action,occurred_at\nc1,a1,w,2026-03-02T09:00:00Z\n")
    desk.run()
    (link,) = re.findall(r'<a href="(/t/northwind/claims/[^"]+)"', as_vera.get(at("lines")).content.decode())
    assert "A/S Acme.." in get(as_vera, opened(unescape(link)))


def test_an_address_that_names_nothing_is_not_found(desk: Desk, as_vera: Client) -> None:
    for name in ("none", "sha256:" + "1" * 64, "sha256:zz"):
        assert as_vera.get(at("claim", vendor="acme", claim_id="c").replace("/c/", f"/{name}/")).status_code == 404


def test_plain_ids_stay_readable_in_their_address() -> None:
    for name in ("T-1", "order 7", "a/b", "café", "  blank  "):
        assert addresses.part(name, slashes=True) == name
    assert quote(addresses.part("a\nb", slashes=True)).startswith("sha256%3A")
