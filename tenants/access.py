"""Who may do what: the table of roles for pages, the scopes of keys for the API, and whom the directory knows."""

from __future__ import annotations

import functools
import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar, cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from tenants import scope
from tenants.joined import Joined
from tenants.models import ApiKey, Membership, Role, Scope, Tenant, User

EVERYONE = frozenset(Role)
READERS = frozenset({Role.VIEWER, Role.ANALYST, Role.AUDITOR, Role.ADMIN})
CHECKERS = frozenset({Role.ANALYST, Role.AUDITOR, Role.ADMIN})
WORKERS = frozenset({Role.ANALYST, Role.ADMIN})
ADMINS = frozenset({Role.ADMIN})

PERMISSIONS: dict[str, frozenset[Role]] = {
    "see": READERS,
    "see_shared": EVERYONE,  # what is shared in a dispute; all that a vendor's guest may see
    "upload": WORKERS,
    "open_run": WORKERS,
    "export": CHECKERS,  # statements and bundles
    "export_own_view": READERS,  # the table on the page, as CSV
    "sample": CHECKERS,
    "see_ledger": CHECKERS,
    "draft_rules": WORKERS,
    "preview_rules": CHECKERS,
    "approve_rules": ADMINS,  # never one's own: the operation sees to that
    "answer_alerts": WORKERS,  # mark them seen, send their messages again
    "manage": ADMINS,  # members, keys, sources, rate cards
}
KEY_PREFIX = "awu"
KEY = Joined(ApiKey, "tenant")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
USE_NOTED_EVERY = timedelta(minutes=1)


class TenantRequest(HttpRequest):
    """What a view under `/t/<tenant>/` is given."""

    user: User
    tenant: Tenant
    membership: Membership
    role: Role
    may: dict[str, bool]


View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def may(role: str | None, permission: str) -> bool:
    """Whether a role has a permission of the table; an unknown permission is a mistake in the code: KeyError."""
    return role in PERMISSIONS[permission]


def all_that(role: str | None) -> dict[str, bool]:
    """Every permission with its answer, for templates: `{% if request.may.upload %}`."""
    return {permission: may(role, permission) for permission in PERMISSIONS}


def requires(permission: str) -> Callable[[View], View]:
    """Lets only members whose role has the permission into a view; others get 403, strangers 404.

    The view carries the permission as `.permission`, by which tests know every page's rule.
    """
    roles = PERMISSIONS[permission]

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: TenantRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.membership is None:
                raise Http404
            if request.role not in roles:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return cast("View", guarded)

    return decorate


def enters_scope(view: View) -> View:
    """Marks a view (or a handler of an API class) that opens its scopes itself: long uploads, streams."""
    view.enters_scope = True  # type: ignore[attr-defined]
    return view


def actor(request: Any) -> str:
    """Who acts, for the ledger: `user:<id>` or `key:<id>`; no personal data."""
    if getattr(request, "api_key", None) is not None:
        return f"key:{request.api_key.pk}"
    return f"user:{request.user.pk}"


def memberships_of(user: User) -> list[Membership]:
    """Every tenant that a person belongs to, by name."""
    with scope.directory():
        current = user.memberships.filter(removed_at=None).select_related("tenant")
        return list(current.order_by("tenant__name", "tenant__id"))


def membership_in(slug: str, user: User) -> Membership | None:
    """A person's membership in the tenant of this slug; None also where there is no such tenant."""
    with scope.directory():
        return Membership.objects.select_related("tenant").filter(tenant__slug=slug, user=user, removed_at=None).first()


def key_of(header: str) -> ApiKey | None:
    """The key of an `Authorization: Bearer awu_<id>_<secret>` header, with its tenant, if it is right and in force."""
    kind, _, text = header.partition(" ")
    parts = text.strip().split("_", 2)
    if kind.lower() != "bearer" or len(parts) != 3 or parts[0] != KEY_PREFIX:
        return None
    try:
        key_id = UUID(hex=parts[1])
    except ValueError:
        return None
    key = KEY.made(scope.ask_directory(KEY.sql, [key_id]))
    right = hmac.compare_digest(key.digest if key else digest_of(""), digest_of(parts[2]))
    return key if key and right and key.works_at(timezone.now()) else None


def digest_of(secret: str) -> str:
    """What is kept of a key's secret: SHA-256 in hexadecimal. 256 random bits need no salt and no stretching."""
    return hashlib.sha256(secret.encode()).hexdigest()


def note_use(key: ApiKey) -> None:
    """Keeps when the key was last used, to the minute, in a transaction of its own."""
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at <= now - USE_NOTED_EVERY:
        with scope.scope(key.tenant_id):
            ApiKey.objects.filter(id=key.id).update(last_used_at=now)


class ApiKeyAuthentication(BaseAuthentication):
    """Takes the key that the middleware found; a wrong, revoked or expired one is 401."""

    def authenticate(self, request: Request) -> tuple[ApiKey, ApiKey] | None:
        """The key as both user and credentials."""
        key = request._request.api_key  # type: ignore[attr-defined]
        if key is not None:
            return key, key
        if request.headers.get("Authorization"):
            raise exceptions.AuthenticationFailed("The API key is not known, has expired or was revoked.")
        return None

    def authenticate_header(self, request: Request) -> str:
        """For WWW-Authenticate."""
        return 'Bearer realm="awu_portal"'


class HasScope(BasePermission):
    """Asks the key for the scope that the view names for the method.

    `required_scopes = {"GET": "read", "POST": "ingest"}` on the view; a method it does not name needs `read` when it
    is safe and `admin` otherwise. No scope includes another.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the key has the scope; the answer names it where not."""
        if not isinstance(request.auth, ApiKey):
            return False
        needed = scope_needed(view, request.method or "GET")
        self.message = f"This key lacks the scope “{needed}”."
        return needed in request.auth.scopes


def scope_needed(view: Any, method: str) -> str:
    """The scope that a method of an API view asks for."""
    default = Scope.READ if method in SAFE_METHODS else Scope.ADMIN
    table = getattr(view, "required_scopes", {})
    return str(table.get("GET" if method in ("HEAD", "OPTIONS") else method, default))


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The key in the OpenAPI schema."""

    target_class = ApiKeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A bearer token."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "awu_<id>_<secret>"}
