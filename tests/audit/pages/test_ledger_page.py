"""The ledger on its page: who did what when, and to what."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.audit.pages.walk import at, get, post
from tests.desk import CLAIMS, Desk, claim, open_desk
from tests.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    """Northwind's desk."""
    return open_desk(world.northwind.id)


def test_an_act_stands_in_the_ledger_under_the_name_of_who_did_it(as_alice: Client, world: World) -> None:
    post(as_alice, at("vendor-add"), name="Forcedesk", key="")
    assert "Alice vendor.added vendor" in get(as_alice, at("ledger"))


def test_the_newest_entry_stands_first_and_leads_to_its_batch(as_axel: Client, desk: Desk) -> None:
    batch = desk.take(desk.claims, CLAIMS + claim(1))
    text = get(as_axel, at("ledger"))
    assert text.index("batch.sealed") < text.index("batch.received") < text.index("vendor.added")
    assert at("batch", batch_id=batch.id) in as_axel.get(at("ledger")).content.decode()


def test_entries_are_narrowed_by_act_and_by_thing(as_axel: Client, desk: Desk) -> None:
    batch = desk.take(desk.claims, CLAIMS + claim(1))
    text = get(as_axel, f"{at('ledger')}?action=batch&thing=batch:{batch.id}")
    assert "1–2 of 2" in text
    assert "Nothing matches these filters" in get(as_axel, f"{at('ledger')}?action=nothing")
    assert "Nothing matches these filters" in get(as_axel, f"{at('ledger')}?thing=a%00b")


@pytest.mark.parametrize(("who", "status"), [("as_vera", 403), ("as_gus", 403), ("as_bob", 200), ("as_charlie", 404)])
def test_the_ledger_is_for_those_who_check(who: str, status: int, desk: Desk, request: pytest.FixtureRequest) -> None:
    assert request.getfixturevalue(who).get(at("ledger")).status_code == status


def test_an_outsiders_ledger_holds_nothing_of_ours(as_charlie: Client, desk: Desk) -> None:
    assert "acme" not in get(as_charlie, at("ledger", "contoso")).lower()
