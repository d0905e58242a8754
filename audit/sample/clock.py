"""When things happen: working hours and weekdays of a tenant, inside or outside of what its systems watched."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from audit.sample import world

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

MILLISECOND: Final = 1_000
SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


def instant(text: str) -> int:
    """Microseconds since 1970 of a day or instant, UTC."""
    return int(np.datetime64(text, "us").astype(np.int64))


STARTS_AT: Final = instant(world.STARTS_ON)
ENDS_AT: Final = instant(world.ENDS_ON)
HOURS: Final = (ENDS_AT - STARTS_AT) // HOUR
HOUR_STARTS: Final = STARTS_AT + HOUR * np.arange(HOURS, dtype=np.int64)
BY_HOUR: Final = np.array([2, 1, 1, 1, 2, 4, 9, 20, 46, 70, 78, 74, 58, 66, 76, 74, 66, 48, 26, 15, 11, 8, 5, 3], float)
BY_WEEKDAY: Final = np.array([1.08, 1.04, 1.0, 1.02, 0.92, 0.34, 0.24])  # from Monday


class Clock:
    """Draws instants for one tenant. Every draw keeps an hour's distance from the edge of a hole and of the period."""

    def __init__(self, tenant: world.Tenant) -> None:
        self.tenant = tenant
        self.busy = _business(tenant.hours_from_utc)
        self.watched = {system: self._steady(self.sees(system, HOUR_STARTS)) for system in range(len(tenant.systems))}
        self.blind = {system: self._steady(~self.sees(system, HOUR_STARTS)) for system in range(len(tenant.systems))}
        self.always = self._steady(np.ones(HOURS, dtype=np.bool_))

    def sees(self, system: int, at: Ints) -> Flags:
        """Whether the system was watching at each instant."""
        seen = np.zeros(len(at), dtype=np.bool_)
        for watch in self.tenant.watches:
            if watch.system == system:
                seen |= (at >= instant(watch.starts_at)) & (at < instant(watch.ends_at))
        return seen

    def draw(self, rng: np.random.Generator, count: int, hours: Flags, *, growing: bool = False) -> Ints:
        """`count` instants in these hours of the period; `growing` puts most of them at the end."""
        weights = np.cumsum(self.busy * hours * (_growth() if growing else 1.0))
        hour = np.searchsorted(weights, rng.random(count) * weights[-1], side="right")
        at: Ints = HOUR_STARTS[hour] + MILLISECOND * rng.integers(0, HOUR // MILLISECOND, count)
        return at

    def hours(self, system: int, *, blind: bool = False, also: int | None = None) -> Flags:
        """The hours in which a system was watching (`also` another one), or `blind` in which it was not."""
        if system == world.NOWHERE:
            return self.always
        hours = (self.blind if blind else self.watched)[system]
        return hours if also is None else hours & self.watched[also]

    @staticmethod
    def _steady(flags: Flags) -> Flags:
        """Hours whose neighbours are alike: what begins in one may end in the next."""
        steady = flags.copy()
        steady[1:] &= flags[:-1]
        steady[:-1] &= flags[1:]
        steady[[0, -1]] = False
        return steady


def _business(hours_from_utc: int) -> Floats:
    """The weight of each hour of the period: time of day and weekday where the tenant is, and a little growth."""
    local = HOUR_STARTS // HOUR + hours_from_utc
    weekday = (local // 24 + 3) % 7  # 1970-01-01 was a Thursday
    weights: Floats = BY_HOUR[local % 24] * BY_WEEKDAY[weekday] * np.linspace(1.0, 1.2, HOURS)
    return weights


def _growth() -> Floats:
    """A problem that smoulders in July and August and runs away in September."""
    return np.asarray(0.25 + np.exp(np.linspace(-4.5, 2.2, HOURS)))
