"""Real data with known truth, sent through the HTTP API alone: every verdict against the truth. docs/real-data.md.

`pytest tests/audit/test_real_data.py -s` prints the figures.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tenants import operations
from tenants.models import Role, User
from tenants.scope import scope
from tests.desk import drain
from tests.world import World, person, program

SHARED = Path(os.environ.get("AWU_SHARED") or Path(__file__).resolve().parents[3] / "shared")
DATA = SHARED / "data"
ALL = ("ingest", "read", "run", "admin")
GROUPS = ("all", "decidable", "recorded")

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"there is no real data at {DATA}: set AWU_SHARED")

Row = dict[str, str]


def rows_of(path: Path) -> Iterator[Row]:
    """The rows of a CSV file, gzipped or not."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    yield from csv.DictReader(io.StringIO(data.decode(), newline=""))


@dataclass
class Figures:
    """Right verdicts of all, by group, and what was taken for what: of decidable rows, and of the others."""

    counts: dict[str, list[int]] = field(default_factory=lambda: {name: [0, 0] for name in GROUPS})
    falsely_verified: dict[str, int] = field(default_factory=lambda: dict.fromkeys(GROUPS, 0))
    confusion: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, truth: Row, line: dict[str, Any]) -> None:
        """Compare one verdict with the truth."""
        right, groups = is_right(truth, line), groups_of(truth)
        for name in groups:
            self.counts[name][0] += right
            self.counts[name][1] += 1
            self.falsely_verified[name] += line["state"] == "verified" and not right
        group = "decidable" if "decidable" in groups else "needs the order"
        self.confusion[group, truth["expected_state"], line["state"]] += 1
        if not right and group == "decidable":
            expected = f"{truth['expected_state']}/{truth['expected_reason']}"
            self.wrong.append(f"{truth['claim_id']}: {line['state']}/{line['reason']}, truth says {expected}")

    def told(self, title: str, seconds: dict[str, float]) -> str:
        """The figures in words."""
        lines = [f"\n{title}"]
        for name, (right, count) in self.counts.items():
            lines.append(f"  {name:10} {right:,} of {count:,} right, {self.falsely_verified[name]} falsely verified")
        confusion = sorted(self.confusion.items())
        lines += [f"  {group}: {truth} → {said}: {count:,}" for (group, truth, said), count in confusion]
        lines += [f"  {text}" for text in self.wrong]
        return "\n".join([*lines, "  " + ", ".join(f"{name} {spent:.1f} s" for name, spent in seconds.items()), ""])


def groups_of(truth: Row) -> list[str]:
    """The groups that a row counts in."""
    decidable = truth["needs_buyer_spec"] == "false"
    recorded = decidable and truth["confidence"] == "recorded"
    return ["all"] + ["decidable"] * decidable + ["recorded"] * recorded


def is_right(truth: Row, line: dict[str, Any]) -> bool:
    """Whether a verdict is the expected one, or another that truth accepts."""
    accepted = [(truth["expected_state"], truth["expected_reason"])]
    accepted += [tuple(text.split("/")) for text in truth["also_accepted"].split(";") if text]  # type: ignore[misc]
    return any(line["state"] == state and reason in ("", line["reason"]) for state, reason in accepted)


@dataclass
class Portal:
    """The portal as programs of two admins see it."""

    world: World
    first: Client
    second: Client
    seconds: dict[str, float] = field(default_factory=dict)

    def post(self, path: str, body: Any = None, client: Client | None = None) -> dict[str, Any]:
        """POST JSON; the answer must be good."""
        answer = (client or self.first).post(f"/api/v1/{path}", body or {}, content_type="application/json")
        assert answer.status_code in (200, 201, 202), answer.content
        found: dict[str, Any] = answer.json()
        return found

    def send(self, source: dict[str, Any], path: Path) -> None:
        """Upload a file as it is and have it read: every row must be accepted."""
        where = f"/api/v1/sources/{source['id']}/batches/?name={path.name}"
        receipt = self.first.post(where, path.read_bytes(), content_type="application/octet-stream")
        assert receipt.status_code == 202, receipt.content
        drain(self.world.northwind.id, 200)
        batch = self.first.get(receipt["Location"]).json()
        assert batch["state"] == "sealed", batch
        assert batch["received"] == batch["accepted"] == sum(1 for _ in rows_of(path)), batch

    def approved(self, name: str, rules: Any) -> dict[str, Any]:
        """A rule set that one admin drafted and another approved."""
        drafted = self.post("rule-sets/", {"name": name, "rules": rules})
        self.post(f"rule-sets/{drafted['id']}/submit/")
        return self.post(f"rule-sets/{drafted['id']}/approve/", client=self.second)

    def judge(self, folder: Path, evidence: str) -> Figures:
        """A vendor's claims against the evidence, from the first POST to the last line."""
        truths = {(row["vendor"], row["claim_id"]): row for row in rows_of(folder / "truth.csv.gz")}
        vendor = next(iter(truths))[0]
        self.post("vendors/", {"key": vendor})
        claims = self.post("sources/", {"kind": "claims", "name": "What it says", "vendor": vendor})
        seen = self.post("sources/", {"kind": "evidence", "name": "What systems saw"})
        with self.clock("reading the files"):
            self.send(claims, folder / "claims.csv.gz")
            self.send(seen, folder / evidence)
        for row in rows_of(folder / "coverage.csv"):
            self.post("coverage/", {name: value for name, value in row.items() if value})
        rule_set = self.approved("As told beside the data", json.loads((folder / "rules.json").read_text()))
        period = {"period_start": "2000-01-01T00:00:00Z", "period_end": "2100-01-01T00:00:00Z"}
        with self.clock("the run"):
            opened = self.post("runs/", period | {"rule_set": rule_set["id"]})
            drain(self.world.northwind.id, 200)
        run = self.first.get(f"/api/v1/runs/{opened['id']}/").json()
        assert (run["state"], run["trial"], run["counts"]["claims"]) == ("done", False, len(truths)), run
        figures = Figures()
        for line in self.lines(run):
            figures.add(truths.pop((line["vendor"], line["claim_id"])), line)
        assert truths == {}, "every claim has its line"
        return figures

    def lines(self, run: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Every line of a run."""
        answer = self.first.get(f"/api/v1/runs/{run['id']}/verdicts/", {"format": "ndjson"})
        assert answer.status_code == 200
        for text in io.BytesIO(b"".join(answer)):
            yield json.loads(text)

    def clock(self, name: str) -> Clock:
        """Take the time of what is done inside."""
        return Clock(self.seconds, name)


@dataclass
class Clock:
    """Seconds by name."""

    seconds: dict[str, float]
    name: str
    start: float = 0

    def __enter__(self) -> None:
        self.start = time.perf_counter()

    def __exit__(self, *problem: object) -> None:
        self.seconds[self.name] = time.perf_counter() - self.start


@pytest.fixture
def portal(world: World) -> Portal:
    """Northwind, and the keys of two of its admins."""
    anton = person("Anton", world.northwind, Role.ADMIN)
    return Portal(world, key_of(world, world.alice), key_of(world, anton))


def key_of(world: World, admin: User) -> Client:
    """A program of one admin."""
    with scope(world.northwind.id):
        return program(operations.create_key("real data", ALL, by=admin)[1])


def test_resolved_incidents(portal: Portal) -> None:
    figures = portal.judge(DATA / "servicenow-incidents", "evidence.csv.gz")
    sys.stdout.write(figures.told("ServiceNow incidents", portal.seconds))
    assert figures.falsely_verified["all"] == 0
    assert figures.counts["all"] == [25_236, 25_236]


@pytest.mark.parametrize("evidence", ["evidence.csv.gz", "evidence_with_refs.csv.gz"])
def test_an_agent_that_books_flights(portal: Portal, evidence: str) -> None:
    figures = portal.judge(DATA / "airline-agent", evidence)
    sys.stdout.write(figures.told(f"Airline agent, {evidence}", portal.seconds))
    assert figures.falsely_verified["decidable"] == 0
    assert figures.counts["decidable"] == [237, 238]
    assert figures.counts["recorded"] == [236, 236]
    assert figures.wrong == ["c154-a04: contradicted/repeat, truth says unsupported/no_evidence"]
