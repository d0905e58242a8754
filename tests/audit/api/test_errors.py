"""Whatever goes wrong is a problem that says what, where and what now; never a page, never another tenant's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import InternalError, OperationalError
from django.test import Client

from audit.problems import SEND_AGAIN
from tests.audit.api.conftest import CLAIMS, PERIOD, Shop, problem
from tests.routes import Route, routes
from tests.world import World, program

JSON = "application/json"
NOWHERE = "0198aaaa-0000-7000-8000-000000000000"
OPEN = {"api-schema", "api-docs", "api-nothing"}


def calls() -> list[tuple[Route, str]]:
    """Every method of every call of the API that asks for a key."""
    found = []
    for route in routes():
        view: Any = getattr(route.view, "cls", None)
        if route.is_call and route.name.startswith("api-") and route.name not in OPEN:
            methods = getattr(route.view, "actions", None) or {
                name: name for name in ("get", "post", "patch", "delete") if hasattr(view, name)
            }
            found += [(route, method) for method in methods if method != "head"]
    return found


def url(route: Route) -> str:
    """The address with ids that nobody has."""
    words = {"id": NOWHERE, "vendor": "nobody", "claim_id": "none"}
    return route.url(**{name: words[name] for name in route.parameters})


def needed(route: Route, method: str) -> str:
    """The scope that the contract names for a call."""
    if method == "get":
        return "admin" if route.name.startswith("api-webhook") else "read"
    return {
        "api-source-batches": "ingest",
        "api-source-events": "ingest",
        "api-runs": "run",
        "api-rule-set-preview": "run",
        "api-run-exports": "read",
    }.get(route.name, "admin")


CALLS = [(route, method) for route, method in calls() if route.name != "api-source-traces"]  # it answers as OTLP says
IDS = [f"{method} {route.name}" for route, method in CALLS]


@pytest.mark.parametrize(("route", "method"), CALLS, ids=IDS)
def test_every_call_asks_for_a_key_and_for_its_one_scope(
    api: Callable[..., Client], as_nobody: Client, as_alice: Client, route: Route, method: str
) -> None:
    for stranger in (as_nobody, as_alice, program("awu_x_y")):
        answer = stranger.generic(method.upper(), url(route), b"{}", content_type=JSON)
        problem(answer, 401)
        assert answer["WWW-Authenticate"].startswith("Bearer")
    scope = needed(route, method)
    others = {"ingest", "read", "run", "admin"} - {scope}
    denied = problem(api(*others).generic(method.upper(), url(route), b"{}", content_type=JSON), 403)
    assert scope in denied["detail"]
    allowed = api(scope).generic(method.upper(), url(route), b"{}", content_type=JSON)
    assert allowed.status_code not in (401, 403, 405, 500), allowed.content


@pytest.mark.parametrize(
    "path",
    ["", "nothing/", "vendors/x/y/", "sources/not-an-id/", f"runs/{NOWHERE}/", "claims/acme/", "runs/1/verdicts/"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_an_address_that_leads_nowhere_is_a_problem(shop: Shop, path: str, method: str) -> None:
    answer = shop.client.generic(method, f"/api/v1/{path}", b"{}", content_type=JSON)
    problem(answer, 405 if path == f"runs/{NOWHERE}/" and method != "GET" else 404)


def test_outside_the_version_there_are_problems_too(as_nobody: Client) -> None:
    problem(as_nobody.get("/api/"), 404)
    problem(as_nobody.get("/api/v2/vendors/"), 404)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_forgotten_slash_is_put_there_and_the_method_kept(shop: Shop, method: str) -> None:
    answer = shop.client.generic(method, "/api/v1/vendors?limit=1", b"{}", content_type=JSON)
    assert (answer.status_code, answer["Location"]) == (308, "/api/v1/vendors/?limit=1")


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", JSON, 400),
        (b'{"key": NaN}', JSON, 400),
        (b"\xff\xfe", JSON, 400),
        (b"[]", JSON, 400),
        (b'"text"', JSON, 400),
        (b"null", JSON, 400),
        (b"[" * 100_000, JSON, 400),
        (b'{"key": ' + b"[" * 65 + b"]" * 65 + b"}", JSON, 400),
        (b"key=a", "application/x-www-form-urlencoded", 415),
        (b"<vendor/>", "application/xml", 415),
        (b'{"key": "' + b"a" * 6_000_000 + b'"}', JSON, 413),
        (b'{"key": "' + b"a" * 300 + b'"}', JSON, 400),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(shop: Shop, body: bytes, content_type: str, status: int) -> None:
    problem(shop.client.generic("POST", "/api/v1/vendors/", body, content_type=content_type), status)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"period_start": "2026-03-01"}, "period_start"),
        ({"period_start": "yesterday"}, "period_start"),
        ({"period_end": PERIOD["period_start"]}, "period_end"),
        ({"period_end": None}, "period_end"),
        ({"rule_set": NOWHERE}, "rule_set"),
        ({"rule_set": "the usual"}, "rule_set"),
        ({"rule_set": 7}, "rule_set"),
        ({"vendor": "nobody"}, "vendor"),
        ({"vendor": {"id": 1}}, "vendor"),
    ],
)
def test_a_run_that_cannot_be_opened_names_the_field(shop: Shop, change: dict[str, Any], field: str) -> None:
    problem(shop.post("runs/", PERIOD | change), 400, field)


def test_what_is_not_expected_is_a_problem_without_details_and_leaves_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*given: Any, **named: Any) -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr("audit.operations.parties.enter", fail)
    shop.client.raise_request_exception = False
    answer = shop.post("vendors/", {"key": "lost"})
    assert b"secret" not in answer.content
    problem(answer, 500)
    problem(shop.get("vendors/lost/"), 404)


@pytest.mark.parametrize("place", ["tenants.middleware.access.key_of", "audit.operations.parties.enter"])
@pytest.mark.parametrize("slow", [False, True])
def test_a_database_that_went_away_is_a_reason_to_send_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, place: str, slow: bool
) -> None:
    def fail(*given: Any, **named: Any) -> None:
        if slow:
            raise InternalError("terminating") from psycopg.errors.IdleInTransactionSessionTimeout("terminating")
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(place, fail)
    shop.client.raise_request_exception = False
    answer = shop.post("vendors/", {"key": "lost"})
    assert (problem(answer, 503)["detail"], answer["Retry-After"]) == (SEND_AGAIN, "5")


def test_a_key_that_was_sent_wrong_revoked_or_to_another_tenant_opens_nothing(
    shop: Shop, world: World, key_text: Callable[..., str]
) -> None:
    text = key_text("read")
    for wrong in (text[:-1], text + "x", text.replace("awu_", "awx_"), "", "Bearer"):
        problem(program(wrong).get("/api/v1/vendors/"), 401)
    assert program(text).get("/api/v1/vendors/").status_code == 200
    assert program(key_text("read", tenant=world.contoso)).get("/api/v1/vendors/").json()["results"] == []


def test_accept_is_not_quarrelled_with(shop: Shop) -> None:
    for accept in ("text/csv", "text/html", "application/xml", "*/*"):
        answer = shop.client.get("/api/v1/vendors/", headers={"Accept": accept})
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


def test_a_problem_repeats_no_line_of_another_tenants_file(shop: Shop, outsider: Client) -> None:
    sent = shop.send(shop.claims, CLAIMS).json()
    for path in ("", "refused/", "file/"):
        assert b"crm" not in outsider.get(f"/api/v1/batches/{sent['batch']}/{path}").content
