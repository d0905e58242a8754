"""How a source is: healthy, late, silent, never, or not held to anything; and what it says about that itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Arrival, Batch, Source
from audit.operations import sources
from audit.queries.sources import Health, health
from tests.audit.pages.walk import at, get, post
from tests.audit.test_streams import row, stream
from tests.desk import BY, CLAIMS, Desk, claim, open_desk
from tests.world import World

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FORM = {"name": "Acme claims", "refused_limit": "10"}


@pytest.fixture
def desk(world: World) -> Desk:
    """Northwind's desk."""
    return open_desk(world.northwind.id)


def ago(desk: Desk, hours: float, model: type[Batch | Arrival] = Batch) -> None:
    """Let everything of a kind have arrived so many hours ago."""
    desk.ask(lambda: model._default_manager.update(created_at=timezone.now() - timedelta(hours=hours)))


@pytest.mark.parametrize(
    ("quiet", "expected", "word"),
    [
        (timedelta(hours=2), 2, Health.HEALTHY),
        (timedelta(hours=2) + SECOND, 2, Health.LATE),
        (timedelta(hours=6), 2, Health.LATE),
        (timedelta(hours=6) + SECOND, 2, Health.SILENT),
        (timedelta(days=900), None, Health.UNSAID),
        (None, 2, Health.NEVER),
        (None, None, Health.NEVER),
    ],
)
def test_the_state_changes_just_over_the_interval(quiet: timedelta | None, expected: int | None, word: Health) -> None:
    assert health(NOW - quiet if quiet else None, expected, NOW) == word


def test_every_state_has_its_word_on_the_list_and_on_the_page_of_the_source(as_vera: Client, desk: Desk) -> None:
    page = at("source", source_id=desk.claims.id)
    assert "State Never" in get(as_vera, page)
    assert "Acme claims Never" in get(as_vera, at("sources"))
    desk.take(desk.claims, CLAIMS + claim(1))
    assert "State No interval said" in get(as_vera, page)
    desk.ask(lambda: sources.edit_source(desk.claims, BY, expected_hours=24))
    for hours, word in ((23, "Healthy"), (25, "Late"), (73, "Silent")):
        ago(desk, hours)
        text = get(as_vera, page)
        assert f"State {word}" in text
        assert "Expected at least every 24 hours" in text
        assert f"{word} expected every 24 hours" in get(as_vera, at("sources"))


def test_a_request_of_a_stream_is_an_arrival_though_its_segment_is_old(as_vera: Client, desk: Desk) -> None:
    desk.ask(lambda: sources.edit_source(desk.evidence, BY, expected_hours=24))
    stream(desk, desk.evidence, row(1))
    ago(desk, 100)
    page = at("source", source_id=desk.evidence.id)
    assert "State Healthy" in get(as_vera, page)
    ago(desk, 50, Arrival)
    text = get(as_vera, page)
    assert "State Late" in text
    assert "2 d 2 h ago" in text


def test_the_share_that_was_refused_stands_against_the_limit(as_vera: Client, desk: Desk) -> None:
    desk.ask(lambda: sources.edit_source(desk.claims, BY, refused_limit_bps=5_000))
    page = at("source", source_id=desk.claims.id)
    assert "Refused of the last batch –; at most 50 % may be" in get(as_vera, page)
    desk.take(desk.claims, CLAIMS + claim(1) + claim(2) + claim(3) + claim(4).replace("2026", "year"))
    assert "Refused of the last batch 25.0 %; at most 50 % may be" in get(as_vera, page)
    assert "25.0 % at most 50 %" in get(as_vera, at("sources"))
    desk.take(desk.claims, CLAIMS + claim(5).replace("2026", "year"))
    assert "Refused of the last batch refused whole" in get(as_vera, page)


def test_the_form_says_the_interval_and_the_quota_and_takes_both_back(as_alice: Client, desk: Desk) -> None:
    page = at("source-edit", source_id=desk.claims.id)
    assert "Left empty: 1,200,000." in get(as_alice, page)
    shown = post(as_alice, page, **FORM, expected_hours="24", events_per_minute="500")
    assert "Expected at least every 24 hours" in shown
    assert "Its stream at most 500 rows a minute" in shown
    source = desk.see(desk.claims)
    assert (source.expected_hours, source.events_per_minute) == (24, 500)
    assert b'value="24"' in as_alice.get(page).content
    post(as_alice, page, **FORM)
    source = desk.see(desk.claims)
    assert (source.expected_hours, source.events_per_minute) == (None, 1_200_000)


@pytest.mark.parametrize("wrong", [{"expected_hours": "0"}, {"events_per_minute": "0"}, {"expected_hours": "daily"}])
def test_what_cannot_be_expected_is_said_beside_its_field(as_alice: Client, desk: Desk, wrong: dict[str, str]) -> None:
    response = as_alice.post(at("source-edit", source_id=desk.claims.id), FORM | wrong)
    assert response.status_code == 422
    assert next(iter(wrong.values())).encode() in response.content
    assert desk.see(desk.claims).expected_hours is None


def test_a_new_source_is_entered_with_both_and_counts_have_no_stream(as_alice: Client, desk: Desk) -> None:
    entered = {"name": "Gateway", "refused_limit": "10", "expected_hours": "1", "events_per_minute": "60"}
    post(as_alice, at("source-add") + "?kind=evidence", **entered)
    source = desk.ask(lambda: Source.objects.get(name="Gateway"))
    assert (source.expected_hours, source.events_per_minute) == (1, 60)
    form = get(as_alice, at("source-add") + "?kind=counts")
    assert "at least every so many hours" in form
    assert "rows a minute" not in form


def test_the_list_asks_as_much_for_many_sources_as_for_one(as_vera: Client, desk: Desk) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            get(as_vera, at("sources"))
        return len(asked)

    before = questions()
    for number in range(4):
        desk.ask(lambda name=f"S{number}": sources.add_source("evidence", name, BY, system="crm", expected_hours=1))
    desk.take(desk.claims, CLAIMS + claim(1))
    stream(desk, desk.evidence, row(1))
    assert questions() == before
