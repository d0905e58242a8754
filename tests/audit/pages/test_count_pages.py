"""The counts that vendors state, on the page, as a file and through the API."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import Source, StatedCount
from audit.operations import sources
from tests.audit.pages.walk import at, get, post
from tests.desk import BY, CLAIMS, EVIDENCE, Desk, claim, drain, event, open_desk
from tests.kept import kept
from tests.world import World

REPORT = "period_start,period_end,agent_id,action,units\n"
DAYS = (
    "2026-03-02T00:00:00Z,2026-03-03T00:00:00Z,a1,record_update,{}\n2026-03-03T00:00:00Z,2026-03-04T00:00:00Z,=a2,,1\n"
)
QUERIES = 20  # of the list, whatever its length


def counted(world: World) -> Desk:
    """Northwind's desk with two lines, one event, a run over them, and a report that states five."""
    desk = open_desk(world.northwind.id)
    desk.take(desk.claims, CLAIMS + claim(1) + claim(2))
    desk.take(desk.evidence, EVIDENCE + event(1))
    desk.run()
    desk.take(report(desk), REPORT + DAYS.format(5))
    return desk


def report(desk: Desk) -> Source:
    """The source of Acme's counts."""
    found = desk.ask(lambda: Source.objects.filter(kind="counts").first())
    return found or desk.ask(lambda: sources.add_source("counts", "Acme report", BY, vendor=desk.vendor))


begun, world, desk = kept(desk=counted)


def test_the_page_names_the_variance_and_what_it_proves(as_vera: Client, desk: Desk) -> None:
    page = get(as_vera, at("counts"))
    assert "2 of 2 stated counts differ" in page
    assert "The vendor states 3 units more than the lines it sent" in page
    assert "At most 0 of the 1 stated units could have left a trace" in page
    narrowed = get(as_vera, at("counts") + "?agent_id=a1&differing=on&from=2026-03-02&until=2026-03-02")
    assert "1–1 of 1" in narrowed


def test_each_figure_leads_to_its_lines(as_vera: Client, desk: Desk) -> None:
    page = as_vera.get(at("counts") + "?agent_id=a1").content.decode()
    run = desk.ask(lambda: StatedCount.objects.get(agent_id="a1").run_id)
    lines = f"{at('lines')}?run={run}&vendor=acme&agent_id=a1&action=record_update"
    span = "from=2026-03-02T00%3A00%3A00Z&until=2026-03-03T00%3A00%3A00Z"
    for address, number in ((f"{lines}&{span}", 2), (f"{lines}&{span}&state=verified", 1)):
        assert f'href="{address.replace("&", "&amp;")}"' in page
        assert f"–{number} of {number}" in get(as_vera, address)


def test_a_restated_count_stands_beside_what_it_was(as_vera: Client, desk: Desk) -> None:
    desk.take(report(desk), REPORT + DAYS.format(2), "corrected.csv")
    page = get(as_vera, at("counts"))
    assert "restated" in page
    row = desk.ask(lambda: StatedCount.objects.get(agent_id="a1", superseded_by=None))
    old = desk.ask(lambda: StatedCount.objects.exclude(superseded_by=None).get())
    detail = as_vera.get(at("count", count_id=row.id)).content.decode()
    assert at("count", count_id=old.id) in detail
    assert "A newer file states this bucket otherwise" in get(as_vera, at("count", count_id=old.id))


def test_the_file_says_what_the_page_says_and_runs_nothing(as_vera: Client, desk: Desk) -> None:
    answer = as_vera.get(at("counts-file") + "?sort=agent_id")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [(row["agent_id"], row["stated_units"], row["variance"], row["proof"]) for row in rows] == [
        ("'=a2", "1", "1", "ceiling"),
        ("a1", "5", "3", "more"),
    ]


def test_the_list_asks_the_same_number_of_questions_however_long_it_is(as_vera: Client, desk: Desk) -> None:
    more = "".join(f"2026-03-0{day}T00:00:00Z,2026-03-09T00:00:00Z,a{day},x,1\n" for day in range(1, 9))
    desk.take(report(desk), REPORT + more, "more.csv")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        get(as_vera, at("counts"))
    assert len(asked) <= QUERIES


def test_an_admin_enters_a_source_of_counts_and_maps_a_report_by_months(as_alice: Client, desk: Desk) -> None:
    given = {"vendor": desk.vendor.id, "name": "Monthly", "time_zone": "Europe/Berlin", "refused_limit": "10"}
    post(as_alice, at("source-add") + "?kind=counts", **given)
    source = desk.ask(lambda: Source.objects.get(name="Monthly"))
    batch = desk.take(source, "month,total\n2026-03,7\n", "march.csv")
    page = get(as_alice, at("source-map", source_id=source.id) + f"?batch={batch.id}&guess=1")
    assert "is a month" in page
    mapped = {"column_period_start": "month", "column_units": "total", "date_pattern": "%Y-%m", "grain": "month"}
    mapped["time_zone"] = "Europe/Berlin"
    post(as_alice, at("source-map", source_id=source.id) + f"?batch={batch.id}", save="1", **mapped)
    drain(desk.tenant_id)
    row = desk.ask(lambda: StatedCount.objects.get(batch__source=source))
    assert row.period_start.isoformat() == "2026-02-28T23:00:00+00:00"
    assert row.period_end.isoformat() == "2026-03-31T22:00:00+00:00", "summer time began in March"
    assert "1 Mar – 31 Mar 2026" in get(as_alice, at("counts"))


def test_the_api_lists_counts_with_what_they_prove(desk: Desk, api: Callable[..., Client]) -> None:
    client = api("read")
    found = client.get("/api/v1/counts/?vendor=acme&from=2026-03-02T00:00:00Z&until=2026-03-03T00:00:00Z").json()
    (row,) = found["results"]
    assert (row["units"], row["claim_units"], row["variance"], row["proof"]) == (5, 2, 3, "more")
    assert (row["verified_low"], row["verified_high"]) == (1, 1)
    assert row["seen"] == [{"system": "crm", "grade": "A", "events": 1, "units": 1}]
    assert client.get("/api/v1/counts/?superseded=true").json()["results"] == []
    paged = client.get("/api/v1/counts/?limit=1").json()
    assert len(paged["results"]) == 1
    assert paged["next"]


def test_a_stream_of_counts_is_refused_with_what_to_do(desk: Desk, api: Callable[..., Client]) -> None:
    answer = api("ingest").post(f"/api/v1/sources/{report(desk).id}/events/", [{}], content_type="application/json")
    assert answer.status_code == 400
    assert "send them to the source's batches/" in answer.json()["detail"]


def test_a_file_of_counts_is_taken_by_the_api(desk: Desk, api: Callable[..., Client]) -> None:
    text = REPORT + DAYS.format(6)
    address = f"/api/v1/sources/{report(desk).id}/batches/"
    answer = api("ingest").post(address, text.encode(), content_type="text/csv")
    assert answer.status_code == 202
    drain(desk.tenant_id)
    assert desk.ask(lambda: StatedCount.objects.get(agent_id="a1", superseded_by=None).units) == 6
