"""Work that nobody claimed, and the page of one event, over the judged demonstration."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Run
from audit.queries import events, lines
from tenants.scope import scope
from tests.audit.pages.walk import at, get, said
from tests.desk import CLAIMS, EVIDENCE, Desk, claim, event, open_desk
from tests.judged import Judged
from tests.world import World

pytestmark = pytest.mark.xdist_group("judged")


@pytest.fixture
def vera(judged: Judged) -> Client:
    """Northwind's viewer."""
    return judged.browser("vera@northwind.example")


@pytest.fixture
def run(judged: Judged) -> Run:
    """Northwind's finished run."""
    with scope(judged.tenants["northwind"]):
        return Run.objects.get()


def saved(client: Client, run: Run, **query: str) -> list[dict[str, str]]:
    """The events of the CSV."""
    response = client.get(at("unclaimed-csv", run_id=run.id), query)
    return list(csv.DictReader(io.StringIO(b"".join(response).decode())))  # type: ignore[arg-type]


def test_the_list_and_its_file_add_up_to_the_summary(vera: Client, run: Run) -> None:
    told, rows = run.summary["unclaimed"], saved(vera, run)
    assert told["events"] > 5
    assert (len(rows), sum(int(row["units"]) for row in rows)) == (told["events"], told["units"])
    assert f"of {told['events']:,}" in get(vera, at("unclaimed", run_id=run.id))
    assert at("unclaimed", run_id=run.id) in vera.get(at("overview")).content.decode()
    assert at("unclaimed", run_id=run.id) in vera.get(at("run", run_id=run.id)).content.decode()


def test_filters_part_the_list_and_its_file_alike(vera: Client, run: Run) -> None:
    by_action: dict[str, int] = {}
    for row in saved(vera, run):
        by_action[row["action"]] = by_action.get(row["action"], 0) + 1
    assert len(by_action) > 1
    for action, count in by_action.items():
        assert len(saved(vera, run, action=action)) == count
        text = get(vera, at("unclaimed", run_id=run.id) + f"?action={action}")
        assert re.search(rf"[–\d]+ of {count:,}\b", text)
    assert "Nothing matches these filters" in get(vera, at("unclaimed", run_id=run.id) + "?q=no-such-thing")


def test_an_event_that_nobody_claimed_says_so(vera: Client, judged: Judged, run: Run) -> None:
    with scope(judged.tenants["northwind"]):
        row = events.unclaimed(run).read(0, 1)[0]
    text = get(vera, at("event", run_id=run.id) + f"?system={row['system']}&id={row['event_id']}")
    assert "Nobody claimed this work" in text
    assert re.search(r"As received line [\d,]+ of \S+ , batch \d+", text)


def test_an_event_leads_to_the_claim_that_it_answers(vera: Client, judged: Judged, run: Run) -> None:
    with scope(judged.tenants["northwind"]):
        line = lines.of(run, {"reason": "supported"}).read(0, 1)[0]
    query = {"system": line["event_system"], "id": line["event_id"]}
    response = vera.get(at("event", run_id=run.id), query)
    assert "An event that answers a claim" in said(response)
    assert reverse("claim", args=["northwind", line["vendor"], line["claim_id"]]) in response.content.decode()
    claim_page = vera.get(at("claim", vendor=line["vendor"], claim_id=line["claim_id"])).content.decode()
    assert at("event", run_id=run.id) in claim_page


def test_events_that_answer_nothing_say_why(as_vera: Client, world: World) -> None:
    desk: Desk = open_desk(world.northwind.id)
    undoing = event(1, day=3, outcome="undone").replace("e1,", "e7,")
    desk.take(desk.claims, CLAIMS + claim(1))
    desk.take(desk.evidence, EVIDENCE + event(1) + undoing + event(5, outcome="failed") + event(6))
    run = desk.run()
    page = {name: get(as_vera, at("event", run_id=run.id) + f"?system=crm&id={name}") for name in ("e5", "e6", "e7")}
    assert "it does not say that work was done" in page["e5"]
    assert "Nobody claimed this work" in page["e6"]
    assert "it reversed earlier work, 1 of the claims below" in page["e7"]
    assert "it undid this claim’s work" in page["e7"]
    assert as_vera.get(at("event", run_id=run.id), {"system": "crm", "id": "e8"}).status_code == 404
    assert as_vera.get(at("event", run_id=run.id)).status_code == 404
