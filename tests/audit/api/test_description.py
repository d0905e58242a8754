"""The description of the API is complete, valid, and can be browsed with nothing from elsewhere; the probes answer."""

from __future__ import annotations

import json
import re
from io import StringIO
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from tests.audit.api.conftest import CLAIMS, Shop
from tests.routes import routes


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    """The OpenAPI document, validated; any warning fails."""
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_every_call_is_described(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.")
    silent = []
    for route in routes():
        if route.is_call and route.name.startswith("api-") and getattr(route.view, "cls", None):
            path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.pattern)
            if path not in described["paths"]:
                silent.append(route.name)
    assert silent == ["api-schema", "api-nothing"]


def test_every_call_may_be_answered_with_a_problem_and_every_post_takes_an_idempotency_key(
    described: dict[str, Any],
) -> None:
    for path, item in described["paths"].items():
        for method, call in item.items():
            assert "application/problem+json" in call["responses"]["default"]["content"], path
            keys = [entry for entry in call.get("parameters", []) if entry["name"] == "Idempotency-Key"]
            assert bool(keys) == (method == "post"), path
            assert call["security"] == [{"apiKey": []}], path
            assert call["description"], path


def test_the_receipt_has_an_example_that_conserves_its_rows(described: dict[str, Any]) -> None:
    call = described["paths"]["/api/v1/sources/{id}/batches/"]["post"]
    assert set(call["requestBody"]["content"]) == {"multipart/form-data", "application/octet-stream"}
    example = next(iter(call["responses"]["202"]["content"]["application/json"]["examples"].values()))["value"]
    assert example["received"] == sum(example[name] for name in ("accepted", "duplicate", "conflicting", "refused"))
    assert set(described["components"]["schemas"]["Receipt"]["properties"]) == set(example)


@pytest.mark.django_db
def test_the_description_is_served_to_anybody_as_json_or_yaml() -> None:
    client = Client()
    plain = client.get("/api/v1/schema/")
    assert plain.status_code == 200
    assert json.loads(plain.content)["info"]["title"] == "awu_portal"
    text = client.get("/api/v1/schema/?format=yaml")
    assert yaml.safe_load(text.content)["info"]["title"] == "awu_portal"
    assert not text.content.startswith(b"{")


@pytest.mark.django_db
def test_the_pages_to_browse_hold_no_script_no_style_and_nothing_from_elsewhere() -> None:
    answer = Client().get("/api/v1/docs/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert re.findall(r'(?:src|href)="(?!/)', page) == []
    assert re.search(r"<style|<script(?![^>]*src=)|\sstyle=|\son\w+=", page) is None


def test_the_probes_say_that_we_live_and_can_work(as_nobody: Client) -> None:
    assert as_nobody.get("/health/live").json() == {"status": "alive"}
    assert as_nobody.get("/health/ready").json() == {"status": "ready", "missing": []}
    assert as_nobody.post("/health/live").status_code == 405


def test_a_probe_names_what_is_missing(as_nobody: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.queries.probes._database_answers", lambda: False)
    answer = as_nobody.get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "missing", "missing": ["database"]})


def test_the_metrics_count_the_jobs_of_everybody_and_name_nobody(shop: Shop, as_nobody: Client) -> None:
    shop.send(shop.claims, CLAIMS)
    answer = as_nobody.get("/metrics")
    text = answer.content.decode()
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    assert 'awu_jobs{kind="take",state="due"} 1\n' in text
    assert 'awu_jobs{kind="carry",state="quarantined"} 0\n' in text
    assert re.search(r"^awu_job_oldest_due_seconds \d+$", text, flags=re.MULTILINE)
    for word in ("northwind", "Northwind", "contoso", str(shop.tenant.id), "acme"):
        assert word not in text
