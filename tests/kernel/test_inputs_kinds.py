"""Money and time; evidence, coverage and actors; what the law asks of each."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from input_desk import CLAIM, COVER, Desk, claim, event

from audit.kernel import inputs


@pytest.fixture
def world(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


# money


@pytest.mark.parametrize(
    ("written", "micros"),
    [("1", 1_000_000), ("0.000001", 1), ("-2.50", -2_500_000), ("007.1", 7_100_000), ("-0", 0)],
)
def test_a_charge_is_millionths_exactly(world: Desk, written: str, micros: int) -> None:
    world.prepare("claims", world.table([claim(charge=written, currency="USD")]))
    assert world.rows()[0]["charge_micros"] == micros == int(Decimal(written) * 10**6)


def test_two_charges_must_say_the_same(world: Desk) -> None:
    rows = [
        claim(claim_id="same", charge="1.5", charge_micros="1500000"),
        claim(claim_id="differ", charge="1.5", charge_micros="1"),
        claim(claim_id="one", charge="", charge_micros="7"),
        claim(claim_id="other", charge="2", charge_micros=""),
    ]
    taken = world.prepare("claims", world.table(rows))
    assert [(row["claim_id"], row["charge_micros"]) for row in world.rows()] == [
        ("same", 1_500_000),
        ("one", 7),
        ("other", 2_000_000),
    ]
    assert taken.refused == 1
    assert "is not what charge_micros says" in world.refusals()[0]["reason"]


# time


@pytest.mark.parametrize(
    ("written", "micros"),
    [
        ("2026-09-14T08:15:03Z", 0),
        ("2026-09-14t08:15:03z", 0),
        ("2026-09-14 10:15:03+0200", 0),
        ("2026-09-14T08:15:03.000001Z", 1),
        ("2026-09-14T08:15:03.5000000000Z", 500_000),
        ("2026-09-14T03:45:03.25-04:30", 250_000),
    ],
)
def test_an_instant_is_utc_with_microseconds(world: Desk, written: str, micros: int) -> None:
    for rows in ([claim(occurred_at=written)], [claim(occurred_at=written), claim(), claim(occurred_at="bad")]):
        world.prepare("claims", world.table(rows))
        assert world.rows()[0]["occurred_at"] == datetime(2026, 9, 14, 8, 15, 3, micros, UTC)


def test_a_naive_time_is_read_in_the_zone_that_is_given(world: Desk) -> None:
    rows = [claim(occurred_at="2026-07-01T12:00:00"), claim(occurred_at="2026-01-01 12:00:00.5")]
    rows.append(claim(occurred_at="2026-07-01T12:00:00Z"))
    for chosen in (rows, rows[:2]):
        world.prepare("claims", world.table(chosen), time_zone="Europe/Berlin")
        assert [row["occurred_at"].isoformat()[:21] for row in world.rows()] == [
            "2026-07-01T10:00:00+00:00"[:21],
            "2026-01-01T11:00:00.500000"[:21],
            "2026-07-01T12:00:00+00:00"[:21],
        ][: len(chosen)]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("2026-10-25T02:30:00", "comes twice in Europe/Berlin"),
        ("2026-03-29T02:30:00", "is skipped in Europe/Berlin"),
    ],
)
def test_a_time_that_a_clock_shows_twice_or_never_is_refused(world: Desk, written: str, words: str) -> None:
    rows = [claim(occurred_at=written), claim(occurred_at="2026-10-25T03:30:00")]
    taken = world.prepare("claims", world.table(rows), time_zone="Europe/Berlin")
    assert (taken.accepted, taken.refused) == (1, 1)
    assert words in world.refusals()[0]["reason"]


def test_parquet_timestamps_without_zone_or_finer_than_microseconds_are_refused(world: Desk) -> None:
    def took(values: Any, **options: Any) -> inputs.Taken:
        columns = {name: [value] * len(values) for name, value in CLAIM.items()}
        pq.write_table(pa.table({**columns, "occurred_at": values}), world.folder / "in.parquet")
        return world.prepare("claims", world.folder / "in.parquet", **options)

    second = 1789373703 * 10**9
    fine = pa.array([second, second + 1, None], pa.timestamp("ns", "UTC"))
    assert (took(fine).accepted, took(fine).refused) == (1, 2)
    naive = pa.array([second], pa.timestamp("ns"))
    assert took(naive).refused == 1
    assert "has no time zone" in world.refusals()[-1]["reason"]
    assert took(naive, time_zone="UTC").accepted == 1


def test_parquet_numbers_with_a_point_are_no_integers(world: Desk) -> None:
    columns = {**{name: [value] * 2 for name, value in CLAIM.items()}, "units": pa.array([1.0, None])}
    pq.write_table(pa.table(columns), world.folder / "in.parquet")
    assert world.prepare("claims", world.folder / "in.parquet").accepted == 1
    assert world.refusals()[0]["value"] == "1.0"


# evidence, coverage, actors


BAD_EVENTS = [
    ("grade", "E", "not one of A, B, C, D"),
    ("grade", "a", "not one of A, B, C, D"),
    ("outcome", "ok", "not one of done, failed, undone"),
    ("event_id", "", "is empty"),
    ("units", "0", "is less than 1"),
]


@pytest.mark.parametrize(("column", "value", "words"), BAD_EVENTS)
def test_it_refuses_a_bad_event(world: Desk, column: str, value: str, words: str) -> None:
    taken = world.prepare("evidence", world.table([event(), {**event(event_id="e2"), column: value}]))
    assert (taken.accepted, taken.refused) == (1, 1)
    [refusal] = world.refusals()
    assert (refusal["line"], refusal["column"]) == ("3", column)
    assert words in refusal["reason"]


def test_evidence_of_grade_d_names_the_vendor(world: Desk) -> None:
    rows = [event(system="own", grade="D"), event(system="own", grade="D", event_id="e2", vendor="acme")]
    assert world.prepare("evidence", world.table(rows)).accepted == 1
    assert "must name the vendor" in world.refusals()[0]["reason"]


def test_a_system_has_the_grade_of_its_first_good_row(world: Desk) -> None:
    rows = [
        event(grade="B", outcome="bad"),
        event(),
        event(event_id="e2", grade="B"),
        event(event_id="e3", system="other", grade="B"),
        event(event_id="e4"),
    ]
    more = world.table([event(event_id="e5", grade="C")], "more.csv")
    taken = world.prepare("evidence", world.table(rows), more)
    assert [row["event_id"] for row in world.rows()] == ["e1", "e3", "e4"]
    assert taken.refused == 3
    assert "is not the grade A that system 'crm' already has" in world.refusals()[1]["reason"]


def test_grades_carry_over_from_evidence_to_coverage(world: Desk) -> None:
    grades: dict[str, str] = {}
    world.prepare("evidence", world.table([event()]), grades=grades)
    assert grades == {"crm": "A"}
    assert world.prepare("coverage", world.table([{**COVER, "grade": "B"}, COVER]), grades=grades).accepted == 1


def test_an_event_seen_twice_is_dropped_and_one_that_changed_is_refused(world: Desk) -> None:
    first = world.table([event(), event(event_id="e2"), event(effect="{}")], "first.csv")
    rows = [
        event(),
        event(outcome="failed"),
        event(event_id="e3"),
        event(system="b"),
        event(event_id="e3", effect='{"a":1}'),
    ]
    second = world.table(rows, "second.csv")
    taken = world.prepare("evidence", first, second)
    assert (taken.received, taken.accepted, taken.duplicate, taken.refused) == (8, 4, 2, 2)
    assert [(row["file"], row["line"]) for row in world.rows()] == [
        ("first.csv", 2),
        ("first.csv", 3),
        ("second.csv", 4),
        ("second.csv", 5),
    ]
    assert [(row["file"], row["line"], row["value"]) for row in world.refusals()] == [
        ("second.csv", "3", "e1"),
        ("second.csv", "6", "e3"),
    ]
    assert "received before (first.csv line 2) with other content" in world.refusals()[0]["reason"]


def test_the_span_of_time_is_that_of_the_rows_that_are_kept(world: Desk) -> None:
    rows = [
        event(),
        event(occurred_at="2027-01-01T00:00:00Z"),
        event(event_id="e2", units="0", occurred_at="1999-01-01T00:00:00Z"),
    ]
    taken = world.prepare("evidence", world.table(rows))
    assert taken.first_at == taken.last_at == datetime(2026, 9, 14, 8, 15, 3, tzinfo=UTC)


def test_claims_are_kept_however_often_they_come(world: Desk) -> None:
    assert world.prepare("claims", world.table([claim(), claim(), claim(units="2")])).accepted == 3


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"target_prefix": ""}, "target_prefix"),
        ({"ends_at": COVER["starts_at"]}, "ends_at"),
        ({"starts_at": "2028-01-01T00:00:00Z"}, "ends_at"),
        ({"grade": ""}, "grade"),
    ],
)
def test_it_refuses_coverage_that_covers_nothing(world: Desk, changes: dict[str, str], column: str) -> None:
    assert world.prepare("coverage", world.table([COVER, {**COVER, **changes}])).accepted == 1
    assert world.refusals()[0]["column"] == column


def test_coverage_may_be_open_to_both_sides(world: Desk) -> None:
    row = {**COVER, "starts_at": "1900-01-01T00:00:00Z", "ends_at": "9999-12-31T23:59:59Z"}
    assert world.prepare("coverage", world.table([row])).accepted == 1
