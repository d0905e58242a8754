"""The preview page: a run is chosen, a sample shows first, then everything that would change and why."""

from __future__ import annotations

from typing import Any

from django.test import Client

from audit.models import Preview, RuleSet, Run
from audit.operations import previews, rules
from audit.vault.difference import Difference, Move
from tests.audit.pages.walk import at, get, post, said
from tests.desk import BY, CLAIMS, EVIDENCE, Desk, claim, drain, event, open_desk
from tests.kept import kept
from tests.world import World

COUNTS_NOTHING = {"counted_actions": ["case_resolution"]}


def opened(world: World) -> Desk:
    """Northwind's desk."""
    return open_desk(world.northwind.id)


def judged(desk: Desk) -> Run:
    """A finished run over two claims, one of them seen."""
    desk.take(desk.claims, CLAIMS + claim(1) + claim(2))
    desk.take(desk.evidence, EVIDENCE + event(1))
    return desk.run()


begun, world, desk, run = kept(desk=opened, run=judged)


def page_of(rule_set: RuleSet, tenant: str = "northwind") -> str:
    """The address of the preview page."""
    return at("rule-set-preview", tenant, rule_set_id=rule_set.id)


def try_on(client: Client, desk: Desk, rule_set: RuleSet, run: Run) -> str:
    """What the page says when the preview is done."""
    post(client, page_of(rule_set), run=str(run.id))
    drain(desk.tenant_id)
    return get(client, f"{page_of(rule_set)}?run={run.id}")


def test_without_a_finished_run_the_page_says_what_comes_first(as_bob: Client, desk: Desk) -> None:
    text = get(as_bob, page_of(desk.rules(approved=False)))
    assert "There is no finished run yet" in text


def test_the_last_finished_run_is_offered_and_the_rules_that_differ_are_named(
    as_bob: Client, desk: Desk, run: Run
) -> None:
    text = get(as_bob, page_of(desk.rules(approved=False, burst_minimum=3)))
    assert "Try Ours, version 1 on a finished run" in text
    assert "from 3 of the same work on, one counts." in text
    assert "burst_minimum 2 3" in text
    assert "Nothing already stated changes" in text


def test_the_page_shows_progress_and_then_what_would_change(as_bob: Client, desk: Desk, run: Run) -> None:
    rule_set = desk.rules(approved=False, **COUNTS_NOTHING)
    text = post(as_bob, page_of(rule_set), run=str(run.id))
    assert "is tried on run 1" in text
    assert "Judge every claim under these rules" in text
    drain(desk.tenant_id)
    text = get(as_bob, f"{page_of(rule_set)}?run={run.id}")
    assert "2 of 2 claims would be judged otherwise" in text
    assert "Its action is not a unit: under the definition in force only case_resolution is a unit." in text
    assert "Overcharged at least €1.50 €3.00 +€1.50" in text
    assert f'href="/t/northwind/claims/acme/c1/?run={run.id}"' in as_bob.get(page_of(rule_set)).content.decode()


def test_the_sample_is_called_a_sample(as_bob: Client, desk: Desk, run: Run) -> None:
    rule_set = desk.rules(approved=False, **COUNTS_NOTHING)
    post(as_bob, page_of(rule_set), run=str(run.id))
    preview = desk.ask(Preview.objects.get)
    sample = previews.outcome(*two_moves(run))
    desk.ask(lambda: Preview.objects.filter(id=preview.id).update(state="running", stage="judgement", sample=sample))
    text = get(as_bob, f"{page_of(rule_set)}?run={run.id}")
    assert "Sample of 2 claims may differ" in text
    assert "An estimate from whole records" in text
    assert "the answer on every claim follows" in text


def two_moves(run: Run) -> Any:
    """A difference of two claims, and the summaries on both sides."""
    moves = [Move("verified", "supported", "contradicted", "not_counted", 2, 2, {"EUR": 3_000_000})]
    return Difference(moves, 0, 0), run.summary, run.summary


def test_lines_are_filtered_by_the_address(as_bob: Client, desk: Desk, run: Run) -> None:
    rule_set = desk.rules(approved=False, **COUNTS_NOTHING)
    try_on(as_bob, desk, rule_set, run)
    text = get(as_bob, f"{page_of(rule_set)}?run={run.id}&old_reason=no_evidence")
    assert "1–1 of 1" in text
    text = get(as_bob, f"{page_of(rule_set)}?run={run.id}&old_reason=repeat")
    assert "Nothing matches these filters" in text


def test_the_same_rules_would_change_nothing(as_bob: Client, desk: Desk, run: Run) -> None:
    rule_set = desk.rules(approved=False)
    text = try_on(as_bob, desk, rule_set, run)
    assert "Nothing would change" in text
    assert "None: these rules say what the rules of the run say." in text


def test_a_draft_that_changed_since_is_said_to_have(as_bob: Client, desk: Desk, run: Run) -> None:
    rule_set = desk.rules(approved=False, **COUNTS_NOTHING)
    try_on(as_bob, desk, rule_set, run)
    desk.ask(lambda: rules.redraft(rule_set, {"burst_minimum": 9}, BY))
    assert "These rules were changed since" in get(as_bob, f"{page_of(rule_set)}?run={run.id}")
    assert "is tried on run 1" in post(as_bob, page_of(rule_set), run=str(run.id))


def test_a_preview_that_failed_says_why(as_bob: Client, desk: Desk, run: Run) -> None:
    rule_set = desk.rules(approved=False)
    post(as_bob, page_of(rule_set), run=str(run.id))
    preview = desk.ask(Preview.objects.get)
    desk.ask(lambda: previews.give_up(preview.id, "The disk is full."))
    text = get(as_bob, f"{page_of(rule_set)}?run={run.id}")
    assert "The disk is full." in text
    assert "The run is as it was." in text


def test_rules_and_drafts_lead_to_it(as_alice: Client, as_vera: Client, desk: Desk, run: Run) -> None:
    post(as_alice, at("rule-set-draft"), name="Mine", rules_json="{}")
    mine = desk.ask(lambda: RuleSet.objects.get(name="Mine"))
    assert "Try it on a finished run" in get(as_alice, at("rule-set", rule_set_id=mine.id))
    sent = {"rules_json": '{"burst_minimum": 3}', "try": "1"}
    assert "Mine, version 1 is tried on run 1" in post(as_alice, at("rule-set-edit", rule_set_id=mine.id), **sent)
    assert desk.see(mine).rules["burst_minimum"] == 3
    drain(desk.tenant_id)
    text = get(as_alice, at("rule-set", rule_set_id=mine.id))
    assert "Tried on run 1: nothing would change" in text
    assert "Try it on a finished run" not in get(as_vera, at("rule-set", rule_set_id=mine.id))


def test_who_may_only_look_previews_nothing(as_vera: Client, as_axel: Client, desk: Desk, run: Run) -> None:
    rule_set = desk.rules(approved=False)
    assert as_vera.get(page_of(rule_set)).status_code == 403
    assert as_vera.post(page_of(rule_set), {"run": str(run.id)}).status_code == 403
    assert "is tried on run 1" in post(as_axel, page_of(rule_set), run=str(run.id))


def test_a_run_that_is_not_there_is_no_choice(as_bob: Client, as_charlie: Client, desk: Desk, run: Run) -> None:
    rule_set = desk.rules(approved=False)
    answer = as_bob.post(page_of(rule_set), {"run": str(rule_set.id)})
    assert answer.status_code == 422
    assert "Select a valid choice" in said(answer)
    assert as_charlie.get(page_of(rule_set, "contoso")).status_code == 404
