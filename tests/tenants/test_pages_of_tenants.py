"""Signing in, choosing a tenant, members and keys: every page, every role, and the ways people go."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse

from tenants import operations, throttle
from tenants.models import ApiKey, Membership, Role, SignInThrottle, Tenant, User
from tenants.scope import scope
from tests.routes import Route, routes
from tests.world import PASSWORD, World, program, signed_in

OWN = ["members", "member-role", "member-remove", "keys", "key-revoke"]
POST_ONLY = {"member-role", "member-remove"}


def objects_of(tenant: Tenant, user: User) -> dict[str, Any]:
    """What varies in our addresses: a member and a key of this tenant."""
    with scope(tenant.id):
        key, _ = operations.create_key("canary", ["read"], by=user)
        return {"member": Membership.objects.get(user=user).id, "key": key.id}


def own_routes() -> dict[str, Route]:
    """The pages of this app under a tenant, by name."""
    return {route.name: route for route in routes() if route.name in OWN}


def answer(client: Client, route: Route, **values: Any) -> int:
    """The status of the page: posted to with nothing where only POST is understood."""
    call = client.post if route.name in POST_ONLY else client.get
    return int(call(route.url(**values)).status_code)


@pytest.mark.parametrize("name", OWN)
def test_each_page_lets_in_whom_the_table_says(name: str, world: World) -> None:
    route = own_routes()[name]
    assert route.permission == "manage"
    here = {"tenant": "northwind", **objects_of(world.northwind, world.alice)}
    for role, user in world.by_role().items():
        allowed = 302 if name in POST_ONLY else 200
        assert answer(signed_in(user), route, **here) == (allowed if route.lets_in(role) else 403), role
    assert answer(Client(), route, **here) == 302
    assert answer(signed_in(world.charlie), route, **here) == 404


@pytest.mark.parametrize("name", OWN)
def test_foreign_and_absent_objects_are_404(name: str, world: World, as_alice: Client) -> None:
    route = own_routes()[name]
    theirs = objects_of(world.contoso, world.charlie)
    assert answer(as_alice, route, tenant="contoso", **theirs) == 404
    assert answer(as_alice, route, tenant="nowhere", **theirs) == 404
    if set(route.parameters) != {"tenant"}:
        assert answer(as_alice, route, tenant="northwind", **theirs) == 404
        assert answer(as_alice, route, tenant="northwind", member=uuid4(), key=uuid4()) == 404


def test_a_list_holds_nothing_of_another_tenant(world: World, as_alice: Client) -> None:
    objects_of(world.contoso, world.charlie)
    for name in ("members", "keys"):
        page = as_alice.get(f"/t/northwind/{name}/").content.decode().lower()
        assert "charlie" not in page
        assert "canary" not in page
        assert "contoso" not in page


def test_who_may_not_is_told_in_plain_words(as_vera: Client) -> None:
    response = as_vera.get("/t/northwind/members/")
    assert response.status_code == 403
    assert "Your role does not allow this" in response.content.decode()


def sign_in(client: Client, **fields: str) -> Any:
    """Posts the sign-in form as Vera, with other fields where given."""
    return client.post("/sign-in/", {"email": "vera@northwind.example", "password": PASSWORD, **fields})


def test_a_person_signs_in_and_goes_where_they_wanted(world: World, as_nobody: Client) -> None:
    response = sign_in(as_nobody, next="/t/northwind/late/")
    assert (response.status_code, response.headers["Location"]) == (302, "/t/northwind/late/")
    assert as_nobody.get("/").headers["Location"] == "/t/northwind/"
    assert as_nobody.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert as_nobody.get("/").headers["Location"] == "/sign-in/?next=/"


def test_an_address_is_one_whatever_its_case(world: World, as_nobody: Client) -> None:
    assert sign_in(as_nobody, email="VERA@Northwind.Example").status_code == 302


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "https:evil.example"],
)
def test_no_one_is_sent_elsewhere(wanted: str, world: World, as_nobody: Client) -> None:
    assert sign_in(as_nobody, next=wanted).headers["Location"] == "/"


def test_a_failure_does_not_tell_what_was_wrong(world: World, as_nobody: Client) -> None:
    User.objects.filter(pk=world.bob.pk).update(is_active=False)
    pages = [
        sign_in(as_nobody, password="wrong"),
        sign_in(as_nobody, email="nobody@northwind.example"),
        sign_in(as_nobody, email="bob@northwind.example"),
    ]
    errors = {re.search(r'role="alert">.*?</div>', page.content.decode(), re.DOTALL)[0] for page in pages}  # type: ignore[index]
    assert len(errors) == 1
    assert "_auth_user_id" not in as_nobody.session


def test_guessing_is_stopped_even_with_the_right_password_and_only_here(world: World, as_nobody: Client) -> None:
    for _ in range(throttle.ATTEMPTS):
        sign_in(as_nobody, password="wrong")
    assert sign_in(as_nobody).status_code == 429
    assert sign_in(as_nobody, email="bob@northwind.example").status_code == 302
    elsewhere = Client(REMOTE_ADDR="203.0.113.9")
    assert sign_in(elsewhere).status_code == 302


def test_a_quarter_of_an_hour_later_one_may_try_again(world: World, as_nobody: Client) -> None:
    for _ in range(throttle.ATTEMPTS + 1):
        sign_in(as_nobody, password="wrong")
    for row in SignInThrottle.objects.all():
        row.since -= timedelta(minutes=15)
        row.save()
    assert sign_in(as_nobody).status_code == 302


def test_home_lets_a_person_choose_between_tenants(world: World, as_alice: Client) -> None:
    with scope(world.contoso.id):
        operations.add_member("alice@northwind.example", "Alice", Role.VIEWER)
    page = as_alice.get("/").content.decode()
    assert "/t/northwind/" in page
    assert "/t/contoso/" in page


def test_home_tells_who_belongs_nowhere_what_to_do(as_nobody: Client) -> None:
    User.objects.create_user("new@northwind.example", "New", PASSWORD)
    sign_in(as_nobody, email="new@northwind.example")
    assert "Ask an admin" in as_nobody.get("/").content.decode()


def add(client: Client, email: str, role: str = "analyst") -> str:
    """Adds a member; the path of the link that the page shows."""
    page = client.post("/t/northwind/members/", {"email": email, "name": "Nina", "role": role}).content.decode()
    found = re.search(r"/welcome/[^\"<\s]+", page)
    assert found, page
    return found[0]


def test_an_invited_person_chooses_a_password_once(as_alice: Client, as_nobody: Client) -> None:
    link = add(as_alice, "Nina@northwind.example")
    assert as_nobody.post(link, {"password": "short"}).status_code == 422
    assert as_nobody.post(link, {"password": PASSWORD}).headers["Location"] == "/"
    assert as_nobody.get("/").headers["Location"] == "/t/northwind/"
    assert Client().get(link).headers["Location"] == "/sign-in/"


def test_no_link_opens_an_account_that_was_there_before(world: World, as_alice: Client, as_nobody: Client) -> None:
    link = add(as_alice, "charlie@contoso.example")
    assert as_nobody.post(link, {"password": PASSWORD}).headers["Location"] == "/sign-in/"
    pending = User.objects.create_user("pending@contoso.example", "Pending")
    assert as_nobody.post(add(as_alice, pending.email), {"password": PASSWORD}).headers["Location"] == "/sign-in/"


def test_an_old_or_forged_link_opens_nothing(world: World, as_nobody: Client, monkeypatch: Any) -> None:
    user = User.objects.create_user("new@northwind.example", "New")
    monkeypatch.setattr(operations, "WELCOME_SECONDS", 0)
    for token in (operations.WELCOME.sign(str(user.pk)), signing.TimestampSigner(key="x" * 32).sign(str(user.pk)), "x"):
        assert as_nobody.get(f"/welcome/{token}/").headers["Location"] == "/sign-in/"


def test_a_role_is_changed(world: World, as_alice: Client) -> None:
    vera = world.member(world.vera)
    response = as_alice.post(f"/t/northwind/members/{vera.id}/role/", {"role": "auditor"}, follow=True)
    assert "Vera is now Auditor" in response.content.decode()
    assert world.member(world.vera).role == Role.AUDITOR


def test_a_member_is_removed_and_can_be_added_again(world: World, as_alice: Client) -> None:
    vera = world.member(world.vera)
    as_alice.post(f"/t/northwind/members/{vera.id}/remove/")
    assert world.member(world.vera).removed_at is not None
    add(as_alice, "vera@northwind.example", "auditor")
    again = world.member(world.vera)
    assert (again.id, again.role, again.removed_at) == (vera.id, "auditor", None)


@pytest.mark.parametrize(("route", "data"), [("member-remove", {}), ("member-role", {"role": "viewer"})])
def test_who_shuts_themselves_out_is_led_home(route: str, data: dict[str, str], world: World, as_alice: Client) -> None:
    with scope(world.northwind.id):
        operations.add_member("second@northwind.example", "Second", "admin")
        own = Membership.objects.get(user=world.alice, tenant=world.northwind)
    address = reverse(route, kwargs={"tenant": "northwind", "member": own.id})
    answer = as_alice.post(address, data, follow=True)
    assert answer.status_code == 200
    assert answer.redirect_chain[0][0] == reverse("home")


def test_the_last_admin_stays(world: World, as_alice: Client) -> None:
    alice = world.member(world.alice)
    as_alice.post(f"/t/northwind/members/{alice.id}/remove/")
    as_alice.post(f"/t/northwind/members/{alice.id}/role/", {"role": "viewer"})
    alice = world.member(world.alice)
    assert (alice.role, alice.removed_at) == (Role.ADMIN, None)


def test_a_member_is_added_once(as_alice: Client) -> None:
    fields = {"email": "vera@northwind.example", "name": "Vera", "role": "viewer"}
    response = as_alice.post("/t/northwind/members/", fields)
    assert response.status_code == 422
    assert "is a member already" in response.content.decode()


def test_a_key_is_made_shown_once_and_revoked(world: World, as_alice: Client) -> None:
    fields = {"name": "nightly", "scopes": ["read"], "last_day": "2999-12-31"}
    response = as_alice.post("/t/northwind/keys/", fields)
    text = re.search(r"awu_[0-9a-f]{32}_[\w-]{43}", response.content.decode())
    assert text
    assert "no-store" in response.headers["Cache-Control"]
    assert text[0] not in as_alice.get("/t/northwind/keys/").content.decode()
    assert program(text[0]).get("/api/v1/nouns/").status_code == 200
    key_id = UUID(hex=text[0][4:36])
    assert "cannot be undone" in as_alice.get(f"/t/northwind/keys/{key_id}/revoke/").content.decode()
    as_alice.post(f"/t/northwind/keys/{key_id}/revoke/")
    assert program(text[0]).get("/api/v1/nouns/").status_code == 401
    with scope(world.northwind.id):
        assert ApiKey.objects.get().revoked_at is not None


def test_a_key_form_with_faults_comes_back_with_them(as_alice: Client) -> None:
    response = as_alice.post("/t/northwind/keys/", {"name": "late", "scopes": ["read"], "last_day": "2000-01-01"})
    assert response.status_code == 422
    assert "choose a later day" in response.content.decode()


def test_a_guest_is_told_that_nothing_was_shared_and_not_sent_to_a_closed_page(as_gus: Client) -> None:
    response = as_gus.get("/")
    assert response.status_code == 200
    assert "nothing was shared with you yet" in response.content.decode()
