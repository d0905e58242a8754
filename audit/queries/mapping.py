"""How a source's files are read: the mapping in force, and what a file would become under it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Mapping as Dictionary
from dataclasses import replace
from pathlib import Path
from typing import Any

from audit.intake import BadInput, Mapping, Preview, cell, identity, missing
from audit.intake.walls import Limits
from audit.models import Batch, Source
from audit.vault import cells, files

ROWS = 12


def says(source: Source) -> dict[str, str]:
    """What the source says of every row; a row that says otherwise is refused."""
    given = {"vendor": source.vendor.key if source.vendor else "", "system": source.system, "grade": source.grade}
    return {name: value for name, value in given.items() if value}


def in_force(source: Source, saved: Dictionary[str, Any], path: Path, file_name: str, limits: Limits) -> Mapping:
    """The mapping that reads a file: the saved one, else the canonical names; with the source's own answers.

    `limits` are for looking at its columns, where that is needed. Raises BadInput for a file that cannot be read.
    """
    if saved:
        return answered(source, Mapping.from_json(saved))
    seen = _preview(source, path, file_name, None, limits, rows=1)
    return answered(source, identity(source.kind, seen.columns))


def answered(source: Source, mapping: Mapping) -> Mapping:
    """The mapping with what the source answers where files are silent: their time zone, their environment."""
    constants = dict(mapping.constants)
    if source.environment and "environment" not in mapping.columns:
        constants.setdefault("environment", source.environment)
    return replace(mapping, constants=constants, time_zone=mapping.time_zone or source.time_zone or None)


def of_rows(source: Source, canonical: bool = False) -> Callable[[Iterable[str]], Mapping]:
    """How rows of a stream are read, which name their own fields: the mapping for the names that they bring.

    canonical: they have canonical names, whatever mapping the source's files have. Raises BadInput for a saved mapping
    that cannot be followed.
    """
    if canonical or not source.mapping:
        return lambda names: answered(source, identity(source.kind, names))
    saved = answered(source, Mapping.from_json(source.mapping))
    if problems := saved.problems(source.kind):
        raise BadInput("The mapping", f"of the source cannot be followed: {problems[0]}")
    return lambda names: saved


def readable(source: Source, path: Path, file_name: str) -> bool:
    """Whether a file can be read without asking: the source has a mapping, or the names are canonical.

    A file that cannot be read at all counts as readable: its reader says why not, and the batch keeps the reason.
    """
    if source.mapping:
        return True
    try:
        mapping = in_force(source, {}, path, file_name, cells.for_pages())
    except BadInput:
        return True
    return not missing(source.kind, mapping, tuple(says(source)))


def tried(source: Source, batch: Batch, mapping: Mapping | None) -> Preview:
    """What a received file would become under a mapping; without one, under a guess. Raises BadInput."""
    path, limits = files.local(batch.raw_key), cells.for_pages()
    if mapping is None:
        guessed = _preview(source, path, batch.file_name, None, limits)
        mapping = answered(source, guessed.mapping)
        if mapping == guessed.mapping:
            return guessed
        again = _preview(source, path, batch.file_name, mapping, limits)
        return replace(again, reasons=guessed.reasons)
    return _preview(source, path, batch.file_name, answered(source, mapping), limits)


def _preview(
    source: Source, path: Path, file_name: str, mapping: Mapping | None, limits: Limits, rows: int = ROWS
) -> Preview:
    return cell.preview(
        path,
        file_name,
        source.kind,
        mapping,
        rows=rows,
        context=says(source),
        folder=cells.folder(),
        limits=limits,
    )


def sample(source: Source, batch_id: str) -> Batch | None:
    """The batch whose file the editor shows: the one that is named, else the newest that waits, else the newest."""
    received = Batch.objects.filter(source=source).select_related("source")
    named = received.filter(id=batch_id).first() if batch_id else None
    waits = received.filter(state=Batch.State.REFUSED).order_by("-position").first()
    return named or waits or received.order_by("-position").first()
