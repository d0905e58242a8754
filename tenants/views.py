"""Signing in, choosing a tenant, and an admin's pages: members and keys."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe
from django_tables2 import RequestConfig

from tenants import access, operations, throttle
from tenants.access import TenantRequest, requires
from tenants.forms import KeyForm, MemberForm, PasswordForm, RoleForm, SignInForm
from tenants.models import ApiKey, Membership, Role
from tenants.tables import KeyTable, MemberTable

WRONG = "The e-mail address or the password is not right."
TOO_OFTEN = "This was tried too often. Wait a quarter of an hour, then try again."


@never_cache
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """E-mail and password, then on to where the person wanted to go."""
    if request.user.is_authenticated:
        return redirect(_next(request))
    form = SignInForm(request.POST or None)
    if not form.is_valid():
        return _form(request, "tenants/sign_in.html", form, next=_next(request))
    email = form.cleaned_data["email"]
    if not throttle.allow(request, email):
        form.add_error(None, TOO_OFTEN)
        return _form(request, "tenants/sign_in.html", form, 429, next=_next(request))
    user = authenticate(request, username=email, password=form.cleaned_data["password"])
    if user is None:
        form.add_error(None, WRONG)
        return _form(request, "tenants/sign_in.html", form, next=_next(request))
    throttle.forget(request, email)
    login(request, user)
    return redirect(_next(request))


def _next(request: HttpRequest) -> str:
    """Where to go after signing in: an address of ours, or home."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours else reverse(settings.LOGIN_REDIRECT_URL)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponseBase:
    """Ends the session."""
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@never_cache
@sensitive_post_parameters("password")
def welcome(request: HttpRequest, token: str) -> HttpResponseBase:
    """Where an invited person chooses a password; a link that was used, or is old, leads to sign-in."""
    user = operations.invited(token)
    if user is None:
        return redirect("sign-in")
    form = PasswordForm(user, request.POST or None)
    if not form.is_valid():
        return _form(request, "tenants/welcome.html", form, person=user)
    operations.choose_password(user, form.cleaned_data["password"])
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("home")


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponseBase:
    """The tenants of the person; with one only, straight to it."""
    memberships = access.memberships_of(request.user)  # type: ignore[arg-type]
    if len(memberships) == 1 and access.may(memberships[0].role, "see"):
        return redirect("start", tenant=memberships[0].tenant.slug)
    return render(request, "tenants/home.html", {"memberships": memberships})


@requires("manage")
def members(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """Who belongs to the tenant; add someone."""
    form = MemberForm(request.POST or None)
    if form.is_valid():
        try:
            membership, token = operations.add_member(**form.cleaned_data, by=request.user)
        except operations.Refused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            link = request.build_absolute_uri(reverse("welcome", args=[token]))
            return render(request, "tenants/member_added.html", {"membership": membership, "link": link})
    rows = Membership.objects.filter(removed_at=None).select_related("user")
    return _list(request, "tenants/members.html", form, MemberTable(rows))


@require_POST
@requires("manage")
def member_role(request: TenantRequest, tenant: str, member: UUID) -> HttpResponseBase:
    """Give a member another role."""
    membership = _member(member)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, "There is no such role: choose one of the list.")
        return redirect("members", tenant=tenant)
    try:
        operations.change_role(membership, form.cleaned_data["role"], by=request.user)
        messages.success(request, f"{membership.user} is now {Role(membership.role).label}.")
    except operations.Refused as refusal:
        messages.error(request, str(refusal))
    return _after(request, membership, tenant)


@require_POST
@requires("manage")
def member_remove(request: TenantRequest, tenant: str, member: UUID) -> HttpResponseBase:
    """End a membership; adding the person again undoes it."""
    membership = _member(member)
    try:
        operations.remove_member(membership, by=request.user)
        messages.success(request, f"{membership.user} is no longer a member. Adding them again undoes this.")
    except operations.Refused as refusal:
        messages.error(request, str(refusal))
    return _after(request, membership, tenant)


def _after(request: TenantRequest, membership: Membership, tenant: str) -> HttpResponse:
    """Back to the members; home for one who has just shut themselves out of that page."""
    is_out = membership.removed_at is not None or not access.may(membership.role, "manage")
    if membership.user_id == request.user.pk and is_out:
        return redirect("home")
    return redirect("members", tenant=tenant)


def _member(member: UUID) -> Membership:
    return get_object_or_404(Membership.objects.select_related("user"), id=member, removed_at=None)


@never_cache
@requires("manage")
def keys(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """The API keys of the tenant; make one. Its text is in this answer and nowhere else."""
    form = KeyForm(request.POST or None)
    if form.is_valid():
        chosen = {name: form.cleaned_data[name] for name in ("name", "scopes")}
        try:
            key, text = operations.create_key(**chosen, expires_at=form.expires_at(), by=request.user)
        except operations.Refused as refusal:
            form.add_error("last_day" if refusal.field == "expires_at" else refusal.field, str(refusal))
        else:
            return render(request, "tenants/key_created.html", {"key": key, "text": text})
    return _list(request, "tenants/keys.html", form, KeyTable(ApiKey.objects.select_related("created_by")))


@requires("manage")
def key_revoke(request: TenantRequest, tenant: str, key: UUID) -> HttpResponseBase:
    """Asks once, then ends the key."""
    found = get_object_or_404(ApiKey, id=key)
    if found.revoked_at is not None:
        raise Http404
    if request.method != "POST":
        return render(request, "tenants/key_revoke.html", {"key": found})
    operations.revoke_key(found, by=request.user)
    messages.success(request, f"The key “{found.name}” is revoked. What used it gets 401 from now on.")
    return redirect("keys", tenant=tenant)


def _list(request: HttpRequest, template: str, form: Form, table: Any) -> HttpResponse:
    RequestConfig(request, paginate={"per_page": 50}).configure(table)
    return _form(request, template, form, table=table)


def _form(request: HttpRequest, template: str, form: Form, status: int | None = None, **context: Any) -> HttpResponse:
    """The page with its form; 422 where the form came back with errors."""
    wrong = 422 if form.is_bound and form.errors else 200
    return render(request, template, {"form": form, **context}, status=status or wrong)
