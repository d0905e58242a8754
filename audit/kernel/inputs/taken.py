"""What became of the rows of a taking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the rows of one or several files: received = accepted + duplicate + refused.

    `first_at` and `last_at` span the accepted rows' `occurred_at` (of coverage, its `starts_at`); `ignored` are
    columns that were there and are no part of the input.
    """

    received: int = 0
    accepted: int = 0
    duplicate: int = 0
    refused: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    ignored: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As plain values that JSON can hold."""
        times = {"first_at": _text(self.first_at), "last_at": _text(self.last_at)}
        return {**asdict(self), **times, "ignored": list(self.ignored)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Taken:
        """What `to_json` wrote."""
        times = {name: value[name] and datetime.fromisoformat(value[name]) for name in ("first_at", "last_at")}
        return cls(**{**value, **times, "ignored": tuple(value["ignored"])})


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
