"""The mapping editor: guessed, tried, saved; a file that waited is read."""

from __future__ import annotations

import gzip
import io
import re
import zipfile

import pytest
import xlsxwriter
from django.test import Client

from audit.models import Batch, Source
from audit.operations import batches
from tests.audit.pages.walk import CHOSEN, FOREIGN, at, get, post, said
from tests.desk import BY, Desk, drain, open_desk
from tests.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    """Northwind's desk."""
    return open_desk(world.northwind.id)


@pytest.fixture
def waiting(desk: Desk) -> Batch:
    """A file of another make, set aside."""
    spooled = batches.spool(desk.tenant_id, [FOREIGN.encode()])
    source = desk.see(desk.claims)
    batch: Batch = desk.ask(lambda: batches.receive(source, spooled, "export.csv", BY, unmapped=True)[0])
    return batch


def address(batch: Batch, tenant: str = "northwind") -> str:
    """The editor with this file in it."""
    return f"{at('source-map', tenant, source_id=batch.source_id)}?batch={batch.id}"


def test_the_editor_shows_the_rows_and_what_is_missing(as_bob: Client, waiting: Batch) -> None:
    text = get(as_bob, address(waiting))
    assert "Not every field has its column yet" in text
    assert "T-1 desk-eu Case Resolved 5001 02/03/2026 09:00" in text
    assert "CSV, semicolon, UTF-8" in text


def test_trying_a_mapping_says_what_would_be_refused_and_saves_nothing(
    as_bob: Client, desk: Desk, waiting: Batch
) -> None:
    text = said(as_bob.post(address(waiting), {**CHOSEN, "preview": "1"}))
    assert "1 of 2 rows would be refused" in text
    assert "Completed At yesterday does not follow the date pattern" in text
    assert "crm/Case/5001 2026-03-02T08:00:00Z" in text
    assert desk.see(desk.claims).mapping == {}


def test_saving_reads_the_file_that_waited(as_alice: Client, desk: Desk, waiting: Batch) -> None:
    desk.ask(lambda: Source.objects.update(refused_limit_bps=5000))
    text = post(as_alice, address(waiting), **CHOSEN, save="1")
    assert "Saved as version 1. export.csv: being read now." in text
    drain(desk.tenant_id)
    batch = desk.see(waiting)
    assert (batch.state, batch.accepted_count, batch.refused_count) == ("sealed", 1, 1)
    assert batch.mapping["prefixes"] == {"target": "crm/Case/"}


def test_three_questions_are_asked_and_nothing_is_kept_before_they_are_answered(
    as_alice: Client, desk: Desk, waiting: Batch
) -> None:
    text = get(as_alice, address(waiting))
    assert "Three questions" in text
    for question in ("What is one line of the file?", "In which time zone are its times?", "Where was the work done?"):
        assert f"{question} optional" not in text
        assert question in text
    silent = {name: text for name, text in CHOSEN.items() if name not in ("line", "time_zone", "constant_environment")}
    tried = as_alice.post(address(waiting), {**silent, "preview": "1"})
    assert tried.status_code == 200, "trying asks nothing"
    response = as_alice.post(address(waiting), {**silent, "save": "1"})
    assert response.status_code == 422
    for wrong in ("Say what one line is", "Choose the zone of the times", "Choose the column that says it, or write"):
        assert wrong in said(response)
    assert desk.see(desk.claims).mapping == {}


def test_a_line_that_is_a_total_is_sent_to_counts(as_alice: Client, desk: Desk, waiting: Batch) -> None:
    response = as_alice.post(address(waiting), {**CHOSEN, "line": "total", "save": "1"})
    assert response.status_code == 422
    assert "Totals are no claims: give them a source of counts" in said(response)
    assert f"{at('source-add')}?kind=counts&amp;vendor={desk.vendor.id}" in response.content.decode()


def test_answers_are_kept_shown_again_and_hold_for_the_next_file(as_alice: Client, desk: Desk, waiting: Batch) -> None:
    desk.ask(lambda: Source.objects.update(refused_limit_bps=5000))
    post(as_alice, address(waiting), **CHOSEN, save="1")
    drain(desk.tenant_id)
    kept = desk.see(desk.claims).mapping
    assert (kept["line"], kept["time_zone"], kept["constants"]) == (
        "unit",
        "Europe/Berlin",
        {"environment": "production"},
    )
    again = as_alice.get(at("source-map", source_id=desk.claims.id)).content.decode()
    assert re.search(r'value="unit"[^>]*checked', again)
    assert "One line one unit of work" in get(as_alice, at("source", source_id=desk.claims.id))


@pytest.mark.parametrize("form", ["xlsx", "zip", "gz"])
def test_the_questions_are_the_same_whatever_the_file_is(as_alice: Client, desk: Desk, form: str) -> None:
    spooled = batches.spool(desk.tenant_id, [packed(FOREIGN, form)])
    source = desk.see(desk.claims)
    batch = desk.ask(lambda: batches.receive(source, spooled, f"export.csv.{form}", BY, unmapped=True)[0])
    assert "Three questions" in get(as_alice, address(batch))
    response = as_alice.post(address(batch), {**CHOSEN, "line": "", "save": "1"})
    assert "Say what one line is" in said(response)
    desk.ask(lambda: Source.objects.update(refused_limit_bps=5000))
    post(as_alice, address(batch), **CHOSEN, save="1")
    drain(desk.tenant_id)
    assert (desk.see(batch).accepted_count, desk.see(batch).refused_count) == (1, 1)


def packed(text: str, form: str) -> bytes:
    """The rows as a workbook, in a zip, or gzipped."""
    if form == "gz":
        return gzip.compress(text.encode())
    held = io.BytesIO()
    if form == "zip":
        with zipfile.ZipFile(held, "w") as archive:
            archive.writestr("export.csv", text)
        return held.getvalue()
    with xlsxwriter.Workbook(held) as book:
        sheet = book.add_worksheet()
        for at_row, line in enumerate(text.splitlines()):
            sheet.write_row(at_row, 0, line.split(";"))
    return held.getvalue()


def test_a_mapping_is_shown_again_as_it_was_saved(as_alice: Client, desk: Desk, waiting: Batch) -> None:
    post(as_alice, address(waiting), **CHOSEN, save="1")
    response = as_alice.get(at("source-map", source_id=desk.claims.id))
    text = response.content.decode()
    assert 'value="crm/Case/"' in text
    assert "Case Resolved = case_resolution" in text
    assert "Saved so far version 1" in said(response)


def test_a_wrong_entry_is_named_and_nothing_is_saved(as_alice: Client, desk: Desk, waiting: Batch) -> None:
    wrong = {**CHOSEN, "constant_claim_id": "always", "values_action": "no sign", "price": "ten", "save": "1"}
    response = as_alice.post(address(waiting), wrong)
    assert response.status_code == 422
    assert "Choose a column or one value for every row, not both." in said(response)
    assert "“no sign”: write both sides with = between them." in said(response)
    assert desk.see(desk.claims).mapping == {}


def test_a_column_that_the_file_has_not_is_refused(as_alice: Client, waiting: Batch) -> None:
    response = as_alice.post(address(waiting), {**CHOSEN, "column_units": "Nowhere", "save": "1"})
    assert response.status_code == 422


def test_without_a_file_a_mapping_can_be_written_blind(as_alice: Client, desk: Desk) -> None:
    editor = at("source-map", source_id=desk.claims.id)
    assert "No file has arrived to look at" in get(as_alice, editor)
    post(as_alice, editor, **CHOSEN, save="1")
    assert desk.see(desk.claims).mapping["columns"]["claim_id"] == "Task Ref"


def test_an_analyst_tries_but_does_not_save(as_bob: Client, desk: Desk, waiting: Batch) -> None:
    assert "Saving is up to an admin" in get(as_bob, address(waiting))
    assert as_bob.post(address(waiting), {**CHOSEN, "save": "1"}).status_code == 403
    assert desk.see(desk.claims).mapping == {}


def test_a_viewer_has_no_editor(as_vera: Client, waiting: Batch) -> None:
    assert as_vera.get(address(waiting)).status_code == 403


def test_an_outsider_maps_nothing_of_ours(as_charlie: Client, world: World, waiting: Batch) -> None:
    for tenant in ("northwind", "contoso"):
        assert as_charlie.get(address(waiting, tenant)).status_code == 404
        assert as_charlie.post(address(waiting, tenant), {**CHOSEN, "save": "1"}).status_code == 404
    own = open_desk(world.contoso.id).claims
    assert as_charlie.get(f"{at('source-map', 'contoso', source_id=own.id)}?batch={waiting.id}").status_code == 404
