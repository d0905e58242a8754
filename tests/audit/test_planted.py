"""The demonstration, loaded through the portal: what was planted is what pages, totals and files say."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from audit.kernel.terms import Reason, State
from audit.models import Batch, Export, Finding, LedgerEntry, Run, Score, Total
from audit.operations import exports
from audit.queries import lines
from audit.sample import Made, make
from audit.vault import files
from tenants.scope import scope
from tests.desk import drain
from tests.judged import CLAIMS, Judged

pytestmark = pytest.mark.xdist_group("judged")
LOST = ("contradicted", "unsupported")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The same files again, with the truth beside them."""
    return make(tmp_path_factory.mktemp("sample"), seed=1, claims=CLAIMS)


@dataclass
class Story:
    """One tenant: its run and all its lines."""

    slug: str
    tenant_id: UUID
    run: Run
    lines: list[dict[str, Any]]


@pytest.fixture(params=["northwind", "contoso"])
def story(request: pytest.FixtureRequest, judged: Judged) -> Story:
    """Each tenant of the demonstration."""
    tenant_id = judged.tenants[request.param]
    with scope(tenant_id):
        run = Run.objects.get()
        return Story(request.param, tenant_id, run, list(lines.of(run)))


def test_every_line_has_the_state_and_reason_that_were_planted(story: Story, made: Made) -> None:
    (delivery,) = (delivery for delivery in made.tenants if delivery.tenant == story.slug)
    truth = pyarrow.csv.read_csv(delivery.truth).to_pylist()
    names = ("vendor", "claim_id", "revision", "expected_state", "expected_reason")
    expected = Counter(tuple(row[name] for name in names) for row in truth)
    found = Counter(
        tuple(line[name] for name in ("vendor", "claim_id", "revision", "state", "reason")) for line in story.lines
    )
    assert found == expected


def test_every_row_of_every_file_was_accepted(story: Story) -> None:
    with scope(story.tenant_id):
        batches = list(Batch.objects.select_related("source"))
        assert {batch.state for batch in batches} == {"sealed"}
        assert sum(batch.accepted_count for batch in batches if batch.source.kind == "claims") == len(story.lines)
        assert [entry.seq for entry in LedgerEntry.objects.all()] == list(range(LedgerEntry.objects.count()))


def test_totals_are_the_sums_of_the_lines(story: Story) -> None:
    sums: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
    tokens: dict[tuple[Any, ...], dict[str, int]] = defaultdict(dict)
    for line in story.lines:
        day = line["occurred_at"].date()
        key = tuple(line[name] for name in ("vendor", "agent_id", "action")), day, line["state"], line["reason"]
        key = (*key, line["currency"] or "")
        for place, number in enumerate((1, line["units"], line["charge_micros"] or 0)):
            sums[key][place] += number
        for side in ("tokens_input", "tokens_output"):
            if line[side] is not None:
                tokens[key][side] = tokens[key].get(side, 0) + line[side]
    said = {key: sum(sides.values()) if len(sides) == 2 else None for key, sides in tokens.items()}
    with scope(story.tenant_id):
        stored = {
            ((row.vendor, row.agent_id, row.action), row.day, row.state, row.reason, row.currency): [
                *(row.claims, row.units, row.charge_micros, row.tokens)
            ]
            for row in Total.objects.filter(run=story.run)
        }
    assert stored == {key: [*cell, said.get(key)] for key, cell in sums.items()}


def test_scores_are_those_of_the_lines_and_of_the_kernel(story: Story) -> None:
    groups: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    for line in story.lines:
        vendor, agent, action, day = (line["vendor"], line["agent_id"], line["action"], line["occurred_at"].date())
        for key in (("run", "", "", "", None), ("vendor", vendor, "", "", None), ("agent", vendor, agent, "", None)):
            groups[key][line["state"]] += line["units"]
        groups["action", "", "", action, None][line["state"]] += line["units"]
        groups["day", "", "", "", day][line["state"]] += line["units"]
    expected = {key: bounds(units) for key, units in groups.items()}
    with scope(story.tenant_id):
        rows = Score.objects.filter(run=story.run)
        stored = {
            (row.by, row.vendor, row.agent_id, row.action, row.day): (row.low_bps, row.high_bps, row.claimed_units)
            for row in rows
        }
    assert stored == expected
    kernel = story.run.summary["score"]
    assert stored["run", "", "", "", None] == (kernel["low_bps"], kernel["high_bps"], kernel["units"])
    for by, names in (("vendor", ("vendor",)), ("agent", ("vendor", "agent_id")), ("action", ("action",))):
        for row in story.run.summary["scores"][by]:
            vendor, agent, action = (row[name] if name in names else "" for name in ("vendor", "agent_id", "action"))
            assert stored[by, vendor, agent, action, None][:2] == (row["low_bps"], row["high_bps"])


def bounds(units: Counter[str]) -> tuple[int | None, int | None, int]:
    """The score of units by state: low, high, claimed."""
    claimed = sum(units.values()) - units["not_claimed"]
    if not claimed:
        return None, None, 0
    low, high = units["verified"], units["verified"] + units["unverifiable"]
    return low * 10_000 // claimed, high * 10_000 // claimed, claimed


def test_the_kernel_counted_what_the_lines_hold(story: Story) -> None:
    summary = story.run.summary
    assert summary["claims"] == len(story.lines)
    for name, words in (("state", State), ("reason", Reason)):
        for word in words:
            mine = [line["units"] for line in story.lines if line[name] == word]
            assert summary[f"{name}s"][word] == {"claims": len(mine), "units": sum(mine)}


def test_findings_are_the_contradicted_and_unsupported_lines_grouped(story: Story) -> None:
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for line in story.lines:
        if line["state"] in LOST:
            groups[tuple(line[name] for name in ("vendor", "agent_id", "action", "reason"))].append(line)
    with scope(story.tenant_id):
        rows = list(Finding.objects.filter(run=story.run).select_related("discrepancy"))
    assert len(rows) == len(groups) > 10
    for row in rows:
        of = row.discrepancy
        mine = groups[of.vendor, of.agent_id, of.action, of.reason]
        assert (row.claims, row.units) == (len(mine), sum(line["units"] for line in mine))
        assert (row.first_at, row.last_at) == span(mine)
        assert row.money == money(mine)
        assert row.charge_micros == max(row.money.values(), default=0)
        assert row.examples == sorted(line["claim_id"] for line in mine)[:5]


def span(rows: list[dict[str, Any]]) -> tuple[datetime, datetime]:
    """The first and the last instant."""
    return min(row["occurred_at"] for row in rows), max(row["occurred_at"] for row in rows)


def money(rows: list[dict[str, Any]]) -> dict[str, int]:
    """Micros by currency."""
    sums: Counter[str] = Counter()
    for row in rows:
        if row["charge_micros"] is not None:
            sums[row["currency"] or ""] += row["charge_micros"]
    return dict(sums)


# Files of lines


@pytest.fixture
def northwind(judged: Judged) -> Story:
    """The larger tenant."""
    with scope(judged.tenants["northwind"]):
        run = Run.objects.get()
        return Story("northwind", judged.tenants["northwind"], run, list(lines.of(run)))


def exported(story: Story, form: str, **filters: str) -> Path:
    """A file of the run's lines, made by a job."""
    with scope(story.tenant_id):
        export = exports.ask(story.run, form, filters, "user:1")
    drain(story.tenant_id)
    with scope(story.tenant_id):
        export = Export.objects.get(id=export.id)
        path = files.local(export.file_key)
    assert export.state == "done"
    assert export.byte_count == path.stat().st_size
    assert export.file_name == f"run-{story.run.number}-lines.{form}"
    rows = [line for line in story.lines if all(line[name] == value for name, value in filters.items())]
    assert export.row_count == len(rows)
    return path


def test_parquet_holds_every_line_exactly(northwind: Story) -> None:
    table = pq.read_table(exported(northwind, "parquet"))
    assert table.to_pylist() == northwind.lines


def test_ndjson_holds_every_line_exactly(northwind: Story) -> None:
    rows = [json.loads(text) for text in exported(northwind, "ndjson").read_text().splitlines()]
    for row in rows:
        row["occurred_at"] = datetime.fromisoformat(row["occurred_at"])
    assert rows == northwind.lines


def test_csv_holds_every_line(northwind: Story) -> None:
    with exported(northwind, "csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [{name: text or None for name, text in row.items()} for row in rows] == list(told(northwind.lines))


def told(rows: list[dict[str, Any]]) -> Iterator[dict[str, str | None]]:
    """Lines as CSV writes them."""
    for row in rows:
        texts = {name: None if value is None else str(value) for name, value in row.items()}
        texts["occurred_at"] = row["occurred_at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        yield texts | {name: str(row[name]).lower() for name in ("provisional", "withdrawn")}


def test_excel_holds_every_line(northwind: Story) -> None:
    header, *rows = CalamineWorkbook.from_path(str(exported(northwind, "xlsx"))).get_sheet_by_index(0).to_python()
    names = ("claim_id", "revision", "row", "state", "reason", "charge_micros", "target", "effect")
    found = [{name: dict(zip(header, row, strict=True))[name] for name in names} for row in rows]
    assert header == list(lines.COLUMNS)
    assert found == [{name: "" if line[name] is None else line[name] for name in names} for line in northwind.lines]


def test_a_filter_lets_through_what_it_names(northwind: Story) -> None:
    table = pq.read_table(exported(northwind, "parquet", state="contradicted", agent_id=northwind.lines[0]["agent_id"]))
    assert set(table["state"].to_pylist()) == {"contradicted"}
