"""Every route of the portal: who gets what of their own, and that nobody gets anything of another tenant.

The routes come from the URL resolver; what each must do from `matrix`. A route without a row fails.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pyarrow.parquet as pq
import pytest
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client

from audit.models import LedgerEntry
from tenants.access import PERMISSIONS, scope_needed
from tenants.models import Role, Scope
from tenants.scope import scope
from tests.matrix import CALLS, OPEN, PAGES, REFERENCES, ROLES, Reference, Row
from tests.routes import Route, routes
from tests.stock import Stock, Stocked
from tests.world import program

pytestmark = pytest.mark.xdist_group("judged")
EVERY = [*PAGES, *CALLS, *OPEN]
OF_OBJECTS = [row for row in [*PAGES, *CALLS] if row.objects]
WITH_FORMS = {row.name for row in PAGES if row.method == "POST"}
FORMLESS = [row for row in PAGES if row.method == "GET" and not row.route.methods and row.name not in WITH_FORMS]
SILENT = {"start", "glossary", "source-add", "rule-set-draft"}  # of these pages the tenant's own words are no part
TOKENS = re.compile(r'name="csrfmiddlewaretoken" value="\w+"|"X-CSRFToken": "\w+"')


def clients(row: Row, stocked: Stocked) -> dict[str, Client]:
    """Who may ask: browsers of Northwind's members by role for a page, programs with its keys by scope for a call."""
    return stocked.members if row.route.is_page else stocked.programs


def allowed(row: Row) -> list[str]:
    """The roles, or the keys, that may do what the row does."""
    return sorted(ROLES[row.right]) if row.route.is_page else [row.right, "every scope"]


def denied(row: Row) -> list[str]:
    """The other members, or the keys with other scopes."""
    return sorted((set(Role.values) if row.route.is_page else set(Scope.values)) - set(allowed(row)))


class Answer:
    """What came back: status, and the whole text of head and body. What the request did is undone."""

    def __init__(self, row: Row, client: Client, values: dict[str, Any], **parameters: Any) -> None:
        cookies = dict(client.cookies)  # an answer may leave a message for the next page there
        with transaction.atomic():
            response = row.ask(client, values, **parameters)
            self.status = response.status_code
            head = "\n".join(f"{name}: {value}" for name, value in response.items())
            self.text = f"{head}\n{text_of(response)}"
            transaction.set_rollback(True)
        client.cookies.clear()
        client.cookies.update(cookies)

    def without(self, *asked: Any) -> str:
        """The text with a blank where it repeats what was asked, and where it holds a token."""
        text = TOKENS.sub("", self.text)
        for value in sorted(map(str, asked), key=len, reverse=True):
            text = text.replace(value, "…")
        return re.sub(r"Content-Length: \d+", "", text)


def text_of(response: HttpResponseBase) -> str:
    """The body; a table of Parquet as its cells."""
    body = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]
    if body.startswith(b"PAR1"):
        return str(pq.read_table(io.BytesIO(body)).to_pylist())
    return body.decode()


def absent(value: Any) -> Any:
    """An id like this one that nothing has."""
    return uuid4() if isinstance(value, UUID) else "nothing-of-this-name"


def strangers(row: Row, stocked: Stocked) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Parameters of a route with ids of the other tenant, all of them or one, each beside the like that are absent."""
    theirs = {name: stocked.contoso.values[thing] for name, thing in row.objects.items()}
    nowhere = {name: absent(value) for name, value in theirs.items()}
    yield theirs, nowhere
    if len(theirs) > 1:
        for name in theirs:
            yield {name: theirs[name]}, {name: nowhere[name]}


def test_every_route_and_method_has_a_row() -> None:
    assert {route.name for route in routes()} == {row.name for row in EVERY}
    for route in routes():
        rows = {row.method for row in EVERY if row.name == route.name}
        served = route.methods
        assert rows == served if served else "GET" in rows, f"{route.name} serves {served}, the matrix has {rows}"


def test_the_table_of_roles_is_the_one_that_was_agreed() -> None:
    assert {name: set(roles) for name, roles in PERMISSIONS.items()} == ROLES


@pytest.mark.parametrize("route", routes(), ids=lambda route: route.name)
def test_every_view_asks_for_what_its_rows_say(route: Route) -> None:
    rows = [row for row in EVERY if row.name == route.name]
    if route.is_page:
        assert ROLES[route.permission or ""] == set.union(*[ROLES[row.right] for row in rows])
    for row in rows:
        if row in CALLS:
            assert row.right == scope_needed(route.view.cls, row.method)  # type: ignore[attr-defined]


@pytest.mark.parametrize("row", [*PAGES, *CALLS], ids=str)
def test_everybody_gets_what_their_role_or_scope_allows(row: Row, stocked: Stocked) -> None:
    own = stocked.northwind.values
    asking = clients(row, stocked)
    got = {name: Answer(row, asking[name], own) for name in [*allowed(row), *denied(row)]}
    assert {name: answer.status for name, answer in got.items()} == {
        **dict.fromkeys(allowed(row), row.status),
        **dict.fromkeys(denied(row), 403),
    }
    for name, answer in got.items():
        assert not stocked.contoso.told_in(answer.text), name


@pytest.mark.parametrize("row", [*PAGES, *CALLS], ids=str)
def test_who_has_no_business_here_gets_nothing(row: Row, stocked: Stocked) -> None:
    own = stocked.northwind.values
    if row.route.is_page:
        nobody, outsider = Answer(row, Client(), own), Answer(row, stocked.outsider, own)
        assert (nobody.status, outsider.status) == (302, 404)
        nowhere = Answer(row, stocked.outsider, own, tenant="nowhere")
        assert outsider.without("northwind") == nowhere.without("nowhere")
    else:
        nobody, outsider = Answer(row, Client(), own), Answer(row, stocked.programs["revoked"], own)
        wrong = Answer(row, program(stocked.northwind.keys["read"] + "x"), own)
        assert (nobody.status, outsider.status, wrong.status) == (401, 401, 401)
    asked = [*own.values(), "northwind"]
    assert not {word for answer in (nobody, outsider) for word in told(stocked.northwind, answer, asked)}


def told(stock: Stock, answer: Answer, asked: list[Any]) -> set[str]:
    """What an answer tells of a tenant beyond what was asked with."""
    return stock.told_in(answer.without(*asked))


@pytest.mark.parametrize("row", OF_OBJECTS, ids=str)
def test_an_object_of_another_tenant_is_one_that_does_not_exist(row: Row, stocked: Stocked) -> None:
    own = stocked.northwind.values
    for theirs, nowhere in strangers(row, stocked):
        for name in {*allowed(row), *denied(row)} - {"every scope"}:
            foreign, missing = (Answer(row, clients(row, stocked)[name], own, **ids) for ids in (theirs, nowhere))
            assert foreign.status == missing.status
            assert foreign.status == 404 or (foreign.status == 403 and name in denied(row))
            assert foreign.without(*theirs.values()) == missing.without(*nowhere.values())
            assert not told(stocked.contoso, foreign, [*theirs.values()])


@pytest.mark.parametrize("reference", REFERENCES, ids=str)
def test_naming_an_object_of_another_tenant_is_naming_none(reference: Reference, stocked: Stocked) -> None:
    row, own = reference.row, stocked.northwind.values
    client = clients(row, stocked)["every scope" if row.route.is_call else Role.ADMIN]
    theirs = stocked.contoso.values[reference.thing]
    nowhere = absent(theirs)
    mine = Answer(reference.naming(own[reference.thing]), client, own)
    foreign, missing = (Answer(reference.naming(value), client, own) for value in (theirs, nowhere))
    assert mine.status == row.status
    assert foreign.status == missing.status
    assert foreign.without(theirs) == missing.without(nowhere)
    assert not told(stocked.contoso, foreign, [theirs])


@pytest.mark.parametrize("row", OPEN, ids=str)
def test_what_is_open_to_all_tells_of_nobody(row: Row, stocked: Stocked) -> None:
    values = {"tenant": "northwind", "token": "no-token"}
    answer = Answer(row, Client(), values)
    assert answer.status == row.status
    for tenant in (stocked.northwind, stocked.contoso):
        assert not tenant.told_in(answer.text)


@pytest.mark.parametrize("row", FORMLESS, ids=str)
def test_a_page_without_a_form_changes_nothing_when_one_is_sent(row: Row, stocked: Stocked) -> None:
    own = stocked.northwind
    with scope(own.tenant_id):
        before = LedgerEntry.objects.count()
    with transaction.atomic():
        text_of(replace(row, method="POST").ask(stocked.members[Role.ADMIN], own.values))
        with scope(own.tenant_id):
            assert LedgerEntry.objects.count() == before
        transaction.set_rollback(True)


@pytest.mark.parametrize("row", [row for row in [*PAGES, *CALLS] if row.method == "GET"], ids=str)
def test_the_other_tenant_has_something_to_hide_everywhere(row: Row, stocked: Stocked) -> None:
    key = program(stocked.contoso.keys["every scope"])
    answer = Answer(row, key if row.route.is_call else stocked.outsider, stocked.contoso.values)
    assert answer.status == row.status
    assert row.name in SILENT or stocked.contoso.told_in(answer.text)
