"""Charts: bars sum to the whole, labels escape and never meet, extremes are drawn, nothing is styled inline."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import charts
from audit.charts.heat import step_of
from audit.charts.lanes import CROWD, folded
from audit.charts.svg import WHOLE, Axis, edges, percent
from audit.queries.spans import holes, watched

HOSTILE = "<script>alert('x')</script>\" onload=\"x"
NOON = datetime(2026, 9, 14, 12, tzinfo=UTC)
MILLIONS = 771_000_000


def parsed(markup: str) -> ET.Element:
    """The markup as a tree; it must be well-formed but for void elements."""
    return ET.fromstring(re.sub(r"<(br|wbr)>", r"<\1/>", markup))


def bars(markup: str) -> list[tuple[Decimal, Decimal]]:
    """Start and width, in per cent, of every bar (hairs are in pixels and left out)."""
    drawn = (
        element
        for element in parsed(markup).iter("rect")
        if element.get("class", "").split(" ")[0] in ("part", "textured") and element.get("width", "").endswith("%")
    )
    return [(Decimal(bar.get("x", "")[:-1]), Decimal(bar.get("width", "")[:-1])) for bar in drawn]


def texts(markup: str) -> list[ET.Element]:
    return list(parsed(markup).iter("text"))


SCORES = [
    (871_002, 70_490, 98_963, 199_658),
    (1, 0, 0, 0),
    (0, 1, 0, 0),
    (0, 0, 1, 0),
    (0, 0, 0, 1),
    (MILLIONS, 1, 0, 0),
    (1, 1, 1, MILLIONS),
    (3, 1, 50, 946),
    (1, 1, 1, 0),
]


@pytest.mark.parametrize("parts", SCORES)
def test_the_bars_of_a_score_sum_to_the_whole_and_touch(parts: tuple[int, int, int, int]) -> None:
    found = bars(charts.score_bar(*parts))
    assert sum(width for _, width in found) == 100
    assert [start for start, _ in found] == [
        sum((width for _, width in found[:place]), Decimal()) for place in range(len(found))
    ]


@given(st.tuples(*[st.integers(0, MILLIONS)] * 4).filter(any))
def test_any_score_sums_to_the_whole(parts: tuple[int, int, int, int]) -> None:
    assert sum(width for _, width in bars(charts.score_bar(*parts))) == 100


@pytest.mark.parametrize("parts", SCORES)
def test_the_two_ends_of_a_score_are_named_on_two_lines_and_run_inward(parts: tuple[int, int, int, int]) -> None:
    labels = texts(charts.score_bar(*parts))
    assert len(labels) == (2 if parts[1] else 1)
    assert len({label.get("y") for label in labels}) == len(labels)
    for label in labels:
        inward = "start" if float(label.get("x", "")[:-1]) < 50 else "end"
        assert label.get("text-anchor") == inward


def test_a_score_where_all_was_decidable_has_one_end() -> None:
    assert "could be" not in charts.score_bar(7, 0, 2, 1)


def test_only_all_is_called_100_per_cent() -> None:
    title = parsed(charts.score_bar(MILLIONS, 0, 1, 0)).find(".//title")
    assert title is not None
    assert title.text == "99.9\N{NO-BREAK SPACE}% verified"


def test_the_smallest_part_is_drawn_and_told_from_nothing() -> None:
    chart = charts.score_bar(MILLIONS, 0, 0, 1)
    assert 'width="1.5"' in chart
    assert "&lt;\N{NO-BREAK SPACE}0.1" in chart


def test_nothing_claimed_is_no_score() -> None:
    chart = charts.score_bar(0, 0, 0, 0)
    assert "no score" in chart
    assert "%" not in chart


def test_a_negative_part_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        charts.score_bar(5, -1, 0, 0)


def steps(*units: int) -> list[charts.Step]:
    claimed, *taken, verified = units
    return [
        charts.Step("Claimed", "claimed", claimed),
        *(charts.Step(f"Reason {place}", "contradicted", count) for place, count in enumerate(taken)),
        charts.Step("Verified", "verified", verified),
    ]


@pytest.mark.parametrize(
    "units",
    [
        (10, 3, 2, 5),
        (1, 0, 1),
        (1, 1, 0),
        (MILLIONS, 1, MILLIONS - 1),
        (7, 7),
        (0, 0),
        (MILLIONS, *[7] * 20, MILLIONS - 140),
    ],
)
def test_each_bar_of_the_waterfall_begins_where_the_one_above_ends(units: tuple[int, ...]) -> None:
    whole, *falls, verified = bars(charts.waterfall(steps(*units)))
    at = whole[0] + whole[1]
    assert whole == (Decimal(0), Decimal(100 if units[0] else 0))
    for start, width in falls:
        assert start + width == at
        at = start
    assert verified == (Decimal(0), at)


def test_a_waterfall_with_a_gap_is_refused() -> None:
    with pytest.raises(ValueError, match="do not sum"):
        charts.waterfall(steps(10, 3, 5))


def test_what_is_beyond_checking_stays_open_behind_what_is_verified() -> None:
    rows = [
        charts.Step("Claimed", "claimed", 10),
        charts.Step("Failed", "contradicted", 2),
        charts.Step("No target", "unverifiable", 3),
        charts.Step("Verified", "verified", 5),
    ]
    ajar = [line for line in parsed(f"<div>{charts.waterfall(rows)}</div>").iter("line") if line.get("class") == "ajar"]
    assert [(line.get("x1"), line.get("x2")) for line in ajar] == [("50%", "80%")] * 2
    assert 'class="ajar"' not in charts.waterfall(steps(10, 3, 2, 5))


def test_bars_follow_the_size_that_is_given_and_must_sum_in_it_too() -> None:
    def rows(taken: int) -> list[charts.Step]:
        return [
            charts.Step("Claimed", "claimed", 2, size=100),
            charts.Step("Failed", "contradicted", 1, size=taken),
            charts.Step("Verified", "verified", 1, size=75),
        ]

    assert bars(charts.waterfall(rows(25)))[1:] == [(Decimal(75), Decimal(25)), (Decimal(0), Decimal(75))]
    with pytest.raises(ValueError, match="do not sum"):
        charts.waterfall(rows(24))


def test_the_columns_of_days_stand_in_true_distance_and_no_day_is_lost() -> None:
    first = NOON.date()
    rows = [charts.Day(first, 1, 0), charts.Day(first + timedelta(days=9), MILLIONS, MILLIONS)]
    chart = charts.days(rows, title="Units")
    assert [start for start, _ in bars(chart)] == [Decimal(0), Decimal(90), Decimal(90)]
    assert chart.count("<tr><td>") == 2
    assert "No units were claimed" in charts.days([charts.Day(first, 0, 0)], title="Units")


@given(st.lists(st.integers(0, MILLIONS), max_size=12))
def test_edges_are_exact_at_both_ends_and_in_order(parts: list[int]) -> None:
    found = edges(parts)
    assert found == sorted(found)
    assert found[0] == 0
    assert found[-1] == (WHOLE if sum(parts) else 0)


def test_a_place_is_written_without_loss() -> None:
    assert [percent(place) for place in (0, 1, 702_345, WHOLE)] == ["0%", "0.0001%", "70.2345%", "100%"]


@pytest.mark.parametrize(("bps", "step"), [(0, 0), (1, 1), (440, 1), (441, 2), (4400, 10), (9999, 10)])
def test_only_nothing_has_no_shade(bps: int, step: int) -> None:
    assert step_of(bps, 4400) == step


def test_a_pair_that_never_met_reads_as_a_dash() -> None:
    chart = charts.heat(["a", "b"], ["x"], {("a", "x"): charts.Cell(2250, 40, "/d?a=1&b=2")}, caption="Share")
    cells = [element for element in parsed(chart).iter("td") if element.get("class")]
    assert [cell.get("class") for cell in cells] == ["none", "h10", "none"]
    whole = charts.heat(["a"], ["x"], {("a", "x"): charts.Cell(10_000, 40)}, caption="Share")
    assert 'class="h0" title="100' in whole
    assert "no claims" in chart
    assert "22\N{NO-BREAK SPACE}%" in chart


def test_crowded_marks_fold_and_lone_ones_do_not() -> None:
    crowd = list(range(100_000, 100_000 + 50 * 900, 900))
    assert folded([*crowd, 800_000, 805_000]) == [range(50), range(50, 51), range(51, 52)]
    assert folded([]) == []


@given(st.lists(st.integers(0, WHOLE), max_size=60).map(sorted))
def test_folding_loses_no_mark(places: list[int]) -> None:
    groups = folded(places)
    assert [index for group in groups for index in group] == list(range(len(places)))
    assert all(len(group) == 1 or len(group) >= CROWD for group in groups)


def loop(count: int, every: timedelta) -> charts.Lane:
    ticks = [charts.Tick(NOON + every * place, f"claim {place}", "claim", focus=place == 16) for place in range(count)]
    return charts.Lane("Vendor's claims", ticks, "contradicted")


def test_a_loop_is_one_fold_with_its_count_and_the_claim_stands_out() -> None:
    chart = charts.lanes([loop(50, timedelta(seconds=1))], window=(NOON, NOON + timedelta(minutes=5)))
    assert "×49" in chart
    assert chart.count('class="halo"') == 1
    assert chart.count('class="window"') == 1


def test_what_lies_outside_the_span_is_counted_at_its_end() -> None:
    undone = charts.Lane("Undone", [charts.Tick(NOON + timedelta(days=days), "back", "undone") for days in (-1, 3, 4)])
    chart = charts.lanes([undone], span=(NOON, NOON + timedelta(hours=1)))
    assert "1 earlier" in chart
    assert "2 later" in chart


def test_a_time_line_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="time line"):
        charts.lanes([])


def test_one_mark_alone_is_a_time_line() -> None:
    assert "1 mark" in charts.lanes([loop(1, timedelta(0))])


@pytest.mark.parametrize("seconds", [1, 7, 90, 3600, 90_000, 8_000_000, 90_000_000])
def test_an_axis_names_a_few_round_instants_inside_itself(seconds: int) -> None:
    axis = Axis(NOON, NOON + timedelta(seconds=seconds), ZoneInfo("Europe/Berlin"))
    ticks = axis.ticks()
    assert 1 <= len(ticks) <= 7
    assert all(axis.holds(instant) for instant, _ in ticks)
    assert len({text for _, text in ticks}) == len(ticks)


def test_days_begin_at_the_zone_s_midnight_even_when_clocks_change() -> None:
    axis = Axis(datetime(2026, 10, 23, tzinfo=UTC), datetime(2026, 10, 27, 12, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
    assert [text for _, text in axis.ticks()] == ["24 Oct", "25 Oct", "26 Oct", "27 Oct"]


spans = st.lists(
    st.tuples(st.integers(-20, 120), st.integers(0, 40)).map(
        lambda pair: (NOON + timedelta(hours=pair[0]), NOON + timedelta(hours=pair[0] + pair[1]))
    ),
    max_size=8,
)


@given(spans)
def test_what_is_watched_and_its_holes_make_the_whole(found: list[tuple[datetime, datetime]]) -> None:
    start, end = NOON, NOON + timedelta(hours=100)
    pieces = sorted(watched(found, start, end) + holes(found, start, end))
    assert pieces[0][0] == start
    assert pieces[-1][1] == end
    assert all(before[1] == after[0] for before, after in pairwise(pieces))


def test_a_system_without_a_hole_says_so() -> None:
    end = NOON + timedelta(days=90)
    whole = charts.coverage_lanes([charts.Watch("CRM", "A", [(NOON, end)])], start=NOON, end=end)
    none = charts.coverage_lanes([charts.Watch("CRM", "A", [])], start=NOON, end=end)
    assert "no hole" in whole
    assert "100\N{NO-BREAK SPACE}% watched" in whole
    assert "1 hole" in none
    assert "0\N{NO-BREAK SPACE}% watched" in none


def test_a_line_breaks_where_there_is_no_score() -> None:
    points = [
        charts.Point(f"Run {place}", None if place == 2 else 7000, None if place == 2 else 7600) for place in range(5)
    ]
    assert charts.trend(points, title="Share").count("<polyline") == 2
    assert "No score yet" in charts.trend([charts.Point("Run 1", None, None)], title="Share")
    assert "<circle" in charts.trend([charts.Point("Run 1", 10_000, 10_000)], title="Share")


CHARTS = ["score", "waterfall", "heat", "lanes", "coverage", "trend", "days"]


def hostile_charts() -> list[str]:
    tick = charts.Tick(NOON, HOSTILE, "done", link=HOSTILE)
    reasons = [
        charts.Step(HOSTILE, "claimed", 3),
        charts.Step(HOSTILE, "unverifiable", 2, HOSTILE, HOSTILE),
        charts.Step(HOSTILE, "verified", 1),
    ]
    end = NOON + timedelta(days=1)
    return [
        charts.score_bar(1, 2, 3, 4),
        charts.waterfall(reasons),
        charts.heat([HOSTILE], [HOSTILE], {(HOSTILE, HOSTILE): charts.Cell(1, 1, HOSTILE)}, caption=HOSTILE),
        charts.lanes([charts.Lane(HOSTILE, [tick] * 9, letter="A"), loop(200, timedelta(milliseconds=1))]),
        charts.coverage_lanes([charts.Watch(HOSTILE, "B", [(NOON, NOON)], HOSTILE)], start=NOON, end=end),
        charts.trend([charts.Point(HOSTILE, 1, 2)], title=HOSTILE),
        charts.days([charts.Day(NOON.date(), 2, 1, HOSTILE)], title=HOSTILE),
    ]


@pytest.mark.parametrize("chart", hostile_charts(), ids=CHARTS)
def test_every_text_is_escaped_and_nothing_is_styled_inline(chart: str) -> None:
    for element in parsed(chart).iter():
        assert element.tag != "script"
        assert not [name for name in element.attrib if name == "style" or name.startswith("on")]


@pytest.mark.parametrize("chart", hostile_charts(), ids=CHARTS)
def test_every_drawing_is_named_and_described_or_stands_beside_its_words(chart: str) -> None:
    for drawing in parsed(chart).iter("svg"):
        if drawing.get("role") in ("img", "group"):
            named = [drawing.find("title"), drawing.find("desc")]
            ids = [element.get("id") for element in named if element is not None and element.text]
            assert drawing.get("aria-labelledby") == " ".join(str(name) for name in ids)
        else:  # a part of a drawing, or hidden because the text beside it says the same
            assert drawing.get("aria-hidden") == "true" or drawing.get("overflow") or drawing.get("viewBox")
