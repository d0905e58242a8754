"""Anything is found by its id, from everywhere in a tenant and from nowhere else."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.test import Client

from audit.models import Batch, Job, RuleSet, Run
from tests.audit.pages.walk import at, get, said
from tests.desk import CLAIMS, EVIDENCE, Desk, claim, event, open_desk
from tests.kept import kept
from tests.world import World


def judged(world: World) -> Desk:
    """Northwind's desk with a run; `c9` and `e9` arrived after it, `e3` lies on a record that no claim names."""
    desk = open_desk(world.northwind.id)
    desk.take(desk.claims, CLAIMS + claim(1) + claim(2) + claim(20), "march.csv")
    desk.take(desk.evidence, EVIDENCE + event(1) + event(3), "crm.csv")
    desk.run()
    desk.take(desk.claims, CLAIMS + claim(9), "late.csv")
    desk.take(desk.evidence, EVIDENCE + event(9), "late-crm.csv")
    return desk


begun, world, desk = kept(desk=judged)


def led_to(client: Client, text: str) -> str:
    """The address to which the finding of one thing leads."""
    response = client.get(at("find"), {"q": text})
    assert response.status_code == 302, said(response)
    return str(response["Location"])


def test_one_thing_leads_to_its_page_and_a_way_back(as_vera: Client, desk: Desk) -> None:
    run, source = desk.ask(lambda: Run.objects.get()), desk.claims
    first, late = desk.ask(lambda: [Batch.objects.get(file_name=name) for name in ("march.csv", "late.csv")])
    rules = desk.ask(lambda: RuleSet.objects.get(id=run.rule_set_id))
    run_page, batch_page = at("run", run_id=run.id), at("batch", batch_id=first.id)
    ways = {
        "c1": at("claim", vendor="acme", claim_id="c1") + f"?run={run.id}",
        "c9": at("batch", batch_id=late.id),
        "e1": at("event", run_id=run.id) + "?system=crm&id=e1",
        "crm/Case/2": at("lines") + "?" + urlencode({"run": str(run.id), "target": "crm/Case/2"}),
        "crm/Case/3": at("event", run_id=run.id) + "?system=crm&id=e3",
        **dict.fromkeys(("run 1", "#1", "RUN #1", str(run.id), run.row_root), run_page),
        **dict.fromkeys(("march.csv", first.sha256, str(first.id)), batch_page),
        **dict.fromkeys((str(source.id), "acme CLAIMS"), at("source", source_id=source.id)),
        **dict.fromkeys((rules.digest, str(rules.id)), at("rule-set", rule_set_id=rules.id)),
        "a1": at("vendor", vendor_id=desk.vendor.id) + "?agent=a1",
    }
    assert {text: led_to(as_vera, text) for text in ways} == ways
    followed = as_vera.get(at("find"), {"q": "c1"}, follow=True)
    assert f"{at('find')}?q=c1&amp;all=1" in followed.content.decode()


def test_what_only_begins_so_is_listed_and_never_jumped_to(as_vera: Client, desk: Desk) -> None:
    text = get(as_vera, at("find") + "?q=crm/")
    assert "Nothing here is called “crm/”" in text
    assert "Acme claims" in get(as_vera, at("find") + "?q=acme+c")
    text = get(as_vera, at("find") + "?q=c2&all=1")
    assert "c2" in text
    assert "c20" not in text, "two letters are too few to look for beginnings among lines"
    assert "c20" in get(as_vera, at("find") + "?" + urlencode({"q": "c20…", "all": "1"}))


def test_several_things_of_one_name_are_listed_by_kind(as_vera: Client, desk: Desk) -> None:
    desk.take(desk.evidence, EVIDENCE + event(30), "c1")
    response = as_vera.get(at("find"), {"q": "c1"})
    assert response.status_code == 200
    assert "Claim exactly this" in said(response)
    assert "File exactly this" in said(response)


def test_a_job_is_found_by_those_who_may_see_jobs(as_vera: Client, as_bob: Client, desk: Desk) -> None:
    job = desk.ask(lambda: Job.objects.get(kind=Job.Kind.CARRY))
    assert led_to(as_bob, str(job.id)) == at("run", run_id=job.object_id)
    assert "Nothing here is called" in get(as_vera, at("find") + f"?q={job.id}")


def test_nothing_found_says_what_was_looked_in_and_what_to_do(as_vera: Client, desk: Desk) -> None:
    text = get(as_vera, at("find") + "?q=nothing-of-this-name")
    assert "Run 1: its claims, sessions and records" in text
    assert "2 batches that arrived and that none of these runs judged whole" in text
    assert "search the claims" in text


@pytest.mark.parametrize("text", ["", " ", "\0", "…", "'; select", "%", "x" * 3000, "2147483648", "run 99999999999"])
def test_no_text_breaks_the_page(as_vera: Client, desk: Desk, text: str) -> None:
    assert as_vera.get(at("find"), {"q": text}).status_code == 200


def test_what_another_tenant_has_is_found_by_nobody_else(as_charlie: Client, desk: Desk) -> None:
    run, batch = desk.ask(lambda: (Run.objects.get(), Batch.objects.get(file_name="march.csv")))
    nothing = get(as_charlie, at("find", "contoso") + "?q=no-such-thing").replace("“no-such-thing”", "…")
    for text in ("c1", "c9", "e1", "crm/Case/2", "run 1", str(run.id), run.row_root, "march.csv", batch.sha256, "a1"):
        found = get(as_charlie, at("find", "contoso") + "?" + urlencode({"q": text})).replace(f"“{text}”", "…")
        assert found == nothing, text
    assert as_charlie.get(at("find"), {"q": "c1"}).status_code == 404
