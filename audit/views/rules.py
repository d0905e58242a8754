"""The rules: versions, what each says in plain words, drafts, and the approval by another person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from audit.forms.rules import DEFAULTS, JsonForm, RuleForm, as_json
from audit.kernel.ruleset import parse, sentences
from audit.models import RuleSet
from audit.operations import rules as operations
from audit.operations.faults import Refused
from audit.queries import people, rules
from audit.tables.rules import RuleSetTable
from audit.views.page import act_once, fill, show
from tenants.access import TenantRequest, actor, requires

Act = Callable[[RuleSet, str], RuleSet]
DECISIONS: dict[str, tuple[str, Act, str]] = {
    "submit": ("draft_rules", operations.submit, "handed in: another admin can approve it now."),
    "approve": ("approve_rules", operations.approve, "approved: runs can be opened with it."),
    "reject": ("approve_rules", operations.reject, "rejected. Draft a new version to try again."),
}


@requires("see")
def index(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """Every version."""
    table = fill(request, RuleSetTable(rules.versions(), slug=request.tenant.slug, may=request.may))
    return render(request, "audit/rule_set_list.html", {"table": table})


@requires("see")
def one(request: TenantRequest, tenant: str, rule_set_id: UUID) -> HttpResponseBase:
    """One version: what it says, what changed, who wrote it and who decided."""
    rule_set = rules.get(rule_set_id)
    before = rules.before(rule_set)
    known = sentences(parse(before.rules)) if before else []
    mine = rule_set.drafted_by == actor(request)
    context = {
        "rule_set": rule_set,
        "before": before,
        "changes": rules.changes(before.rules, rule_set.rules) if before else [],
        "sentences": [(text, bool(before) and text not in known) for text in sentences(parse(rule_set.rules))],
        "json": as_json(rule_set.rules),
        "drafted_by": people.name(rule_set.drafted_by),
        "decided_by": people.name(rule_set.decided_by),
        "may_submit": rule_set.state == RuleSet.State.DRAFT and request.may["draft_rules"],
        "may_decide": rule_set.state == RuleSet.State.SUBMITTED and request.may["approve_rules"] and not mine,
        "mine": mine,
    }
    return render(request, "audit/rule_set_detail.html", context)


@requires("draft_rules")
def new(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """Draft the first version of another rule set, from the law's defaults."""

    def act(about: dict[str, Any], given: dict[str, Any]) -> RuleSet:
        return operations.draft(about.pop("name"), given, actor(request), **about)

    return _edit(request, None, act)


@requires("draft_rules")
def edit(request: TenantRequest, tenant: str, rule_set_id: UUID) -> HttpResponseBase:
    """Change a draft, or draft the version after one that was submitted."""
    rule_set = rules.get(rule_set_id)

    def act(about: dict[str, Any], given: dict[str, Any]) -> RuleSet:
        if _redrafts(request, rule_set):
            return operations.redraft(rule_set, given, actor(request), **about)
        return operations.draft(rule_set.name, given, actor(request), **about)

    return _edit(request, rule_set, act)


def _edit(request: TenantRequest, rule_set: RuleSet | None, act: Any) -> HttpResponseBase:
    """Both forms show the same rules; the one that was sent is the one that counts."""
    fields, raw = _forms(request, rule_set)
    sent: RuleForm | JsonForm = raw if "rules_json" in request.POST else fields
    if request.method == "POST" and sent.is_valid():
        try:
            with transaction.atomic():
                drafted = act(sent.about(), sent.rules())
        except Refused as refusal:
            _name_faults(sent, refusal)
        else:
            messages.success(request, f"{drafted} is drafted. It judges nothing until somebody else approves it.")
            return redirect("rule-set", request.tenant.slug, drafted.id)
    redrafts = _redrafts(request, rule_set)
    context = {"fields": fields, "raw": raw, "form": sent, "rule_set": rule_set, "redrafts": redrafts}
    return show(request, "audit/rule_set_form.html", fields, raw, **context)


def _forms(request: TenantRequest, rule_set: RuleSet | None) -> tuple[RuleForm, JsonForm]:
    values: dict[str, Any] = rule_set.rules if rule_set else DEFAULTS
    redrafts = _redrafts(request, rule_set)
    about = {"note": rule_set.note, "effective_on": rule_set.effective_on} if rule_set and redrafts else {}
    as_raw = request.method == "POST" and "rules_json" in request.POST
    as_fields = request.method == "POST" and not as_raw
    options: dict[str, Any] = {"named": rule_set is not None}
    return (
        RuleForm(request.POST if as_fields else None, initial={**values, **about}, **options),
        JsonForm(
            request.POST if as_raw else None,
            initial={"rules_json": as_json(values), **about},
            auto_id="raw_%s",
            **options,
        ),
    )


def _redrafts(request: TenantRequest, rule_set: RuleSet | None) -> bool:
    """Whether an edit changes the draft itself: one's own; else it drafts the next version."""
    return rule_set is not None and rule_set.state == RuleSet.State.DRAFT and rule_set.drafted_by == actor(request)


def _name_faults(form: RuleForm | JsonForm, refusal: Refused) -> None:
    """Each fault of the law goes to the field that it names."""
    for fault in refusal.faults:
        name, _, text = fault.partition(": ")
        if name in form.fields:
            form.add_error(name, f"It {text}.")
        else:
            form.add_error("rules_json" if "rules_json" in form.fields else None, fault)


@require_POST
@requires("draft_rules")
def decide(request: TenantRequest, tenant: str, rule_set_id: UUID) -> HttpResponseBase:
    """Submit, approve or reject."""
    rule_set = rules.get(rule_set_id)
    if request.POST.get("decision") not in DECISIONS:
        raise Http404
    permission, act, done = DECISIONS[request.POST["decision"]]
    if not request.may[permission]:
        raise PermissionDenied
    act_once(request, lambda: act(rule_set, actor(request)), f"{rule_set} is {done}")
    return redirect("rule-set", tenant, rule_set.id)
