"""Rules: read in plain words, drafted, handed in, decided by somebody else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from audit.forms.rules import DEFAULTS, RuleForm
from audit.kernel.ruleset import NAMES, parse
from audit.models import RuleSet
from tests.audit.pages.walk import at, get, post, said
from tests.desk import Desk, open_desk
from tests.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    """Northwind's desk."""
    return open_desk(world.northwind.id)


def fields(**changes: Any) -> dict[str, Any]:
    """The form as it stands filled with the law's defaults."""
    form = RuleForm(initial=DEFAULTS)
    shown = {name: form[name].value() for name in form.fields}
    kept = {name: value for name, value in shown.items() if value not in (None, False, "")}
    return kept | {"name": "Completed state change"} | changes


def drafted(desk: Desk) -> RuleSet:
    """The newest version of the rules on the page."""
    found: RuleSet = desk.ask(lambda: RuleSet.objects.filter(name="Completed state change").latest("version"))
    return found


def decide(client: Client, rule_set: RuleSet, decision: str) -> str:
    """What the page says after a button."""
    return post(client, at("rule-set-decide", rule_set_id=rule_set.id), decision=decision)


def test_the_form_holds_every_name_of_the_law_and_its_defaults() -> None:
    form = RuleForm(fields())
    assert form.is_valid(), form.errors
    assert parse(form.rules()) == parse({})
    assert {field.name for _, _, members in form.groups() for field in members} == set(NAMES)


def test_a_draft_is_written_from_fields(as_bob: Client, desk: Desk) -> None:
    changes = {
        "burst_minimum": "3",
        "counted_actions": "api_call\nrecord_update",
        "match_after_by_action": "api_call 5",
    }
    text = post(as_bob, at("rule-set-draft"), **fields(**changes, note="Agreed in May.", effective_on="2026-07-01"))
    assert "Completed state change, version 1 is a draft" in text
    assert "Counted as a unit: api_call, record_update." in text
    assert "from 3 of the same work on, one counts." in text
    rule_set = drafted(desk)
    assert rule_set.rules["match_after_by_action"] == {"api_call": 5}
    assert (rule_set.note, str(rule_set.effective_on)) == ("Agreed in May.", "2026-07-01")


def test_a_draft_is_written_from_json(as_bob: Client, desk: Desk) -> None:
    post(as_bob, at("rule-set-draft"), name="Completed state change", rules_json='{"burst_minimum": 4}')
    assert drafted(desk).rules["burst_minimum"] == 4


def test_every_fault_is_one_line_and_nothing_is_saved(as_bob: Client, desk: Desk) -> None:
    wrong = json.dumps({"burst_minimun": 3, "independent_grades": ["B"]})
    response = as_bob.post(at("rule-set-draft"), {"name": "Completed state change", "rules_json": wrong})
    assert response.status_code == 422
    assert "burst_minimun: there is no such rule; did you mean burst_minimum?" in said(response)
    assert 'independent_grades: must be ["A"], ["A", "B"] or ["A", "B", "C"]' in said(response)
    assert desk.ask(RuleSet.objects.count) == 0


@pytest.mark.parametrize("wrong", ["{", "[]", '"text"', "null"])
def test_what_is_no_object_is_refused(as_bob: Client, wrong: str) -> None:
    response = as_bob.post(at("rule-set-draft"), {"name": "Completed state change", "rules_json": wrong})
    assert response.status_code == 422


def test_a_fault_in_a_field_stands_at_the_field(as_bob: Client) -> None:
    response = as_bob.post(at("rule-set-draft"), fields(match_after_by_action="api_call soon", burst_minimum="0"))
    assert response.status_code == 422
    assert "“api_call soon”: write an action, a space, and whole seconds." in said(response)


def test_a_draft_is_changed_in_place_and_a_submitted_version_is_followed(as_bob: Client, desk: Desk) -> None:
    post(as_bob, at("rule-set-draft"), **fields())
    first = drafted(desk)
    post(as_bob, at("rule-set-edit", rule_set_id=first.id), **fields(burst_minimum="5"))
    assert drafted(desk).version == 1
    decide(as_bob, first, "submit")
    text = post(as_bob, at("rule-set-edit", rule_set_id=first.id), **fields(burst_minimum="6"))
    assert "What changed against version 1" in text
    assert "burst_minimum 5 6" in text
    assert desk.see(first).rules["burst_minimum"] == 5


def test_another_admin_approves(as_bob: Client, as_alice: Client, desk: Desk) -> None:
    post(as_bob, at("rule-set-draft"), **fields())
    rule_set = drafted(desk)
    assert "waits for approval" in decide(as_bob, rule_set, "submit")
    assert "is approved" in decide(as_alice, rule_set, "approve")
    assert "Approved by Alice" in get(as_alice, at("rule-set", rule_set_id=rule_set.id))


def test_another_admin_rejects(as_bob: Client, as_alice: Client, desk: Desk) -> None:
    post(as_bob, at("rule-set-draft"), **fields())
    rule_set = drafted(desk)
    decide(as_bob, rule_set, "submit")
    assert "was rejected" in decide(as_alice, rule_set, "reject")


def test_nobody_approves_their_own(as_alice: Client, desk: Desk) -> None:
    post(as_alice, at("rule-set-draft"), **fields())
    rule_set = drafted(desk)
    decide(as_alice, rule_set, "submit")
    page = get(as_alice, at("rule-set", rule_set_id=rule_set.id))
    assert "You drafted it, so another admin must decide" in page
    assert "Approve" not in page.replace("Waiting for approval", "")
    assert "Nobody decides on their own rules" in decide(as_alice, rule_set, "approve")
    assert desk.see(rule_set).state == "submitted"


def test_an_analyst_does_not_approve(as_bob: Client, as_alice: Client, desk: Desk) -> None:
    post(as_alice, at("rule-set-draft"), **fields())
    rule_set = drafted(desk)
    decide(as_alice, rule_set, "submit")
    address = at("rule-set-decide", rule_set_id=rule_set.id)
    assert as_bob.post(address, {"decision": "approve"}).status_code == 403
    assert desk.see(rule_set).state == "submitted"


@pytest.mark.parametrize("who", ["as_vera", "as_axel"])
def test_readers_read_and_draft_nothing(who: str, desk: Desk, request: pytest.FixtureRequest) -> None:
    client = request.getfixturevalue(who)
    rule_set = desk.rules("Ours")
    assert "In plain words" in get(client, at("rule-set", rule_set_id=rule_set.id))
    assert "Draft a rule set" not in get(client, at("rules"))
    assert client.get(at("rule-set-draft")).status_code == 403
    assert client.post(at("rule-set-edit", rule_set_id=rule_set.id), fields()).status_code == 403
    assert client.post(at("rule-set-decide", rule_set_id=rule_set.id), {"decision": "submit"}).status_code == 403


def test_an_outsider_reads_no_rules_of_ours(as_charlie: Client, desk: Desk) -> None:
    rule_set = desk.rules("Ours")
    for tenant in ("northwind", "contoso"):
        assert as_charlie.get(at("rule-set", tenant, rule_set_id=rule_set.id)).status_code == 404
        address = at("rule-set-decide", tenant, rule_set_id=rule_set.id)
        assert as_charlie.post(address, {"decision": "approve"}).status_code == 404
    assert "Ours" not in get(as_charlie, at("rules", "contoso"))


def test_somebody_elses_draft_is_followed_by_a_version_and_not_rewritten(
    as_bob: Client, as_alice: Client, desk: Desk
) -> None:
    post(as_bob, at("rule-set-draft"), **fields())
    first = drafted(desk)
    post(as_alice, at("rule-set-edit", rule_set_id=first.id), **fields(burst_minimum="5"))
    second = drafted(desk)
    assert (second.version, second.drafted_by != first.drafted_by) == (2, True)
    assert desk.see(first).rules["burst_minimum"] == 2
