"""What the overview shows of a run beyond its score: activity, tokens, outcome, money, the period before.

The database adds up a run's totals to a few rows; everything else here is plain arithmetic over those rows, in
integers. Rates are whole numbers cut off, shares are basis points cut off; what is not known is None, never 0.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeVar

from django.db.models import Q, Sum

from audit.kernel.score import share_bps
from audit.kernel.terms import MEANINGS, Reason, State
from audit.models import Run, Total

Measure = Literal["units", "verified"]
AgentAction = tuple[str, str, str]  # vendor, agent, action
Name = TypeVar("Name", str, tuple[str, str])
Kind = tuple[str, str]  # vendor and action: a unit of one vendor is not a unit of another

OUTCOMES: dict[str, tuple[Reason, ...]] = {
    "verified": (Reason.SUPPORTED,),
    "failed": (Reason.FAILED,),
    "rework": (Reason.REPEAT, Reason.OSCILLATION),
    "reopened": (Reason.UNDONE,),
}


@dataclass(frozen=True, slots=True)
class Tally:
    """Claims of a run by vendor, agent, action, state, reason and currency.

    `token_units` are the units of those totals that carry tokens: the only ones that a rate of tokens may rest on.
    """

    vendor: str
    agent_id: str
    action: str
    state: str
    reason: str
    currency: str
    claims: int
    units: int
    charge_micros: int
    tokens: int
    token_units: int


@dataclass(frozen=True, slots=True)
class Step:
    """Units and money of one reason in a run; money in micros by currency."""

    state: str
    reason: str
    title: str
    claims: int
    units: int
    money: dict[str, int]


@dataclass(frozen=True, slots=True)
class Share:
    """Units of one agent and action: all that were claimed, and those verified."""

    claimed: int
    verified: int

    @property
    def bps(self) -> int:
        """The verified share, low end, in basis points, rounded down."""
        return share_bps(self.verified, self.claimed) or 0


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens, and the units that they were spent on. `silent` units stand in totals that carry no tokens."""

    tokens: int = 0
    units: int = 0
    verified: int = 0
    silent: int = 0

    def per(self, measure: Measure) -> int | None:
        """Tokens for each claimed or verified unit, cut off; None where tokens or such units are missing."""
        units = self.units if measure == "units" else self.verified
        return self.tokens // units if units else None


@dataclass(frozen=True, slots=True)
class Held:
    """Tokens per unit before and now with the mix of work of before, cut off. `units` of before give the weights."""

    before: int
    now: int
    units: int
    kinds: int
    left_out: int


@dataclass(frozen=True, slots=True)
class Rate:
    """A part of the claimed units, with the reasons that make it up."""

    part: int
    claims: int
    whole: int
    reasons: tuple[Reason, ...]

    @property
    def bps(self) -> int | None:
        """In basis points, rounded down; None where nothing was claimed."""
        return share_bps(self.part, self.whole)


@dataclass(frozen=True, slots=True)
class Activity:
    """Units of one vendor's action: all that were claimed, and those verified."""

    vendor: str
    action: str
    claims: int
    claimed: int
    verified: int


@dataclass(frozen=True, slots=True)
class Purse:
    """Money of one currency in micros. At stake: at least what is due to nobody, at most all that is not verified."""

    currency: str
    charged: int
    stake_at_least: int
    stake_at_most: int


def tallies(run: Run) -> list[Tally]:
    """The run's totals without the day, in a total order: the one question that the database is asked of them."""
    keys = ("vendor", "agent_id", "action", "state", "reason", "currency")
    sums = {name: Sum(name, default=0) for name in ("claims", "units", "charge_micros", "tokens")}
    told = Sum("units", filter=Q(tokens__isnull=False), default=0)
    renamed = {f"{name}_sum": value for name, value in sums.items()} | {"told": told}
    rows = Total.objects.filter(run=run).values_list(*keys).annotate(**renamed).order_by(*keys)
    return [Tally(*row[:6], *(int(number) for number in row[6:])) for row in rows]


def shares(rows: Iterable[Tally]) -> dict[AgentAction, Share]:
    """Claimed and verified units by vendor, agent and action; `not_claimed` is in neither number."""
    cells: dict[AgentAction, list[Tally]] = defaultdict(list)
    for row in claimed(rows):
        cells[row.vendor, row.agent_id, row.action].append(row)
    return {key: Share(_sum(cells[key], "units"), _sum(_verified(cells[key]), "units")) for key in sorted(cells)}


def before(run: Run) -> Run | None:
    """The finished run of the same vendor (or of all) whose period ended last before this one began."""
    known = Run.objects.select_related("rule_set", "vendor").filter(state=Run.State.DONE, superseded_by=None)
    earlier = known.filter(vendor=run.vendor_id, period_end__lte=run.period_start, trial=False)
    return earlier.order_by("-period_end", "-number").first()


def steps(rows: Iterable[Tally]) -> list[Step]:
    """What became of the claims, reason by reason, in the order of the law: they add up to all of them."""
    by: dict[str, list[Tally]] = defaultdict(list)
    for row in rows:
        by[row.reason].append(row)
    return [_step(reason, by[reason]) for reason in Reason if by.get(reason)]


def _step(reason: Reason, rows: Sequence[Tally]) -> Step:
    money: dict[str, int] = defaultdict(int)
    for row in rows:
        if row.currency:
            money[row.currency] += row.charge_micros
    meaning = MEANINGS[reason]
    return Step(meaning.state, reason, meaning.title, _sum(rows, "claims"), _sum(rows, "units"), dict(money))


def units_by_state(rows: Iterable[Tally]) -> dict[str, int]:
    """Units of each state; every state is named."""
    units = {state.value: 0 for state in State}
    for row in rows:
        units[row.state] += row.units
    return units


def claimed(rows: Iterable[Tally]) -> list[Tally]:
    """What counts in a score: all but `not_claimed`."""
    return [row for row in rows if row.state != State.NOT_CLAIMED]


def activity(rows: Iterable[Tally]) -> list[Activity]:
    """Claimed and verified units by vendor and action, most units first."""
    kinds: dict[Kind, list[Tally]] = defaultdict(list)
    for row in claimed(rows):
        kinds[row.vendor, row.action].append(row)
    found = [
        Activity(*kind, _sum(group, "claims"), _sum(group, "units"), _sum(_verified(group), "units"))
        for kind, group in kinds.items()
    ]
    return sorted(found, key=lambda kind: (-kind.claimed, kind.vendor, kind.action))


def spent(rows: Iterable[Tally]) -> Spent:
    """Tokens of claimed lines over the units of totals that carry tokens; the other units are counted as silent."""
    group = claimed(rows)
    units = _sum(group, "token_units")
    return Spent(
        _sum(group, "tokens"), units, _sum(_verified(group), "token_units"), _sum(group, "units") - units
    )  # fmt: skip


def held(now: Sequence[Tally], then: Sequence[Tally], measure: Measure) -> Held | None:
    """Both periods' tokens per unit, weighted with the units that each kind of work had in the earlier one.

    A kind of work takes part if both periods have tokens and units of it; the others are left out and counted.
    None where no kind does. Exact until the last cut.
    """
    one, other = _kinds(now), _kinds(then)
    common = [kind for kind in one if kind in other and one[kind].per(measure) is not None]
    common = [kind for kind in common if other[kind].per(measure) is not None]
    if not common:
        return None
    weights = {kind: getattr(other[kind], measure) for kind in common}
    whole = sum(weights.values())
    rated = sum(weights[kind] * Fraction(one[kind].tokens, getattr(one[kind], measure)) for kind in common)
    was = sum(other[kind].tokens for kind in common)
    return Held(was // whole, int(rated / whole), whole, len(common), len({*one, *other}) - len(common))


def rates(rows: Iterable[Tally]) -> dict[str, Rate]:
    """The outcome rates of OUTCOMES, each over all claimed units."""
    group = claimed(rows)
    whole = _sum(group, "units")
    named = {name: [row for row in group if row.reason in reasons] for name, reasons in OUTCOMES.items()}
    return {
        name: Rate(_sum(part, "units"), _sum(part, "claims"), whole, OUTCOMES[name]) for name, part in named.items()
    }


def purses(rows: Iterable[Tally]) -> list[Purse]:
    """Money of claimed lines by currency, in the order of its name; lines without a currency are in none."""
    by: dict[str, list[Tally]] = defaultdict(list)
    for row in claimed(rows):
        if row.currency:
            by[row.currency].append(row)
    return [_purse(currency, by[currency]) for currency in sorted(by)]


def _purse(currency: str, rows: Sequence[Tally]) -> Purse:
    charged = _sum(rows, "charge_micros")
    least = _sum(_verified(rows), "charge_micros")
    open_end = _sum((row for row in rows if row.state == State.UNVERIFIABLE), "charge_micros")
    return Purse(currency, charged, charged - least - open_end, charged - least)


def uncharged(run: Run) -> int:
    """How many claimed lines carry no charge."""
    return sum(purse["uncharged_claims"] for purse in run.summary.get("money", []))


def busiest(cells: Mapping[AgentAction, Share], part: Callable[[AgentAction], Name]) -> list[Name]:
    """The agents, or the actions, that `part` takes from the keys of the cells, most claimed units first."""
    units: dict[Name, int] = defaultdict(int)
    for key, share in cells.items():
        units[part(key)] += share.claimed
    return sorted(units, key=lambda name: (-units[name], name))


def _kinds(rows: Iterable[Tally]) -> dict[Kind, Spent]:
    kinds: dict[Kind, list[Tally]] = defaultdict(list)
    for row in claimed(rows):
        kinds[row.vendor, row.action].append(row)
    return {kind: spent(group) for kind, group in sorted(kinds.items())}


def _verified(rows: Iterable[Tally]) -> list[Tally]:
    return [row for row in rows if row.state == State.VERIFIED]


def _sum(rows: Iterable[Tally], name: str) -> int:
    return sum(int(getattr(row, name)) for row in rows)
