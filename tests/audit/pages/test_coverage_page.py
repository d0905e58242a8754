"""When systems were watching: seen, declared, confirmed, withdrawn."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from django.test import Client

from audit.models import Coverage
from audit.operations import sources
from tests.audit.pages.walk import at, get, post, said
from tests.desk import BY, CLAIMS, EVIDENCE, Desk, claim, event, open_desk
from tests.kept import kept
from tests.world import World

DECLARED_END = datetime(2026, 5, 1, tzinfo=UTC)
DECLARED = {
    "system": "helpdesk",
    "grade": "A",
    "target_prefix": "helpdesk/Ticket/",
    "starts_at": "2026-03-01T00:00:00",
    "ends_at": "2026-04-01T00:00:00",
}


def proposed(world: World) -> Desk:
    """Northwind's desk; the CRM's files propose coverage that nobody declared."""
    desk = open_desk(world.northwind.id)
    desk.ask(lambda: Coverage.objects.all().delete())
    desk.take(desk.evidence, EVIDENCE + event(1) + event(2, day=3))
    return desk


begun, world, desk = kept(desk=proposed)


def test_a_proposal_counts_only_once_it_is_confirmed(as_alice: Client, desk: Desk) -> None:
    assert "0 % watched" in get(as_alice, at("coverage"))
    row = desk.ask(Coverage.objects.get)
    post(as_alice, at("coverage-decide", coverage_id=row.id), decision="confirm")
    assert desk.see(row).state == "confirmed"
    assert "100 % watched" in get(as_alice, at("coverage"))


def test_a_confirmed_row_is_withdrawn_and_confirmed_again(as_alice: Client, desk: Desk) -> None:
    row = desk.ask(Coverage.objects.get)
    for decision, state in (("confirm", "confirmed"), ("withdraw", "withdrawn"), ("confirm", "confirmed")):
        post(as_alice, at("coverage-decide", coverage_id=row.id), decision=decision)
        assert desk.see(row).state == state


def test_only_the_proposals_that_were_on_the_page_are_confirmed(as_alice: Client, desk: Desk) -> None:
    desk.take(desk.evidence, EVIDENCE + event(3, day=20) + event(4, day=21))
    first, second = desk.ask(lambda: list(Coverage.objects.order_by("starts_at")))
    post(as_alice, at("coverage-confirm"), row=[str(first.id)])
    assert (desk.see(first).state, desk.see(second).state) == ("confirmed", "proposed")


def test_coverage_is_declared_in_the_tenants_own_time(as_alice: Client, desk: Desk) -> None:
    post(as_alice, at("coverage-declare"), **DECLARED)
    row = desk.ask(lambda: Coverage.objects.get(system="helpdesk"))
    assert row.starts_at.isoformat() == "2026-02-28T23:00:00+00:00"
    assert "1 Mar 2026 00:00" in get(as_alice, at("coverage"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"grade": ""}, "The grade of “helpdesk” is not known: say A, B, C or D."),
        ({"system": "crm", "grade": "B"}, "“crm” is a witness of grade A already"),
        ({"ends_at": "2026-02-01T00:00:00"}, "It ends before it begins"),
        ({"target_prefix": ""}, "This field is required."),
    ],
)
def test_what_cannot_be_declared_is_refused_at_its_field(
    as_alice: Client, desk: Desk, change: dict[str, str], sentence: str
) -> None:
    response = as_alice.post(at("coverage-declare"), DECLARED | change)
    assert response.status_code == 422
    assert sentence in said(response)


def test_an_unknown_decision_is_no_decision(as_alice: Client, desk: Desk) -> None:
    row = desk.ask(Coverage.objects.get)
    assert as_alice.post(at("coverage-decide", coverage_id=row.id), {"decision": "maybe"}).status_code == 404


@pytest.mark.parametrize("who", ["as_vera", "as_bob", "as_axel"])
def test_only_an_admin_decides(who: str, desk: Desk, request: pytest.FixtureRequest) -> None:
    client = request.getfixturevalue(who)
    text = get(client, at("coverage"))
    assert "Declare coverage" not in text
    assert "Decline" not in text
    row = desk.ask(Coverage.objects.get)
    assert client.post(at("coverage-decide", coverage_id=row.id), {"decision": "confirm"}).status_code == 403
    assert client.post(at("coverage-declare"), DECLARED).status_code == 403
    assert client.post(at("coverage-confirm"), {"row": [str(row.id)]}).status_code == 403


def test_an_outsider_decides_nothing_of_ours(as_charlie: Client, desk: Desk) -> None:
    row = desk.ask(Coverage.objects.get)
    assert as_charlie.get(at("coverage")).status_code == 404
    for tenant in ("northwind", "contoso"):
        address = at("coverage-decide", tenant, coverage_id=row.id)
        assert as_charlie.post(address, {"decision": "confirm"}).status_code == 404
    as_charlie.post(at("coverage-confirm", "contoso"), {"row": [str(row.id)]})
    assert desk.see(row).state == "proposed"


def test_a_hole_says_what_it_costs_and_leads_to_exactly_these_lines(as_vera: Client, desk: Desk) -> None:
    desk.ask(lambda: Coverage.objects.all().delete())
    first = datetime(2026, 2, 1, tzinfo=UTC)
    spans = [(first, datetime(2026, 3, 5, 9, tzinfo=UTC)), (datetime(2026, 3, 7, tzinfo=UTC), DECLARED_END)]
    desk.ask(lambda: [sources.add_coverage("crm", "crm/", *span, BY) for span in spans])
    desk.take(desk.claims, CLAIMS + "".join(claim(number, day=number) for number in (2, 4, 5, 6, 7, 30)))
    run = desk.run()
    response = as_vera.get(at("coverage"))
    text = response.content.decode()
    links = [
        unescape(link)
        for link in re.findall(r'<td class="r"><a href="([^"]*reason=outside_coverage[^"]*)">2</a>', text)
    ]
    assert len(links) == 1, "c5 needs the five minutes after nine, c6 lies in the hole; c7 is watched again"
    lines_page = as_vera.get(links[0]).content.decode()
    assert re.findall(r"/claims/acme/(c\d+)/", lines_page) == ["c5", "c6"]
    assert "2026-03-05T09:00:00Z to 2026-03-07T00:00:00Z" in text, "the exact times are in the title"
    assert "Period of the newest run" in text
    assert 'href="#hole-1"' in text, "a hole can be reached by keyboard"
    assert str(run.id) in text


def test_what_is_not_watched_to_the_end_of_its_undo_window_is_marked(as_vera: Client, desk: Desk) -> None:
    desk.ask(lambda: Coverage.objects.all().delete())
    desk.ask(lambda: sources.add_coverage("crm", "crm/", *(datetime(2026, 3, day, tzinfo=UTC) for day in (1, 8)), BY))
    desk.take(desk.claims, CLAIMS + claim(1, day=2) + claim(2, day=3))
    desk.run()
    response = as_vera.get(at("coverage"))
    assert "Not watched for the whole undo window: 1 Mar 2026 01:00:00" in response.content.decode()
    link = re.search(r'<td class="r"><a href="([^"]*provisional=1[^"]*)">(\d)</a>', response.content.decode())
    assert link
    assert re.search(rf"of {link[2]}\b", get(as_vera, unescape(link[1])))
    assert "over" in said(response)
