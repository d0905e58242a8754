"""Alerts on pages: what is open, rules as sentences, endpoints whose secret is shown once, the log with its replay."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit import tasks
from audit.models import Alert, AlertRule, Delivery, Webhook
from audit.operations import alerting
from tests.audit.pages.walk import at, get, post, said
from tests.desk import BY, CLAIMS, Desk, claim, drain, open_desk
from tests.kept import kept
from tests.world import World

LOW = "Run 1: 0 % of the units claimed are verified, under the 90 % that were asked for."


def judged(world: World) -> Desk:
    """Northwind's desk, with a run in which nothing is verified."""
    desk = open_desk(world.northwind.id)
    desk.take(desk.claims, CLAIMS + claim(1))
    desk.run()
    return desk


begun, world, desk = kept(desk=judged)


def make(client: Client, kind: str, **fields: Any) -> str:
    """What the page says after a rule was made."""
    return post(client, f"{at('alert-rule-add')}?kind={kind}", **fields)


def test_a_rule_is_made_as_a_sentence_and_tells_at_once(as_alice: Client, as_vera: Client, desk: Desk) -> None:
    assert "Without a rule nothing is watched" in get(as_vera, at("alerts"))
    assert "Tell me when …" in get(as_alice, at("alert-rule-add"))
    assert "Tell me when verified work falls under 90 % of claimed." in make(as_alice, "verified_low", threshold="90")
    text = get(as_vera, at("alerts"))
    assert "1 alert is open" in text
    assert LOW in text
    assert "Alerts 1 not seen yet" in text
    alert = desk.ask(Alert.objects.get)
    text = get(as_vera, at("alert", alert_id=alert.id))
    assert "Units claimed 1" in text
    assert "Asked for 90.00 %" in text
    assert f'href="{alert.link}"' in as_vera.get(at("alert", alert_id=alert.id)).content.decode()
    get(as_vera, alert.link)


@pytest.mark.parametrize(
    ("kind", "fields", "sentence"),
    [
        ("verified_low", {"threshold": "87.5"}, "Tell me when verified work of Acme falls under 87.5 % of claimed."),
        ("discrepancy", {"amount": "0.5", "currency": "eur"}, "each new discrepancy of Acme of 0.50 EUR or more."),
        ("discrepancy", {"amount": "1250"}, "each new discrepancy of Acme of 1,250.00 or more in any currency."),
        ("loop", {"repeats": "5"}, "a stream of Acme claims the same work more than 5 times in one burst window."),
    ],
)
def test_every_sentence_keeps_its_numbers(
    as_alice: Client, desk: Desk, kind: str, fields: dict[str, str], sentence: str
) -> None:
    assert sentence in make(as_alice, kind, vendor=str(desk.vendor.id), **fields)
    rule = desk.ask(AlertRule.objects.get)
    again = as_alice.get(at("alert-rule", rule_id=rule.id)).content.decode()
    for name, value in fields.items():
        assert re.search(rf'name="{name}" value="{re.escape(value)}"', again, re.IGNORECASE), name


def test_a_gap_that_is_filled_wrongly_says_so_and_keeps_the_rest(as_alice: Client, desk: Desk) -> None:
    response = as_alice.post(f"{at('alert-rule-add')}?kind=verified_low", {"threshold": "101", "mail": "on"})
    assert response.status_code == 422
    assert "less than or equal to 100" in said(response)
    assert 'name="mail" id="id_mail" checked' in re.sub(r" aria-\S+", "", response.content.decode())
    assert desk.ask(AlertRule.objects.count) == 0


def test_an_alert_is_seen_once_and_the_count_goes_down(as_alice: Client, as_bob: Client, desk: Desk) -> None:
    make(as_alice, "verified_low", threshold="90")
    alert = desk.ask(Alert.objects.get)
    assert "Noted: you have seen it." in post(as_bob, at("alert-seen", alert_id=alert.id))
    post(as_alice, at("alert-seen", alert_id=alert.id))
    text = get(as_alice, at("alerts"))
    assert "not seen yet" not in text
    assert "open Bob" in text


def test_a_rule_is_changed_and_switched_off(as_alice: Client, desk: Desk) -> None:
    make(as_alice, "silence", hours="24", source=str(desk.evidence.id))
    rule = desk.ask(AlertRule.objects.get)
    assert "more than 48 hours" in post(as_alice, at("alert-rule", rule_id=rule.id), hours="48")
    assert "open alerts are over" in post(as_alice, at("alert-rule-switch", rule_id=rule.id), enabled="off")
    assert desk.see(rule).enabled is False
    assert "a source sends nothing for more than 48 hours" in get(as_alice, at("alert-rules"))


def test_a_secret_is_shown_once_and_an_endpoint_can_be_tried_and_switched_off(as_alice: Client, desk: Desk) -> None:
    answer = as_alice.post(at("webhooks"), {"name": "on call", "url": "https://localhost/hook"})
    secrets = re.findall(r"whsec_[\w+/=]{40,}", answer.content.decode())
    assert len(set(secrets)) == 1
    assert "no-store" in answer["Cache-Control"]
    assert "whsec_" not in as_alice.get(at("webhooks")).content.decode()
    webhook = desk.ask(Webhook.objects.get)
    assert "webhook.test.v1 on call on its way 0 not tried yet" in post(
        as_alice, at("webhook-test", webhook_id=webhook.id)
    )
    delivery = desk.ask(Delivery.objects.get)
    desk.work(delivery)
    text = get(as_alice, at("deliveries"))
    assert "localhost is not on the public internet" in text
    assert "told nothing any more" in post(as_alice, at("webhook-switch", webhook_id=webhook.id), enabled="off")
    assert "switch it on first" in post(as_alice, at("delivery-replay", delivery_id=delivery.id))


def test_an_address_inside_is_refused_and_stays_in_the_form(as_alice: Client, desk: Desk) -> None:
    response = as_alice.post(at("webhooks"), {"name": "mine", "url": "https://169.254.169.254/latest"})
    assert response.status_code == 422
    assert "public addresses only" in said(response)
    assert 'value="https://169.254.169.254/latest"' in response.content.decode()


def test_mail_is_logged_and_replayed_by_an_analyst(as_alice: Client, as_bob: Client, desk: Desk, world: World) -> None:
    make(as_alice, "verified_low", threshold="90", mail="on", recipients=f"user:{world.bob.id}")
    drain(desk.tenant_id)
    text = get(as_bob, at("deliveries"))
    assert "alert.raised.v1 mail to Bob delivered 1 taken" in text
    assert len(mail.outbox) == 1
    delivery = desk.ask(Delivery.objects.get)
    assert LOW in get(as_bob, at("delivery", delivery_id=delivery.id))
    assert "on its way again, under the same id" in post(as_bob, at("delivery-replay", delivery_id=delivery.id))
    drain(desk.tenant_id)
    assert [letter.extra_headers["Message-ID"] for letter in mail.outbox] == [f"<{delivery.id}@awu-portal>"] * 2
    assert "Nothing matches these filters" in get(as_bob, f"{at('deliveries')}?state=failed")


def test_the_list_asks_as_much_for_many_alerts_as_for_one(as_alice: Client, desk: Desk) -> None:
    make(as_alice, "verified_low", threshold="90")

    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            get(as_alice, at("alerts"))
        return len(asked)

    before = questions()
    for threshold in range(1_000, 9_000, 1_000):
        desk.ask(lambda bps=threshold: alerting.add_rule(AlertRule.Kind.VERIFIED_LOW, BY, threshold_bps=bps))
    tasks.watch()
    assert "9 alerts are open" in get(as_alice, at("alerts"))
    assert questions() == before
