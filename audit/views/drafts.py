"""Where rules are written: as sentences and as JSON, read back before they are saved, tried as soon as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from audit.forms.rules import DEFAULTS, Draft
from audit.kernel.ruleset import BadRules, parse, sentences
from audit.models import RuleSet, Run
from audit.operations import previews
from audit.operations import rules as operations
from audit.operations.faults import Refused
from audit.queries import rules, runs
from audit.views.page import show
from tenants.access import TenantRequest, actor, requires

Keep = Callable[[dict[str, Any], Any], RuleSet]


@requires("draft_rules")
def new(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """Draft the first version of another rule set, from the law's defaults."""

    def keep(about: dict[str, Any], given: Any) -> RuleSet:
        return operations.draft(about.pop("name"), given, actor(request), **about)

    return _edit(request, None, keep)


@requires("draft_rules")
def edit(request: TenantRequest, tenant: str, rule_set_id: UUID) -> HttpResponseBase:
    """Change a draft, or draft the version after one that was submitted."""
    rule_set = rules.get(rule_set_id)

    def keep(about: dict[str, Any], given: Any) -> RuleSet:
        if _redrafts(request, rule_set):
            return operations.redraft(rule_set, given, actor(request), **about)
        return operations.draft(rule_set.name, given, actor(request), **about)

    return _edit(request, rule_set, keep)


def _redrafts(request: TenantRequest, rule_set: RuleSet | None) -> bool:
    """Whether an edit changes the draft itself: one's own; else it drafts the next version."""
    return rule_set is not None and rule_set.state == RuleSet.State.DRAFT and rule_set.drafted_by == actor(request)


def _edit(request: TenantRequest, rule_set: RuleSet | None, keep: Keep) -> HttpResponseBase:
    """The editor. `check` reads back what was written; `try` saves and tries it on the last finished run."""
    values: dict[str, Any] = rule_set.rules if rule_set else DEFAULTS
    redrafts, named = _redrafts(request, rule_set), rule_set is not None
    about = {"note": rule_set.note, "effective_on": rule_set.effective_on} if rule_set and redrafts else {}
    draft = Draft(request.POST if request.method == "POST" else None, values, about, named=named)
    run = runs.newest()
    if request.method == "POST":
        given = draft.rules()
        if draft.about.is_valid() and given is not None:
            if "check" in request.POST:
                draft, values = _read_back(draft, given, values, named)
            elif drafted := _kept(draft, given, keep):
                return _onward(request, drafted, run)
    context = {
        "draft": draft,
        "rule_set": rule_set,
        "redrafts": redrafts,
        "run": run,
        "checked": "check" in request.POST and not any(form.errors for form in draft.forms),
        "sentences": sentences(parse(values)),
        "changes": rules.changes(rule_set.rules if rule_set else DEFAULTS, values),
    }
    return show(request, "audit/rule_set_form.html", *draft.forms, **context)


def _read_back(draft: Draft, given: Any, values: dict[str, Any], named: bool) -> tuple[Draft, dict[str, Any]]:
    """Both ways of writing filled with what one of them says; or the same with its faults."""
    try:
        read = operations.plain(parse(given))
    except BadRules as error:
        draft.blame(error.faults)
        return draft, values
    return Draft(None, read, draft.about.cleaned_data, named=named), read


def _kept(draft: Draft, given: Any, keep: Keep) -> RuleSet | None:
    try:
        with transaction.atomic():
            return keep(draft.about.about(), given)
    except Refused as refusal:
        draft.blame(refusal.faults)
        return None


def _onward(request: TenantRequest, drafted: RuleSet, run: Run | None) -> HttpResponseBase:
    """To the version; or to what it would change, where that was asked for."""
    messages.success(request, f"{drafted} is drafted. It judges nothing until somebody else approves it.")
    if "try" in request.POST and run is not None:
        previews.ask(drafted, run, actor(request))
        address = reverse("rule-set-preview", args=[request.tenant.slug, drafted.id])
        return redirect(f"{address}?run={run.id}")
    return redirect("rule-set", request.tenant.slug, drafted.id)
