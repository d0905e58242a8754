"""Lines as files, made by a job: asked for, made, fetched when ready."""

from __future__ import annotations

from uuid import UUID

from audit.models import Export, Job, Run
from audit.operations import jobs
from audit.operations.faults import Refused
from audit.operations.record import enter
from audit.queries import lines
from audit.vault import files
from audit.vault.write import write_lines
from tenants.scope import current, scope


def ask(run: Run, form: str, filters: dict[str, str], by: str) -> Export:
    """Queue a file of the run's lines that pass the filters."""
    if run.state != Run.State.DONE:
        raise Refused(f"{run} is not done yet: export when it is.")
    if form not in Export.Format.values:
        raise Refused(f"“{form}” is no format: use {', '.join(Export.Format.values)}.", field="format")
    kept = {name: value for name, value in filters.items() if name in lines.FILTERS and value}
    export = Export.objects.create(tenant_id=current(), run=run, format=form, filters=kept, asked_by=by)
    enter("export.asked", export, by, run=run.id, format=form, filters=kept)
    jobs.add(Job.Kind.EXPORT, export.id)
    return export


def make(lease: jobs.Lease) -> None:
    """Write the file. A job: called outside any scope."""
    with scope(lease.tenant_id):
        export = Export.objects.select_related("run").get(id=lease.object_id)
        source = lines.of(export.run, export.filters)
        run_number = export.run.number
    where, parameters = lines.where(export.filters)
    with files.scratch(lease.tenant_id, f"export-{export.id}", lease.fence) as folder:
        out = folder / f"lines.{export.format}"
        count = write_lines(source.path, lines.COLUMNS, where, parameters, lines.ORDER, export.format, out)
        stored = files.store(lease.tenant_id, out, f".{export.format}")
    with scope(lease.tenant_id):
        export.state, export.row_count, export.byte_count = Export.State.DONE, count, stored.byte_count
        export.file_key, export.file_name, export.error = stored.key, f"run-{run_number}-lines.{export.format}", ""
        export.save()
        enter("export.made", export, "system", sha256=stored.sha256, rows=count)
        jobs.finish(lease)


def give_up(export_id: UUID, error: str) -> None:
    """End an export that cannot be made, with the reason."""
    Export.objects.filter(id=export_id).update(state=Export.State.FAILED, error=error)


def reopen(export_id: UUID) -> None:
    """Make again what was given up."""
    Export.objects.filter(id=export_id, state=Export.State.FAILED).update(state=Export.State.WAITING, error="")
