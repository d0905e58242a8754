"""Previews by machine: asked for, polled, read line by line; the same answer to the same question."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client

from tests.audit.api.conftest import PERIOD, Shop, drain, open_shop, problem
from tests.kept import kept

begun, world, shop, run = kept(shop=open_shop, run=Shop.judged)


@pytest.fixture(autouse=True)
def _own_folders() -> None:
    """What is kept lies in the folders of the process."""


def strict(shop: Shop, **rules: object) -> str:
    """The id of a draft that counts nothing of what the shop's vendor claims, or of other rules."""
    body = {"name": "Strict", "rules": rules or {"counted_actions": ["case_resolution"]}}
    return str(shop.post("rule-sets/", body).json()["id"])


def test_a_preview_is_asked_for_made_and_read(shop: Shop, run: dict[str, Any]) -> None:
    rule_set = strict(shop)
    asked = shop.post(f"rule-sets/{rule_set}/preview/", {"run": run["id"]})
    assert (asked.status_code, asked.json()["state"], asked.json()["outcome"]) == (202, "waiting", None)
    preview = asked.json()["id"]
    assert asked["Location"].endswith(f"/api/v1/previews/{preview}/")
    problem(shop.get(f"previews/{preview}/changes/"), 409)
    drain(shop.tenant)
    done = shop.get(f"previews/{preview}/").json()
    assert (done["state"], done["sample"], done["law_changed"]) == ("done", None, False)
    changed = [{"name": "counted_actions", "before": "null", "after": '["case_resolution"]'}]
    assert done["changed_rules"] == changed
    outcome = done["outcome"]
    assert outcome["changed"] == {"claims": 5, "units": 5}
    assert sum(move["claims"] for move in outcome["matrix"]) == outcome["claims"] == 5
    before, after = run["score"], outcome["score"]
    assert after["low_bps"] == {"before": before["low_bps"], "after": 0, "delta": -before["low_bps"]}
    euros = next(purse for purse in outcome["money"] if purse["currency"] == "EUR")
    over = euros["overcharged_at_least_micros"]
    assert over["after"] == euros["charged_micros"]["after"] == 6_000_000
    assert over["delta"] == over["after"] - over["before"]
    assert shop.get(f"runs/{run['id']}/").json() == run


def test_the_same_question_has_the_same_answer(shop: Shop, run: dict[str, Any]) -> None:
    rule_set = strict(shop)
    first = shop.post(f"rule-sets/{rule_set}/preview/", {"run": run["id"]}).json()
    drain(shop.tenant)
    second = shop.post(f"rule-sets/{rule_set}/preview/", {"run": run["id"]})
    assert (second.status_code, second.json()["id"], second.json()["state"]) == (202, first["id"], "done")


def test_changed_lines_are_paged_filtered_and_given_as_files(shop: Shop, run: dict[str, Any]) -> None:
    rule_set = strict(shop)
    preview = shop.post(f"rule-sets/{rule_set}/preview/", {"run": run["id"]}).json()["id"]
    drain(shop.tenant)
    path = f"previews/{preview}/changes/"
    page = shop.get(path, limit=2).json()
    found = page["results"]
    while page["next"]:
        page = shop.client.get(page["next"]).json()
        found += page["results"]
    assert [line["claim_id"] for line in found] == ["c1", "c2", "c3", "c4", "odd/id ü?#1"]
    assert found[0] | {"old_state": "verified", "new_reason": "not_counted", "charge_micros": 1_500_000} == found[0]
    assert (
        found[0]["clause"] == "Its action is not a unit: under the definition in force only case_resolution is a unit."
    )
    some = shop.get(path, old_reason="supported").json()["results"]
    assert [line["claim_id"] for line in some] == ["c1"]
    problem(shop.get(path, reason="supported"), 400, "reason")
    problem(shop.get(path, format="xlsx"), 400, "format")
    rows = list(csv.DictReader(io.StringIO(b"".join(shop.get(path, format="csv")).decode())))
    assert [row["claim_id"] for row in rows] == [line["claim_id"] for line in found]
    assert len(b"".join(shop.get(path, format="ndjson")).splitlines()) == 5


def test_only_a_finished_run_of_ones_own_can_be_tried_on(shop: Shop, outsider: Client) -> None:
    shop.send(shop.claims, "claim_id,agent_id,action,occurred_at\nc1,a1,record_update,2026-03-02T09:00:00Z\n")
    rule_set = strict(shop)
    waiting = shop.post("runs/", PERIOD).json()["id"]
    problem(shop.post(f"rule-sets/{rule_set}/preview/", {"run": waiting}), 400, "run")
    problem(shop.post(f"rule-sets/{rule_set}/preview/", {}), 400, "run")
    drain(shop.tenant)
    preview = shop.post(f"rule-sets/{rule_set}/preview/", {"run": waiting}).json()["id"]
    drain(shop.tenant)
    for path in (f"previews/{preview}/", f"previews/{preview}/changes/"):
        problem(outsider.get(f"/api/v1/{path}"), 404)
    body = {"run": waiting}
    problem(outsider.post(f"/api/v1/rule-sets/{rule_set}/preview/", body, content_type="application/json"), 404)
