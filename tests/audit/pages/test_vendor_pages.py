"""Vendors, agents, accounts and prices on their pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from audit.models import Actor, Agent, RateCard, Vendor
from tests.audit.pages.walk import at, get, post, said
from tests.desk import Desk, open_desk
from tests.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    """Northwind's desk."""
    return open_desk(world.northwind.id)


def test_an_empty_list_of_vendors_says_what_to_do(as_alice: Client, as_vera: Client) -> None:
    assert "No vendor yet" in get(as_alice, at("vendors"))
    assert "Enter a vendor" not in get(as_vera, at("vendors"))


def test_a_vendor_is_entered_under_its_name_where_no_word_is_given(as_alice: Client, world: World) -> None:
    text = post(as_alice, at("vendor-add"), name="Forcedesk", key="")
    assert "In its claims it is called Forcedesk" in text


def test_a_vendor_that_is_there_already_is_refused_at_its_field(as_alice: Client, desk: Desk) -> None:
    response = as_alice.post(at("vendor-add"), {"name": "Acme again", "key": "acme"})
    assert response.status_code == 422
    assert "There is a vendor “acme” already." in said(response)
    assert desk.ask(Vendor.objects.count) == 1


def test_an_admin_renames_a_vendor_and_its_agents(as_alice: Client, desk: Desk) -> None:
    here: dict[str, Any] = {"vendor_id": desk.vendor.id}
    assert "Acme AG" in post(as_alice, at("vendor-rename", **here), **{"rename-name": "Acme AG"})
    form = {"agent-agent_id": "a7", "agent-name": "Seven"}
    assert "The agent Seven is entered." in post(as_alice, at("agent-add", **here), **form)
    agent = desk.ask(Agent.objects.get)
    assert "It is shown as The seventh" in post(as_alice, at("agent", agent_id=agent.id, **here), name="The seventh")
    assert desk.see(agent).agent_id == "a7"


def test_an_account_is_bound_and_unbound_after_one_question(as_alice: Client, desk: Desk) -> None:
    form = {"actor-system": "crm", "actor-actor": "bot@acme", "actor-agent_id": "a1"}
    post(as_alice, at("actor-bind", vendor_id=desk.vendor.id), **form)
    address = at("actor-unbind", actor_id=desk.ask(Actor.objects.get).id)
    assert "Unbind bot@acme?" in get(as_alice, address)
    assert desk.ask(Actor.objects.count) == 1
    post(as_alice, address)
    assert desk.ask(Actor.objects.count) == 0


def test_a_price_is_kept_exactly_and_taken_back_after_one_question(as_alice: Client, desk: Desk) -> None:
    form = {"vendor": desk.vendor.id, "price": "0.123456", "currency": "usd", "starts_on": "2026-07-01"}
    assert "$0.123456" in post(as_alice, at("rate-card-add"), **form)
    card = desk.ask(RateCard.objects.get)
    assert (card.price_micros, card.currency) == (123_456, "USD")
    assert "Take back this price?" in get(as_alice, at("rate-card-drop", card_id=card.id))
    post(as_alice, at("rate-card-drop", card_id=card.id))
    assert desk.ask(RateCard.objects.count) == 0


def test_the_same_price_twice_is_refused_in_words(as_alice: Client, desk: Desk) -> None:
    form = {"vendor": desk.vendor.id, "price": "0.1", "currency": "USD", "starts_on": "2026-07-01"}
    post(as_alice, at("rate-card-add"), **form)
    response = as_alice.post(at("rate-card-add"), form)
    assert response.status_code == 422
    assert "There is a price for this vendor" in said(response)


@pytest.mark.parametrize("who", ["as_vera", "as_bob", "as_axel"])
def test_only_an_admin_changes_parties(who: str, desk: Desk, request: pytest.FixtureRequest) -> None:
    client = request.getfixturevalue(who)
    page = get(client, at("vendor", vendor_id=desk.vendor.id))
    assert "Enter an agent by hand" not in page
    assert "Enter a price" not in page
    for address in (at("vendor-add"), at("vendor-rename", vendor_id=desk.vendor.id), at("rate-card-add")):
        assert client.post(address, {"name": "Mine"}).status_code == 403
    assert desk.see(desk.vendor).name == "Acme"


def test_an_outsider_finds_no_vendor_here_and_nothing_of_ours_there(as_charlie: Client, desk: Desk) -> None:
    assert as_charlie.get(at("vendors")).status_code == 404
    assert as_charlie.get(at("vendor", "contoso", vendor_id=desk.vendor.id)).status_code == 404
    assert as_charlie.post(at("vendor-rename", "contoso", vendor_id=desk.vendor.id)).status_code == 404
    assert "Acme" not in get(as_charlie, at("vendors", "contoso"))


def test_a_forms_address_that_is_opened_says_what_it_is(as_alice: Client) -> None:
    for name in ("vendor-add", "run-open"):
        answer = as_alice.get(at(name))
        assert (answer.status_code, answer["Allow"]) == (405, "POST")
        assert "This address takes what a form sends" in said(answer)
