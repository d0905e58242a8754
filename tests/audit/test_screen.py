"""The checks on claims alone: each finds what was planted for it, and leaves a clean batch alone."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.conf import LazySettings

from audit.kernel import inputs
from audit.vault.screen import FINDINGS, Basis, Price, screen

COLUMNS = (
    *("claim_id", "revision", "withdrawn", "agent_id", "action", "target", "occurred_at", "session_id", "environment"),
    *("status", "units", "charge_micros", "currency", "tokens_input", "tokens_output", "effect"),
)
USUAL = {
    **{"agent_id": "a1", "action": "record_update", "session_id": "", "environment": "production", "units": 1},
    **{"status": "completed", "charge_micros": 100_000, "currency": "EUR", "tokens_input": 900, "tokens_output": 100},
}
BASIS = Basis(300, 2, ("production",), ("completed",), "UTC", datetime(2026, 4, 2, tzinfo=UTC))
Row = dict[str, Any]


@pytest.fixture(autouse=True)
def _own_folders(settings: LazySettings, tmp_path: Path) -> None:
    settings.VAULT_URL = str(tmp_path)
    settings.BENCH_DIR = tmp_path / "bench"


def line(number: int, **said: Any) -> Row:
    """One line on the record of the same number, an hour after the one before."""
    at = (datetime(2026, 3, 1) + timedelta(hours=number % 700)).isoformat() + "Z"  # noqa: DTZ001
    return {**USUAL, "claim_id": f"c{number}", "target": f"crm/Case/{number}", "occurred_at": at, **said}


CLEAN = [line(number) for number in range(400)]


class Desk:
    """A folder in which batches are looked through."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0

    def canonical(self, rows: list[Row]) -> Path:
        """The rows as intake leaves them."""
        self.count += 1
        given, taken = self.folder / f"{self.count}.jsonl", self.folder / f"{self.count}.parquet"
        shown = ({name: row[name] for name in COLUMNS if row.get(name) not in (None, "")} for row in rows)
        given.write_text("\n".join(json.dumps(row) for row in shown))
        counts = inputs.take(
            "claims", inputs.read(given), taken, self.folder / "refused", file="f", constants={"vendor": "acme"}
        )
        assert counts.refused == 0
        return taken

    def look(self, rows: list[Row], *earlier: list[Row], basis: Basis = BASIS) -> dict[str, Any]:
        """What comes of a batch, with the claim ids of each finding under `ids`."""
        path, out = self.canonical(rows), self.folder / "marks"
        outcome = screen(path, [self.canonical(before) for before in earlier], basis, out)
        ids: dict[str, list[str]] = {finding: [] for finding in FINDINGS}
        for mark in pq.read_table(out).to_pylist():
            ids[mark["finding"]].append(rows[mark["place"]]["claim_id"])
        return outcome | {"ids": ids}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty one."""
    return Desk(tmp_path)


def found(outcome: dict[str, Any]) -> dict[str, list[str]]:
    """The findings that there are."""
    return {finding: ids for finding, ids in outcome["ids"].items() if ids}


def test_a_clean_batch_has_no_finding(desk: Desk) -> None:
    outcome = desk.look(CLEAN, basis=with_price(100_000))
    assert found(outcome) == {}
    totals = outcome["totals"]
    assert (totals["lines"], totals["units"], totals["money"]) == (400, 400, {"EUR": 40_000_000})
    assert (totals["first_on"], totals["last_on"]) == ("2026-03-01", "2026-03-17")
    assert (outcome["bands"], outcome["banded"], outcome["series"], outcome["priced"]) == (1, 400, 1, 400)


def with_price(*micros: int, **more: Any) -> Basis:
    """The usual basis with prices of every action, each from a day later on."""
    prices = tuple(Price("", "EUR", price, date(2026, 3, 1 + day)) for day, price in enumerate(micros))
    said = {name: getattr(BASIS, name) for name in Basis.__slots__} | {"prices": prices} | more
    return Basis(**said)


def test_an_id_that_came_before_is_found_and_a_restatement_costs_nothing(desk: Desk) -> None:
    earlier = [line(900), line(901, revision=1)]
    rows = [*CLEAN, line(7, target="crm/Case/x"), line(900, charge_micros=7), line(901, revision=2)]
    outcome = desk.look(rows, earlier)
    assert outcome["ids"]["duplicate_ids"] == ["c7", "c900"]
    at_stake = outcome["found"]["duplicate_ids"]
    assert (at_stake["kinds"], outcome["restated"]) == ({"1": 1, "2": 1}, 1)
    assert (at_stake["units"], at_stake["money"]) == (2, {"EUR": 100_007})


def test_only_the_newest_revision_claims_and_what_is_withdrawn_does_not(desk: Desk) -> None:
    rows = [line(1), line(1, revision=2, units=5), line(2), line(2, revision=1, withdrawn=True), line(3)]
    assert desk.look(rows)["totals"]["units"] == 6


def again(number: int, seconds: int, **said: Any) -> Row:
    """The work of line 5 again."""
    at = f"2026-03-01T05:{seconds // 60:02}:{seconds % 60:02}Z"
    return line(number, **{"target": "crm/Case/5", "occurred_at": at, **said})


def test_a_loop_is_a_burst_of_the_same_work(desk: Desk) -> None:
    loop = [again(500 + place, 300 * place) for place in range(1, 5)]
    outcome = desk.look([*CLEAN, *loop])
    assert outcome["ids"]["repeats"] == ["c5", "c501", "c502", "c503", "c504"]
    at_stake = outcome["found"]["repeats"]
    assert (at_stake["at_stake"], at_stake["parts"], at_stake["largest"], at_stake["units"]) == (4, 1, 5, 4)
    assert at_stake["money"] == {"EUR": 400_000}


@pytest.mark.parametrize(
    "other",
    [
        again(501, 301),
        again(501, 10, effect={"stage": "won"}),
        again(501, 10, session_id="s2"),
        again(501, 10, agent_id="a2"),
        again(501, 10, action="record_create"),
        again(501, 10, environment="sandbox"),
        again(501, 10, target=""),
    ],
)
def test_other_work_or_later_work_is_no_loop(desk: Desk, other: Row) -> None:
    assert desk.look([*CLEAN, other])["ids"]["repeats"] == []


def test_rows_from_outside_production_are_found_by_environment(desk: Desk) -> None:
    outcome = desk.look([*CLEAN, line(500, environment="sandbox"), line(501, environment="uat")])
    assert found(outcome) == {"environments": ["c500", "c501"]}
    assert outcome["environments"][1] == {"environment": "sandbox", "lines": 1, "units": 1}


def test_tokens_out_of_band_are_found_only_where_enough_lines_say_them(desk: Desk) -> None:
    odd = [line(500, tokens_input=10_000, tokens_output=1), line(501, tokens_input=99, tokens_output=0)]
    at_the_edge = [line(502, tokens_input=10_000, tokens_output=0), line(503, tokens_input=100, tokens_output=0)]
    few = [line(600 + n, action="rare", tokens_input=1 + 1000 * n) for n in range(29)]
    outcome = desk.look([*CLEAN, *odd, *at_the_edge, *few, line(700, units=20)])
    assert outcome["ids"]["tokens"] == ["c500", "c501", "c700"]


def test_a_series_that_only_grows_is_found_and_one_that_falls_once_is_not(desk: Desk) -> None:
    grows = [line(500 - 400 + n, claim_id=f"g{n}", agent_id="a2", units=10 + 3 * n) for n in range(6)]
    falls = [line(n, claim_id=f"f{n}", agent_id="a3", units=units) for n, units in enumerate((1, 2, 3, 4, 5, 6, 5, 7))]
    short = [line(n, claim_id=f"s{n}", agent_id="a4", units=n + 1) for n in range(5)]
    outcome = desk.look([*CLEAN, *grows, *falls, *short])
    assert outcome["ids"]["running_totals"] == [f"g{n}" for n in range(6)]
    at_stake = outcome["found"]["running_totals"]
    assert (at_stake["units"], at_stake["money"], outcome["series"]) == (10 + 13 + 16 + 19 + 22, {}, 3)


def test_charges_that_only_grow_are_found_too(desk: Desk) -> None:
    grows = [line(n, claim_id=f"g{n}", agent_id="a2", charge_micros=100_000 * (n + 1)) for n in range(6)]
    at_stake = desk.look([*CLEAN, *grows])["found"]["running_totals"]
    assert (at_stake["lines"], at_stake["units"], at_stake["money"]) == (6, 0, {"EUR": 1_500_000})


def on(*days: str) -> list[Row]:
    """A line on each of these days, at noon."""
    return [line(n, occurred_at=f"{day}T12:00:00Z") for n, day in enumerate(days)]


def test_dates_that_fit_better_with_day_and_month_exchanged_are_found(desk: Desk) -> None:
    misread = [f"2026-{month:02}-03" for month in range(1, 11)]  # the first ten days of March
    late = with_price(received_at=datetime(2027, 1, 1, tzinfo=UTC))
    outcome = desk.look(on(*misread), basis=late)
    assert outcome["ids"]["dates"] == [f"c{n}" for n in range(10) if n != 2]
    assert desk.look(on(*misread, "2026-03-13"), basis=late)["ids"]["dates"] == []
    two_weeks = [f"2026-{month:02}-{day:02}" for month in (3, 4) for day in range(1, 13)]
    assert desk.look(on(*two_weeks), basis=late)["ids"]["dates"] == []


def test_days_are_those_of_the_files_own_clock(desk: Desk) -> None:
    rows = [line(n, occurred_at=f"2026-{month:02}-02T23:30:00Z") for n, month in enumerate(range(1, 4))]
    berlin = desk.look(rows, basis=with_price(time_zone="Europe/Berlin"))["calendar"]
    assert (berlin["highest_day"], berlin["is_suspect"]) == (3, True)


def test_lines_outside_the_stated_days_or_later_than_the_file_are_found(desk: Desk) -> None:
    rows = on("2026-02-28", "2026-03-01", "2026-03-31", "2026-04-01", "2026-04-03")
    march = with_price(first_on=date(2026, 3, 1), last_on=date(2026, 3, 31))
    outcome = desk.look(rows, basis=march)
    assert (outcome["ids"]["period"], outcome["found"]["period"]["kinds"]) == (["c0", "c3", "c4"], {"1": 3})
    unstated = desk.look(rows)
    assert (unstated["ids"]["period"], unstated["found"]["period"]["kinds"]) == (["c4"], {"2": 1})


def test_lines_of_several_units_put_those_beyond_the_first_at_stake(desk: Desk) -> None:
    outcome = desk.look([*CLEAN, line(500, units=4, tokens_input=4_000)])
    assert found(outcome) == {"many_units": ["c500"]}
    assert outcome["found"]["many_units"]["units"] == 3


def test_charges_of_nothing_or_less_are_found_unless_nothing_was_completed(desk: Desk) -> None:
    rows = [line(500, charge_micros=0), line(501, charge_micros=-5), line(502, charge_micros=0, status="failed")]
    outcome = desk.look([*CLEAN, *rows], basis=with_price(100_000))
    assert outcome["ids"]["charges"] == ["c500", "c501"]
    assert outcome["found"]["charges"]["kinds"] == {"1": 1, "2": 1}
    assert outcome["ids"]["rates"] == ["c500", "c501"]


def test_charges_are_held_against_the_price_of_their_day_action_and_currency(desk: Desk) -> None:
    own = Price("record_update", "EUR", 100_000, date(2026, 3, 1))
    basis = with_price(prices=(Price("", "EUR", 1, date(2025, 1, 1)), own, Price("", "USD", 9, date(2026, 3, 25))))
    rows = [
        *CLEAN,
        line(500, units=2, tokens_input=2_000, charge_micros=200_001),
        line(501, charge_micros=90_000),
        line(502, action="other", charge_micros=1),
        line(503, currency="USD", charge_micros=8),
        line(504, charge_micros=None),
    ]
    outcome = desk.look(rows, basis=basis)
    assert outcome["ids"]["rates"] == ["c500", "c501"]
    assert outcome["found"]["rates"]["money"] == {"EUR": 1 - 10_000}
    assert outcome["priced"] == 403
