"""Alerts through the API: rules, endpoints whose secret is in one answer only, replay."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import IdempotencyKey
from tenants.scope import scope
from tests.audit.api.conftest import Shop, drain, problem

LOW = {"kind": "verified_low", "threshold_bps": 9_000, "vendor": "acme"}
HOOK = {"name": "on call", "url": "https://hooks.example.com/in"}


def test_a_rule_raises_an_alert_that_can_be_read_and_seen(shop: Shop) -> None:
    made = shop.post("alert-rules/", LOW).json()
    assert made["sentence"] == "Tell me when verified work of Acme falls under 90 % of claimed."
    shop.judged()
    (alert,) = shop.get("alerts/", open="true", kind="verified_low").json()["results"]
    assert (alert["rule"], alert["resolved_at"], alert["numbers"]["verified_units"]) == (made["id"], None, 1)
    assert shop.get("alerts/", seen="true").json()["results"] == []
    seen = shop.post(f"alerts/{alert['id']}/seen/").json()
    assert seen["seen_by"].startswith("key:")
    assert (
        shop.client.patch(
            f"/api/v1/alert-rules/{made['id']}/", {"enabled": False}, content_type="application/json"
        ).json()["enabled"]
        is False
    )
    assert shop.get("alerts/", open="true").json()["results"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"threshold_bps": 10_001}, "threshold_bps"),
        ({"kind": "weather"}, "kind"),
        ({"channels": ["pigeon"]}, "channels"),
        ({"recipients": ["user:019a2179-ddbd-7a65-995b-5e5e155a6f39"]}, "recipients"),
        ({"currency": "euro"}, "currency"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(shop: Shop, change: dict[str, Any], field: str) -> None:
    answer = shop.post("alert-rules/", LOW | change)
    problem(answer, 400)
    assert field in answer.content.decode()


def test_a_secret_is_in_the_first_answer_only_and_kept_in_none(shop: Shop) -> None:
    head = {"Idempotency-Key": "one endpoint"}
    first, again = shop.post("webhooks/", HOOK, headers=head), shop.post("webhooks/", HOOK, headers=head)
    secret = first.json()["secret"]
    assert secret.startswith("whsec_")
    assert again.json() == first.json() | {"secret": None}
    assert shop.get(f"webhooks/{first.json()['id']}/").json()["secret"] is None
    with scope(shop.tenant.id):
        assert secret not in str(list(IdempotencyKey.objects.values()))
    problem(shop.post("webhooks/", HOOK | {"name": "inside", "url": "https://10.0.0.1/"}), 400, "url")


def test_a_delivery_is_listed_with_its_attempts_and_replayed(shop: Shop) -> None:
    hook = shop.post("webhooks/", HOOK | {"url": "https://localhost/in"}).json()
    tested = shop.post(f"webhooks/{hook['id']}/test/")
    assert (tested.status_code, tested.json()["state"]) == (202, "waiting")
    with pytest.raises(AssertionError, match="not on the public internet"):
        drain(shop.tenant)
    (delivery,) = shop.get("deliveries/", webhook=hook["id"]).json()["results"]
    assert [attempt["status_code"] for attempt in delivery["attempts"]] == [None]
    replayed = shop.post(f"deliveries/{delivery['id']}/replay/")
    assert (replayed.status_code, replayed.json()["id"], replayed.json()["next_at"]) == (202, delivery["id"], None)
