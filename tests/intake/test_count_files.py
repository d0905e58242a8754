"""Reports of totals as vendors export them: which column is guessed to be what, and which buckets come of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audit.intake import Mapping, Preview, preview
from audit.intake.buckets import end

FOCUS = (
    "BilledCost,BillingCurrency,BillingPeriodEnd,BillingPeriodStart,ChargeCategory,ChargePeriodEnd,ChargePeriodStart,"
    "ConsumedQuantity,ConsumedUnit,EffectiveCost,ServiceProviderName,SkuId\n"
    "0.00,USD,2026-10-01T00:00:00Z,2026-09-01T00:00:00Z,Usage,2026-09-15T00:00:00Z,2026-09-14T00:00:00Z,"
    "245.000000,Action,24.50000000000,Acme CRM,STD-ACTION\n"
)
COPILOT = (
    "Usage Date,Agent Name,Agent Id,Product,AI Feature,Billed credit,Non-billed credit,Channel,Environment Name\n"
    "2026-09-14,Refund helper,6f2b,Copilot Studio,Agent action,1240,35,msteams,Prod\n"
)
USAGE = {
    "object": "page",
    "data": [
        {
            "object": "bucket",
            "start_time": 1789344000,
            "end_time": 1789430400,
            "results": [
                {"object": "organization.usage.completions.result", "input_tokens": 1000, "output_tokens": 500}
                | {"num_model_requests": 5, "project_id": project}
                for project in ("proj_1", "proj_2")
            ],
        },
        {"object": "bucket", "start_time": 1789430400, "end_time": 1789516800, "results": []},
    ],
    "has_more": False,
}
COSTS = {
    "data": [
        {
            "start_time": 1789344000,
            "end_time": 1789430400,
            "results": [{"amount": {"value": 4.27, "currency": "usd"}, "line_item": "gpt-x, input"}],
        }
    ]
}


def seen(folder: Path, name: str, text: str, mapping: Mapping | None = None) -> Preview:
    """What a report becomes, under a guess where no mapping is given."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return preview(path, name, "counts", mapping, context={"vendor": "acme"})


def test_a_billing_export_is_told_by_its_names(tmp_path: Path) -> None:
    found = seen(tmp_path, "focus.csv", FOCUS)
    assert found.mapping.columns == {
        **{"period_start": "ChargePeriodStart", "period_end": "ChargePeriodEnd", "action": "SkuId"},
        **{"units": "ConsumedQuantity", "charge": "EffectiveCost", "currency": "BillingCurrency"},
    }
    (row,) = found.mapped
    assert (row["period_start"], row["period_end"]) == ("2026-09-14T00:00:00Z", "2026-09-15T00:00:00Z")
    assert (row["units"], row["charge_micros"], row["currency"]) == ("245", "24500000", "USD")


def test_a_report_by_days_says_only_where_they_begin_and_asks_for_their_zone(tmp_path: Path) -> None:
    found = seen(tmp_path, "usage.csv", COPILOT)
    assert (found.mapping.grain, found.mapping.date_pattern) == ("day", "%Y-%m-%d")
    assert found.mapping.columns["units"] == "Billed credit"
    assert found.mapping.values == {"environment": {"Prod": "production"}}
    assert "choose it" in found.reasons["time_zone"]
    assert found.taken.accepted == 0, "without a zone nobody knows which day it is"
    zoned = Mapping.from_json({**found.mapping.to_json(), "time_zone": "Europe/Berlin"})
    (row,) = seen(tmp_path, "usage.csv", COPILOT, zoned).mapped
    assert (row["period_start"], row["period_end"]) == ("2026-09-13T22:00:00Z", "2026-09-14T22:00:00Z")


def test_each_result_of_a_usage_report_is_a_row_of_its_bucket(tmp_path: Path) -> None:
    found = seen(tmp_path, "usage.json", json.dumps(USAGE))
    assert [(row["line"], row["agent_id"], row["units"], row["tokens_input"]) for row in found.mapped] == [
        ("1", "proj_1", "5", "1000"),
        ("2", "proj_2", "5", "1000"),
    ]
    assert {row["period_end"] for row in found.mapped} == {"2026-09-15T00:00:00Z"}
    (cost,) = seen(tmp_path, "costs.json", json.dumps(COSTS)).mapped
    assert (cost["charge_micros"], cost["currency"], cost["action"]) == ("4270000", "USD", "gpt-x, input")


@pytest.mark.parametrize(
    ("start", "grain", "zone", "expected"),
    [
        ("2026-03-29T00:00:00", "day", "Europe/Berlin", "2026-03-30T00:00:00"),
        ("2026-03-29T00:00:00+01:00", "day", "Europe/Berlin", "2026-03-29T22:00:00+00:00"),  # a day of 23 hours
        ("2026-03-29T00:00:00Z", "day", "Europe/London", "2026-03-30T00:00:00+00:00"),  # written in UTC: UTC's day
        ("2026-12-01T00:00:00Z", "month", None, "2027-01-01T00:00:00+00:00"),
        ("2026-09-14T00:00:00Z", "week", None, "2026-09-21T00:00:00+00:00"),
        ("2026-09-14T08:00:00Z", "hour", None, "2026-09-14T09:00:00+00:00"),
        ("yesterday", "day", None, None),
    ],
)
def test_a_bucket_ends_by_the_calendar_of_its_zone(start: str, grain: str, zone: str, expected: str) -> None:
    assert end(start, grain, zone) == expected


@pytest.mark.parametrize(("start", "grain"), [("2026-09-14T08:00:00Z", "day"), ("2026-09-14T00:00:00Z", "month")])
def test_a_bucket_that_begins_inside_its_grain_is_refused(start: str, grain: str) -> None:
    with pytest.raises(ValueError, match=f"is not the beginning of a {grain}"):
        end(start, grain, None)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2026-09-15T00:00:00Z,2026-09-14T00:00:00Z,1,,", "is not after period_start"),
        ("2026-09-14T00:00:00Z,2026-09-15T00:00:00Z,,,", "a count states at least one of them"),
        ("2026-09-14T00:00:00Z,2026-09-15T00:00:00Z,1.5,,", "is not an integer"),
        ("2026-09-14T00:00:00Z,2026-09-15T00:00:00Z,1,2.50,dollars", "is no currency code"),
    ],
)
def test_a_row_that_is_no_count_is_refused_with_the_reason(tmp_path: Path, row: str, reason: str) -> None:
    found = seen(tmp_path, "bad.csv", f"period_start,period_end,units,charge,currency\n{row}\n")
    assert found.taken.refused == 1
    assert any(reason in refusal["reason"] for refusal in found.refusals), found.refusals
