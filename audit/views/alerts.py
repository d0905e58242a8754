"""Alerts: what happened that somebody asked to be told, and each with its numbers and its messages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from audit.models import Alert, AlertRule
from audit.operations import alerts as operations
from audit.queries import alerts, people
from audit.tables.alerts import AlertTable, DeliveryTable, alert_tag
from audit.templatetags import words
from audit.views.page import act_once, fill
from tenants.access import TenantRequest, actor, requires

FORMULAS = {
    AlertRule.Kind.VERIFIED_LOW: "verified units ÷ claimed units of the run, cut off at 0.01 %, against the threshold",
    AlertRule.Kind.DISCREPANCY: "charges of the claims of one discrepancy, by currency, against the amount",
    AlertRule.Kind.SILENCE: "time since the last file or the last request of the stream, against the hours",
    AlertRule.Kind.LOOP: "claims of one vendor, agent, action, record and effect within one burst window, at most",
}
NAMES = {
    "run": "Run",
    "verified_low_bps": "Verified",
    "could_be_verified_bps": "Could be verified",
    "threshold_bps": "Asked for",
    "claimed_units": "Units claimed",
    "verified_units": "Units verified",
    "amount_micros": "Amount asked for",
    "discrepancies": "Discrepancies without an alert of their own",
    "told_one_by_one": "Discrepancies told one by one",
    "claims": "Claims",
    "units": "Units",
    "hours": "Hours allowed",
    "window_seconds": "Burst window",
    "target": "Record",
}


@requires("see")
def index(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """Every alert, open ones first."""
    found = alerts.all_alerts()
    context = {
        "table": fill(request, AlertTable(found, slug=request.tenant.slug, may=request.may)),
        "open": found.filter(resolved_at=None).count(),
    }
    return render(request, "audit/alert_list.html", context)


@requires("see")
def one(request: TenantRequest, tenant: str, alert_id: UUID) -> HttpResponseBase:
    """One alert: what happened, by which rule, how it was computed, who was told."""
    alert = alerts.get(alert_id)
    context: dict[str, Any] = {
        "here": "alerts",
        "alert": alert,
        "state": alert_tag(alert),
        "wish": alerts.wish(alert.rule),
        "seen_by": people.name(alert.seen_by),
        "how": {
            "formula": FORMULAS[AlertRule.Kind(alert.rule.kind)],
            "inputs": _numbers(alert),
            "rule": alerts.wish(alert.rule),
            "href": alert.link,
            "link": "Show what it is about",
        },
    }
    if request.may["answer_alerts"]:
        told = alerts.all_deliveries().filter(alert=alert)
        context["deliveries"] = fill(request, DeliveryTable(told, slug=request.tenant.slug, may=request.may))
    return render(request, "audit/alert_detail.html", context)


@require_POST
@requires("answer_alerts")
def seen(request: TenantRequest, tenant: str, alert_id: UUID) -> HttpResponseBase:
    """Note that somebody has looked at it."""
    alert = alerts.get(alert_id)
    act_once(request, lambda: operations.note_seen(alert, actor(request)), "Noted: you have seen it.")
    return redirect("alerts", tenant)


def _numbers(alert: Alert) -> list[tuple[str, str]]:
    """The numbers of an alert as the drawer shows them."""
    found = [(title, _said(name, alert.numbers[name])) for name, title in NAMES.items() if name in alert.numbers]
    purses = alert.numbers.get("charge_micros", {})
    return found + [(f"Charged, {currency}", words.money(micros, currency)) for currency, micros in purses.items()]


def _said(name: str, value: Any) -> str:
    if name.endswith("_bps"):
        return words.share(value, 2)
    if name.endswith("_micros"):
        return words.money(value)
    if name.endswith("_seconds"):
        return words.duration(value)
    return words.units(value) if isinstance(value, int) else str(value)
