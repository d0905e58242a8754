"""The law with a tenant's numbers: they are the rule's, they change with it, and each clause leads to its lines."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client

from audit.kernel.terms import MEANINGS, VOCABULARY, Reason
from audit.models import Run
from tenants.scope import scope
from tests.audit.pages.walk import at, get
from tests.desk import CLAIMS, EVIDENCE, Desk, claim, event, open_desk
from tests.judged import Judged
from tests.world import World

pytestmark = pytest.mark.xdist_group("judged")


def test_the_numbers_are_those_of_the_rules_and_defaults_are_marked(as_vera: Client, world: World) -> None:
    desk: Desk = open_desk(world.northwind.id)
    before = get(as_vera, at("law"))
    assert "every number is the law’s default" in before
    assert "Work must survive 7 days." in before
    ours = desk.rules(undo_window_seconds=3 * 86_400, counted_actions=["record_update"])
    text = get(as_vera, at("law"))
    assert "Work must survive 3 days." in text
    assert "2 numbers differ from the defaults" in text
    assert "undo_window_seconds 3 days default: 7 days" in text
    assert "match_after_seconds 5 minutes default" in text
    assert "It is not a unit" not in text
    assert "under the definition in force only record_update is a unit." in text
    desk.rules(undo_window_seconds=86_400)
    assert "Work must survive 1 day." in get(as_vera, at("law"))
    assert "Work must survive 3 days." in get(as_vera, at("law") + f"?rules={ours.id}"), (
        "an earlier version can be chosen"
    )


def test_a_draft_is_not_in_force(as_vera: Client, world: World) -> None:
    desk: Desk = open_desk(world.northwind.id)
    draft = desk.rules(approved=False, undo_window_seconds=60)
    assert "Work must survive 7 days." in get(as_vera, at("law"))
    assert "Work must survive 1 minute." in get(as_vera, at("law") + f"?rules={draft.id}")


def test_a_run_is_told_with_the_rules_that_judged_it(as_vera: Client, world: World) -> None:
    desk: Desk = open_desk(world.northwind.id)
    desk.take(desk.claims, CLAIMS + claim(1))
    desk.take(desk.evidence, EVIDENCE + event(1))
    run = desk.run(desk.rules(match_after_seconds=600))
    desk.rules(match_after_seconds=900)
    assert "to 10 minutes after" in get(as_vera, at("law") + f"?run={run.id}")
    text = get(as_vera, at("law"))
    assert "to 15 minutes after" in text
    assert "No finished run went by exactly these rules; the counts are of Run 1, under Ours, version 1." in text
    for wrong in ("?run=x", "?rules=x", f"?run={run.rule_set_id}", f"?rules={run.id}"):
        assert as_vera.get(at("law") + wrong).status_code == 404


def test_each_clause_counts_its_lines_and_leads_to_them(judged: Judged) -> None:
    vera = judged.browser("vera@northwind.example")
    with scope(judged.tenants["northwind"]):
        run = Run.objects.get()
    page = vera.get(at("law")).content.decode()
    assert all(f'id="{reason}"' in page for reason in Reason)
    told = dict(re.findall(r'href="([^"]+reason=\w+)">([\d,]+) line', page))
    reasons = {link.rpartition("=")[2]: int(count.replace(",", "")) for link, count in told.items()}
    assert reasons == {reason: found["claims"] for reason, found in run.summary["reasons"].items() if found["claims"]}
    link = next(link for link in told if link.endswith("=repeat"))
    assert re.search(rf"of {told[link]}\b", get(vera, unescape(link)))


def test_verdicts_and_drawers_lead_to_their_clause(judged: Judged) -> None:
    vera = judged.browser("vera@northwind.example")
    with scope(judged.tenants["northwind"]):
        run = Run.objects.get()
    law = f"{at('law')}?run={run.id}#"
    assert f"{law}repeat" in vera.get(at("lines") + "?reason=repeat").content.decode()
    for page in ("discrepancies", "overview"):
        text = vera.get(at(page)).content.decode()
        row = re.search(
            r'<a class="verdict contradicted" href="(/t/northwind/discrepancies/[^"]+)"[^>]*, lines by [^>]*>', text
        )
        assert row, page
        found = vera.get(row[1]).content.decode()
        assert re.search(rf'<h1>\s*<a class="verdict contradicted" href="{re.escape(law)}\w+"[^>]*, in the law"', found)
    overview = vera.get(at("overview")).content.decode()
    assert all(f"{law}{state}" in overview for state in ("verified", "unverifiable", "unsupported", "contradicted"))
    assert {f"{law}{clause}" in overview for clause in ("score", "money", "supported", "order")} == {True}


def test_the_glossary_has_every_word(as_vera: Client) -> None:
    text = get(as_vera, at("glossary"))
    for word, meaning in VOCABULARY.items():
        assert f"{word} {meaning}" in text
    for meant in MEANINGS.values():
        assert meant.words in text
