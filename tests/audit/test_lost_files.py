"""Files of the vault that are missing or damaged: every page and every call says which, and what now."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.matrix import CALLS, PAGES, ROLES, Row
from tests.stock import Stocked

pytestmark = pytest.mark.xdist_group("judged")
READS = [row for row in [*PAGES, *CALLS] if row.method == "GET" and row.status == 200]
READ_FILES = {
    *("claim", "lines", "discrepancy", "batch", "batch-refused", "batch-raw", "batch-lines", "event", "unclaimed"),
    *("unclaimed-csv", "export-file", "find", "api-run-verdicts", "api-claim-explain", "api-batch-file"),
}
"""Of these at least it is known that they read files."""


def ask(row: Row, stocked: Stocked) -> Any:
    """What is answered to one who may ask; no error of the server's reaches the test as itself."""
    page = row.route.is_page
    client: Client = stocked.members[min(ROLES[row.right])] if page else stocked.programs["every scope"]
    client.raise_request_exception = False
    return row.ask(client, stocked.northwind.values)


def body(response: Any) -> str:
    """All of it; of a stream too."""
    content = b"".join(response) if response.streaming else response.content
    return str(content.decode(errors="replace"))


@pytest.fixture(params=["missing", "damaged"])
def fault(request: pytest.FixtureRequest, tmp_path: Path, stocked: Stocked) -> Any:
    """Every file of the vault is missing, or has the middle of its bytes changed."""
    place, kept = Path(settings.VAULT_URL.removeprefix("file://")), settings.VAULT_URL
    if request.param == "damaged":
        shutil.copytree(place, tmp_path / "vault")
        for path in (tmp_path / "vault").rglob("*.*"):
            if path.is_file():
                path.chmod(0o640)
                data = path.read_bytes()
                path.write_bytes(random.Random(7).randbytes(len(data) // 2))
    else:
        (tmp_path / "vault").mkdir()
    settings.VAULT_URL = str(tmp_path / "vault")
    yield request.param
    settings.VAULT_URL = kept


def test_whatever_reads_a_lost_file_says_so(fault: str, stocked: Stocked) -> None:
    told, others = set(), {}
    for row in READS:
        response = ask(row, stocked)
        text = body(response)
        assert "Traceback" not in text
        if response.status_code == 500:
            assert "SHA-256 of its bytes" in text, f"{row}: {text[:300]}"
            assert str(stocked.northwind.tenant_id) in text, "which file"
            told.add(row.name)
            if row.route.is_page:
                assert "A kept file cannot be read" in text
                assert f"<dd>{fault}</dd>" in text
            else:
                assert response["Content-Type"] == "application/problem+json"
                assert response.json()["fault"] == fault
        elif response.status_code != 200:
            others[str(row)] = response.status_code
    assert others == {}
    known = READ_FILES & {row.name for row in READS}
    assert told >= known, known - told


def test_a_vault_that_is_away_is_asked_again_later(tmp_path: Path, stocked: Stocked) -> None:
    kept, settings.VAULT_URL = settings.VAULT_URL, str(tmp_path / "nowhere")
    try:
        rows = {row.name: row for row in READS}
        page, call = ask(rows["lines"], stocked), ask(rows["api-run-verdicts"], stocked)
    finally:
        settings.VAULT_URL = kept
    for response in (page, call):
        assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "Not at this moment" in body(page)
    assert "where files are kept does not answer" in call.json()["detail"]
