"""Counts that vendors state: all of them, one with how it was reckoned, and as a file."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from audit.forms.counts import CountFilter
from audit.kernel.terms import State
from audit.models import StatedCount
from audit.queries import counts
from audit.queries.refusals import safe_csv
from audit.tables import counts as shown
from audit.tables.counts import CountTable
from audit.templatetags import words
from audit.views.figures import figure
from audit.views.page import fill, show
from tenants.access import TenantRequest, requires

FORMULAS = {
    "stated": "what the vendor's file states of this bucket, its lines added up",
    "lines": "the vendor's own lines of this bucket: effective revisions, none withdrawn, none that it says itself did "
    "not complete and charges nothing for",
    "verified": "units of these lines that an independent witness saw … and those that nobody can check as well",
    "seen": "units of events that could be the work: of independent systems, inside the bucket and the windows around "
    "it, not another vendor's, another action's or another bound account's",
    "variance": "stated − its lines",
}


@requires("see")
def index(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """Every count that stands, narrowed and sorted by the address."""
    form = CountFilter(request.GET, choices=counts.words())
    table = fill(request, _table(request, form))
    table.empty_href = f"{reverse('source-add', args=[tenant])}?kind=counts" if request.may["manage"] else ""
    every, differing = counts.how_many()
    asked = request.GET.urlencode()
    return show(
        request,
        "audit/count_list.html",
        form=form,
        table=table,
        every=every,
        differing=differing,
        reckoning=counts.reckoning(),
        file=f"{reverse('counts-file', args=[tenant])}{f'?{asked}' if asked else ''}",
    )


@require_safe
@requires("export_own_view")
def file(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """The counts that the address lets through, in its order, as CSV; money in micros, nothing rounded."""
    table = _table(request, CountFilter(request.GET, choices=counts.words()))
    if order := request.GET.getlist(table.prefixed_order_by_field):
        table.order_by = order
    rows = shown.as_rows(row.record for row in table.rows)
    headers = {"Content-Disposition": 'attachment; filename="counts.csv"'}
    return HttpResponse("".join(safe_csv(rows, shown.COLUMNS)), content_type="text/csv; charset=utf-8", headers=headers)


def _table(request: TenantRequest, form: CountFilter) -> CountTable:
    return CountTable(counts.standing(**form.narrowing()), slug=request.tenant.slug, may=request.may)


@requires("see")
def one(request: TenantRequest, tenant: str, count_id: UUID) -> HttpResponseBase:
    """One count: each figure with how it was computed, and what was stated of the bucket before."""
    row = counts.get(count_id)
    before = counts.former([row])[row.key]
    return show(
        request,
        "audit/count_detail.html",
        here="counts",
        row=row,
        period=shown.period(row),
        says=counts.says(row),
        figures=_figures(row, tenant),
        former=[(one, ", ".join(shown.stated(one))) for one in before if one.id != row.id],
        crumbs=[("Counts", reverse("counts", args=[tenant])), (f"{row.vendor} · {shown.period(row)}", "")],
    )


def _figures(row: StatedCount, tenant: str) -> list[dict[str, Any]]:
    """Stated, lines, verified, seen, variance: each with its drawer."""
    batch = reverse("batch", args=[tenant, row.batch_id])
    lines = shown.lines_of(row, tenant)
    vendor = reverse("vendor", args=[tenant, row.vendor_id])
    drawers = {
        "stated": _how(FORMULAS["stated"], _stated(row), batch, "Show the file"),
        "lines": _how(FORMULAS["lines"], _lines(row), lines or vendor, "Show the lines" if lines else "Show its feeds"),
        "verified": _how(FORMULAS["verified"], _verified(row), shown.lines_of(row, tenant, state=State.VERIFIED)),
        "seen": _how(FORMULAS["seen"], _seen(row), reverse("coverage", args=[tenant]), "Show the coverage"),
        "variance": _how(FORMULAS["variance"], _variance(row)),
    }
    verified = shown.verified(row) if row.run_id else words.NONE
    return [
        figure("Stated", " · ".join(shown.stated(row)), drawers["stated"]),
        figure("Its own lines", " · ".join(shown.claimed(row)) or words.NONE, drawers["lines"]),
        figure("Verified by the run", verified, drawers["verified"], note="" if row.run_id else "no run covers it"),
        figure("Seen at most", words.units(row.event_units), drawers["seen"], note=row.get_watch_display().lower()),
        figure("Variance", shown.difference(row) if row.variance is not None else words.NONE, drawers["variance"]),
    ]


def _how(formula: str, inputs: list[tuple[str, str]], href: str = "", link: str = "") -> dict[str, Any]:
    return {"formula": formula, "inputs": inputs, "href": href, "link": link}


def _stated(row: StatedCount) -> list[tuple[str, str]]:
    more = [("Environment", row.environment)] if row.environment else []
    return [
        ("File", row.batch.file_name),
        ("First line", words.units(row.line)),
        ("Lines added up", words.units(row.line_count)),
        ("Zone of its borders", row.time_zone),
        *more,
    ]


def _lines(row: StatedCount) -> list[tuple[str, str]]:
    money = [(f"Charged, {currency}", words.money(micros, currency)) for currency, micros in row.claim_money.items()]
    return [
        ("Lines", words.units(row.claim_count)),
        ("Units", words.units(row.claim_units)),
        ("Tokens, where lines carry them", words.units(row.claim_tokens)),
        *money,
        ("The vendor's lines begin", words.when(row.lines_from)),
        ("and end", words.when(row.lines_until)),
        ("Reckoned", words.when(row.reckoned_at, "seconds")),
    ]


def _verified(row: StatedCount) -> list[tuple[str, str]]:
    if row.run is None:
        return [("Run", "none covers the whole bucket")]
    return [
        ("Run", str(row.run)),
        ("Rules", str(row.run.rule_set)),
        ("Verified units", words.units(row.verified_low)),
        ("or unverifiable, together", words.units(row.verified_high)),
    ]


def _seen(row: StatedCount) -> list[tuple[str, str]]:
    seen = [
        (f"{system} (grade {grade})", f"{words.units(units)} units in {words.units(events)} events")
        for system, grade, events, units in row.events
    ]
    hole = []
    if row.hole:
        system, prefix, start, end = row.hole
        hole = [("Hole in coverage", f"{system} {prefix}, {start} – {end}")]
    return [*seen, ("From", words.when(row.seen_from, "seconds")), ("to", words.when(row.seen_until, "seconds")), *hole]


def _variance(row: StatedCount) -> list[tuple[str, str]]:
    tokens = [("Tokens", _less(row.tokens, row.claim_tokens))] if row.tokens is not None else []
    units = [("Units", _less(row.units, row.claim_units))] if row.units is not None else []
    money = [
        (currency or "Money", f"{words.money(micros)} − {words.money(row.claim_money.get(currency))}")
        for currency, micros in sorted(row.money.items())
    ]
    return [*units, *tokens, *money, ("Share of what is stated", words.share(counts.share_bps(row)))]


def _less(stated: int | None, claimed: int | None) -> str:
    return f"{words.units(stated)} − {words.units(claimed)}"
