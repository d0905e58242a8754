"""One batch: figures that add up, what was refused and why, what contradicts, and its files."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

from django.test import Client

from audit.models import Batch, Source
from tests.audit.pages.walk import at, get, post, said
from tests.desk import CLAIMS, Desk, claim, drain, open_desk
from tests.kept import kept
from tests.world import World

BAD = "c{n},=1+1,record_update,crm/Case/{n},when?,1,EUR,\n"


def patient(world: World) -> Desk:
    """Northwind's desk, patient with faults."""
    desk = open_desk(world.northwind.id)
    desk.ask(lambda: Source.objects.update(refused_limit_bps=9_000))
    return desk


def read(desk: Desk) -> Batch:
    """Two good rows, one known already, one contradicting, two refused."""
    desk.take(desk.claims, CLAIMS + claim(8) + claim(9), "before.csv")
    rows = claim(1) + claim(2) + claim(8) + claim(9, micros=9_000_000) + BAD.format(n=3) + "c4,a1\n"
    return desk.take(desk.claims, CLAIMS + rows, "march.csv")


begun, world, desk, batch = kept(desk=patient, batch=read)


def page(batch: Batch, tenant: str = "northwind") -> str:
    """The address of the batch."""
    return at("batch", tenant, batch_id=batch.id)


def test_the_receipt_adds_up(as_vera: Client, batch: Batch) -> None:
    text = get(as_vera, page(batch))
    assert "2 of 6 rows of march.csv were accepted" in text
    for figure in ("Received 6", "Accepted 2", "Duplicate 1", "Conflicting 1", "Refused 2"):
        assert figure in text


def test_a_refused_row_says_line_column_value_and_reason(as_vera: Client, batch: Batch) -> None:
    text = get(as_vera, page(batch))
    assert "6 occurred_at when? is not a date and time" in text
    assert "7 the whole row c4,a1" in text


def test_refused_rows_are_narrowed_by_column_and_reason(as_vera: Client, batch: Batch) -> None:
    text = get(as_vera, f"{page(batch)}?column=occurred_at")
    assert "1–1 of 1" in text
    assert "c4,a1" not in text
    assert "Nothing matches these filters" in get(as_vera, f"{page(batch)}?column=occurred_at&reason=none")


def test_refused_rows_come_a_page_at_a_time(as_vera: Client, desk: Desk) -> None:
    rows = "".join(BAD.format(n=n) for n in range(120)) + "".join(claim(n) for n in range(200, 400))
    batch = desk.take(desk.claims, CLAIMS + rows, "many.csv")
    assert "101–120 of 120" in get(as_vera, f"{page(batch)}?page=3")
    assert "1–25 of 120" in get(as_vera, f"{page(batch)}?per_page=25")
    assert "101–120 of 120" in get(as_vera, f"{page(batch)}?page=99")
    assert "1–1 of 120" in get(as_vera, f"{page(batch)}?per_page=0")
    assert "1–120 of 120" in get(as_vera, f"{page(batch)}?per_page=100000")


def test_a_conflict_shows_what_was_said_before_and_what_is_said_now(as_vera: Client, batch: Batch) -> None:
    assert "acme · c9 · 0 5 charge_micros 1500000 9000000" in get(as_vera, page(batch))


def test_refused_rows_are_a_csv_that_no_spreadsheet_runs(as_vera: Client, desk: Desk) -> None:
    row = claim(1).replace("crm/Case/1,2026-03-02T09:00:00Z", "crm/Case/1,=1+1")
    batch = desk.take(desk.claims, CLAIMS + row + claim(2), "formula.csv")
    response: Any = as_vera.get(at("batch-refused", batch_id=batch.id))
    assert response["Content-Disposition"] == 'attachment; filename="formula-refused.csv"'
    text = b"".join(response.streaming_content).decode()
    assert [(row["line"], row["value"]) for row in csv.DictReader(StringIO(text))] == [("2", "'=1+1")]


def test_the_file_is_given_back_byte_for_byte(as_axel: Client, as_vera: Client, batch: Batch) -> None:
    response: Any = as_axel.get(at("batch-raw", batch_id=batch.id))
    assert b"".join(response.streaming_content).startswith(CLAIMS.encode())
    assert as_vera.get(at("batch-raw", batch_id=batch.id)).status_code == 403


def test_the_page_renews_itself_only_while_the_file_is_read(as_bob: Client, desk: Desk) -> None:
    batch = desk.send(desk.claims, CLAIMS + claim(1))
    response = as_bob.get(page(batch))
    assert 'hx-trigger="every 2s"' in response.content.decode()
    assert "It waits for a worker" in said(response)
    drain(desk.tenant_id)
    assert "hx-trigger" not in as_bob.get(page(batch)).content.decode()


def test_a_batch_over_the_limit_says_why_and_can_be_read_again(as_bob: Client, desk: Desk) -> None:
    desk.ask(lambda: Source.objects.update(refused_limit_bps=0))
    batch = desk.take(desk.claims, CLAIMS + claim(1) + BAD.format(n=2), "over.csv")
    text = get(as_bob, page(batch))
    assert "over.csv was refused" in text
    assert "1 of 2 rows have faults, more than the 0 % that this source allows." in text
    desk.ask(lambda: Source.objects.update(refused_limit_bps=5_000))
    assert "over.csv is being read again." in post(as_bob, at("batch-retake", batch_id=batch.id))
    drain(desk.tenant_id)
    assert "1 of 2 rows of over.csv were accepted" in get(as_bob, page(batch))


def test_what_is_read_again_comes_after_what_was_read_meanwhile(as_bob: Client, desk: Desk) -> None:
    desk.ask(lambda: Source.objects.update(refused_limit_bps=0))
    first = desk.take(desk.claims, CLAIMS + claim(1) + BAD.format(n=2), "over.csv")
    desk.take(desk.claims, CLAIMS + claim(1), "right.csv")
    desk.ask(lambda: Source.objects.update(refused_limit_bps=5_000))
    post(as_bob, at("batch-retake", batch_id=first.id))
    drain(desk.tenant_id)
    assert (desk.see(first).accepted_count, desk.see(first).duplicate_count) == (0, 1)


def test_a_sealed_batch_is_not_read_again(as_bob: Client, desk: Desk, batch: Batch) -> None:
    assert "a sealed one never changes" in post(as_bob, at("batch-retake", batch_id=batch.id))
    assert desk.see(batch).state == "sealed"


def test_a_viewer_reads_nothing_again(as_vera: Client, batch: Batch) -> None:
    assert as_vera.post(at("batch-retake", batch_id=batch.id)).status_code == 403


def test_an_outsider_sees_no_batch_of_ours(as_charlie: Client, batch: Batch) -> None:
    for tenant in ("northwind", "contoso"):
        for name in ("batch", "batch-refused", "batch-raw"):
            assert as_charlie.get(at(name, tenant, batch_id=batch.id)).status_code == 404
        assert as_charlie.post(at("batch-retake", tenant, batch_id=batch.id)).status_code == 404
