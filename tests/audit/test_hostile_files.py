"""A file that breaks its reader: the batch is refused with the reason, the worker and the page live."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from audit.intake import cell
from audit.models import Batch
from audit.operations import batches
from tests.audit.pages.walk import at, get
from tests.desk import BY, Desk, open_desk
from tests.intake import bombs, misdeeds
from tests.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    """Northwind's desk."""
    return open_desk(world.northwind.id)


def test_a_bomb_refuses_the_batch_and_says_what_to_do(desk: Desk) -> None:
    batch = desk.take(desk.claims, bombs.far_away("XFD1048576", 1_048_576), "march.xlsx")
    assert batch.state == "refused"
    assert batch.error.startswith("march.xlsx: needs more than")
    assert "split it into smaller files" in batch.error
    assert (desk.job(batch).state, batch.received_count) == ("done", 0)
    assert desk.take(desk.claims, bombs.HEAD + bombs.ROW, "april.csv").state == "sealed"


def test_a_reader_that_crashes_refuses_the_batch(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    misbehave(monkeypatch, misdeeds.crash)
    batch = desk.take(desk.claims, bombs.HEAD + bombs.ROW, "march.csv")
    assert (batch.state, desk.job(batch).state) == ("refused", "done")
    assert "made its reader crash (SIGSEGV): nothing was taken" in batch.error


def test_a_bug_is_no_fault_of_the_file_and_tried_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    misbehave(monkeypatch, misdeeds.err)
    batch = desk.send(desk.claims, bombs.HEAD + bombs.ROW, "march.csv")
    job = desk.work(batch)
    assert (desk.see(batch).state, job.state) == ("received", "due")
    assert "CellFailed" in job.error
    assert "KeyError: 'a bug'" in job.error


def test_the_page_that_shows_a_bomb_says_what_is_wrong(as_bob: Client, desk: Desk) -> None:
    spooled = batches.spool(desk.tenant_id, [bombs.far_away("XFD1048576", 1_048_576)])
    source = desk.see(desk.claims)
    batch: Batch = desk.ask(lambda: batches.receive(source, spooled, "march.xlsx", BY, unmapped=True)[0])
    text = get(as_bob, f"{at('source-map', 'northwind', source_id=batch.source_id)}?batch={batch.id}")
    assert "march.xlsx needs more than" in text.lower()


def misbehave(monkeypatch: pytest.MonkeyPatch, misdeed: Any) -> None:
    """Have cells do something else than they are asked."""
    run = cell.run
    monkeypatch.setattr(cell, "run", lambda _function, _arguments, *others: run(misdeed, {}, *others))
