"""Ranges of the order in which verdicts leave, so that a large run never sorts more than about a slice at once.

A range begins with a vendor and a claim id and goes up to where the next one begins; in their order they hold every
row once.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.kernel.bench import Bench
from audit.kernel.records import sorting
from audit.kernel.records.compiled import chosen, fit
from audit.kernel.records.reading import Codes, ordered, picker, texts, whole
from audit.kernel.records.texts import Numbers

SAMPLES: Final = 100
_BOUNDS: Final = """
with sampled as (
    select vendor, claim_id, row_number() over (order by vendor, claim_id) as place from claims where claim % {step} = 0
)
select distinct vendor, claim_id from sampled where place % {samples} = 0 order by vendor, claim_id
"""


class Ranges(NamedTuple):
    """Where all ranges but the first begin."""

    vendor: Any
    claim_id: Any

    @property
    def parts(self) -> int:
        """How many ranges there are."""
        return len(self.vendor) + 1

    def of(self, rows: pa.Table) -> Numbers:
        """The range of each row."""
        answer = np.zeros(rows.num_rows, np.int64)
        if self.parts > 1:
            vendors = Codes(rows["vendor"], self.vendor)
            columns = vendors.of(0), texts(rows["claim_id"]), vendors.of(1), texts(self.claim_id)
            chosen(sorting, rows.num_rows).find_ranges(*fit(columns, rows.num_rows), answer)
        return answer


def ranges(table: Bench, rows: int, parts: int) -> Ranges:
    """About as many ranges of equal size as there are parts, by a sample of the run's `rows` claims."""
    step = max(1, rows // (parts * SAMPLES))
    bounds = table.arrow(_BOUNDS.format(step=step, samples=SAMPLES))
    if parts == 1:
        bounds = bounds.slice(0, 0)
    return Ranges(whole(bounds["vendor"]), whole(bounds["claim_id"]))


def in_order(rows: pa.Table, *then: str) -> Numbers:
    """The rows by (vendor, claim_id), and then by columns of numbers."""
    names = whole(rows["claim_id"])
    vendor = Codes(rows["vendor"])
    key = np.empty(rows.num_rows, np.int64)
    chosen(sorting, rows.num_rows).keys(fit(texts(names), rows.num_rows), _shared_bytes(names), key)
    keys = [vendor.of(0), key]
    if vendor.size < 1 << (63 - 8 * sorting.KEY_BYTES):
        keys = [(vendor.of(0) << (8 * sorting.KEY_BYTES)) | key]
    last = [np.asarray(whole(rows[name])).astype(np.int64) for name in then]
    return ordered(np.arange(rows.num_rows), keys, picker(names), last)


def _shared_bytes(names: Any) -> int:
    """With how many equal bytes all texts of a column begin."""
    low, high = (value.as_py() for value in pc.min_max(names).values()) if len(names) else ("", "")
    count = 0
    for one, other in zip(low.encode(), high.encode(), strict=False):
        if one != other:
            break
        count += 1
    return count
