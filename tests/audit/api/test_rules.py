"""Rule sets: two persons, however many keys each of them has."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tenants import operations
from tenants.models import Tenant, User
from tenants.scope import scope
from tests.audit.api.conftest import PERIOD, Shop, drain, problem
from tests.world import World, program


@pytest.fixture
def key_of(world: World) -> Callable[[User], Client]:
    """A program with a key that this person made."""

    def make(person: User) -> Client:
        with scope(world.northwind.id):
            _, text = operations.create_key("rules", ["read", "admin"], by=person)
        return program(text)

    return make


def draft(shop: Shop, **rules: object) -> str:
    """The id of a new draft by Alice's key."""
    answer = shop.post("rule-sets/", {"name": "Contract", "rules": rules, "note": "as agreed"})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["id"])


def test_a_draft_has_every_name_of_the_law_and_the_next_version(shop: Shop) -> None:
    first = shop.get(f"rule-sets/{draft(shop, undo_window_seconds=86400)}/").json()
    assert (first["version"], first["state"], first["rules"]["undo_window_seconds"]) == (1, "draft", 86400)
    assert first["rules"]["match_after_seconds"] == 300
    assert first["drafted_by"].startswith("user:")
    assert shop.get(f"rule-sets/{draft(shop)}/").json()["version"] == 2


def test_bad_rules_are_refused_with_a_line_for_each_fault(shop: Shop) -> None:
    rules = {"undo_window_seconds": -1, "independent_grades": ["C"], "colour": "red"}
    body = problem(shop.post("rule-sets/", {"name": "Contract", "rules": rules}), 400, "rules")
    assert len(body["errors"]) == 3
    problem(shop.post("rule-sets/", {"name": "Contract", "rules": []}), 400, "rules")
    problem(shop.post("rule-sets/", {"name": "Contract"}), 400, "rules")


def test_a_draft_can_be_changed_until_it_is_submitted(shop: Shop) -> None:
    path = f"/api/v1/rule-sets/{draft(shop)}/"
    change = {"rules": {"burst_minimum": 3}, "effective_on": "2026-04-01"}
    changed = shop.client.patch(path, change, content_type="application/json").json()
    assert (changed["rules"]["burst_minimum"], changed["effective_on"]) == (3, "2026-04-01")
    kept = shop.client.patch(path, {"note": "why"}, content_type="application/json").json()
    assert (kept["rules"]["burst_minimum"], kept["effective_on"], kept["note"]) == (3, "2026-04-01", "why")
    shop.client.post(f"{path}submit/")
    problem(shop.client.patch(path, change, content_type="application/json"), 400)
    problem(shop.client.post(f"{path}submit/"), 400)


def test_nobody_decides_on_their_own_rules_with_any_key_of_theirs(
    shop: Shop, world: World, key_of: Callable[[User], Client]
) -> None:
    path = f"/api/v1/rule-sets/{draft(shop)}/"
    problem(shop.client.post(f"{path}approve/"), 400)
    assert shop.client.post(f"{path}submit/").json()["state"] == "submitted"
    for decision in ("approve", "reject"):
        problem(shop.client.post(f"{path}{decision}/"), 400)
        problem(key_of(world.alice).post(f"{path}{decision}/"), 400)
    approved = key_of(world.bob).post(f"{path}approve/").json()
    assert (approved["state"], approved["decided_by"]) == ("approved", f"user:{world.bob.pk}")
    problem(key_of(world.bob).post(f"{path}reject/"), 400)


def test_a_run_with_rules_that_nobody_approved_is_a_trial_and_rejected_ones_open_none(
    shop: Shop, world: World, key_of: Callable[[User], Client]
) -> None:
    rule_set = draft(shop)
    trial = shop.post("runs/", PERIOD | {"rule_set": rule_set}).json()
    assert trial["trial"] is True
    drain(shop.tenant)
    shop.post(f"rule-sets/{rule_set}/submit/")
    key_of(world.bob).post(f"/api/v1/rule-sets/{rule_set}/reject/")
    problem(shop.post("runs/", PERIOD | {"rule_set": rule_set}), 400, "rule_set")
    listed = shop.get("runs/", trial="true", rule_set=rule_set).json()["results"]
    assert [run["id"] for run in listed] == [trial["id"]]
    assert shop.get("runs/", trial="false").json()["results"] == []


def test_a_run_that_names_no_rules_takes_those_in_force_on_the_first_day(
    shop: Shop, world: World, key_of: Callable[[User], Client]
) -> None:
    """As the form does; the day is of the tenant's zone, where March begins an hour before it does in UTC."""
    with scope(world.northwind.id):
        Tenant.objects.filter(id=world.northwind.id).update(time_zone="Europe/Berlin")
    drafted = shop.post("rule-sets/", {"name": "Contract", "rules": {}, "effective_on": "2026-03-01"}).json()["id"]
    shop.post(f"rule-sets/{drafted}/submit/")
    assert shop.post("runs/", PERIOD).json()["trial"] is False, "no draft is taken"
    key_of(world.bob).post(f"/api/v1/rule-sets/{drafted}/approve/")
    end = {"period_end": PERIOD["period_end"]}
    taken = {
        start: shop.post("runs/", {"period_start": start} | end).json()["rule_set"]
        for start in ("2026-02-28T22:59:59Z", "2026-02-28T23:00:00Z", "2026-03-05T00:00:00Z")
    }
    standard, *others = taken.values()
    assert others == [drafted, drafted]
    assert shop.get(f"rule-sets/{standard}/").json()["name"] == "Standard"


def test_a_later_run_of_the_same_period_supersedes_the_earlier(shop: Shop) -> None:
    first, second = shop.judged(), shop.run()
    assert shop.get(f"runs/{first['id']}/").json()["superseded_by"] == second["id"]
    assert [run["id"] for run in shop.get("runs/", superseded="false").json()["results"]] == [second["id"]]
    assert [run["id"] for run in shop.get("runs/", superseded="true").json()["results"]] == [first["id"]]
    assert {row["run"] for row in shop.get("scores/").json()["results"]} == {second["id"]}


def test_rules_of_another_tenant_are_not_there(shop: Shop, outsider: Client) -> None:
    rule_set = draft(shop)
    for step in ("submit", "approve", "reject"):
        problem(outsider.post(f"/api/v1/rule-sets/{rule_set}/{step}/"), 404)
    body = PERIOD | {"rule_set": rule_set}
    problem(outsider.post("/api/v1/runs/", body, content_type="application/json"), 400, "rule_set")
    assert shop.get(f"rule-sets/{rule_set}/").json()["state"] == "draft"
