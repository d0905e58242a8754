"""The rules: versions, what each says and decided, how two of them differ, and the approval by another person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from audit.forms.rules import CompareForm, RejectForm, as_json
from audit.kernel.ruleset import parse, sentences
from audit.models import RuleSet
from audit.operations import rules as operations
from audit.queries import people, previews, rules
from audit.tables.rules import RuleSetTable, in_force
from audit.templatetags import words
from audit.views.figures import computed, lines_of
from audit.views.page import act_once, fill, show
from tenants.access import TenantRequest, actor, requires

DECISIONS = {"submit": "draft_rules", "revert": "draft_rules", "approve": "approve_rules", "reject": "approve_rules"}


@requires("see")
def index(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """Every version, and which is in force."""
    spans = rules.spans()
    table = RuleSetTable(rules.versions(), spans=spans, slug=request.tenant.slug, may=request.may)
    context = {"table": fill(request, table), "now": rules.in_force(timezone.localdate())}
    return render(request, "audit/rule_set_list.html", context)


@requires("see")
def one(request: TenantRequest, tenant: str, rule_set_id: UUID) -> HttpResponseBase:
    """One version: what it says and decided, how it differs from another, who wrote it and who decided."""
    return _page(request, rules.get(rule_set_id), RejectForm())


def _page(request: TenantRequest, rule_set: RuleSet, form: RejectForm) -> HttpResponseBase:
    mine = rule_set.drafted_by == actor(request)
    may_draft = request.may["draft_rules"]
    context = {
        "here": "rules",
        "rule_set": rule_set,
        "sentences": sentences(parse(rule_set.rules)),
        "json": as_json(rule_set.rules),
        "drafted_by": people.name(rule_set.drafted_by),
        "decided_by": people.name(rule_set.decided_by),
        "in_force": in_force(rule_set, rules.spans()),
        "may_submit": rule_set.state == RuleSet.State.DRAFT and may_draft,
        "may_decide": rule_set.state == RuleSet.State.SUBMITTED and request.may["approve_rules"] and not mine,
        "may_revert": rule_set.state == RuleSet.State.APPROVED and may_draft and not rules.is_newest(rule_set),
        "mine": mine,
        "form": form,
        "tried": previews.last_of(rule_set),
        **_beside(request, rule_set),
        **_decided(request, rule_set),
    }
    return show(request, "audit/rule_set_detail.html", form, **context)


def _beside(request: TenantRequest, rule_set: RuleSet) -> dict[str, Any]:
    """How the version differs from the one that the address names, else from the one before. Raises Http404."""
    others, named = rules.others(rule_set), request.GET.get("against")
    form = CompareForm({"against": named} if named else None, versions=others)
    if named and not form.is_valid():
        raise Http404("No such version.")
    against = form.cleaned_data["against"] if named else rules.before(rule_set)
    form.initial = {"against": against}
    changes = rules.changes(against.rules, rule_set.rules) if against else []
    return {"against": against, "compare": form, "changes": changes}


def _decided(request: TenantRequest, rule_set: RuleSet) -> dict[str, Any]:
    """What each clause decided in the last finished run under the version."""
    run = rules.last_run(rule_set)
    if run is None:
        return {}
    slug, hits = request.tenant.slug, rules.hits(run)
    every = words.units(sum(hit.claims for hit in hits))
    formula = "each line of the run counts at the one clause that gave it its verdict; together they are all lines"
    return {
        "last_run": run,
        "hits": [(hit, lines_of(run, slug, reason=hit.reason)) for hit in hits if hit.claims],
        "unhit": [hit.reason for hit in hits if not hit.claims],
        "every_line": every,
        "how": computed(run, formula, [("Lines of the run", every)], lines_of(run, slug)),
    }


@require_POST
@requires("draft_rules")
def decide(request: TenantRequest, tenant: str, rule_set_id: UUID) -> HttpResponseBase:
    """Submit, approve, reject with a reason, or draft a version that goes back to this one."""
    rule_set, decision, by = rules.get(rule_set_id), request.POST.get("decision", ""), actor(request)
    if decision not in DECISIONS:
        raise Http404
    if not request.may[DECISIONS[decision]]:
        raise PermissionDenied
    if decision == "submit":
        done = f"{rule_set} is handed in: another admin can approve it now."
        act_once(request, lambda: operations.submit(rule_set, by), done)
    elif decision == "approve":
        done = f"{rule_set} is approved: runs can be opened with it. Nothing already stated changed."
        act_once(request, lambda: operations.approve(rule_set, by), done)
    elif decision == "revert":
        return _revert(request, rule_set)
    else:
        form = RejectForm(request.POST)
        if not form.is_valid():
            return _page(request, rule_set, form)
        why = form.cleaned_data["why"]
        act_once(request, lambda: operations.reject(rule_set, by, why), f"{rule_set} is rejected, and says why.")
    return redirect("rule-set", tenant, rule_set.id)


def _revert(request: TenantRequest, rule_set: RuleSet) -> HttpResponseBase:
    """To the new draft; or back, with the reason why there is none."""
    made: list[RuleSet] = []
    act_once(
        request,
        lambda: made.append(operations.revert(rule_set, actor(request))),
        f"A draft is written that says what {rule_set} says. It judges nothing until somebody else approves it.",
    )
    return redirect("rule-set", request.tenant.slug, (made or [rule_set])[0].id)
