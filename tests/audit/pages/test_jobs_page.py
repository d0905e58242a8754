"""Jobs: what runs, what is stuck and why, tried again."""

from __future__ import annotations

import pytest
from django.test import Client

from audit.models import Batch, Job
from tests.audit.pages.walk import at, get, post
from tests.desk import CLAIMS, Desk, claim, drain, open_desk
from tests.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    """Northwind's desk."""
    return open_desk(world.northwind.id)


@pytest.fixture
def stuck(desk: Desk) -> Batch:
    """A file whose reading was given up."""
    batch = desk.send(desk.claims, CLAIMS + claim(1))
    error = "OSError: the disk is full\n\nwhere it happened"
    desk.ask(lambda: Job.objects.update(state=Job.State.QUARANTINED, attempts=5, error=error))
    desk.ask(lambda: Batch.objects.update(state=Batch.State.REFUSED, error="The work failed too often: disk full"))
    return batch


def test_the_list_says_what_is_done_to_what(as_bob: Client, desk: Desk) -> None:
    assert "No work was asked for yet" in get(as_bob, at("jobs"))
    desk.take(desk.claims, CLAIMS + claim(1), "march.csv")
    text = get(as_bob, at("jobs"))
    assert "Nothing is waiting" in text
    assert "Read a file march.csv done 1" in text


def test_a_quarantined_job_says_why_and_can_be_tried_again(as_bob: Client, desk: Desk, stuck: Batch) -> None:
    text = get(as_bob, at("jobs"))
    assert "1 job could not be done" in text
    assert "OSError: the disk is full" in text
    assert "The job is due again" in post(as_bob, at("job-retry", job_id=desk.job(stuck).id))
    drain(desk.tenant_id)
    assert desk.see(stuck).state == "sealed"


def test_a_job_that_is_not_stuck_is_left_alone(as_bob: Client, desk: Desk) -> None:
    batch = desk.take(desk.claims, CLAIMS + claim(1))
    assert "Only a quarantined job can be tried again." in post(as_bob, at("job-retry", job_id=desk.job(batch).id))


def test_the_list_is_narrowed_by_state(as_bob: Client, stuck: Batch) -> None:
    assert "file.csv" in get(as_bob, f"{at('jobs')}?state=quarantined")
    assert "Nothing matches these filters" in get(as_bob, f"{at('jobs')}?state=done")


def test_the_page_renews_itself_while_there_is_work(as_bob: Client, desk: Desk) -> None:
    desk.send(desk.claims, CLAIMS + claim(1))
    assert 'hx-trigger="every 5s"' in as_bob.get(at("jobs")).content.decode()
    drain(desk.tenant_id)
    assert 'hx-trigger="every 5s"' not in as_bob.get(at("jobs")).content.decode()


@pytest.mark.parametrize("who", ["as_vera", "as_axel", "as_gus"])
def test_only_those_who_work_see_jobs(who: str, desk: Desk, stuck: Batch, request: pytest.FixtureRequest) -> None:
    client = request.getfixturevalue(who)
    assert client.get(at("jobs")).status_code == 403
    assert client.post(at("job-retry", job_id=desk.job(stuck).id)).status_code == 403


def test_an_outsider_tries_nothing_of_ours_again(as_charlie: Client, desk: Desk, stuck: Batch) -> None:
    assert as_charlie.get(at("jobs")).status_code == 404
    for tenant in ("northwind", "contoso"):
        assert as_charlie.post(at("job-retry", tenant, job_id=desk.job(stuck).id)).status_code == 404
    assert desk.job(stuck).state == "quarantined"
