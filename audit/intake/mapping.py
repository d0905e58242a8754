"""The mapping of a source: which column becomes which canonical field, and how its values are to be read."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Dictionary
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from audit.kernel.inputs.instants import zone
from audit.kernel.terms import CHARGED, TAKEN

EPOCHS: Final = {"s": 1_000_000, "ms": 1_000, "us": 1}
"""Units of times that are numbers since 1970, in microseconds."""
GRAINS: Final = ("hour", "day", "week", "month")
"""How long a bucket of counts is, where a file does not say when it ends."""
LINES: Final = {
    "unit": "one unit of work",
    "units": "as many units as it says",
}
"""What one line of claims is. A line that is a total of many is no claim but a count."""
CHARGE: Final = "charge"


@dataclass(frozen=True, slots=True)
class Mapping:
    """How a source's files are read. Everything has a neutral default; the empty mapping maps nothing.

    columns: canonical field (or `charge`) -> column; a path with dots reaches into JSON and structs.
    constants: canonical field -> the value of every row, where no column says it.
    prefixes: canonical field -> what is put before its values (`crm/Case/` before a case number).
    values: canonical field -> received value -> canonical value; told apart without case and outer space, an empty
    canonical value is none; a value that is not listed stays as it is.
    effect_columns: field of the effect -> column that holds its value. effect_pair: the column that names the field
    and the column that holds its value, as change histories have them.
    line: what one line of claims is, a key of `LINES`; None: as many units as its units field says, else one.
    grain: `hour`, `day`, `week` or `month` where counts state only when their bucket begins.
    time_zone: IANA zone of times without one. date_pattern: their `strptime` pattern. epoch: `s`, `ms` or `us` where
    times are numbers. price: charge of one unit, a plain decimal, where no column says the charge; currency: where no
    column says it.
    """

    columns: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    prefixes: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    effect_columns: dict[str, str] = field(default_factory=dict)
    effect_pair: tuple[str, str] | None = None
    line: str | None = None
    grain: str | None = None
    time_zone: str | None = None
    date_pattern: str | None = None
    epoch: str | None = None
    price: str | None = None
    currency: str | None = None

    def wanted(self) -> list[str]:
        """Every column that the mapping reads."""
        return [*self.columns.values(), *self.effect_columns.values(), *(self.effect_pair or ())]

    def to_json(self) -> dict[str, Any]:
        """As plain values that JSON can hold."""
        pair = list(self.effect_pair) if self.effect_pair else None
        return {**asdict(self), "effect_pair": pair}

    @classmethod
    def from_json(cls, value: Dictionary[str, Any]) -> Mapping:
        """What `to_json` wrote. Raises ValueError for what is no mapping."""
        known = {item.name for item in fields(cls)}
        if unknown := sorted(value.keys() - known):
            raise ValueError(f"a mapping has no {unknown[0]!r}: it has {', '.join(sorted(known))}")
        pair = value.get("effect_pair")
        return cls(**{**value, "effect_pair": tuple(pair) if pair else None})

    def _line_problems(self, kind: str) -> list[str]:
        counted = "units" in {*self.columns, *self.constants}
        if self.line is None:
            return []
        if kind != "claims" or self.line not in LINES:
            return [f"{self.line!r} is not what one line of {kind} is: claims may have {', '.join(LINES)}"]
        if self.line == "unit" and counted:
            return ["one line is one unit of work, and units come from the file: choose one"]
        if self.line == "units" and not counted:
            return ["one line is as many units as it says, and no column says how many: choose the column of units"]
        return []

    def problems(self, kind: str) -> list[str]:
        """What is wrong with the mapping for this kind of input, in sentences."""
        known = {column.name for column in TAKEN[kind]} | ({CHARGE} if kind in CHARGED else set())
        named = {*self.columns, *self.constants, *self.prefixes, *self.values}
        found = [f"{name!r} is no field of {kind}" for name in sorted(named - known)]
        if self.epoch and self.epoch not in EPOCHS:
            found.append(f"{self.epoch!r} is no unit of time: use one of {', '.join(EPOCHS)}")
        if self.epoch and self.date_pattern:
            found.append("times are either numbers or follow a date pattern: choose one")
        if self.grain and (kind != "counts" or self.grain not in GRAINS):
            found.append(f"{self.grain!r} is no grain of {kind}: counts may have {', '.join(GRAINS)}")
        if self.grain and "period_end" in {*self.columns, *self.constants}:
            found.append("period_end follows from the grain or stands in the file: choose one")
        found += self._line_problems(kind)
        return found + [problem for problem in (_zone_problem(self.time_zone), _price_problem(self.price)) if problem]


def identity(kind: str, columns: Iterable[str]) -> Mapping:
    """The mapping of a file whose columns have the canonical names already."""
    known = [column.name for column in TAKEN[kind]] + ([CHARGE] if kind in CHARGED else [])
    have = set(columns)
    return Mapping(columns={name: name for name in known if name in have})


def _zone_problem(name: str | None) -> str:
    try:
        if name:
            zone(name)
    except ValueError as error:
        return str(error)
    return ""


def _price_problem(price: str | None) -> str:
    try:
        return "" if price is None else _checked_price(Decimal(price))
    except InvalidOperation:
        return f"{price!r} is no price: write a plain decimal such as 0.10"


def _checked_price(price: Decimal) -> str:
    micros = price * 1_000_000
    if not price.is_finite() or abs(micros) >= 1 << 63 or micros != micros.to_integral_value():
        return f"{price} is no price: write a plain decimal with at most 6 places"
    return ""
