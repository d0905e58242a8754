"""The totals that a vendor states beside its lines, week by week: its lines added up, and where it states otherwise."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.compute as pc

from audit.kernel.terms import State
from audit.sample.world import STARTS_ON

VENDOR: Final = "finbot"
OVERSTATED: Final = ((1, "fin-resolver", "case_resolution", 12), (6, "fin-tracking", "api_call", 5))
UNDERSTATED: Final = ((4, "fin-cases", "record_update", -2),)
LINELESS: Final = ((5, "fin-scribe", "record_update"), (10, "fin-scribe", "record_update"))  # one in a coverage hole
HEADER: Final = "period_start,period_end,agent_id,action,units,charge,currency\n"
PRICE_MICROS: Final = 150_000

Key = tuple[int, str, str]  # week, agent, action


class Totals:
    """Units and micros of what a vendor claims, by week, agent and action."""

    def __init__(self) -> None:
        """Nothing was claimed yet."""
        self.units: Counter[Key] = Counter()
        self.micros: Counter[Key] = Counter()

    def add(self, lines: Any, truth: Any) -> None:
        """Count lines, but those that claim nothing by their truth."""
        lines = lines.filter(pc.not_equal(truth["expected_state"], State.NOT_CLAIMED.value))
        began = np.datetime64(STARTS_ON, "us")
        week = (lines["occurred_at"].to_numpy().astype("datetime64[us]") - began) // np.timedelta64(7, "D")
        columns = [lines[name].to_pylist() for name in ("agent_id", "action", "units", "charge_micros")]
        for key, agent, action, units, micros in zip(week.tolist(), *columns, strict=True):
            self.units[key, agent, action] += units
            self.micros[key, agent, action] += micros or 0

    def write(self, path: Path) -> None:
        """The totals as the vendor's file has them, with what is planted in it."""
        stated = self.units.copy()
        for week, agent, action, more in (*OVERSTATED, *UNDERSTATED):
            stated[week, agent, action] += more
        for week, agent, action in LINELESS:
            stated[week, agent, action] = max(10, sum(self.units.values()) // 5)
        rows = [self._row(key, units) for key, units in sorted(stated.items()) if units > 0]
        path.write_text(HEADER + "".join(rows), encoding="utf-8")

    def _row(self, key: Key, units: int) -> str:
        week, agent, action = key
        start, end = (date.fromisoformat(STARTS_ON) + timedelta(weeks=number) for number in (week, week + 1))
        micros = self.micros[key] if key in self.units else units * PRICE_MICROS
        amount = f"{micros // 1_000_000}.{micros % 1_000_000:06d}"
        return f"{start}T00:00:00Z,{end}T00:00:00Z,{agent},{action},{units},{amount},EUR\n"
