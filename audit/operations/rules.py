"""Rule sets: drafted, submitted, approved by another person. A version never changes once submitted."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from django.utils import timezone

from audit.kernel.ruleset import BadRules, Rule, parse
from audit.models import RuleSet
from audit.operations.faults import Refused
from audit.operations.record import enter, lock, next_number
from tenants.scope import current

STANDARD = "Standard"


def draft(name: str, rules: dict[str, Any], by: str, *, note: str = "", effective_on: date | None = None) -> RuleSet:
    """Write the next version of the rule set of that name. Bad rules are refused with one line a fault."""
    rule = _parse(rules)
    lock("rule sets")
    version = next_number(RuleSet.objects.filter(name=name), "version")
    rule_set = RuleSet.objects.create(
        tenant_id=current(),
        name=name,
        version=version,
        rules=plain(rule),
        digest=rule.digest(),
        note=note,
        effective_on=effective_on,
        drafted_by=by,
    )
    enter("rules.drafted", rule_set, by, digest=rule_set.digest, version=version)
    return rule_set


def redraft(
    rule_set: RuleSet, rules: dict[str, Any], by: str, *, note: str = "", effective_on: date | None = None
) -> RuleSet:
    """Change one's own draft. Any other version is changed by drafting the next: who wrote it must stay clear."""
    _expect(rule_set, RuleSet.State.DRAFT, "Only a draft can be changed: draft a new version.")
    if by != rule_set.drafted_by:
        raise Refused("This draft is somebody else's: draft a new version.")
    rule = _parse(rules)
    rule_set.rules, rule_set.digest, rule_set.note = plain(rule), rule.digest(), note
    rule_set.effective_on = effective_on
    rule_set.save()
    enter("rules.redrafted", rule_set, by, digest=rule_set.digest)
    return rule_set


def submit(rule_set: RuleSet, by: str) -> RuleSet:
    """Hand a draft in for approval."""
    _expect(rule_set, RuleSet.State.DRAFT, "Only a draft can be submitted.")
    rule_set.state = RuleSet.State.SUBMITTED
    rule_set.save(update_fields=["state"])
    enter("rules.submitted", rule_set, by, digest=rule_set.digest)
    return rule_set


def approve(rule_set: RuleSet, by: str) -> RuleSet:
    """Approve what another person submitted."""
    return _decide(rule_set, RuleSet.State.APPROVED, "rules.approved", by)


def reject(rule_set: RuleSet, by: str, why: str = "") -> RuleSet:
    """Turn down what another person submitted, and say why."""
    return _decide(rule_set, RuleSet.State.REJECTED, "rules.rejected", by, why)


def revert(older: RuleSet, by: str) -> RuleSet:
    """Draft a new version that says what an older one said; the versions between stay as they are."""
    newest = RuleSet.objects.filter(name=older.name).order_by("-version").first()
    if newest is not None and newest.digest == older.digest:
        raise Refused(f"{newest} says the same as version {older.version}: there is nothing to go back to.")
    return draft(older.name, older.rules, by, note=f"Goes back to version {older.version}: it says the same.")


def standard() -> RuleSet:
    """The law's defaults as the tenant's first rule set, approved by the system; made when first asked for."""
    known = RuleSet.objects.filter(name=STANDARD, drafted_by="system").first()
    if known is not None:
        return known
    rule_set = draft(STANDARD, {}, "system", note="The defaults of the law.")
    rule_set.state, rule_set.decided_by, rule_set.decided_at = RuleSet.State.APPROVED, "law", timezone.now()
    rule_set.save()
    return rule_set


def _decide(rule_set: RuleSet, state: str, action: str, by: str, why: str = "") -> RuleSet:
    _expect(rule_set, RuleSet.State.SUBMITTED, "Only a submitted version can be decided on.")
    if by == rule_set.drafted_by:
        raise Refused("Nobody decides on their own rules: another admin must.")
    rule_set.state, rule_set.decided_by, rule_set.decided_at = state, by, timezone.now()
    rule_set.decision_note = why
    rule_set.save()
    enter(action, rule_set, by, digest=rule_set.digest)
    return rule_set


def _expect(rule_set: RuleSet, state: str, sentence: str) -> None:
    if rule_set.state != state:
        raise Refused(sentence)


def _parse(rules: dict[str, Any]) -> Rule:
    try:
        return parse(rules)
    except BadRules as error:
        raise Refused(*error.faults, field="rules") from error


def plain(rule: Rule) -> dict[str, Any]:
    """The rule as it is kept: every name of the law with a plain value."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(rule).items()}
