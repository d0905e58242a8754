"""Rules: read in plain words, drafted, handed in, decided by somebody else."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.test import Client

from audit.forms.rules import DEFAULTS, RuleForm, as_json
from audit.kernel.ruleset import NAMES, parse
from audit.models import RuleSet
from audit.operations import rules
from audit.queries import rules as rules_of
from tenants.scope import scope
from tests.audit.pages.walk import at, get, post, said
from tests.desk import BY, CLAIMS, EVIDENCE, OTHER, Desk, claim, event, open_desk
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


def decide(client: Client, rule_set: RuleSet, decision: str, **more: str) -> str:
    """What the page says after a button."""
    return post(client, at("rule-set-decide", rule_set_id=rule_set.id), decision=decision, **more)


def test_the_form_holds_every_name_of_the_law_and_its_defaults() -> None:
    form = RuleForm(fields())
    assert form.is_valid(), form.errors
    assert parse(form.rules()) == parse({})
    assert {field.name for _, _, members in form.groups() for field in members} == set(NAMES)


def test_a_draft_is_written_from_fields(as_bob: Client, desk: Desk) -> None:
    changes = {
        "burst_minimum": "3",
        "counted_actions": "api_call\nrecord_update",
        "match_after_by_action": "api_call 5 minutes",
        "undo_window_seconds": "2 weeks",
    }
    text = post(as_bob, at("rule-set-draft"), **fields(**changes, note="Agreed in May.", effective_on="2026-07-01"))
    assert "Completed state change, version 1 is a draft" in text
    assert "Counted as a unit: api_call, record_update." in text
    assert "from 3 of the same work on, one counts." in text
    rule_set = drafted(desk)
    assert rule_set.rules["match_after_by_action"] == {"api_call": 300}
    assert rule_set.rules["undo_window_seconds"] == 14 * 86_400
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
    assert "“api_call soon”: write an action and how long, such as api_call 5 minutes." in said(response)


def test_a_draft_is_changed_in_place_and_a_submitted_version_is_followed(as_bob: Client, desk: Desk) -> None:
    post(as_bob, at("rule-set-draft"), **fields())
    first = drafted(desk)
    post(as_bob, at("rule-set-edit", rule_set_id=first.id), **fields(burst_minimum="5"))
    assert drafted(desk).version == 1
    decide(as_bob, first, "submit")
    text = post(as_bob, at("rule-set-edit", rule_set_id=first.id), **fields(burst_minimum="6"))
    assert "What changed against Completed state change, version 1" in text
    assert "smallest burst of which one counts : 5 → 6" in text
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
    address = at("rule-set-decide", rule_set_id=rule_set.id)
    assert as_alice.post(address, {"decision": "reject", "why": " "}).status_code == 422
    assert desk.see(rule_set).state == "submitted"
    text = decide(as_alice, rule_set, "reject", why="Too long a window.")
    assert "was rejected Rejected because: Too long a window." in text


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


def test_sentences_and_json_are_one_truth(as_bob: Client, desk: Desk) -> None:
    before = as_json(DEFAULTS)
    kept = fields() | {"base": before, "rules_json": before}
    changed = before.replace('"burst_minimum": 2', '"burst_minimum": 7')
    address = at("rule-set-draft")
    post(as_bob, address, **kept | {"burst_minimum": "5"})
    assert drafted(desk).rules["burst_minimum"] == 5
    post(as_bob, address, **kept | {"rules_json": changed})
    assert drafted(desk).rules["burst_minimum"] == 7
    response = as_bob.post(address, kept | {"burst_minimum": "5", "rules_json": changed})
    assert response.status_code == 422
    assert "The sentences were changed too, and say something else" in said(response)
    assert desk.ask(RuleSet.objects.count) == 2


def test_what_was_written_is_read_back_on_both_sides_and_not_saved(as_bob: Client, desk: Desk) -> None:
    sent = {"name": "Ours", "rules_json": '{"burst_window_seconds": 5400}', "check": "1"}
    response = as_bob.post(at("rule-set-draft"), sent)
    assert "burst window : 5 minutes → 90 minutes" in said(response)
    assert 'value="90 minutes"' in response.content.decode()
    assert desk.ask(RuleSet.objects.count) == 0


def test_two_versions_of_any_name_are_set_side_by_side(as_vera: Client, desk: Desk) -> None:
    one, other = desk.rules("Ours"), desk.rules("Theirs", undo_window_seconds=1_209_600, counted_actions=["api_call"])
    address = f"{at('rule-set', rule_set_id=other.id)}?against={one.id}"
    text = get(as_vera, address)
    assert "counted actions : all → api_call" in text
    assert "undo (reopen) window : 7 days → 14 days" in text


def test_going_back_drafts_a_version_that_says_the_same(as_bob: Client, desk: Desk) -> None:
    first, second = desk.rules("Ours", burst_minimum=3), desk.rules("Ours", burst_minimum=4)
    text = decide(as_bob, first, "revert")
    assert "Goes back to version 1: it says the same." in text
    found = desk.ask(lambda: RuleSet.objects.get(name="Ours", version=3))
    assert (found.digest, found.state) == (first.digest, "draft")
    assert desk.see(second).state == "approved"
    assert "there is nothing to go back to" in decide(as_bob, first, "revert")


def test_a_period_is_judged_by_what_is_in_force_on_its_first_day(as_bob: Client, desk: Desk) -> None:
    with scope(desk.tenant_id):
        made = [
            rules.approve(rules.submit(rules.draft("Ours", {}, BY, effective_on=day), BY), OTHER)
            for day in (date(2026, 3, 1), date(2026, 5, 1))
        ]
        asked = [rules_of.in_force(date(2026, month, 28)) for month in (2, 3, 4, 5)]
        assert asked == [None, made[0], made[0], made[1]]
        assert rules_of.spans()[made[0].id] == (date(2026, 3, 1), date(2026, 5, 1))
    assert "from 1 Mar 2026 until 30 Apr 2026" in get(as_bob, at("rules"))
    for first, last, version in (("2026-04-30", "2026-06-30", 1), ("2026-05-01", "2026-05-31", 2)):
        text = post(as_bob, at("run-open"), first_day=first, last_day=last)
        assert f"is open, under Ours, version {version}." in text


def test_each_clause_says_how_many_lines_it_decided(as_vera: Client, desk: Desk) -> None:
    rule_set = desk.rules("Ours")
    address = at("rule-set", rule_set_id=rule_set.id)
    assert "No finished run was judged by these rules yet" in get(as_vera, address)
    desk.take(desk.claims, CLAIMS + claim(1) + claim(2))
    desk.take(desk.evidence, EVIDENCE + event(1))
    run = desk.run(rule_set)
    response = as_vera.get(address)
    assert "No evidence a watching system saw nothing 1 1" in said(response)
    assert f"?run={run.id}&amp;reason=no_evidence" in response.content.decode()
