"""Inputs: files of claims, evidence, coverage and actors become canonical Parquet files and refusals.

`prepare` is what a run calls: files in, one Parquet file out. `read` and `take` are its two halves, for whoever has
rows of another shape: `read` yields rows as received, `take` makes them canonical.

A canonical file has the columns of `terms.TAKEN[kind]` with their types (text is string, integer int64, boolean
bool, instant timestamp in microseconds UTC, effect canonical JSON text or null) and `line` (int64), `file` (string)
and `content`: the MD5 (16 bytes) of the row's values in order, joined by U+0000, null empty, instants as microseconds
since 1970. Good rows are kept in the order received; every other row is in the file of refused rows, with the reason.
"""

from audit.kernel.inputs.faults import BadInput, Fault, Refusals
from audit.kernel.inputs.files import read
from audit.kernel.inputs.rows import Rows
from audit.kernel.inputs.taken import Taken
from audit.kernel.inputs.taking import prepare, take

__all__ = ["BadInput", "Fault", "Refusals", "Rows", "Taken", "prepare", "read", "take"]
