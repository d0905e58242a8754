"""The law of verdicts with a tenant's own numbers filled in, and the words of the house."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponseBase
from django.utils import timezone

from audit.kernel import law, lawsteps
from audit.kernel.ruleset import NAMES, Rule, parse, sentences
from audit.kernel.terms import GRADES, MEANINGS, VOCABULARY, Reason, State
from audit.models import RuleSet, Run
from audit.queries import overview, rules, runs
from audit.tables.runs import period
from audit.templatetags import words
from audit.views.figures import lines_of
from audit.views.page import show
from tenants.access import TenantRequest, requires

DEFAULTS = asdict(Rule())
STATE_MEANINGS = {
    State.VERIFIED: "an independent system saw it done",
    State.CONTRADICTED: "the vendor's own line, or a witness, speaks against it",
    State.UNSUPPORTED: "a system that was watching saw nothing of it",
    State.UNVERIFIABLE: "nobody can tell: beyond checking, and never counted against the vendor",
    State.NOT_CLAIMED: "restated, taken back or not billed: shown, and outside every score",
}
SAID = {
    "supports": "the system saw it done",
    "failed": "the system saw it tried, and it did not take effect",
    "conflict": "the system saw something else written than claimed",
    "saw nothing": "the system was watching, and no event answers the claim",
    "undone": "the system saw earlier work reversed: reopened, reverted or corrected",
}
MEASURES = {
    "basis point": "a hundredth of one per cent; scores are kept in them and rounded down",
    "micro": "a millionth of a currency unit; money is kept in them and never rounded",
    "unit": "one piece of work as the definition in force counts it; a line may claim several",
    "line": "one claim row with its verdict",
    "burst": "claims of one agent, action and record that follow each other closely",
    "provisional": "verified, and the undo window was not yet watched to its end: it may still fall",
}


@requires("see")
def index(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """The rules of `?rules=`, or those that judged `?run=`; without either those in force."""
    rule_set, run, given = _chosen(request)
    counts = {step.reason: step for step in overview.steps(overview.tallies(run))} if run else {}
    return show(
        request,
        "audit/law.html",
        here="law",
        rule_set=rule_set,
        run=run,
        period=period(run) if run else "",
        is_of_run=bool(run and parse(run.summary["rules"]) == parse(given)),
        steps=[_step(step, parse(given), run, tenant, counts) for step in lawsteps.STEPS],
        sentences=sentences(parse(given)),
        checks=lawsteps.CHECKS,
        versions=rules.versions(),
        states=[(state.value, text) for state, text in STATE_MEANINGS.items()],
        changed=sum(asdict(parse(given))[name] != DEFAULTS[name] for name in NAMES),
    )


def _chosen(request: TenantRequest) -> tuple[RuleSet | None, Run | None, Mapping[str, Any]]:
    """The rule set, a run that shows how often each clause decided, and the rules. Raises Http404."""
    if named := request.GET.get("run"):
        run = runs.get(_key(named))
        if run.state != Run.State.DONE:
            raise Http404("The run has no result yet.")
        return run.rule_set, run, run.summary["rules"]
    named = request.GET.get("rules")
    rule_set = rules.get(_key(named)) if named else rules.in_force(timezone.localdate())
    under = runs.newest_under(rule_set) if rule_set else None
    return rule_set, under or runs.newest(), rule_set.rules if rule_set else DEFAULTS


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404("There is nothing of this id.") from None


def _step(step: law.Step, rule: Rule, run: Run | None, tenant: str, counts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "slug": step.slug,
        "section": step.section,
        "title": step.title,
        "says": step.says(rule),
        "clauses": [_clause(reason, rule, run, tenant, counts) for reason in step.reasons],
        "numbers": [_number(name, rule) for name in step.names],
    }


def _clause(reason: Reason, rule: Rule, run: Run | None, tenant: str, counts: Mapping[str, Any]) -> dict[str, Any]:
    found = counts.get(reason)
    return {
        "reason": reason.value,
        "meaning": MEANINGS[reason],
        "text": law.sentence(reason, rule),
        "idle": bool(law.idle_because(reason, rule)),
        "example": law.EXAMPLES[reason](rule),
        "claims": found.claims if found else 0,
        "units": found.units if found else 0,
        "href": lines_of(run, tenant, reason=reason.value) if run else "",
    }


def _number(name: str, rule: Rule) -> dict[str, Any]:
    value = getattr(rule, name)
    return {
        "name": name,
        "value": law.shown(value, name),
        "meaning": law.NUMBERS[name],
        "default": law.shown(DEFAULTS[name], name),
        "is_default": value == DEFAULTS[name],
    }


@requires("see")
def glossary(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """What each word means, everywhere: one word, one meaning."""
    reasons = [(reason.value, meaning) for reason, meaning in MEANINGS.items()]
    return show(
        request,
        "audit/glossary.html",
        here="law",
        vocabulary=sorted(VOCABULARY.items()),
        states=[(state.value, text) for state, text in STATE_MEANINGS.items()],
        reasons=reasons,
        grades=GRADES.items(),
        said=SAID.items(),
        measures=sorted(MEASURES.items()),
        zone=words.when(timezone.now(), "minutes"),
    )
