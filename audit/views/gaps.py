"""The coverage page's picture: lanes, holes with what they cost in the newest run, and where watching runs out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.safestring import SafeString

from audit.charts import Watch as Row
from audit.charts import coverage_lanes
from audit.kernel.ruleset import parse
from audit.models import Run
from audit.queries import coverage, gaps, runs
from audit.queries.gaps import Hole, Settling, Watch
from audit.queries.spans import Span, holes
from audit.tables.runs import period
from audit.templatetags import words
from audit.views.figures import computed, lines_of

BEYOND = "outside_coverage"


def picture(tenant: str) -> dict[str, Any]:
    """What the page shows beside the rows of coverage; nothing where no claim and no coverage is known."""
    span, systems, run = coverage.span(), coverage.watched(), runs.newest()
    if span is None or not systems:
        return {}
    every = gaps.watches()
    found, more = gaps.holes_of(every, *span, run)
    ends = gaps.settling(every, run)
    return {
        "run": run,
        "period": period(run) if run else "",
        "span": span,
        "lanes": _lanes(systems, span, found, ends, run),
        "holes": [_hole(number, hole, run, tenant) for number, hole in enumerate(found, 1)],
        "more_holes": more,
        "watches": [_watch(watch, span, found, ends, run, tenant) for watch in every],
        "holes_how": _holes_how(run, tenant) if run else None,
    }


def _lanes(
    systems: Sequence[coverage.Watched], span: Span, found: Sequence[Hole], ends: Sequence[Settling], run: Run | None
) -> SafeString:
    rows = []
    for one in systems:
        own = [(number, hole) for number, hole in enumerate(found, 1) if hole.watch.system == one.system]
        whole = holes(one.spans, *span)
        apart = [hole.span for _, hole in own if hole.span not in whole]
        partly = sorted({part for gap in apart for part in _without(gap, whole)})
        links = {gap: f"#hole-{n}" for gap in (*partly, *whole) for n, hole in reversed(own) if _meet(gap, hole.span)}
        tails = sorted({end.span for end in ends if end.watch.system == one.system})
        rows.append(Row(one.system, one.grade, one.spans, partly=partly, settling=tails, links=links))
    shade = (run.period_start, run.period_end) if run else None
    return coverage_lanes(rows, start=span[0], end=span[1], zone=timezone.get_current_timezone(), period=shade)


def _without(gap: Span, whole: Sequence[Span]) -> list[Span]:
    """The parts of a hole in which the system was watching something else."""
    return holes(whole, *gap)


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _hole(number: int, hole: Hole, run: Run | None, tenant: str) -> dict[str, Any]:
    about = {"reason": BEYOND, **_records(hole.watch)}
    about |= {"from": words.rfc3339(hole.first), "until": words.rfc3339(hole.last)}
    length = hole.span[1] - hole.span[0]
    return {"number": number, "hole": hole, "length": length, "href": lines_of(run, tenant, **about) if run else ""}


def _records(watch: Watch) -> dict[str, str]:
    return {"under": watch.prefix} | ({"action": watch.action} if watch.action else {})


def _watch(
    watch: Watch, span: Span, found: Sequence[Hole], ends: Sequence[Settling], run: Run | None, tenant: str
) -> dict[str, Any]:
    end = next((end for end in ends if end.watch is watch), None)
    return {
        "watch": watch,
        "share": gaps.share_watched(watch, *span),
        "holes": sum(hole.watch is watch for hole in found),
        "settling": end,
        "standing": watch.standing(timezone.now()),
        "href": lines_of(run, tenant, provisional="1", **_records(watch)) if run else "",
    }


def _holes_how(run: Run, tenant: str) -> dict[str, Any]:
    before, after = gaps.reach(parse(run.summary["rules"]))
    formula = (
        "claims on the records under the prefix whose verdict is “outside coverage” and whose match window (the widest "
        "of any action) reaches into the hole. A claim that two systems missed stands in a hole of each, so the rows "
        "are not added up"
    )
    whole = run.summary["reasons"].get(BEYOND, {}).get("claims", 0)
    inputs = [
        ("Match window", f"{words.duration(before)} before to {words.duration(after)} after"),
        ("Outside coverage in the whole run", f"{words.units(whole)} claims"),
    ]
    return computed(run, formula, inputs, lines_of(run, tenant, reason=BEYOND), BEYOND)
