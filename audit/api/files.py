"""Files as answers."""

from __future__ import annotations

from pathlib import Path

from django.http import FileResponse

from tenants.middleware import reads_files_only

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "raw": "application/octet-stream",
}


def send(path: Path, form: str, name: str) -> FileResponse:
    """A local file to be saved under a name. form: of MEDIA_TYPES. The file may be removed once this returns."""
    stream = path.open("rb")
    response = FileResponse(stream, as_attachment=True, filename=name, content_type=MEDIA_TYPES[form])
    response["Content-Length"] = path.stat().st_size
    return reads_files_only(response)
