"""Files sent to a source: kept whole or not at all, once, and never more than is allowed."""

from __future__ import annotations

import errno
import gzip
import hashlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client, RequestFactory

from audit.api import uploads
from audit.models import Batch
from audit.operations import room
from audit.operations.faults import Refused
from tenants.scope import is_open, scope
from tests.audit.api.conftest import CLAIMS, Shop, drain, problem


def batches(shop: Shop) -> int:
    """How many batches there are."""
    with scope(shop.tenant.id):
        return Batch.objects.count()


def address(shop: Shop) -> str:
    """Where the claims go."""
    return f"/api/v1/sources/{shop.claims['id']}/batches/"


def left_over(settings: Any) -> list[Path]:
    """Files that no batch has."""
    return [path for path in Path(settings.BENCH_DIR).rglob("arriving/*") if path.is_file()]


def test_a_form_and_a_raw_body_of_the_same_bytes_are_one_batch(shop: Shop) -> None:
    first = shop.client.post(address(shop), {"file": SimpleUploadedFile("march.csv", CLAIMS.encode())})
    assert first.status_code == 202
    assert first.json()["sha256"] == hashlib.sha256(CLAIMS.encode()).hexdigest()
    assert first.json()["bytes"] == len(CLAIMS.encode())
    again = shop.send(shop.claims, CLAIMS, "again.csv")
    assert (again.status_code, again.json()["new"], again.json()["batch"]) == (202, False, first.json()["batch"])
    assert again["Location"] == first["Location"]
    assert batches(shop) == 1
    drain(shop.tenant)
    later = shop.send(shop.claims, CLAIMS).json()
    assert (later["state"], later["received"], later["accepted"], later["new"]) == ("sealed", 5, 5, False)


@pytest.mark.parametrize(
    ("headers", "query", "kind", "name"),
    [
        ({"Content-Disposition": 'attachment; filename="march 1.csv"'}, "", "text/csv", "march 1.csv"),
        ({"Content-Disposition": "attachment; filename*=UTF-8''m%C3%A4rz.csv"}, "", "text/csv", "märz.csv"),
        ({}, "?name=../../etc/passwd", "text/csv", "passwd"),
        ({}, "", "application/x-ndjson", "body.ndjson"),
        ({"Content-Encoding": "gzip"}, "", "text/csv", "body.csv.gz"),
        ({}, "", "application/unheard-of", "body"),
    ],
)
def test_a_raw_body_has_the_name_that_came_with_it(
    shop: Shop, headers: dict[str, str], query: str, kind: str, name: str
) -> None:
    sent = shop.client.post(address(shop) + query, CLAIMS, content_type=kind, headers=headers)
    assert shop.client.get(sent["Location"]).json()["file_name"] == name


def test_a_packed_body_is_read(shop: Shop) -> None:
    packed = gzip.compress(CLAIMS.encode())
    sent = shop.client.post(address(shop), packed, content_type="text/csv", headers={"Content-Encoding": "gzip"})
    drain(shop.tenant)
    assert shop.client.get(sent["Location"]).json()["accepted"] == 5


def test_a_body_that_is_too_large_is_refused_before_and_while_it_comes(
    shop: Shop, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.UPLOAD_BYTES_MAX = 100
    problem(shop.send(shop.claims, "x" * 101), 413, "file")
    problem(shop.client.post(address(shop), {"file": SimpleUploadedFile("f.csv", b"x" * 101)}), 413, "file")
    monkeypatch.setattr(uploads, "FORM_BYTES_MAX", 0)
    problem(shop.send(shop.claims, "x" * 101), 413, "file")
    assert batches(shop) == 0
    assert left_over(settings) == []


@pytest.mark.parametrize("place", ["os.fsync", "shutil.move"], ids=["while it comes", "on its way into the vault"])
def test_a_full_disk_is_503_and_leaves_nothing(
    shop: Shop, settings: Any, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def fill(*given: Any) -> None:
        if place == "shutil.move":
            Path(given[1]).write_bytes(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(place, fill)
        answer = shop.send(shop.claims, CLAIMS)
    assert (problem(answer, 503)["detail"], answer["Retry-After"]) == (room.FULL, str(room.WAIT_SECONDS))
    assert (batches(shop), left_over(settings)) == (0, [])
    assert [path for path in Path(settings.VAULT_URL).rglob(".*") if path.is_file()] == []
    settings.DISK_FREE_MIN = 1 << 60
    problem(shop.send(shop.claims, CLAIMS), 503)
    settings.DISK_FREE_MIN = 0
    assert shop.send(shop.claims, CLAIMS).status_code == 202


def test_nothing_and_a_form_without_a_file_are_refused(shop: Shop) -> None:
    problem(shop.send(shop.claims, "", CONTENT_LENGTH="0"), 400, "file")
    problem(shop.client.post(address(shop), {"other": SimpleUploadedFile("f.csv", b"x")}), 400, "file")
    problem(shop.client.post(address(shop), b"no form", content_type="multipart/form-data"), 400)
    assert batches(shop) == 0


def test_a_body_that_ends_early_is_no_file(shop: Shop, settings: Any, rf: RequestFactory) -> None:
    for kind in ("text/csv", "multipart/form-data; boundary=x"):
        body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="f.csv"\r\n\r\nhalf of it'
        request = rf.post("/", body, content_type=kind)
        cut = WSGIRequest(request.environ | {"CONTENT_LENGTH": str(len(body) + 10), "wsgi.input": BytesIO(body)})
        with pytest.raises(Refused, match="ended before its announced length"):
            uploads.spool(cut_request(cut), shop.tenant.id)
    assert left_over(settings) == []


def cut_request(request: WSGIRequest) -> Any:
    """The request as the framework wraps it."""
    return type("Wrapped", (), {"_request": request})()


def test_a_body_in_chunks_is_taken_where_its_end_is_told_and_refused_where_not(shop: Shop, rf: RequestFactory) -> None:
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": BytesIO(CLAIMS.encode())}
    environ = {name: value for name, value in rf.post("/").environ.items() if name != "CONTENT_LENGTH"}
    told = WSGIRequest(environ | chunked | {"wsgi.input_terminated": True, "CONTENT_TYPE": "text/csv"})
    spooled, _ = uploads.spool(cut_request(told), shop.tenant.id)
    assert spooled.byte_count == len(CLAIMS.encode())
    spooled.path.unlink()
    for untold in (environ | chunked, environ | chunked | {"wsgi.input_terminated": True}):
        with pytest.raises(uploads.LengthRequired):  # the second is a form
            uploads.spool(cut_request(WSGIRequest(untold)), shop.tenant.id)


def test_a_source_that_is_not_there_is_told_before_the_body_is_read(shop: Shop, settings: Any) -> None:
    nowhere = "0198aaaa-0000-7000-8000-000000000000"
    problem(shop.client.post(f"/api/v1/sources/{nowhere}/batches/", CLAIMS, content_type="text/csv"), 404)
    assert left_over(settings) == []


def test_a_body_is_spooled_while_no_transaction_is_open(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    spool = uploads.spool

    def watched(*given: Any) -> Any:
        seen.append(is_open())
        return spool(*given)

    monkeypatch.setattr(uploads, "spool", watched)
    assert shop.send(shop.claims, CLAIMS).status_code == 202
    assert seen == [False]


def test_a_file_of_which_too_much_is_refused_is_refused_whole_with_the_reason(shop: Shop) -> None:
    sent = shop.send(shop.claims, CLAIMS + "b1,a1,record_update,crm/Case/1,never,1,EUR\n" * 5)
    drain(shop.tenant)
    batch = shop.client.get(sent["Location"]).json()
    assert (batch["state"], batch["received"], batch["refused"], batch["accepted"]) == ("refused", 10, 10, 0)
    assert "5 of 10 rows" in batch["error"]


def test_batches_are_listed_newest_first_by_source_and_state(shop: Shop) -> None:
    shop.send(shop.claims, CLAIMS)
    shop.send(shop.evidence, "event_id,target,action,occurred_at,outcome\n")
    listed = shop.get("batches/").json()["results"]
    assert [row["position"] for row in listed] == [2, 1]
    only = shop.get("batches/", source=shop.claims["id"], kind="claims", state="received").json()["results"]
    assert [row["source"] for row in only] == [shop.claims["id"]]


def test_a_key_that_may_not_send_is_refused_before_its_body_is_read(shop: Shop, api: Any, settings: Any) -> None:
    reader: Client = api("read", "run", "admin")
    problem(reader.post(address(shop), CLAIMS, content_type="text/csv"), 403)
    assert left_over(settings) == []
