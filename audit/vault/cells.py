"""Where and within which limits received files are read: in cells, beside the bench."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from audit.intake.walls import Limits


def for_jobs() -> Limits:
    """For a worker, which reads whole files."""
    return Limits(seconds=settings.PARSE_SECONDS)


def for_pages() -> Limits:
    """For the web, where a person waits and the first rows will do."""
    return Limits(seconds=settings.PREVIEW_SECONDS)


def folder() -> Path:
    """Where cells have their folders; what the dead leave there is tidied away with the engine's."""
    place = Path(settings.BENCH_DIR) / "spill"
    place.mkdir(parents=True, exist_ok=True)
    return place
