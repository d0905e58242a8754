"""Lines written to a file for one answer: every line that the filters let through."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

from audit.queries.lines import Lines
from audit.vault import files
from audit.vault.write import write_lines

AT_ONCE_MAX = 1_000_000  # more lines than this are an export, made by a job


@contextmanager
def written(tenant_id: UUID, chosen: Lines, form: str) -> Iterator[Path]:
    """The lines as a file of this form, which is gone afterwards. Called outside any scope: it may take seconds."""
    where, parameters = chosen.condition()
    with files.scratch(tenant_id, f"answer-{uuid4()}") as folder:
        out = folder / f"lines.{form}"
        write_lines(chosen.path, chosen.columns, where, parameters, chosen.identity, form, out)
        yield out
