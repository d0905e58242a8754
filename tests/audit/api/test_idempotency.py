"""One key, one effect, one answer: for every POST."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from django.urls import get_resolver

from audit.api import base
from audit.models import IdempotencyKey, Vendor
from tenants.scope import scope
from tests.audit.api.conftest import CLAIMS, PERIOD, Shop, problem
from tests.routes import routes
from tests.world import World

KEY = {"Idempotency-Key": "order-66"}


def test_the_same_request_has_one_effect_and_gets_the_first_answer_again(shop: Shop) -> None:
    first = shop.post("runs/", PERIOD, headers=KEY)
    again = shop.post("runs/", PERIOD, headers=KEY)
    assert (again.status_code, again.json(), again["Location"]) == (202, first.json(), first["Location"])
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert len(shop.get("runs/").json()["results"]) == 1
    assert shop.post("runs/", PERIOD).json()["id"] != first.json()["id"]


def test_another_request_under_the_key_is_refused(shop: Shop) -> None:
    shop.post("vendors/", {"key": "a"}, headers=KEY)
    problem(shop.post("vendors/", {"key": "b"}, headers=KEY), 422)
    problem(shop.post("agents/", {"key": "a"}, headers=KEY), 422)
    problem(shop.send(shop.claims, CLAIMS, headers=KEY), 422)


def test_what_was_refused_had_no_effect_and_may_be_tried_again(shop: Shop) -> None:
    problem(shop.post("vendors/", {"key": "acme"}, headers=KEY), 400, "key")
    assert shop.post("vendors/", {"key": "other"}, headers=KEY).status_code == 201


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "tab\there"])
def test_a_key_is_one_to_255_printable_characters(shop: Shop, key: str) -> None:
    problem(shop.post("vendors/", {"key": "a"}, headers={"Idempotency-Key": key}), 400, "Idempotency-Key")


def test_files_are_compared_by_their_bytes_however_the_form_was_packed(shop: Shop, settings: Any) -> None:
    def send(text: str) -> Any:
        file = SimpleUploadedFile("f.csv", text.encode())
        path = f"/api/v1/sources/{shop.claims['id']}/batches/"
        return shop.client.post(path, {"file": file}, headers=KEY)

    first, again = send(CLAIMS), send(CLAIMS)
    assert (first.json()["new"], again.json()["new"]) == (True, True)  # the first answer, word for word
    assert again["Idempotent-Replayed"] == "true"
    assert again["Location"] == first["Location"]
    problem(send(CLAIMS + "\n"), 422)


def test_a_key_is_one_tenants_own(shop: Shop, outsider: Client) -> None:
    shop.post("vendors/", {"key": "a"}, headers=KEY)
    other = outsider.post("/api/v1/vendors/", {"key": "z"}, content_type="application/json", headers=KEY)
    assert (other.status_code, other.json()["key"]) == (201, "z")


def test_every_post_of_the_api_honours_the_key() -> None:
    assert get_resolver()
    deaf = []
    for route in routes():
        view = getattr(route.view, "cls", None)
        if not route.is_call or not (view and issubclass(view, base.Endpoint)):
            continue
        name = (getattr(route.view, "actions", None) or {"post": "post"}).get("post")
        handler = getattr(view, name, None) if name else None
        if handler is not None and not getattr(handler, "once", False):
            deaf.append(route.pattern)
    assert deaf == []


@pytest.mark.usefixtures("committed")
def test_many_at_once_under_one_key_have_one_effect(world: World, key_text: Callable[..., str]) -> None:
    text, answers = key_text("admin"), []

    def enter() -> None:
        client = Client(headers={"Authorization": f"Bearer {text}"})
        answers.append(client.post("/api/v1/vendors/", {"key": "rush"}, content_type="application/json", headers=KEY))
        connections.close_all()

    threads = [threading.Thread(target=enter) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201] * 6
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer for answer in answers) == 1
    with scope(world.northwind.id):
        assert (Vendor.objects.count(), IdempotencyKey.objects.count()) == (1, 1)
