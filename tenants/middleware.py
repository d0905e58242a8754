"""From a request to a tenant: who asks, whose data, and one transaction around the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from tenants import access
from tenants.models import Role
from tenants.scope import scope

PAGES = "/t/"
CALLS = "/api/"
Answer = TypeVar("Answer", bound=HttpResponseBase)


class TenantMiddleware:
    """Sets request.tenant, .role, .membership, .may and .api_key, and calls views inside the tenant's scope.

    A page of a tenant that the person does not belong to is 404, like one that does not exist. Views marked with
    `access.enters_scope` are called without a scope. Must stand last in MIDDLEWARE.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponseBase:
        """Nobody's request, until the route is known."""
        request.tenant = request.membership = request.role = request.api_key = None
        request.may = access.all_that(None)
        return self.get_response(request)

    def process_view(
        self, request: Any, view: Callable[..., HttpResponseBase], args: Any, kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Answers for pages of a tenant and for calls with a key; other routes go on as they are."""
        if request.path_info.startswith(PAGES):
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            _find_member(request, kwargs["tenant"])
        elif request.path_info.startswith(CALLS):
            _find_key(request)
        if request.tenant is None:
            return None
        with timezone.override(request.tenant.time_zone):
            if _enters_by_itself(view, request.method):
                return view(request, *args, **kwargs)
            with scope(request.tenant.id):
                return _finished(view(request, *args, **kwargs))


def reads_files_only(response: Answer) -> Answer:
    """Marks a streaming response that reads no rows, and so may outlive its scope."""
    response.reads_files_only = True  # type: ignore[attr-defined]
    return response


def _to_sign_in(request: Any) -> HttpResponseBase:
    if request.htmx:  # a part of a page must not become the form
        return HttpResponseClientRedirect(redirect_to_login(request.htmx.current_url_abs_path or "/").url)
    return redirect_to_login(request.get_full_path())


def _find_member(request: Any, slug: str) -> None:
    membership = access.membership_in(slug, request.user)
    if membership is None:
        raise Http404
    request.membership = membership
    request.tenant = membership.tenant
    request.role = Role(membership.role)
    request.may = access.all_that(request.role)


def _find_key(request: Any) -> None:
    key = access.key_of(request.headers.get("Authorization", ""))
    if key is not None:
        access.note_use(key)
        request.api_key = key
        request.tenant = key.tenant


def _enters_by_itself(view: Any, method: str) -> bool:
    """Whether the view, its class, or the handler of this method is marked with `enters_scope`."""
    handlers = [view, getattr(view, "cls", None), getattr(view, "view_class", None)]
    name = getattr(view, "actions", None) or {}
    handlers += [getattr(owner, name.get(method.lower(), method.lower()), None) for owner in handlers[1:] if owner]
    return any(getattr(handler, "enters_scope", False) for handler in handlers)


def _finished(response: Any) -> HttpResponseBase:
    """The response with nothing left to read, and its transaction marked for rollback where it tells of a failure."""
    if callable(getattr(response, "render", None)):
        response = response.render()
    if response.streaming and not getattr(response, "reads_files_only", False):
        raise RuntimeError("A stream would be read after its scope: mark the view with enters_scope, or use a task.")
    if response.status_code >= 500 or getattr(response, "exception", False):
        transaction.set_rollback(True)
    return response  # type: ignore[no-any-return]
