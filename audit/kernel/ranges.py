"""Ranges of the order in which verdicts leave, so that a large run never sorts more than about a slice at once.

An engine that sorts ten million rows of text in little memory may run out of it before it thinks of its disk. So the
rows are sorted range by range: each is a condition on `vendor` and `claim_id` that a Parquet reader can answer from
the statistics of its row groups, and in their order they hold every row once.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from audit.kernel.bench import Bench, quoted

Key = tuple[str, str] | None
"""A vendor and a claim id where a range begins; None: before the first, after the last."""

WHOLE: Final[tuple[str, ...]] = ("true",)
SAMPLES: Final = 100
_BOUNDS: Final = """
with sampled as (
    select vendor, claim_id, row_number() over (order by vendor, claim_id) as place from claims where claim % {step} = 0
)
select distinct vendor, claim_id from sampled where place % {samples} = 0 order by vendor, claim_id
"""


def ranges(table: Bench, rows: int, parts: int) -> tuple[str, ...]:
    """Conditions for about as many ranges of equal size as there are parts, by a sample of the run's `rows` claims."""
    if parts == 1:
        return WHOLE
    step = max(1, rows // (parts * SAMPLES))
    bounds: list[Key] = [(vendor, name) for vendor, name in table.rows(_BOUNDS.format(step=step, samples=SAMPLES))]
    return tuple(condition for low, high in pairwise([None, *bounds, None]) for condition in _between(low, high))


def _between(low: Key, high: Key) -> list[str]:
    """From a key on and before another one; never more than one vendor together with a bound on its ids."""
    if low and high and low[0] == high[0]:
        return [f"{_is(low[0])} and {_from(low[1])} and {_before(high[1])}"]
    first = [f"{_is(low[0])} and {_from(low[1])}"] if low else []
    last = [f"{_is(high[0])} and {_before(high[1])}"] if high else []
    inner = [f"vendor > '{quoted(low[0])}'"] if low else []
    inner += [f"vendor < '{quoted(high[0])}'"] if high else []
    return [*first, " and ".join(inner or WHOLE), *last]


def _is(vendor: str) -> str:
    return f"vendor = '{quoted(vendor)}'"


def _from(claim_id: str) -> str:
    return f"claim_id >= '{quoted(claim_id)}'"


def _before(claim_id: str) -> str:
    return f"claim_id < '{quoted(claim_id)}'"
