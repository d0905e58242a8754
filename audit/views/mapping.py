"""The mapping of a source: which column becomes which field, seen on the rows of a real file before it is saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.utils.text import capfirst

from audit.forms.mapping import QUOTED, MappingForm, initial
from audit.intake import BadInput, Mapping, Preview
from audit.models import Batch, Source
from audit.operations import batches as receiving
from audit.operations import sources as operations
from audit.queries import batches, mapping, sources
from audit.views.page import attempt, show
from tenants.access import TenantRequest, actor, requires

SAMPLES = 3


@requires("upload")
def editor(request: TenantRequest, tenant: str, source_id: UUID) -> HttpResponseBase:
    """Shows a mapping on a file's first rows; `preview` tries what was entered, `save` keeps it."""
    source = sources.get(source_id)
    batch = _sample(request, source)
    saving = request.method == "POST" and "save" in request.POST
    if saving and not request.may["manage"]:
        raise PermissionDenied
    guessing = "guess" in request.GET or not source.mapping
    saved = None if guessing else Mapping.from_json(source.mapping)
    seen, problem = _tried(source, batch, saved)
    form = _form(request, source, seen, saved, saving)
    if request.method == "POST" and form.is_valid():
        saved_source = attempt(form, lambda: _save(request, source, batch, form.mapping())) if saving else None
        if saved_source:
            return redirect("batch", tenant, batch.id) if batch else redirect("source", tenant, source.id)
        seen, problem = _tried(source, batch, form.mapping())
    return _page(request, source, batch, form, seen, problem)


def _sample(request: TenantRequest, source: Source) -> Batch | None:
    """The batch whose rows are shown. Raises Http404 for one that is named and not there."""
    named = request.GET.get("batch", "")
    try:
        batch = mapping.sample(source, str(UUID(named)) if named else "")
    except ValueError:
        raise Http404("No such batch.") from None
    if named and (batch is None or str(batch.id) != str(UUID(named))):
        raise Http404("No such batch.")
    return batch


def _tried(source: Source, batch: Batch | None, wanted: Mapping | None) -> tuple[Preview | None, str]:
    """What the file becomes, or why it cannot be read."""
    if batch is None:
        return None, ""
    try:
        return mapping.tried(source, batch, wanted), ""
    except BadInput as error:
        return None, f"{batch.file_name} {error.what}."


def _form(
    request: TenantRequest, source: Source, seen: Preview | None, saved: Mapping | None, saving: bool
) -> MappingForm:
    shown = saved or (seen.mapping if seen else mapping.answered(source, Mapping()))
    told = bool(seen and {"occurred_at", "period_start"} & seen.mapping.columns.keys())
    zone_said = bool(saved) or (told and "time_zone" not in (seen.reasons if seen else {}))
    return MappingForm(
        request.POST if request.method == "POST" else None,
        initial=initial(shown, zone_said=zone_said),
        keeps=saving,
        kind=source.kind,
        columns=seen.columns if seen else (),
        fixed=tuple(mapping.says(source)),
    )


def _save(request: TenantRequest, source: Source, batch: Batch | None, wanted: Mapping) -> Source:
    """Keep the mapping, and read what waited for it."""
    operations.set_mapping(source, wanted.to_json(), actor(request))
    waiting = [found for found in batches.waiting() if found.source_id == source.id]
    if batch and batch.state == Batch.State.REFUSED and batch not in waiting:
        waiting.append(batch)
    for found in waiting:
        receiving.retake(found, actor(request))
    read = f" {', '.join(found.file_name for found in waiting)}: being read now." if waiting else ""
    messages.success(request, f"Saved as version {source.mapping_version}.{read}")
    return source


def _page(
    request: TenantRequest, source: Source, batch: Batch | None, form: MappingForm, seen: Preview | None, problem: str
) -> HttpResponseBase:
    reasons = {name: QUOTED.sub(r"“\1”", why) for name, why in (seen.reasons if seen else {}).items()}
    rows = {row.name: row for row in form.rows(reasons, _samples(seen) if seen else {})}
    context: dict[str, Any] = {
        "source": source,
        "batch": batch,
        "problem": problem or (capfirst(seen.problem) if seen else ""),  # a file's name keeps its letters
        "form": form,
        "environment": rows.pop("environment", None),
        "rows": list(rows.values()),
        "reasons": [reasons[name] for name in ("epoch", "date_pattern", "grain") if name in reasons],
        "zone_reason": reasons.get("time_zone", ""),
        "line_reason": reasons.get("line", ""),
    }
    return show(request, "audit/source_map.html", form, **context, **(_beside(seen) if seen else {}))


def _beside(seen: Preview) -> dict[str, Any]:
    """The first rows as received and as mapped; what no row holds, and what no mapping gave, is left out."""
    told = {"line", "effect", "charge_micros", "currency", *seen.mapping.columns, *seen.mapping.constants}
    fields = [name for name in _used(seen.mapped) if name in told]
    columns = _used(seen.raw)
    return {
        "seen": seen,
        "columns": columns,
        "raw": [
            (line, [row.get(name, "") for name in columns]) for line, row in zip(seen.lines, seen.raw, strict=False)
        ],
        "unused": [name for name in seen.columns if name not in seen.mapping.wanted()],
        "fields": fields,
        "bare_targets": any(row["target"].count("/") < 2 for row in seen.mapped if row.get("target")),
        "mapped": [[row[name] for name in fields] for row in seen.mapped],
    }


def _used(rows: Sequence[dict[str, str]]) -> list[str]:
    """The names that hold anything in these rows, in order."""
    return list(dict.fromkeys(name for row in rows for name, text in row.items() if text))


def _samples(seen: Preview) -> dict[str, list[str]]:
    """A few different values of each column."""
    found: dict[str, list[str]] = {}
    for name in seen.columns:
        values = dict.fromkeys(text[:40] for row in seen.raw if (text := row.get(name, "")))
        found[name] = list(values)[:SAMPLES]
    return found
