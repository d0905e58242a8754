"""Mail of alerts: to members only, to those who asked for it, tried again while the server is away."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.core import mail

from audit.models import AlertRule, LedgerEntry
from audit.operations import alerting
from audit.operations.faults import Refused
from tenants.operations import remove_member
from tenants.scope import scope
from tests.audit.test_deliveries import all_of, raised
from tests.desk import BY, Desk, open_desk
from tests.world import World

BROKEN_MAIL = ("django.core.mail.backends.smtp.EmailBackend", "127.0.0.1", 1)


@pytest.fixture
def desk(world: World) -> Desk:
    """Northwind's desk."""
    return open_desk(world.northwind.id)


def test_mail_goes_to_every_admin_and_analyst_or_to_those_who_were_chosen(desk: Desk, world: World) -> None:
    alert = raised(desk, "mail")
    for delivery in all_of(desk):
        assert desk.work(delivery).state == "done"
    assert sorted(to for letter in mail.outbox for to in letter.to) == [
        "alice@northwind.example",
        "bob@northwind.example",
    ]
    letter = mail.outbox[0]
    assert letter.subject == f"[Northwind] {alert.sentence}"
    assert f"http://127.0.0.1:8000{alert.link}" in letter.body
    mail.outbox.clear()
    vera = f"user:{world.vera.id}"
    chosen = {"channels": ["mail"], "recipients": [vera], "threshold_bps": 8_000}
    desk.ask(lambda: alerting.add_rule(AlertRule.Kind.VERIFIED_LOW, BY, **chosen))
    desk.work(all_of(desk)[-1])
    assert [letter.to for letter in mail.outbox] == [["vera@northwind.example"]]
    assert "vera@" not in str(desk.ask(lambda: list(LedgerEntry.objects.values("detail"))))


def test_nobody_outside_gets_mail(desk: Desk, world: World) -> None:
    for stranger in (world.charlie, world.gus):
        with pytest.raises(Refused, match="members of this ledger only"):
            raised(desk, "mail", recipients=[f"user:{stranger.id}"])
    raised(desk, "mail", recipients=[f"user:{world.bob.id}"])
    with scope(desk.tenant_id):
        remove_member(world.northwind.memberships.get(user=world.bob))
    (delivery,) = all_of(desk)
    assert desk.work(delivery).error == "The person is no member any more."
    assert mail.outbox == []


def test_a_mail_server_that_is_away_is_tried_again(desk: Desk, settings: LazySettings) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = BROKEN_MAIL
    raised(desk, "mail")
    delivery = all_of(desk)[0]
    assert desk.work(delivery).state == "due"
    assert all_of(desk)[0].state == "waiting"
