"""Pages of what runs yield, over the judged demonstration: overview, discrepancies, lines, one claim, runs."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.kernel.terms import State
from audit.models import Finding, Run, Total
from audit.queries import lines
from audit.views.runs import time_left
from tenants.scope import scope
from tests.judged import Judged

pytestmark = pytest.mark.xdist_group("judged")
SLUG = "northwind"


@pytest.fixture
def alice(judged: Judged) -> Client:
    """Northwind's admin."""
    return judged.browser("alice@northwind.example")


@pytest.fixture
def charlie(judged: Judged) -> Client:
    """The outsider."""
    return judged.browser("charlie@contoso.example")


@pytest.fixture
def run(judged: Judged) -> Run:
    """Northwind's finished run."""
    with scope(judged.tenants[SLUG]):
        return Run.objects.select_related("rule_set").get()


def page(browser: Client, name: str, *args: object, **query: str | int) -> str:
    """The text of a page that must answer 200."""
    response = browser.get(reverse(name, args=[SLUG, *args]), query)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def figure(text: str) -> int:
    """A grouped number as an integer."""
    return int(text.replace(",", ""))


def test_the_overview_says_the_finding_and_its_lines_add_up(alice: Client, run: Run) -> None:
    text = page(alice, "overview")
    assert re.search(r"<h1>Between [\d.]+\s% and [\d.]+\s% of what was claimed can be verified</h1>", text)
    rows = re.findall(r'<td role="cell" class="r">([\d,]+)</td>', text)
    claimed, *reasons, verified = [figure(row) for row in rows]
    assert claimed == sum(reasons) + verified == run.summary["score"]["units"]
    assert verified == run.summary["score"]["verified_units"]


def test_every_bar_of_the_waterfall_leads_to_what_it_counts(alice: Client) -> None:
    text = page(alice, "overview")
    links = re.findall(r'<a class="verdict [a-z]+" href="([^"]+)"', text)
    assert len(links) >= 18
    for link in links:
        assert alice.get(link.replace("&amp;", "&")).status_code == 200


def test_discrepancies_are_what_the_totals_say(alice: Client, judged: Judged, run: Run) -> None:
    with scope(judged.tenants[SLUG]):
        wrong = Total.objects.filter(run=run, state__in=[State.CONTRADICTED, State.UNSUPPORTED])
        groups = {(row.vendor, row.agent_id, row.action, row.reason) for row in wrong}
        found = Finding.objects.filter(run=run)
        assert found.count() == len(groups)
        assert sum(row.units for row in found) == sum(row.units for row in wrong)
    assert f"of {len(groups)}" in page(alice, "discrepancies")


def test_a_discrepancy_shows_exactly_its_lines(alice: Client, judged: Judged, run: Run) -> None:
    with scope(judged.tenants[SLUG]):
        finding = Finding.objects.select_related("discrepancy").filter(run=run).order_by("-claims")[0]
    text = page(alice, "discrepancy", finding.discrepancy_id, run=str(run.id))
    assert f"of {finding.claims:,}" in text
    assert text.count(f"/t/{SLUG}/claims/{finding.discrepancy.vendor}/") == min(50, finding.claims)


def test_lines_are_filtered_sorted_and_paged_by_the_address(alice: Client, judged: Judged, run: Run) -> None:
    with scope(judged.tenants[SLUG]):
        repeats = lines.of(run, {"reason": "repeat"})
        count, newest = len(repeats), repeats.order_by("-occurred_at").read(0, 1)[0]
    text = page(alice, "lines", reason="repeat", sort="-occurred_at", per_page=25)
    assert f"1–25 of {count:,}" in text
    first = re.search(rf"/claims/{newest['vendor']}/([^/]+)/", text)
    assert first
    assert first[1] == newest["claim_id"]
    assert "Nothing matches these filters" in page(alice, "lines", q="no such thing")


def test_a_claim_opens_down_to_the_row_as_received_and_its_evidence(alice: Client, judged: Judged, run: Run) -> None:
    with scope(judged.tenants[SLUG]):
        line = lines.of(run, {"reason": "supported"}).read(0, 1)[0]
    text = page(alice, "claim", line["vendor"], line["claim_id"], run=str(run.id))
    assert f"line {line['line']:,} of" in text
    assert "answers this claim" in text
    assert line["event_id"][:8] in text


@pytest.mark.parametrize("reason", ["repeat", "undone", "tainted", "superseded", "no_target", "witnesses_disagree"])
def test_a_claim_of_any_kind_has_a_page(alice: Client, judged: Judged, run: Run, reason: str) -> None:
    with scope(judged.tenants[SLUG]):
        line = lines.of(run, {"reason": reason}).read(0, 1)[0]
    assert line["claim_id"] in page(alice, "claim", line["vendor"], line["claim_id"])


def test_a_claim_that_no_run_judged_is_not_found(alice: Client, run: Run) -> None:
    assert alice.get(reverse("claim", args=[SLUG, "forcedesk", "no-such-claim"])).status_code == 404
    assert alice.get(reverse("claim", args=[SLUG, "forcedesk", "x"]), {"run": str(run.id)}).status_code == 404


def test_the_run_page_names_what_it_rests_on(alice: Client, run: Run) -> None:
    text = page(alice, "run", run.id)
    assert run.row_root in text
    assert run.rule_set.digest in text


def test_a_run_can_be_opened_by_an_analyst_and_not_by_a_viewer(judged: Judged) -> None:
    period = {"first_day": "2026-07-01", "last_day": "2026-09-30"}
    viewer = judged.browser("vera@northwind.example")
    assert viewer.post(reverse("run-open", args=[SLUG]), period).status_code == 403
    analyst = judged.browser("bob@northwind.example")
    response = analyst.post(reverse("run-open", args=[SLUG]), period, follow=True)
    assert "is under way" in response.content.decode()


def test_a_run_under_way_says_how_long_it_will_still_take() -> None:
    run = Run(tenant_id=uuid4(), stage="judgement: settling", stage_total=10_000)
    run.started_at = timezone.now() - timedelta(seconds=30)
    run.stage_done = 500
    assert time_left(run) == "", "too early to tell"
    run.stage_done = 2_500
    assert time_left(run) == "about 90 s left"
    run.stage_done, run.started_at = 5_000, timezone.now() - timedelta(minutes=10)
    assert time_left(run) == "about 10 minutes left"


def test_a_period_that_ends_before_it_begins_is_refused_with_its_reason(alice: Client) -> None:
    response = alice.post(reverse("run-open", args=[SLUG]), {"first_day": "2026-09-30", "last_day": "2026-07-01"})
    assert response.status_code == 422
    assert "lies before the first" in response.content.decode()


def test_an_export_is_queued_with_its_filters(alice: Client, run: Run) -> None:
    asked = {"format": "csv", "reason": "repeat"}
    response = alice.post(reverse("run-export", args=[SLUG, run.id]), asked, follow=True)
    assert "reason = repeat" in response.content.decode()


def test_an_outsider_finds_none_of_it(charlie: Client, run: Run) -> None:
    for name, args in (("overview", []), ("lines", []), ("discrepancies", []), ("runs", []), ("run", [run.id])):
        assert charlie.get(reverse(name, args=[SLUG, *args])).status_code == 404
    own = charlie.get(reverse("run", args=["contoso", run.id]))
    assert own.status_code == 404
    assert charlie.get(reverse("lines", args=["contoso"]), {"run": str(run.id)}).status_code == 404
