"""Vendors with their agents and accounts, and agreed prices."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from audit.forms.parties import ActorForm, AgentForm, AgentNameForm, NameForm, RateCardForm, VendorForm
from audit.models import Vendor
from audit.operations import parties as operations
from audit.queries import parties, sources
from audit.tables.parties import ActorTable, AgentTable, RateCardTable, VendorTable
from audit.tables.sources import SourceTable
from audit.views.page import act_once, attempt, fill, show
from tenants.access import TenantRequest, actor, requires


@requires("see")
def index(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """Every vendor."""
    return _index(request, VendorForm())


@require_POST
@requires("manage")
def add(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """Enter a vendor."""
    form = VendorForm(request.POST)
    if form.is_valid():
        name = form.cleaned_data["name"]
        key = form.cleaned_data["key"] or name
        if vendor := attempt(form, lambda: operations.add_vendor(key, name, actor(request))):
            messages.success(request, f"{vendor} is entered. Next: a source for its claims.")
            return redirect("vendor", tenant, vendor.id)
    return _index(request, form)


def _index(request: TenantRequest, form: VendorForm) -> HttpResponseBase:
    table = fill(request, VendorTable(parties.vendors(), slug=request.tenant.slug, may=request.may))
    return show(request, "audit/vendor_list.html", form, table=table, form=form)


@requires("see")
def one(request: TenantRequest, tenant: str, vendor_id: UUID) -> HttpResponseBase:
    """One vendor with its agents, accounts, sources and prices."""
    return _page(request, parties.vendor(vendor_id))


def _page(request: TenantRequest, vendor: Vendor, **bound: Any) -> HttpResponseBase:
    forms: dict[str, Any] = {
        "rename": NameForm(initial={"name": vendor.name}, prefix="rename"),
        "agent": AgentForm(prefix="agent"),
        "actor": ActorForm(prefix="actor"),
    } | bound
    given: dict[str, Any] = {"slug": request.tenant.slug, "may": request.may}
    tables = {
        "agents": fill(request, AgentTable(parties.agents(vendor), prefix="agents-", **given)),
        "actors": fill(request, ActorTable(parties.actors(vendor), prefix="actors-", **given)),
        "cards": fill(
            request, RateCardTable(parties.rate_cards(vendor), prefix="cards-", exclude=("vendor",), **given)
        ),
        "feeds": fill(request, SourceTable(sources.of(vendor), prefix="feeds-", **given)),
    }
    return show(request, "audit/vendor_detail.html", *forms.values(), vendor=vendor, forms=forms, **tables)


@require_POST
@requires("manage")
def rename(request: TenantRequest, tenant: str, vendor_id: UUID) -> HttpResponseBase:
    """Change how a vendor is shown."""
    vendor = parties.vendor(vendor_id)
    form = NameForm(request.POST, prefix="rename")
    if form.is_valid():
        operations.rename_vendor(vendor, form.cleaned_data["name"], actor(request))
        messages.success(request, f"It is shown as {vendor} from now on; the word in its claims stays {vendor.key}.")
        return redirect("vendor", tenant, vendor.id)
    return _page(request, vendor, rename=form)


@require_POST
@requires("manage")
def add_agent(request: TenantRequest, tenant: str, vendor_id: UUID) -> HttpResponseBase:
    """Enter an agent by hand."""
    vendor = parties.vendor(vendor_id)
    form = AgentForm(request.POST, prefix="agent")
    if form.is_valid() and (
        agent := attempt(form, lambda: operations.add_agent(vendor, by=actor(request), **form.cleaned_data))
    ):
        messages.success(request, f"The agent {agent} is entered.")
        return redirect("vendor", tenant, vendor.id)
    return _page(request, vendor, agent=form)


@requires("manage")
def agent(request: TenantRequest, tenant: str, vendor_id: UUID, agent_id: UUID) -> HttpResponseBase:
    """Change how an agent is shown."""
    found = parties.agent(vendor_id, agent_id)
    form = AgentNameForm(request.POST or None, initial={"name": found.name})
    if request.method == "POST" and form.is_valid():
        operations.rename_agent(found, form.cleaned_data["name"], actor(request))
        messages.success(request, f"It is shown as {found} from now on.")
        return redirect("vendor", tenant, vendor_id)
    return show(request, "audit/agent_form.html", form, form=form, agent=found)


@require_POST
@requires("manage")
def bind(request: TenantRequest, tenant: str, vendor_id: UUID) -> HttpResponseBase:
    """Say which agent an account of a system is."""
    vendor = parties.vendor(vendor_id)
    form = ActorForm(request.POST, prefix="actor")
    if form.is_valid() and (
        binding := attempt(form, lambda: operations.bind_actor(vendor=vendor, by=actor(request), **form.cleaned_data))
    ):
        messages.success(request, f"{binding} is {binding.agent_id}. It counts from the next run on.")
        return redirect("vendor", tenant, vendor.id)
    return _page(request, vendor, actor=form)


@requires("manage")
def unbind(request: TenantRequest, tenant: str, actor_id: UUID) -> HttpResponseBase:
    """Asks once, then takes a binding back."""
    binding = parties.actor(actor_id)
    if request.method != "POST":
        return render(request, "audit/actor_unbind.html", {"binding": binding})
    act_once(
        request,
        lambda: operations.unbind_actor(binding, actor(request)),
        f"{binding} is no longer bound to {binding.agent_id}. Binding it again undoes this.",
    )
    return redirect("vendor", tenant, binding.vendor_id)


@requires("see")
def rate_cards(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """Every agreed price."""
    return _rate_cards(request, RateCardForm(initial={"vendor": request.GET.get("vendor")} | _followed(request)))


def _followed(request: TenantRequest) -> dict[str, Any]:
    """What a price has in common with the one of `?after=` that it follows. Raises Http404."""
    named = request.GET.get("after")
    try:
        card = parties.rate_card(UUID(named)) if named else None
    except ValueError:
        raise Http404("No such price.") from None
    return {name: getattr(card, name) for name in ("vendor", "action", "basis", "currency")} if card else {}


@require_POST
@requires("manage")
def add_rate_card(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """Enter a price."""
    form = RateCardForm(request.POST)
    if form.is_valid():
        chosen = {name: form.cleaned_data[name] for name in ("vendor", "action", "basis", "currency", "starts_on")}
        micros = form.price_micros()
        if attempt(form, lambda: operations.add_rate_card(price_micros=micros, by=actor(request), **chosen)):
            messages.success(request, "The price is entered. It holds in runs that are opened from now on.")
            return redirect("rate-cards", tenant)
    return _rate_cards(request, form)


def _rate_cards(request: TenantRequest, form: RateCardForm) -> HttpResponseBase:
    of = _vendor_of(request)
    table = fill(request, RateCardTable(parties.rate_cards(of), slug=request.tenant.slug, may=request.may))
    return show(request, "audit/rate_card_list.html", form, table=table, form=form, vendor=of)


def _vendor_of(request: TenantRequest) -> Vendor | None:
    """The vendor of `?vendor=`, or None for all. Raises Http404."""
    named = request.GET.get("vendor")
    try:
        return parties.vendor(UUID(named)) if named else None
    except ValueError:
        raise Http404("No such vendor.") from None


@requires("manage")
def drop_rate_card(request: TenantRequest, tenant: str, card_id: UUID) -> HttpResponseBase:
    """Asks once, then takes a price back."""
    card = parties.rate_card(card_id)
    if request.method != "POST":
        return render(request, "audit/rate_card_drop.html", {"card": card})
    act_once(request, lambda: operations.drop_rate_card(card, actor(request)), "The price is taken back.")
    return redirect("rate-cards", tenant)
