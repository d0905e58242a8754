"""Every act on tenants, members and keys. All but `create_*` run inside the tenant's scope."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.utils import timezone
from django.utils.module_loading import import_string

from tenants.access import KEY_PREFIX, digest_of
from tenants.models import ApiKey, Membership, Role, Scope, Tenant, User, uuid7
from tenants.scope import current, scope

WELCOME = signing.TimestampSigner(salt="tenants.welcome")
WELCOME_SECONDS = 3 * 24 * 3600


class Refused(Exception):
    """The act cannot be done; the text says why and what now. `field`: of a form, where one is to blame."""

    def __init__(self, sentence: str, field: str | None = None) -> None:
        super().__init__(sentence)
        self.field = field


def create_tenant(slug: str, name: str, time_zone: str = "UTC") -> Tenant:
    """A new customer without members. Raises Refused for a slug that is taken or not usable."""
    tenant = Tenant(id=uuid7(), slug=slug, name=name, time_zone=time_zone)
    try:
        tenant.clean_fields()
        with scope(tenant.id):
            tenant.save(force_insert=True)
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error
    except IntegrityError as error:
        raise Refused(f"There is a tenant “{slug}” already: choose another slug.", "slug") from error
    return tenant


def add_member(email: str, name: str, role: str, by: User | None = None) -> tuple[Membership, str]:
    """Makes a person a member, with an account where they have none.

    Returns the membership and a token for the welcome page. The token opens only an account that this call made:
    no one may set the password of an account that another tenant opened.
    """
    user, made = User.objects.get_or_create(email=email.strip().lower(), defaults=_new_account(name))
    membership = Membership.objects.select_for_update().filter(tenant_id=current(), user=user).first()
    if membership and membership.removed_at is None:
        raise Refused("This person is a member already: change their role in the list.", "email")
    membership = membership or Membership(tenant_id=current(), user=user)
    membership.role, membership.removed_at = Role(role), None
    membership.save()
    _record("member.added", membership, by, role=membership.role)
    return membership, WELCOME.sign(f"{user.pk}" if made else f"{uuid7()}")


def _new_account(name: str) -> dict[str, Any]:
    nobody = User()
    nobody.set_unusable_password()
    return {"name": name, "password": nobody.password}


def invited(token: str) -> User | None:
    """The account that a welcome token opens: one that never had a password; None once it has, or after three days."""
    try:
        user_id = WELCOME.unsign(token, max_age=WELCOME_SECONDS)
    except signing.BadSignature:
        return None
    user = User.objects.filter(id=user_id, is_active=True).first()
    return user if user and not user.has_usable_password() else None


def choose_password(user: User, password: str) -> None:
    """Sets the first password of an invited account."""
    user.set_password(password)
    user.save(update_fields=["password"])


def change_role(membership: Membership, role: str, by: User | None = None) -> None:
    """Gives a member another role, unless no admin would be left."""
    admins = _admins()
    if membership.role == Role.ADMIN and role != Role.ADMIN and admins == {membership.pk}:
        raise Refused("This is the last admin: make someone else an admin first.", "role")
    before, membership.role = membership.role, Role(role)
    membership.save(update_fields=["role"])
    _record("member.role_changed", membership, by, before=before, after=membership.role)


def remove_member(membership: Membership, by: User | None = None) -> None:
    """Shuts a member out at once; the row stays, and adding the person again undoes it."""
    if _admins() == {membership.pk}:
        raise Refused("This is the last admin: make someone else an admin first.")
    membership.removed_at = timezone.now()
    membership.save(update_fields=["removed_at"])
    _record("member.removed", membership, by, role=membership.role)


def _admins() -> set[Any]:
    """Locked until the transaction ends, so that two admins cannot remove each other."""
    rows = Membership.objects.filter(tenant_id=current(), role=Role.ADMIN, removed_at=None)
    return set(rows.order_by("id").select_for_update().values_list("pk", flat=True))


def create_key(name: str, scopes: Iterable[str], by: User, expires_at: datetime | None = None) -> tuple[ApiKey, str]:
    """A new key and its text, `awu_<id>_<secret>`, which cannot be had again."""
    chosen = sorted({Scope(word) for word in scopes})
    if not chosen:
        raise Refused("Choose at least one scope.", "scopes")
    if expires_at is not None and expires_at <= timezone.now():
        raise Refused("The key would have expired already: choose a later day.", "expires_at")
    secret = secrets.token_urlsafe(32)
    key = ApiKey(tenant_id=current(), name=name, scopes=chosen, created_by=by, expires_at=expires_at)
    key.digest = digest_of(secret)
    key.save(force_insert=True)
    _record("key.created", key, by, scopes=chosen)
    return key, f"{KEY_PREFIX}_{key.id.hex}_{secret}"


def revoke_key(key: ApiKey, by: User | None = None) -> None:
    """Ends a key at once and for good."""
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
        _record("key.revoked", key, by)


def _record(action: str, thing: models.Model, by: User | None, **detail: Any) -> None:
    """Hands the act to the ledger: the function named by settings.RECORD_ACT, in the transaction of the act."""
    if path := getattr(settings, "RECORD_ACT", None):
        import_string(path)(action, thing, f"user:{by.pk}" if by else "operator", **detail)
