"""Screens by machine: the checks of a batch with their numbers, and against what growth is measured."""

from __future__ import annotations

from django.test import Client

from tests.audit.api.conftest import CLAIMS, EVIDENCE, Shop, drain, problem


def test_the_checks_of_a_batch_are_read_with_their_numbers(shop: Shop) -> None:
    first = shop.send(shop.claims, CLAIMS).json()["batch"]
    again = CLAIMS.replace("c1,", "c8,").replace("c2,a1", "c1,a1").replace("c3,", "c9,")
    batch = shop.send(shop.claims, again, "again.csv").json()["batch"]
    waiting = shop.get(f"batches/{first}/screen/")
    assert waiting.status_code == 404
    drain(shop.tenant)
    done = shop.get(f"batches/{batch}/screen/").json()
    assert {name: done[name] for name in ("batch", "state", "current", "against")} == {
        **{"batch": batch, "state": "done", "current": True, "against": first}
    }
    checks = {check["name"]: check for check in done["checks"]}
    assert len(checks) == 12
    doubled = checks["duplicate_ids"]
    assert (doubled["word"], doubled["lines"], doubled["units"]) == ("look", 1, 1)
    assert doubled["money"] == {"EUR": 1_500_000}
    assert doubled["facts"] == {"again": 0, "conflicting": 1, "restated": 0, "dropped": 2}
    assert (checks["growth"]["word"], checks["rates"]["word"]) == ("fine", "cannot_say")


def test_only_an_earlier_batch_of_the_vendor_can_be_compared_with(shop: Shop) -> None:
    first = shop.send(shop.claims, CLAIMS).json()["batch"]
    drain(shop.tenant)
    assert shop.get(f"batches/{first}/screen/").json()["against"] is None
    for word in (first, "nonsense"):
        problem(shop.get(f"batches/{first}/screen/", against=word), 400, "against")
    problem(shop.get(f"batches/{first}/screen/", since="march"), 400, "since")


def test_evidence_has_no_screen_and_a_stranger_sees_none(shop: Shop, outsider: Client) -> None:
    evidence = shop.send(shop.evidence, EVIDENCE).json()["batch"]
    batch = shop.send(shop.claims, CLAIMS).json()["batch"]
    drain(shop.tenant)
    problem(shop.get(f"batches/{evidence}/screen/"), 404)
    problem(outsider.get(f"/api/v1/batches/{batch}/screen/"), 404)
