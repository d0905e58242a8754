"""Counts that vendors state, and what each of them proves against what the tenant holds itself.

What a count proves is told by rules, the first that holds: never more than lines, events and coverage bear out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import Http404

from audit.models import Job, StatedCount

PROOFS = (
    *("unreckoned", "equal", "differs", "part", "more", "fewer"),
    *("nothing", "holes", "unwatched", "uncountable", "ceiling", "possible"),
)
DAY = timedelta(days=1)
WHOLE_BPS = 10_000


@dataclass(frozen=True, slots=True)
class Said:
    """What a count proves: by which rule (one of PROOFS), and in one sentence."""

    proof: str
    sentence: str


def all_counts() -> QuerySet[StatedCount]:
    """Every count that was stated, with its vendor, file and run."""
    return StatedCount.objects.select_related("vendor", "batch", "batch__source", "run", "run__rule_set")


def standing(
    *,
    vendor: UUID | None = None,
    agent_id: str = "",
    action: str = "",
    start: datetime | None = None,
    end: datetime | None = None,
    differing: bool = False,
) -> QuerySet[StatedCount]:
    """The counts that no newer file states otherwise, narrowed; start and end: buckets that lie in between in part."""
    found = all_counts().filter(superseded_by=None)
    found = found.filter(vendor=vendor) if vendor else found
    found = found.filter(agent_id=agent_id) if agent_id else found
    found = found.filter(action=action) if action else found
    found = found.filter(period_end__gt=start) if start else found
    found = found.filter(period_start__lt=end) if end else found
    return found.filter(differs=True) if differing else found


def get(count_id: UUID) -> StatedCount:
    """One count. Raises Http404."""
    found = all_counts().filter(id=count_id).first()
    if found is None:
        raise Http404("No such count.")
    return found


def former(rows: Iterable[StatedCount]) -> dict[str, list[StatedCount]]:
    """What was stated of the same buckets before, newest first, by key."""
    found: dict[str, list[StatedCount]] = defaultdict(list)
    keys = {row.key for row in rows}
    for row in all_counts().filter(key__in=keys).exclude(superseded_by=None).order_by("-batch__position"):
        found[row.key].append(row)
    return found


def words() -> dict[str, list[str]]:
    """The agents and actions that counts name, for choosing among them."""
    rows = StatedCount.objects.filter(superseded_by=None)
    return {
        name: list(rows.exclude(**{name: ""}).order_by(name).values_list(name, flat=True).distinct()[:500])
        for name in ("agent_id", "action")
    }


def how_many() -> tuple[int, int]:
    """Of how many buckets counts stand, and how many of them differ from the lines."""
    found = StatedCount.objects.filter(superseded_by=None)
    told = found.aggregate(every=Count("id"), differing=Count("id", filter=Q(differs=True)))
    return told["every"], told["differing"]


def reckoning() -> str:
    """Whether counts are being reckoned anew (`due`), cannot be (`stuck`), or stand as they are (nothing)."""
    states = set(
        Job.objects.filter(kind=Job.Kind.COUNT).exclude(state=Job.State.DONE).values_list("state", flat=True).order_by()
    )
    return "stuck" if Job.State.QUARANTINED in states else "due" if states else ""


def measure(row: StatedCount) -> str:
    """What is compared first: `units`, `tokens`, or the one currency that is stated; empty where nothing can be."""
    if row.units is not None:
        return "units"
    if row.tokens is not None and (row.claim_tokens is not None or not row.claim_count):
        return "tokens"
    return next(iter(row.money)) if len(row.money) == 1 else ""


def share_bps(row: StatedCount) -> int | None:
    """The variance as a share of what is stated, cut off; None where nothing is stated."""
    stated = _stated(row)
    if row.variance is None or not stated:
        return None
    return abs(row.variance) * WHOLE_BPS // abs(stated) * (1 if row.variance > 0 else -1)


def says(row: StatedCount) -> Said:
    """What the count proves."""
    if row.reckoned_at is None:
        return Said("unreckoned", "Not held against anything yet: a worker is on its way.")
    if not row.claim_count:
        return _without_lines(row)
    if row.variance is None:
        return Said("differs", "What the vendor states and what its lines carry cannot be compared: see each figure.")
    if row.variance > 0 and _is_part(row):
        return Said("part", _part(row))
    if row.variance > 0:
        more = amount(row, row.variance)
        return Said("more", f"The vendor states {more} more than the lines it sent: ask for the missing lines.")
    if row.variance < 0:
        more = amount(row, -row.variance)
        return Said("fewer", f"The lines add up to {more} more than the vendor states: ask which it does not count.")
    if row.differs:
        name = measure(row)
        what = name.capitalize() if name in ("units", "tokens") else f"Money in {name}"
        return Said("differs", f"{what} agree, another figure does not: ask which of the two is billed.")
    return Said("equal", "The lines add up to the stated count; whether the work was done is judged line by line.")


def _without_lines(row: StatedCount) -> Said:
    start = "No line came for this bucket"
    if row.watch == StatedCount.Watch.NOBODY and not row.event_units:
        return Said("nothing", f"{start}, and there is nothing to check it with.")
    if row.watch == StatedCount.Watch.NOBODY:
        return Said("unwatched", f"{start}. Cannot say: events came, but no system is known to have watched.")
    if row.watch == StatedCount.Watch.HOLES:
        system, prefix, *_ = row.hole
        return Said("holes", f"{start}. Cannot say: holes in coverage ({system} at {prefix}).")
    if row.units is None:
        return Said("uncountable", f"{start}. Cannot say: events cannot be counted against tokens or money.")
    if row.event_units < row.units:
        none = row.units - row.event_units
        most = f"At most {row.event_units:,} of the {row.units:,} stated units could have left a trace"
        return Said("ceiling", f"{start}. {most} in the watched systems, so at least {none:,} have none there.")
    return Said("possible", f"{start}. {row.event_units:,} units were seen that could be the work: ask for the lines.")


def _is_part(row: StatedCount) -> bool:
    """Whether the vendor's lines begin or end a whole day or more inside of the bucket."""
    late = row.lines_from and row.lines_from >= row.period_start + DAY
    early = row.lines_until and row.lines_until < row.period_end - DAY
    return bool(late or early)


def _part(row: StatedCount) -> str:
    assert row.lines_from
    assert row.lines_until
    span = f"{max(row.lines_from, row.period_start):%Y-%m-%d} to {min(row.lines_until, row.period_end):%Y-%m-%d}"
    more = amount(row, row.variance or 0)
    return f"Its lines reach only from {span} of this bucket: the {more} more may lie outside. Ask for the rest."


def amount(row: StatedCount, number: int) -> str:
    """A number of what is compared, in words: 1,200 units, 12.5 EUR."""
    name = measure(row)
    if name in ("units", "tokens"):
        return f"{number:,} {name[:-1] if number == 1 else name}"
    whole, rest = divmod(number, 1_000_000)
    return f"{whole:,}.{f'{rest:06d}'.rstrip('0').ljust(2, '0')} {name}".strip()


def _stated(row: StatedCount) -> int | None:
    name = measure(row)
    found: int | None = {"units": row.units, "tokens": row.tokens}.get(name, row.money.get(name))
    return found
