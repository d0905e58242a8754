"""What the overview shows of a run beyond its score: where it goes wrong, money, tokens."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Sum

from audit.kernel.terms import State
from audit.models import Run, Total

GOES_WRONG = (State.CONTRADICTED, State.UNSUPPORTED)


@dataclass(frozen=True, slots=True)
class Share:
    """Units of one agent and action: all that were claimed, and those contradicted or unsupported."""

    claimed: int
    wrong: int

    @property
    def bps(self) -> int:
        """The share that is wrong, in basis points, rounded down."""
        return self.wrong * 10_000 // self.claimed if self.claimed else 0


def shares(run: Run) -> dict[tuple[str, str], Share]:
    """The share that goes wrong by agent and action; `not_claimed` is in neither number."""
    claimed: dict[tuple[str, str], int] = defaultdict(int)
    wrong: dict[tuple[str, str], int] = defaultdict(int)
    rows = Total.objects.filter(run=run).exclude(state=State.NOT_CLAIMED)
    for row in rows.values("agent_id", "action", "state").annotate(sum=Sum("units")).order_by("agent_id", "action"):
        key = (row["agent_id"], row["action"])
        claimed[key] += int(row["sum"])
        wrong[key] += int(row["sum"]) if row["state"] in GOES_WRONG else 0
    return {key: Share(claimed[key], wrong[key]) for key in claimed}


def tokens(run: Run) -> tuple[int, int]:
    """Tokens of all claimed lines, and of the verified ones."""
    rows = Total.objects.filter(run=run).exclude(state=State.NOT_CLAIMED)
    by_state = dict(rows.values_list("state").annotate(sum=Sum("tokens")).order_by())
    return int(sum(by_state.values())), int(by_state.get(State.VERIFIED, 0))


def purses(run: Run) -> list[dict[str, Any]]:
    """The run's money by currency, as the kernel sums it up; lines without a currency left out where uncharged."""
    return [purse for purse in run.summary.get("money", []) if purse["currency"]]


def uncharged(run: Run) -> int:
    """How many claimed lines carry no charge."""
    return sum(purse["uncharged_claims"] for purse in run.summary.get("money", []))
