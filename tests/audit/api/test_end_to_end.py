"""From the first file to the last line, through the API alone."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest
from django.test import Client

from tests.audit.api.conftest import CLAIMS, EVIDENCE, PERIOD, Shop, drain, is_uuid7, open_shop, problem
from tests.kept import kept

begun, world, shop, run = kept(shop=open_shop, run=Shop.judged)


@pytest.fixture(autouse=True)
def _own_folders() -> None:
    """What is kept lies in the folders of the process."""


def body_of(response: Any) -> bytes:
    """A file answer's bytes."""
    return b"".join(response)


def test_a_file_is_received_read_and_every_row_accounted_for(shop: Shop) -> None:
    answer = shop.send(shop.claims, CLAIMS + "c1,a1,record_update,crm/Case/1,when?,1,EUR\n", "märz.csv")
    assert answer.status_code == 202
    receipt = answer.json()
    assert answer["Location"].endswith(f"/api/v1/batches/{receipt['batch']}/")
    assert (receipt["state"], receipt["new"], receipt["received"]) == ("received", True, 0)
    assert is_uuid7(receipt["batch"])
    shop.client.patch(
        f"/api/v1/sources/{shop.claims['id']}/", {"refused_limit_bps": 10_000}, content_type="application/json"
    )
    drain(shop.tenant)
    batch = shop.client.get(answer["Location"]).json()
    assert batch["state"] == "sealed", batch
    assert batch["received"] == batch["accepted"] + batch["duplicate"] + batch["conflicting"] + batch["refused"] == 6
    assert (batch["accepted"], batch["refused"], batch["file_name"]) == (5, 1, "märz.csv")
    assert batch["first_at"] == "2026-03-02T09:00:00Z"


def test_refused_rows_are_told_by_line_column_value_and_reason(shop: Shop) -> None:
    shop.client.patch(
        f"/api/v1/sources/{shop.claims['id']}/", {"refused_limit_bps": 10_000}, content_type="application/json"
    )
    bad = "".join(f"b{n},a1,record_update,crm/Case/1,never,1,EUR\n" for n in range(3))
    batch = shop.send(shop.claims, CLAIMS + bad).json()["batch"]
    drain(shop.tenant)
    page = shop.get(f"batches/{batch}/refused/", limit=2).json()
    assert [row["line"] for row in page["results"]] == [7, 8]
    assert {(row["column"], row["value"]) for row in page["results"]} == {("occurred_at", "never")}
    rest = shop.client.get(page["next"]).json()
    assert ([row["line"] for row in rest["results"]], rest["next"]) == ([9], None)
    whole = shop.get(f"batches/{batch}/refused/", format="csv")
    assert whole["Content-Type"].startswith("text/csv")
    assert len(list(csv.DictReader(io.StringIO(body_of(whole).decode())))) == 3


def test_the_bytes_come_back_as_they_were_received(shop: Shop) -> None:
    batch = shop.send(shop.claims, CLAIMS).json()["batch"]
    assert body_of(shop.get(f"batches/{batch}/file/")) == CLAIMS.encode()


def test_a_run_is_opened_carried_and_told(shop: Shop) -> None:
    shop.send(shop.claims, CLAIMS)
    shop.send(shop.evidence, EVIDENCE)
    opened = shop.post("runs/", PERIOD | {"vendor": "acme"})
    assert opened.status_code == 202
    assert opened.json()["state"] == "waiting"
    assert opened.json()["counts"] is None
    problem(shop.get(f"runs/{opened.json()['id']}/verdicts/"), 409)
    problem(shop.get(f"runs/{opened.json()['id']}/discrepancies/"), 409)
    drain(shop.tenant)
    run = shop.client.get(opened["Location"]).json()
    assert (run["state"], run["trial"], run["vendor_key"]) == ("done", False, "acme")
    assert run["counts"]["claims"] == 5
    assert run["counts"]["states"]["verified"] == {"claims": 1, "units": 1}
    assert run["counts"]["reasons"]["no_evidence"]["claims"] == 2
    assert (run["score"]["low_bps"], run["score"]["high_bps"]) == (2000, 6000)
    assert {purse["currency"]: purse["charged_micros"] for purse in run["money"]} == {"EUR": 6000000, "USD": 2500000}
    assert len(run["row_root"]) == 64
    assert len(run["digests"]["law_sha256"]) == 64
    assert {"verdicts", "claims", "lines"} <= set(run["files"])


def test_verdicts_are_filtered_and_every_form_holds_the_same_lines(shop: Shop, run: dict[str, Any]) -> None:
    path = f"runs/{run['id']}/verdicts/"
    everything = shop.get(path).json()["results"]
    assert [line["claim_id"] for line in everything] == ["c1", "c2", "c3", "c4", "odd/id ü?#1"]
    assert everything[0]["occurred_at"] == "2026-03-02T09:00:00Z"
    for name, value, ids in (
        ("state", "verified", ["c1"]),
        ("reason", "no_target", ["c4"]),
        ("agent_id", "a2", ["c3", "c4"]),
        ("target", "erp/Order/3", ["c3"]),
        ("claim_id", "c2", ["c2"]),
        ("vendor", "acme", ["c1", "c2", "c3", "c4", "odd/id ü?#1"]),
        ("vendor", shop.vendor["id"], ["c1", "c2", "c3", "c4", "odd/id ü?#1"]),
        ("vendor", "nobody", []),
        ("q", "crm/Case/9", ["odd/id ü?#1"]),
        ("from", "2026-03-03T11:00:00+01:00", ["c4", "odd/id ü?#1"]),
        ("class", "B", ["c2", "odd/id ü?#1"]),
    ):
        found = [line["claim_id"] for line in shop.get(path, **{name: value}).json()["results"]]
        assert found == ids, (name, value)
    assert shop.get(path, ordering="-charge_micros").json()["results"][0]["claim_id"] == "c3"
    table = shop.get(path, format="csv")
    assert table.status_code == 200
    assert [row["claim_id"] for row in csv.DictReader(io.StringIO(body_of(table).decode()))] == [
        line["claim_id"] for line in everything
    ]
    lines = body_of(shop.get(path, format="ndjson", state="verified")).decode().splitlines()
    assert [json.loads(line)["claim_id"] for line in lines] == ["c1"]
    parquet = pq.read_table(io.BytesIO(body_of(shop.get(path, format="parquet"))))
    assert parquet.num_rows == 5


def test_more_lines_than_fit_an_answer_become_an_export_and_nothing_is_cut_off(
    shop: Shop, run: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audit.queries.downloads.AT_ONCE_MAX", 2)
    path = f"runs/{run['id']}/verdicts/"
    answer = shop.get(path, format="csv")
    assert answer.status_code == 202
    again = shop.get(path, format="csv")
    assert again["Location"] == answer["Location"]
    problem(shop.client.get(f"{answer['Location']}file/"), 409)
    drain(shop.tenant)
    export = shop.client.get(answer["Location"]).json()
    assert (export["state"], export["rows"]) == ("done", 5)
    assert len(body_of(shop.client.get(export["file"])).splitlines()) == 6
    ready = shop.get(path, format="csv")
    assert ready.status_code == 200
    assert len(body_of(ready).splitlines()) == 6


def test_an_export_is_asked_for_made_and_fetched(shop: Shop, run: dict[str, Any]) -> None:
    asked = shop.post(f"runs/{run['id']}/exports/", {"format": "ndjson", "filters": {"state": "unsupported"}})
    assert asked.status_code == 202
    assert asked.json()["file"] is None
    drain(shop.tenant)
    export = shop.client.get(asked["Location"]).json()
    assert len(body_of(shop.client.get(export["file"])).splitlines()) == 2
    problem(shop.post(f"runs/{run['id']}/exports/", {"format": "pdf"}), 400, "format")
    problem(shop.post(f"runs/{run['id']}/exports/", {"format": "csv", "filters": {"state": "odd"}}), 400, "state")


def test_discrepancies_are_grouped_with_their_money_and_lead_to_their_claims(shop: Shop, run: dict[str, Any]) -> None:
    found = shop.get(f"runs/{run['id']}/discrepancies/").json()["results"]
    assert [(row["reason"], row["agent_id"], row["claims"]) for row in found] == [("no_evidence", "a1", 2)]
    assert found[0]["money"] == [{"currency": "EUR", "charge_micros": 3000000}]
    assert (found[0]["state"], found[0]["class"], found[0]["vendor"]) == ("unsupported", "B", "acme")
    one = shop.get(f"discrepancies/{found[0]['id']}/").json()
    assert one == found[0]
    lines = shop.get(f"discrepancies/{found[0]['id']}/claims/").json()["results"]
    assert [line["claim_id"] for line in lines] == ["c2", "odd/id ü?#1"]
    problem(shop.get(f"discrepancies/{found[0]['id']}/claims/", reason="repeat"), 400, "reason")
    assert shop.get(f"runs/{run['id']}/discrepancies/", reason="repeat").json()["results"] == []


def test_scores_are_told_by_vendor_agent_action_and_day(shop: Shop) -> None:
    assert shop.get("scores/", by="vendor").json()["results"] == []
    run = shop.judged()
    whole = shop.get("scores/").json()["results"]
    assert [(row["by"], row["low_bps"], row["high_bps"], row["run"]) for row in whole] == [
        ("run", 2000, 6000, run["id"])
    ]
    agents = shop.get("scores/", by="agent", run=run["id"]).json()["results"]
    assert {row["agent_id"]: row["low_bps"] for row in agents} == {"a1": 3333, "a2": 0}
    assert [row["day"] for row in shop.get("scores/", by="day").json()["results"]] == [
        "2026-03-02",
        "2026-03-03",
        "2026-03-04",
    ]
    problem(shop.get("scores/", by="planet"), 400, "by")
    problem(shop.get("scores/", run="x"), 400, "run")


def test_a_claim_is_found_and_explained_whatever_characters_its_id_has(shop: Shop, run: dict[str, Any]) -> None:
    path = f"claims/acme/{quote('odd/id ü?#1', safe='')}"
    lines = shop.get(f"{path}/", run=run["id"]).json()["results"]
    assert [(line["claim_id"], line["reason"]) for line in lines] == [("odd/id ü?#1", "no_evidence")]
    why = shop.get(f"{path}/explain/").json()
    assert why["run"] == run["id"]
    assert [verdict["reason"] for verdict in why["verdicts"]] == ["no_evidence"]
    assert why["clause"]
    known = shop.get(f"claims/{shop.vendor['id']}/c1/explain/").json()
    assert [candidate["event_id"] for candidate in known["candidates"]] == ["e1"]
    problem(shop.get("claims/acme/c99/explain/"), 404)
    problem(shop.get("claims/nobody/c1/"), 404)


def test_nothing_of_it_is_there_for_another_tenant(shop: Shop, run: dict[str, Any], outsider: Client) -> None:
    batch = shop.get("batches/").json()["results"][0]["id"]
    discrepancy = shop.get(f"runs/{run['id']}/discrepancies/").json()["results"][0]["id"]
    nowhere = "0198aaaa-0000-7000-8000-000000000000"
    for path in (
        "vendors/{vendor}/",
        "sources/{claims}/",
        "batches/{batch}/",
        "batches/{batch}/refused/",
        "batches/{batch}/file/",
        "runs/{run}/",
        "runs/{run}/verdicts/",
        "runs/{run}/verdicts/?format=csv",
        "runs/{run}/discrepancies/",
        "discrepancies/{discrepancy}/",
        "discrepancies/{discrepancy}/claims/",
        "claims/acme/c1/?run={run}",
        "claims/acme/c1/explain/?run={run}",
        "scores/?run={run}",
    ):
        ids = {"vendor": shop.vendor["id"], "claims": shop.claims["id"], "batch": batch, "run": run["id"]}
        foreign = outsider.get("/api/v1/" + path.format(**ids, discrepancy=discrepancy))
        absent = outsider.get("/api/v1/" + path.format(**dict.fromkeys(ids, nowhere), discrepancy=nowhere))
        problem(foreign, 404)
        assert foreign.content == absent.content, path
    sent = outsider.post(f"/api/v1/sources/{shop.claims['id']}/batches/", CLAIMS, content_type="text/csv")
    problem(sent, 404)
    for noun in ("vendors", "agents", "sources", "batches", "coverage", "runs", "rule-sets", "scores", "exports"):
        assert outsider.get(f"/api/v1/{noun}/").json()["results"] == [], noun
