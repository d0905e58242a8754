"""The tenant's home: a checklist that ticks itself, then the score and what waits."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.audit.pages.walk import FOREIGN, at, file, get, said
from tests.desk import CLAIMS, EVIDENCE, Desk, claim, event, open_desk
from tests.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    """Northwind's desk."""
    return open_desk(world.northwind.id)


def test_an_empty_tenant_is_offered_three_ways_and_the_first_step(as_alice: Client, world: World) -> None:
    text = get(as_alice, at("start"))
    assert "Nothing has been checked yet" in text
    for way in ("Upload a vendor file", "Connect evidence", "Look at the sample"):
        assert way in text
    assert "0 of 7 done" in text
    assert "Enter the vendor : next" in text


def test_the_checklist_ticks_itself(as_alice: Client, desk: Desk) -> None:
    assert "3 of 7 done" in get(as_alice, at("start"))
    desk.take(desk.claims, CLAIMS + claim(1))
    desk.take(desk.evidence, EVIDENCE + event(1))
    text = get(as_alice, at("start"))
    assert "5 of 7 steps to your first score" in text
    assert "Agree on rules : next" in text


def test_after_a_run_the_score_is_the_headline(as_alice: Client, desk: Desk) -> None:
    desk.take(desk.claims, CLAIMS + claim(1) + claim(2))
    desk.take(desk.evidence, EVIDENCE + event(1))
    desk.run()
    text = get(as_alice, at("start"))
    assert "50.0 % of what was claimed is verified" in text
    assert "2 units were claimed; independent systems confirm 1." in text
    desk.take(desk.claims, CLAIMS + claim(3))
    assert "1 batch arrived since: a new run would hear it." in get(as_alice, at("start"))


def test_what_waits_for_somebody_is_named_with_the_way_there(as_bob: Client, desk: Desk) -> None:
    as_bob.post(at("source-upload", source_id=desk.claims.id), {"file": file(FOREIGN)})
    text = get(as_bob, at("start"))
    assert "1 file waits for its mapping" in text
    assert at("source-map", source_id=desk.claims.id) in as_bob.get(at("start")).content.decode()


def test_who_may_not_do_a_step_reads_who_may(as_vera: Client, world: World) -> None:
    text = get(as_vera, at("start"))
    assert "Upload a vendor file" not in text
    assert "Enter the vendor : to do Who bills for the work of agents. Admin" in text


def test_a_guest_sees_nothing_of_the_tenants_work(as_gus: Client, desk: Desk) -> None:
    response = as_gus.get(at("start"))
    assert response.status_code == 403
    assert "Acme" not in said(response)


def test_an_outsider_finds_no_such_tenant(as_charlie: Client, desk: Desk) -> None:
    assert as_charlie.get(at("start")).status_code == 404
    assert "0 of 7 done" in get(as_charlie, at("start", "contoso"))


def test_nobody_is_led_to_sign_in(as_nobody: Client, world: World) -> None:
    assert as_nobody.get(at("start")).status_code == 302
