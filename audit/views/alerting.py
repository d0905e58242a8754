"""What is watched for and who is told: rules, endpoints, and the log of deliveries."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from audit.forms.alerts import FORMS, DeliveryFilter, WebhookForm
from audit.models import AlertRule, Delivery
from audit.operations import alerting as operations
from audit.operations import deliveries
from audit.queries import alerts, people
from audit.tables.alerts import DELIVERY_TAGS, AlertRuleTable, DeliveryTable, WebhookTable, ended
from audit.tables.base import tag
from audit.views.page import act_once, attempt, fill, show
from tenants.access import TenantRequest, actor, requires


@requires("see")
def rules(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """Every rule."""
    table = fill(request, AlertRuleTable(alerts.all_rules(), slug=request.tenant.slug, may=request.may))
    return render(request, "audit/alert_rule_list.html", {"here": "alerts", "table": table})


@requires("manage")
def add_rule(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """Make a rule; its kind decides on the sentence."""
    kind = request.GET.get("kind", "")
    if kind not in FORMS:
        return render(request, "audit/alert_rule_kind.html", {"here": "alerts"})
    form = FORMS[kind](request.POST or None, initial=FORMS[kind].initial_of(AlertRule(kind=kind)))
    sent = request.method == "POST" and form.is_valid()
    if sent and (rule := attempt(form, lambda: operations.add_rule(kind, actor(request), **form.settings()))):
        messages.success(request, f"From now on: {alerts.wish(rule)}")
        return redirect("alert-rules", tenant)
    return show(request, "audit/alert_rule_form.html", form, here="alerts", form=form, kind=kind)


@requires("manage")
def rule(request: TenantRequest, tenant: str, rule_id: UUID) -> HttpResponseBase:
    """Change a rule."""
    found = alerts.rule(rule_id)
    wish, wanted = alerts.wish(found), FORMS[found.kind]
    form = wanted(request.POST or None, initial=wanted.initial_of(found))
    sent = request.method == "POST" and form.is_valid()
    if sent and (saved := attempt(form, lambda: operations.edit_rule(found, actor(request), **form.settings()))):
        messages.success(request, f"From now on: {alerts.wish(saved)}")
        return redirect("alert-rules", tenant)
    context = {"here": "alerts", "form": form, "kind": found.kind, "rule": found, "wish": wish}
    return show(request, "audit/alert_rule_form.html", form, **context)


@require_POST
@requires("manage")
def switch_rule(request: TenantRequest, tenant: str, rule_id: UUID) -> HttpResponseBase:
    """Switch a rule on or off."""
    found = alerts.rule(rule_id)
    on = request.POST.get("enabled") == "on"
    done = "The rule is on." if on else "The rule is off, and its open alerts are over."
    act_once(request, lambda: operations.edit_rule(found, actor(request), enabled=on), done)
    return redirect("alert-rules", tenant)


@never_cache
@requires("manage")
def webhooks(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """The endpoints; add one. Its secret is in this answer and nowhere else."""
    form = WebhookForm(request.POST or None)
    if form.is_valid() and (
        made := attempt(form, lambda: operations.add_webhook(**form.cleaned_data, by=actor(request)))
    ):
        webhook, secret = made
        return render(request, "audit/webhook_created.html", {"here": "alerts", "webhook": webhook, "secret": secret})
    table = fill(request, WebhookTable(alerts.all_webhooks(), slug=request.tenant.slug, may=request.may))
    return show(request, "audit/webhook_list.html", form, here="alerts", form=form, table=table)


@require_POST
@requires("manage")
def test_webhook(request: TenantRequest, tenant: str, webhook_id: UUID) -> HttpResponseBase:
    """Send an endpoint a test."""
    webhook = alerts.webhook(webhook_id)
    done = "The test is on its way: the newest delivery below says what becomes of it."
    act_once(request, lambda: deliveries.test(webhook, actor(request)), done)
    return redirect("deliveries", tenant)


@require_POST
@requires("manage")
def switch_webhook(request: TenantRequest, tenant: str, webhook_id: UUID) -> HttpResponseBase:
    """Switch an endpoint on or off."""
    webhook, on = alerts.webhook(webhook_id), request.POST.get("enabled") == "on"
    done = f"{webhook} is told again." if on else f"{webhook} is told nothing any more."
    act_once(request, lambda: operations.switch_webhook(webhook, on, actor(request)), done)
    return redirect("webhooks", tenant)


@requires("answer_alerts")
def log(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """Every delivery; the page renews itself while one is on its way."""
    state = request.GET.get("state", "")
    found = alerts.all_deliveries()
    found = found.filter(state=state) if state in Delivery.State.values else found
    context = {
        "here": "alerts",
        "table": fill(request, DeliveryTable(found, slug=request.tenant.slug, may=request.may)),
        "filters": DeliveryFilter(initial={"state": state}),
        "busy": Delivery.objects.filter(state=Delivery.State.WAITING).exists(),
    }
    return render(request, "audit/delivery_list.html", context)


@requires("answer_alerts")
def delivery(request: TenantRequest, tenant: str, delivery_id: UUID) -> HttpResponseBase:
    """One delivery: each attempt, and the message byte for byte."""
    found = alerts.delivery(delivery_id)
    context = {
        "here": "alerts",
        "delivery": found,
        "state": tag(*DELIVERY_TAGS[Delivery.State(found.state)]),
        "to": found.webhook or people.name(found.recipient),
        "attempts": [(each.created_at, ended(each)) for each in found.attempts.all()],
    }
    return render(request, "audit/delivery_detail.html", context)


@require_POST
@requires("answer_alerts")
def replay(request: TenantRequest, tenant: str, delivery_id: UUID) -> HttpResponseBase:
    """Send a message once more."""
    found = alerts.delivery(delivery_id)
    act_once(request, lambda: deliveries.replay(found, actor(request)), "It is on its way again, under the same id.")
    return redirect("deliveries", tenant)
