"""Webhooks: signed, at least once under one id, to public addresses only, given up in the end and replayed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from audit.models import Alert, AlertRule, Delivery, Job, LedgerEntry, Webhook
from audit.operations import alerting, deliveries, outgoing, quarantine
from audit.operations.faults import Refused
from tenants.scope import scope
from tests.desk import BY, CLAIMS, Desk, claim, make_due, open_desk
from tests.world import World


class Killed(BaseException):
    """A process that ends in the middle."""


@dataclass
class Receiver:
    """An endpoint in the house: what it was sent, and what it answers next."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    taken: list[tuple[str, Message, bytes]] = field(default_factory=list)

    def ids(self) -> list[str]:
        """The ids of the messages, in order."""
        return [str(head["webhook-id"]) for _, head, _ in self.taken]


@pytest.fixture
def receiver(settings: LazySettings) -> Iterator[Receiver]:
    """A listening endpoint on this machine, which the portal may reach."""
    settings.WEBHOOKS_ANYWHERE = True
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.taken.append((self.path, self.headers, body))
            self.send_response(found.answers.pop(0) if found.answers else 204)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *given: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/hook?a=1"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def desk(world: World) -> Desk:
    """Northwind's desk."""
    return open_desk(world.northwind.id)


def endpoint(desk: Desk, url: str, name: str = "on call") -> tuple[Webhook, str]:
    """An endpoint with its secret."""
    return desk.ask(lambda: alerting.add_webhook(name, url, BY))


def raised(desk: Desk, *channels: str, **settings: Any) -> Alert:
    """An alert of a run in which nothing is verified."""
    made = {"channels": list(channels), "threshold_bps": 9_000} | settings
    desk.ask(lambda: alerting.add_rule(AlertRule.Kind.VERIFIED_LOW, BY, **made))
    desk.take(desk.claims, CLAIMS + claim(1))
    run = desk.open()
    desk.work(run)
    return desk.ask(Alert.objects.get)


def all_of(desk: Desk) -> list[Delivery]:
    """Every delivery as it stands, oldest first."""
    return desk.ask(lambda: list(Delivery.objects.prefetch_related("attempts").order_by("created_at", "id")))


def signed_by(secret: str, head: Message, body: bytes) -> bool:
    """Whether a message is signed with the secret, as the specification of Standard Webhooks says it."""
    assert secret.startswith("whsec_")
    content = f"{head['webhook-id']}.{head['webhook-timestamp']}.{body.decode()}"
    right = hmac.new(base64.b64decode(secret[6:]), content.encode(), hashlib.sha256).digest()
    offered = [entry.split(",", 1) for entry in str(head["webhook-signature"]).split(" ")]
    return any(version == "v1" and base64.b64decode(text) == right for version, text in offered)


def test_the_verifier_of_these_tests_knows_the_published_example() -> None:
    head = Message()
    head["webhook-id"], head["webhook-timestamp"] = "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330"
    head["webhook-signature"] = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert signed_by(secret, head, b'{"test": 2432232314}')
    assert not signed_by(secret, head, b'{"test": 2432232315}')


def test_a_message_is_signed_and_says_what_happened(desk: Desk, receiver: Receiver) -> None:
    _, secret = endpoint(desk, receiver.url)
    alert = raised(desk, "webhook")
    (delivery,) = all_of(desk)
    assert receiver.taken == [], "nothing leaves with the run"
    assert desk.work(delivery).state == "done"
    ((path, head, body),) = receiver.taken
    assert (path, head["Content-Type"], head["webhook-id"]) == ("/hook?a=1", "application/json", str(delivery.id))
    assert signed_by(secret, head, body)
    assert abs(int(head["webhook-timestamp"]) - timezone.now().timestamp()) < 60
    said = json.loads(body)
    assert (said["type"], said["tenant"], said["data"]["alert"]) == ("alert.raised.v1", "northwind", str(alert.id))
    assert said["data"]["sentence"] == alert.sentence
    assert said["data"]["link"] == f"http://127.0.0.1:8000{alert.link}"
    assert said["data"]["numbers"]["verified_low_bps"] == 0
    (after,) = all_of(desk)
    assert (after.state, [try_.status_code for try_ in after.attempts.all()]) == ("sent", [204])


def test_a_worker_that_dies_after_sending_sends_the_same_message_again(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint(desk, receiver.url)
    raised(desk, "webhook")
    (delivery,) = all_of(desk)

    def die(*given: Any) -> int:
        post(*given)
        raise Killed

    post = outgoing.post
    with monkeypatch.context() as patched:
        patched.setattr(outgoing, "post", die)
        with pytest.raises(Killed):
            desk.work(delivery)
    assert (desk.job(delivery).state, all_of(desk)[0].state) == ("leased", "waiting")
    make_due(desk.tenant_id)
    assert desk.work(delivery).state == "done"
    assert receiver.ids() == [str(delivery.id)] * 2
    assert receiver.taken[0][2] == receiver.taken[1][2]
    assert all_of(desk)[0].state == "sent"


def test_what_fails_is_tried_later_each_time_given_up_and_replayed(
    desk: Desk, receiver: Receiver, settings: LazySettings
) -> None:
    settings.DELIVERY_ATTEMPTS_MAX = 3
    receiver.answers = [500, 302, 429]
    endpoint(desk, receiver.url)
    raised(desk, "webhook")
    waits = []
    for _ in range(2):
        (delivery,) = all_of(desk)
        assert desk.work(delivery).state == "due"
        next_at = all_of(desk)[0].next_at
        assert next_at is not None
        waits.append(round((next_at - timezone.now()).total_seconds()))
        make_due(desk.tenant_id)
    assert waits == [10, 20]
    job = desk.work(delivery)
    assert (job.state, job.error) == ("quarantined", "The endpoint answered 429: anything but 2xx is tried again.")
    assert "Traceback" not in job.error
    (given_up,) = all_of(desk)
    assert (given_up.state, [each.status_code for each in given_up.attempts.all()]) == ("failed", [500, 302, 429])
    assert {path for path, *_ in receiver.taken} == {"/hook?a=1"}, "redirects are not followed"
    desk.ask(lambda: deliveries.replay(Delivery.objects.get(), BY))
    assert (all_of(desk)[0].state, desk.job(delivery).attempts) == ("waiting", 0)
    assert desk.work(delivery).state == "done"
    assert (all_of(desk)[0].state, receiver.ids()) == ("sent", [str(delivery.id)] * 4)
    desk.ask(lambda: deliveries.replay(Delivery.objects.get(), BY))
    desk.work(delivery)
    assert len(receiver.taken) == 5, "what was delivered can be replayed too"
    assert desk.ask(LedgerEntry.objects.filter(action="delivery.replayed", actor=BY).count) == 2


def test_a_delivery_in_hand_is_not_replayed_and_a_quarantined_job_is_retried(
    desk: Desk, receiver: Receiver, settings: LazySettings
) -> None:
    settings.DELIVERY_ATTEMPTS_MAX = 1
    receiver.answers = [500]
    webhook, _ = endpoint(desk, receiver.url)
    delivery = desk.ask(lambda: deliveries.test(webhook, BY))
    with scope(desk.tenant_id):
        Job.objects.update(state=Job.State.LEASED, lease_until=timezone.now() + timedelta(seconds=60))
    with pytest.raises(Refused, match="in hand right now"):
        desk.ask(lambda: deliveries.replay(Delivery.objects.get(), BY))
    make_due(desk.tenant_id)
    assert desk.work(delivery).state == "quarantined"
    desk.ask(lambda: quarantine.retry(Job.objects.get(), BY))
    assert (desk.work(delivery).state, all_of(desk)[0].state) == ("done", "sent")


def test_an_endpoint_that_is_off_is_sent_nothing(desk: Desk, receiver: Receiver) -> None:
    webhook, _ = endpoint(desk, receiver.url)
    delivery = desk.ask(lambda: deliveries.test(webhook, BY))
    desk.ask(lambda: alerting.switch_webhook(Webhook.objects.get(), False, BY))
    assert desk.work(delivery).state == "done"
    assert (all_of(desk)[0].state, receiver.taken) == ("failed", [])
    raised(desk, "webhook")
    assert len(all_of(desk)) == 1


def test_an_end_is_told_by_webhook(desk: Desk, receiver: Receiver) -> None:
    endpoint(desk, receiver.url)
    alert = raised(desk, "webhook", "mail")
    desk.ask(lambda: alerting.edit_rule(AlertRule.objects.get(), BY, enabled=False))
    assert [each.event for each in all_of(desk) if each.channel == "webhook"] == [
        "alert.raised.v1",
        "alert.resolved.v1",
    ]
    assert {each.event for each in all_of(desk) if each.channel == "mail"} == {"alert.raised.v1"}
    assert desk.see(alert).resolved_at is not None


# Secrets


def test_the_secret_is_nowhere_in_the_database_and_another_secret_key_is_noticed(
    desk: Desk, receiver: Receiver, settings: LazySettings
) -> None:
    webhook, secret = endpoint(desk, receiver.url)
    _, other = endpoint(desk, receiver.url, "another")
    assert secret != other
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    with scope(desk.tenant_id):
        kept = str([list(model.objects.values()) for model in (Webhook, LedgerEntry)])
    assert secret not in kept
    assert secret.removeprefix("whsec_") not in kept
    settings.SECRET_KEY = "another key of at least thirty-two characters"
    delivery = desk.ask(lambda: deliveries.test(webhook, BY))
    desk.work(delivery)
    assert "SECRET_KEY was changed" in desk.job(delivery).error
    assert receiver.taken == []


# Where messages may go

INSIDE = [
    *("127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"),
    *("::1", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "::"),
]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_refused_when_entered_and_when_a_name_leads_there(
    desk: Desk, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(Refused, match="public addresses only"):
        endpoint(desk, f"https://{host}/hook")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **more: found("93.184.215.14", address))
    monkeypatch.setattr(socket, "socket", None)  # whoever would connect fails otherwise
    with pytest.raises(outgoing.NotSent, match="public addresses only"):
        outgoing.post("https://inside.example/", {}, b"")


def found(*addresses: str) -> list[Any]:
    """What a resolver answers."""
    families = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in addresses]
    return [(family, socket.SOCK_STREAM, 6, "", (at, 443)) for family, at in zip(families, addresses, strict=True)]


def test_a_name_that_leads_to_this_machine_is_refused(desk: Desk, receiver: Receiver, settings: LazySettings) -> None:
    url = receiver.url.replace("http://127.0.0.1", "https://localhost")
    webhook, _ = endpoint(desk, url)
    settings.WEBHOOKS_ANYWHERE = False
    delivery = desk.ask(lambda: deliveries.test(webhook, BY))
    assert desk.work(delivery).state == "due"
    ((attempt,),) = ([*each.attempts.all()] for each in all_of(desk))
    assert attempt.error == "localhost is not on the public internet: messages go to public addresses only."
    assert receiver.taken == []


def test_the_connection_goes_to_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, called = [], []

    class Caller(socket.socket):
        def connect(self, where: Any) -> None:
            called.append(where)
            raise ConnectionRefusedError("nobody there")

    def resolve(host: str, *given: Any, **more: Any) -> list[Any]:
        asked.append(host)
        return found("93.184.215.14" if len(asked) == 1 else "127.0.0.1")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "socket", Caller)
    with pytest.raises(outgoing.NotSent, match="nobody there"):
        outgoing.post("https://turncoat.example/", {}, b"")
    assert (asked, called) == (["turncoat.example"], [("93.184.215.14", 443)])


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "https://",
        "https://u:p@example.com/",
        "https://a b/",
        "https://[::1",
    ],
)
def test_an_address_that_is_none_is_refused(desk: Desk, url: str) -> None:
    with pytest.raises(Refused) as refusal:
        endpoint(desk, url)
    assert refusal.value.field == "url"


@pytest.fixture
def dripping() -> Iterator[int]:
    """The port of an endpoint that answers a byte at a time, each long before a socket would lose patience."""
    over = threading.Event()

    def drip(server: socket.socket) -> None:
        while not over.is_set():
            caller, _ = server.accept()
            with caller, suppress(OSError):
                for letter in b"HTTP/1.1 204 Slow" + b"." * 200 + b"\r\n\r\n":
                    caller.sendall(bytes([letter]))
                    over.wait(0.02)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        yield server.getsockname()[1]
        over.set()
        socket.create_connection(server.getsockname()).close()
        thread.join()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_endpoint_that_drips_is_cut_off(
    scheme: str, dripping: int, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBHOOKS_ANYWHERE = True
    monkeypatch.setattr(outgoing, "SECONDS", 0.2)
    with pytest.raises(outgoing.NotSent):
        outgoing.post(f"{scheme}://127.0.0.1:{dripping}/", {}, b"{}")
