"""How a source's files are read: the mapping in force, and what a file would become under it."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from dataclasses import replace
from pathlib import Path
from typing import Any

from audit.intake import BadInput, Mapping, Preview, identity, missing, preview
from audit.models import Batch, Source
from audit.vault import files

ROWS = 12


def says(source: Source) -> dict[str, str]:
    """What the source says of every row; a row that says otherwise is refused."""
    given = {"vendor": source.vendor.key if source.vendor else "", "system": source.system, "grade": source.grade}
    return {name: value for name, value in given.items() if value}


def in_force(source: Source, saved: Dictionary[str, Any], path: Path, file_name: str) -> Mapping:
    """The mapping that reads a file: the saved one, else the canonical names; with the source's own answers.

    Raises BadInput for a file that cannot be read at all.
    """
    if saved:
        return answered(source, Mapping.from_json(saved))
    columns = preview(path, file_name, source.kind, None, rows=1, context=says(source)).columns
    return answered(source, identity(source.kind, columns))


def answered(source: Source, mapping: Mapping) -> Mapping:
    """The mapping with what the source answers where files are silent: their time zone, their environment."""
    constants = dict(mapping.constants)
    if source.environment and "environment" not in mapping.columns:
        constants.setdefault("environment", source.environment)
    return replace(mapping, constants=constants, time_zone=mapping.time_zone or source.time_zone or None)


def readable(source: Source, path: Path, file_name: str) -> bool:
    """Whether a file can be read without asking: the source has a mapping, or the names are canonical.

    A file that cannot be read at all counts as readable: its reader says why not, and the batch keeps the reason.
    """
    if source.mapping:
        return True
    try:
        mapping = in_force(source, {}, path, file_name)
    except BadInput:
        return True
    return not missing(source.kind, mapping, tuple(says(source)))


def tried(source: Source, batch: Batch, mapping: Mapping | None) -> Preview:
    """What a received file would become under a mapping; without one, under a guess. Raises BadInput."""
    path = files.local(batch.raw_key)
    if mapping is None:
        guessed = preview(path, batch.file_name, source.kind, None, rows=ROWS, context=says(source))
        mapping = answered(source, guessed.mapping)
        if mapping == guessed.mapping:
            return guessed
        again = preview(path, batch.file_name, source.kind, mapping, rows=ROWS, context=says(source))
        return replace(again, reasons=guessed.reasons)
    return preview(path, batch.file_name, source.kind, answered(source, mapping), rows=ROWS, context=says(source))


def sample(source: Source, batch_id: str) -> Batch | None:
    """The batch whose file the editor shows: the one that is named, else the newest that waits, else the newest."""
    received = Batch.objects.filter(source=source).select_related("source")
    named = received.filter(id=batch_id).first() if batch_id else None
    waits = received.filter(state=Batch.State.REFUSED).order_by("-position").first()
    return named or waits or received.order_by("-position").first()
