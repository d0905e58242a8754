"""Ids, addresses, roles and commands."""

from __future__ import annotations

import time
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from tenants import operations
from tenants.access import PERMISSIONS, all_that, may
from tenants.models import Role, User, uuid7
from tests.world import World

CONTRACT = {  # the table of roles, by its columns: viewer, analyst, auditor, admin, vendor guest
    "see": "✓✓✓✓·",
    "see_shared": "✓✓✓✓✓",
    "upload": "·✓·✓·",
    "open_run": "·✓·✓·",
    "export": "·✓✓✓·",
    "export_own_view": "✓✓✓✓·",
    "sample": "·✓✓✓·",
    "see_ledger": "·✓✓✓·",
    "draft_rules": "·✓·✓·",
    "preview_rules": "·✓✓✓·",
    "approve_rules": "···✓·",
    "answer_alerts": "·✓·✓·",
    "manage": "···✓·",
}


def test_ids_are_uuid7_and_sort_by_when_they_were_made() -> None:
    before = time.time_ns() // 1_000_000
    ids = [uuid7() for _ in range(5000)]
    assert ids == sorted(set(ids))
    assert {(one.version, one.variant) for one in ids} == {(7, "specified in RFC 4122")}
    assert before <= ids[0].int >> 80 <= ids[-1].int >> 80 <= time.time_ns() // 1_000_000 + 2


def test_the_permissions_are_the_contract() -> None:
    order = (Role.VIEWER, Role.ANALYST, Role.AUDITOR, Role.ADMIN, Role.GUEST)
    table = {name: "".join("✓" if may(role, name) else "·" for role in order) for name in PERMISSIONS}
    assert table == CONTRACT


def test_nobody_may_do_anything() -> None:
    assert not any(all_that(None).values())
    with pytest.raises(KeyError):
        may(Role.ADMIN, "fly")


def test_one_address_is_one_account(db: Any) -> None:
    first = User.objects.create_user(" Ann@Example.org ", "Ann")
    assert first.email == "ann@example.org"
    assert not first.has_usable_password()
    assert User.objects.get_by_natural_key("ANN@EXAMPLE.ORG") == first
    for again in ("ann@example.org", "ANN@example.org"):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.create(email=again, name="Ann")


@pytest.mark.parametrize(
    ("slug", "zone"), [("northwind", "UTC"), ("two words", "UTC"), ("", "UTC"), ("new", "Mars/Base")]
)
def test_a_tenant_that_cannot_be_is_refused(slug: str, zone: str, world: World) -> None:
    with pytest.raises(operations.Refused):
        operations.create_tenant(slug, "New", zone)


def test_commands_make_a_tenant_and_its_first_admin(db: Any) -> None:
    out = StringIO()
    call_command("create_tenant", "acme", "Acme", "--time-zone", "Asia/Tokyo", stdout=out)
    call_command("create_member", "acme", "ann@acme.example", "Ann", "admin", stdout=out)
    assert "/t/acme/" in out.getvalue()
    assert "/welcome/" in out.getvalue()
    for wrong in (("create_tenant", "acme", "Acme"), ("create_member", "nowhere", "a@b.example", "A", "admin")):
        with pytest.raises(CommandError):
            call_command(*wrong)
    with pytest.raises(CommandError):
        call_command("create_member", "acme", "ann@acme.example", "Ann", "admin")
