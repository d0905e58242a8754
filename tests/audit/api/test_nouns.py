"""The nouns: entered, listed, changed, taken back; by id and by the words that people use."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from audit.models import LedgerEntry
from tenants.scope import scope
from tests.audit.api.conftest import Shop, is_uuid7, problem


def patch(shop: Shop, path: str, **body: object) -> Any:
    """PATCH with a JSON body."""
    return shop.client.patch(f"/api/v1/{path}", body, content_type="application/json")


def test_a_vendor_is_entered_with_its_address_and_found_by_id_and_by_key(shop: Shop) -> None:
    made = shop.post("vendors/", {"key": "globex", "name": "Globex"})
    vendor = made.json()
    assert made.status_code == 201
    assert made["Location"].endswith(f"/api/v1/vendors/{vendor['id']}/")
    assert is_uuid7(vendor["id"])
    assert vendor["created_at"].endswith("Z")
    assert shop.get(f"vendors/{vendor['id']}/").json() == vendor == shop.get("vendors/globex/").json()
    assert patch(shop, "vendors/globex/", name="Globex Corporation").json()["name"] == "Globex Corporation"
    problem(patch(shop, "vendors/globex/", key="other"), 400, "key")
    problem(shop.post("vendors/", {"key": "globex"}), 400, "key")
    problem(shop.client.delete("/api/v1/vendors/globex/"), 405)


def test_an_agent_refers_to_its_vendor_by_id_or_by_key(shop: Shop) -> None:
    by_key = shop.post("agents/", {"vendor": "acme", "agent_id": "a1", "name": "Router"})
    assert by_key.status_code == 201
    assert (by_key.json()["vendor"], by_key.json()["vendor_key"]) == (shop.vendor["id"], "acme")
    assert shop.post("agents/", {"vendor": shop.vendor["id"], "agent_id": "a2"}).status_code == 201
    problem(shop.post("agents/", {"vendor": "acme", "agent_id": "a1"}), 400, "agent_id")
    problem(shop.post("agents/", {"vendor": "nobody", "agent_id": "a1"}), 400, "vendor")
    for word in ("acme", shop.vendor["id"]):
        assert len(shop.get("agents/", vendor=word).json()["results"]) == 2
    assert shop.get("agents/", vendor="nobody").json()["results"] == []
    assert patch(shop, f"agents/{by_key.json()['id']}/", name="Sorter").json()["name"] == "Sorter"


def test_an_account_is_bound_to_an_agent_by_its_word_or_its_row_and_released(shop: Shop) -> None:
    agent = shop.post("agents/", {"vendor": "acme", "agent_id": "a1"}).json()
    bound = shop.post("actors/", {"system": "crm", "actor": "bot-7", "vendor": "acme", "agent_id": agent["id"]}).json()
    assert bound["agent_id"] == "a1"
    problem(shop.post("actors/", {"system": "crm", "actor": "bot-7", "vendor": "acme", "agent_id": "a1"}), 400, "actor")
    assert shop.client.delete(f"/api/v1/actors/{bound['id']}/").status_code == 204
    problem(shop.get(f"actors/{bound['id']}/"), 404)


def test_a_price_is_whole_micros_in_a_currency_from_a_day_on(shop: Shop) -> None:
    card = {"vendor": "acme", "price_micros": 1_990_000, "currency": "EUR", "starts_on": "2026-01-01"}
    made = shop.post("rate-cards/", card)
    assert (made.status_code, made.json()["price_micros"], made.json()["action"]) == (201, 1_990_000, "")
    problem(shop.post("rate-cards/", card), 400, "starts_on")
    for wrong in ({"price_micros": 1.5}, {"price_micros": -1}, {"price_micros": 2**63}):
        problem(shop.post("rate-cards/", card | wrong), 400, "price_micros")
    problem(shop.post("rate-cards/", card | {"currency": "euro"}), 400, "currency")
    assert shop.client.delete(f"/api/v1/rate-cards/{made.json()['id']}/").status_code == 204


def test_a_source_is_entered_changed_and_refuses_what_cannot_be(shop: Shop) -> None:
    assert shop.claims["vendor_key"] == "acme"
    changed = patch(shop, f"sources/{shop.claims['id']}/", time_zone="Europe/Berlin", refused_limit_bps=50).json()
    assert (changed["time_zone"], changed["refused_limit_bps"]) == ("Europe/Berlin", 50)
    problem(patch(shop, f"sources/{shop.claims['id']}/", kind="evidence"), 400, "kind")
    problem(patch(shop, f"sources/{shop.claims['id']}/", time_zone="Berlin"), 400, "time_zone")
    problem(shop.post("sources/", {"kind": "claims", "name": "No vendor"}), 400, "vendor")
    problem(shop.post("sources/", {"kind": "claims", "name": "Acme feed", "vendor": "acme"}), 400, "name")
    problem(shop.post("sources/", {"kind": "evidence", "name": "x", "system": "crm", "grade": "B"}), 400, "grade")
    problem(shop.post("sources/", {"kind": "rumours", "name": "x"}), 400, "kind")


def test_how_often_something_is_expected_is_said_and_taken_back(shop: Shop) -> None:
    assert shop.claims["expected_hours"] is None
    path = f"sources/{shop.claims['id']}/"
    assert patch(shop, path, expected_hours=24).json()["expected_hours"] == 24
    assert shop.get(path).json()["expected_hours"] == 24
    for wrong in (0, -1, 8_761, 1.5, "daily"):
        problem(patch(shop, path, expected_hours=wrong), 400, "expected_hours")
    assert patch(shop, path, expected_hours=None).json()["expected_hours"] is None


def test_coverage_is_declared_withdrawn_and_confirmed_again(shop: Shop) -> None:
    row = shop.get("coverage/").json()["results"][0]
    assert (row["grade"], row["state"], row["starts_at"]) == ("A", "confirmed", "2026-02-01T00:00:00Z")
    assert shop.post(f"coverage/{row['id']}/withdraw/").json()["state"] == "withdrawn"
    assert shop.post(f"coverage/{row['id']}/confirm/").json()["state"] == "confirmed"
    assert shop.client.delete(f"/api/v1/coverage/{row['id']}/").status_code == 204
    assert shop.get(f"coverage/{row['id']}/").json()["state"] == "withdrawn"
    span = {"system": "crm", "target_prefix": "crm/", "starts_at": "2026-05-01T00:00:00Z"}
    problem(shop.post("coverage/", span | {"ends_at": "2026-05-01T00:00:00Z"}), 400, "ends_at")
    problem(shop.post("coverage/", span | {"ends_at": "2026-06-01T00:00:00Z", "target_prefix": ""}), 400)


def test_a_time_without_a_zone_is_refused_and_any_zone_is_answered_in_utc(shop: Shop) -> None:
    span = {"system": "crm", "target_prefix": "x/", "ends_at": "2026-06-01T00:00:00+02:00"}
    problem(shop.post("coverage/", span | {"starts_at": "2026-05-01T00:00:00"}), 400, "starts_at")
    problem(shop.post("coverage/", span | {"starts_at": "2026-05-01"}), 400, "starts_at")
    made = shop.post("coverage/", span | {"starts_at": "2026-05-01T00:00:00+02:00"}).json()
    assert (made["starts_at"], made["ends_at"]) == ("2026-04-30T22:00:00Z", "2026-05-31T22:00:00Z")


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_a_character_that_no_database_keeps_is_refused_wherever_it_stands(shop: Shop, text: str) -> None:
    for path, body, field in (
        ("vendors/", {"key": text}, "key"),
        ("sources/", {"kind": text}, "kind"),
        ("agents/", {"vendor": text, "agent_id": "a"}, "vendor"),
        ("rule-sets/", {"name": "x", "rules": {"ignore_fields": [text]}}, "rules"),
    ):
        problem(shop.post(path, body), 400, field)


def test_every_change_through_a_key_stands_in_the_ledger_under_that_key(shop: Shop) -> None:
    with scope(shop.tenant.id):
        actors = dict(LedgerEntry.objects.values_list("action", "actor"))
    assert {"vendor.added", "source.added", "coverage.declared"} <= set(actors)
    assert actors["vendor.added"].startswith("key:")


def test_a_noun_of_another_tenant_can_neither_be_named_nor_changed(shop: Shop, outsider: Client) -> None:
    vendor, source = shop.vendor["id"], shop.claims["id"]
    body = {"vendor": vendor, "agent_id": "a1"}
    foreign = outsider.post("/api/v1/agents/", body, content_type="application/json")
    assert "There is no vendor" in problem(foreign, 400, "vendor")["detail"]
    problem(outsider.patch(f"/api/v1/vendors/{vendor}/", {"name": "x"}, content_type="application/json"), 404)
    problem(outsider.patch("/api/v1/vendors/acme/", {"name": "x"}, content_type="application/json"), 404)
    problem(outsider.patch(f"/api/v1/sources/{source}/", {"name": "x"}, content_type="application/json"), 404)
    row = shop.get("coverage/").json()["results"][0]["id"]
    problem(outsider.delete(f"/api/v1/coverage/{row}/"), 404)
    problem(outsider.post(f"/api/v1/coverage/{row}/withdraw/"), 404)
    assert shop.get(f"coverage/{row}/").json()["state"] == "confirmed"
    period = {"period_start": "2026-03-01T00:00:00Z", "period_end": "2026-04-01T00:00:00Z"}
    problem(outsider.post("/api/v1/runs/", period | {"vendor": vendor}, content_type="application/json"), 400, "vendor")
