"""The score: which share of the claimed units is verified, as a range where it cannot be known.

Source: the law of verdicts, 4, *scores*. low = verified / claimed units, high = (verified + unverifiable) / claimed, in
basis points, rounded down. `not_claimed` is in neither. Where nothing was claimed there is no score.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from audit.kernel.terms import State

WHOLE_BPS: Final = 10_000
BY: Final = {"vendor": ("vendor",), "agent": ("vendor", "agent_id"), "action": ("action",)}


@dataclass(frozen=True, slots=True)
class Line:
    """Claims that share vendor, agent, action, state, reason and currency."""

    vendor: str
    agent_id: str
    action: str
    state: str
    reason: str
    currency: str | None
    claims: int
    units: int
    charge_micros: int
    uncharged_claims: int


@dataclass(slots=True)
class Score:
    """Units claimed, verified and unverifiable, and the range that they give."""

    claims: int = 0
    units: int = 0
    verified_units: int = 0
    unverifiable_units: int = 0

    def add(self, line: Line) -> None:
        """Count the line, unless it claims nothing."""
        if line.state == State.NOT_CLAIMED:
            return
        self.claims += line.claims
        self.units += line.units
        self.verified_units += line.units if line.state == State.VERIFIED else 0
        self.unverifiable_units += line.units if line.state == State.UNVERIFIABLE else 0

    @property
    def low_bps(self) -> int | None:
        """The verified share, rounded down; None if nothing was claimed."""
        return share_bps(self.verified_units, self.units)

    @property
    def high_bps(self) -> int | None:
        """The share that is verified or could be, rounded down; None if nothing was claimed."""
        return share_bps(self.verified_units + self.unverifiable_units, self.units)

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "claims": self.claims,
            "units": self.units,
            "verified_units": self.verified_units,
            "unverifiable_units": self.unverifiable_units,
            "low_bps": self.low_bps,
            "high_bps": self.high_bps,
        }


def share_bps(part: int, whole: int) -> int | None:
    """part / whole in basis points, rounded down; None if the whole is nothing."""
    return part * WHOLE_BPS // whole if whole else None


def score(lines: Iterable[Line]) -> Score:
    """The score of all lines together."""
    total = Score()
    for line in lines:
        total.add(line)
    return total


def scores(lines: Sequence[Line]) -> dict[str, list[dict[str, Any]]]:
    """The scores by vendor, by agent (of a vendor) and by action, each in the order of its names."""
    answer = {}
    for name, columns in BY.items():
        groups: dict[tuple[str, ...], Score] = {}
        for line in lines:
            groups.setdefault(tuple(getattr(line, column) for column in columns), Score()).add(line)
        answer[name] = [{**dict(zip(columns, key, strict=True)), **groups[key].to_json()} for key in sorted(groups)]
    return answer
