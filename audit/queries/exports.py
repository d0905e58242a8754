"""Files made of a run's lines."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from django.http import Http404

from audit.models import Export
from audit.queries import catalogue


def file_of(export_id: UUID) -> tuple[Export, Path]:
    """An export that is done, and its file. Raises Http404, where the file is gone too."""
    export = Export.objects.filter(id=export_id, state=Export.State.DONE).first()
    if export is None:
        raise Http404("No such file.")
    return export, catalogue.stored(export.file_key)
