"""Money: what was charged, what is due at least and at most, and what was overcharged at least.

Source: the law of verdicts, 4, *money*. Integer micros of each currency; currencies are never added. Lines that claim
nothing (`not_claimed`) charge nothing: a restated line is charged by its last revision, a withdrawn one by none. A line
without a charge is counted as such, never as a charge of zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from audit.kernel.score import Line
from audit.kernel.terms import State


@dataclass(slots=True)
class Money:
    """The money of one currency, in micros; `uncharged_claims` are claimed lines without a charge."""

    currency: str | None
    charged_micros: int = 0
    due_at_least_micros: int = 0
    due_at_most_micros: int = 0
    uncharged_claims: int = 0

    @property
    def overcharged_at_least_micros(self) -> int:
        """What was charged over the most that can be due."""
        return self.charged_micros - self.due_at_most_micros

    def add(self, line: Line) -> None:
        """Count the line, unless it claims nothing."""
        if line.state == State.NOT_CLAIMED:
            return
        self.charged_micros += line.charge_micros
        self.uncharged_claims += line.uncharged_claims
        self.due_at_least_micros += line.charge_micros if line.state == State.VERIFIED else 0
        self.due_at_most_micros += line.charge_micros if line.state in (State.VERIFIED, State.UNVERIFIABLE) else 0

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {**asdict(self), "overcharged_at_least_micros": self.overcharged_at_least_micros}


def money(lines: Iterable[Line]) -> list[Money]:
    """The money of each currency, in the order of its name, lines without currency last."""
    purses: dict[str | None, Money] = {}
    for line in lines:
        purses.setdefault(line.currency, Money(line.currency)).add(line)
    return [purses[name] for name in sorted(purses, key=lambda name: (name is None, name))]
