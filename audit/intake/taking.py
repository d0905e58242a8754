"""Taking a file: format, then mapping, then the kernel's canonical rows and refusals."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from pathlib import Path

from audit.intake.formats import Format, detect
from audit.intake.guesses import missing
from audit.intake.mapped import mapped
from audit.intake.mapping import Mapping
from audit.intake.source import opened, raw, with_rows
from audit.kernel import inputs
from audit.kernel.inputs import BadInput, Taken


def take_file(
    path: Path,
    file_name: str,
    kind: str,
    mapping: Mapping,
    out: Path,
    refused: Path,
    *,
    constants: Dictionary[str, str],
) -> Taken:
    """Take a file that a person sent into the canonical Parquet file `out`; refusals are appended to `refused`.

    `kind` is a key of `terms.TAKEN`; `file_name` is what the sender calls the file; `constants` are what the source
    says of every row (its vendor, or its system and grade): they fill what the file does not say, and a row that says
    otherwise is refused. Depends on its arguments and the files alone, so it can be run in a process of its own.
    Raises BadInput for a file, or a mapping of it, that cannot be taken at all; then nothing is left behind.
    """
    check(kind, mapping, file_name, constants)
    form = detect(path, file_name)
    with opened(path, file_name, form, mapping.wanted()) as batches:
        rows = mapped(kind, with_rows(batches, file_name), mapping, file_name)
        return inputs.take(
            kind,
            rows,
            out,
            refused,
            file=file_name,
            time_zone=mapping.time_zone,
            constants=constants,
            called=mapping.columns,
        )


def check(kind: str, mapping: Mapping, file_name: str, constants: Dictionary[str, str]) -> None:
    """Raise BadInput for a mapping that cannot be followed or that leaves out what every row needs."""
    problems = mapping.problems(kind)
    if problems:
        raise BadInput(file_name, f"cannot be mapped: {problems[0]}")
    if lacking := missing(kind, mapping, tuple(constants)):
        raise BadInput(file_name, f"is not fully mapped: choose a column or a value for {', '.join(lacking)}")


def line(path: Path, file_name: str, number: int, form: Format | None = None) -> dict[str, str] | None:
    """The row that begins at a line, as received: column -> text. None if no row begins there. Stops when past it.

    form: what the file is, where that is known without looking at it.
    """
    form = form or detect(path, file_name)
    with opened(path, file_name, form) as batches:
        for rows in batches:
            at = int(rows.lines.searchsorted(number))
            if at < len(rows.lines):
                return raw(rows, at, at + 1)[0] if rows.lines[at] == number else None
    return None
