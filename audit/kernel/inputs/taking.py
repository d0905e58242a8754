"""Taking: rows as received become one canonical Parquet file; what will not go is refused, row by row.

Decided here, where the law is silent:

* Text is taken exactly as it is; only a text of nothing but white space counts as none where a row needs one.
* A charge may be negative (a credit note); tokens may not; cached tokens are not more than input tokens.
* A currency is three capital letters. `charge` beside `charge_micros` must say the same.
* The grade of a system is that of its first good row; later rows with another one are refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from audit.kernel.inputs import instants
from audit.kernel.inputs.canonical import Sheet
from audit.kernel.inputs.faults import BadInput, Refusals
from audit.kernel.inputs.files import read
from audit.kernel.inputs.repeats import drop_repeats
from audit.kernel.inputs.rows import Rows
from audit.kernel.inputs.taken import Taken
from audit.kernel.inputs.taker import Taker


def take(
    kind: str,
    batches: Iterable[Rows],
    out: Path,
    refused: Path,
    *,
    file: str,
    time_zone: str | None = None,
    constants: Mapping[str, str] | None = None,
    called: Mapping[str, str] | None = None,
) -> Taken:
    """Rows as received, of one file, into the canonical Parquet file `out`; refusals are appended to `refused`.

    `kind` is a key of `terms.TAKEN`; `file` is what refusals call the file; `time_zone` is the IANA zone of times
    without one; `constants` are what the source says of every row (a row that says otherwise is refused);
    `called` is what the file calls a canonical column, for refusals. Raises
    BadInput for a file that cannot be taken at all; then nothing is left behind and `refused` is as it was.
    """
    options = {"time_zone": time_zone, "constants": constants or {}, "grades": {}, "called": called or {}}
    return _take(kind, [(file, batches)], out, refused, options)


def prepare(
    kind: str,
    paths: Sequence[Path],
    out: Path,
    refused: Path,
    *,
    time_zone: str | None = None,
    grades: dict[str, str] | None = None,
) -> Taken:
    """Several files, in the order given, into one canonical Parquet file `out`, in the order received.

    As `take`. `grades` (system -> grade) carries the grades from one kind of input to the next and is added to; a
    row that gives a system another grade is refused.
    """
    sources = ((Path(path).name, read(Path(path))) for path in paths)
    options = {"time_zone": time_zone, "constants": {}, "grades": {} if grades is None else grades, "called": {}}
    return _take(kind, sources, out, refused, options)


def _take(
    kind: str, sources: Iterable[tuple[str, Iterable[Rows]]], out: Path, refused: Path, options: dict[str, Any]
) -> Taken:
    _check_zone(options["time_zone"])
    staged, refusals = out.with_name(out.name + ".part"), Refusals(refused)
    taker = Taker(kind, Sheet(staged, kind), refusals, **options)
    try:
        for file, batches in sources:
            taker.file(file, batches)
        taken = taker.close()
        taken = drop_repeats(staged, refusals, taken) if kind == "evidence" else taken
        staged.replace(out)
    except BaseException:
        taker.abandon()
        for left in (staged, staged.with_suffix(".rest")):
            left.unlink(missing_ok=True)
        refusals.undo()
        raise
    refusals.close()
    return taken


def _check_zone(name: str | None) -> None:
    try:
        if name:
            instants.zone(name)
    except ValueError as error:
        raise BadInput("time zone", str(error)) from None
