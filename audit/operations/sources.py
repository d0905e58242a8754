"""Sources with their mappings, and coverage: declared, proposed, confirmed, withdrawn."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django.db import IntegrityError, transaction

from audit.intake import Mapping
from audit.models import Batch, Coverage, Source, Vendor, Witness
from audit.operations import counts
from audit.operations.faults import Refused
from audit.operations.record import enter
from tenants.scope import current

EDITABLE = ("name", "environment", "time_zone", "refused_limit_bps", "events_per_minute", "expected_hours")


def add_source(kind: str, name: str, by: str, *, vendor: Vendor | None = None, **settings: Any) -> Source:
    """Enter a source. settings: system, grade (evidence), environment, time_zone, mapping, limits."""
    mapping = settings.pop("mapping", None) or {}
    source = Source(tenant_id=current(), kind=kind, name=name, vendor=vendor, **settings)
    _check(source)
    _save_once(source)
    enter("source.added", source, by, kind=kind)
    if mapping:
        set_mapping(source, mapping, by)
    return source


def edit_source(source: Source, by: str, **changes: Any) -> Source:
    """Change name, environment, time zone, a limit or the expected interval; what was taken stays as it is."""
    mapping = changes.pop("mapping", None)
    for name in EDITABLE:
        if name in changes:
            setattr(source, name, changes[name])
    _check(source)
    _save_once(source)
    enter("source.edited", source, by, changed=sorted(changes))
    if mapping is not None and mapping != source.mapping:
        set_mapping(source, mapping, by)
    return source


def set_mapping(source: Source, mapping: dict[str, Any], by: str) -> Source:
    """Save how the columns of the source's files are read from the next file on."""
    try:
        plain = Mapping.from_json(mapping).to_json()
    except (ValueError, TypeError, KeyError) as error:
        raise Refused(f"The mapping cannot be used: {error}", field="mapping") from error
    source.mapping = json.loads(json.dumps(plain))
    source.mapping_version += 1
    source.save(update_fields=["mapping", "mapping_version"])
    enter("source.mapped", source, by, version=source.mapping_version)
    return source


def add_coverage(
    system: str,
    target_prefix: str,
    starts_at: datetime,
    ends_at: datetime,
    by: str,
    *,
    action: str = "",
    grade: str = "",
) -> Coverage:
    """Declare that a system watched targets from one instant to another. Its grade is the system's own."""
    if starts_at >= ends_at:
        raise Refused("The coverage ends before it begins: ends_at must be later than starts_at.", field="ends_at")
    row = Coverage.objects.create(
        tenant_id=current(),
        system=system,
        grade=hear(system, grade),
        target_prefix=target_prefix,
        action=action,
        starts_at=starts_at,
        ends_at=ends_at,
        state=Coverage.State.CONFIRMED,
        decided_by=by,
    )
    counts.ask()
    enter("coverage.declared", row, by, system=system, target_prefix=target_prefix)
    return row


def propose_coverage(batch: Batch, spans: Iterable[tuple[str, str, datetime, datetime]]) -> None:
    """Propose, from what a batch of evidence spans, that its systems watched; a person confirms."""
    declared = set(
        Coverage.objects.exclude(state=Coverage.State.WITHDRAWN).values_list(
            "system", "target_prefix", "starts_at", "ends_at"
        )
    )
    rows = [
        Coverage(
            tenant_id=current(),
            system=system,
            grade=hear(system),
            target_prefix=prefix,
            starts_at=first,
            ends_at=last,
            state=Coverage.State.PROPOSED,
            batch=batch,
        )
        for system, prefix, first, last in spans
        if first < last and len(prefix) <= 500 and not _spoken_for(declared, system, prefix, first, last)
    ]
    Coverage.objects.bulk_create(rows)


def _spoken_for(
    declared: set[tuple[str, str, datetime, datetime]], system: str, prefix: str, first: datetime, last: datetime
) -> bool:
    return any(
        system == known and prefix.startswith(place) and starts <= first and last <= ends
        for known, place, starts, ends in declared
    )


def confirm_coverage(row: Coverage, by: str) -> Coverage:
    """Say that the system did watch; from the next run on its silence means something."""
    return _decide(row, Coverage.State.CONFIRMED, "coverage.confirmed", by)


def withdraw_coverage(row: Coverage, by: str) -> Coverage:
    """Say that the system did not watch; runs that read the row keep it. Can be confirmed again."""
    return _decide(row, Coverage.State.WITHDRAWN, "coverage.withdrawn", by)


def _decide(row: Coverage, state: str, action: str, by: str) -> Coverage:
    row.state, row.decided_by = state, by
    row.save(update_fields=["state", "decided_by"])
    counts.ask()
    enter(action, row, by, system=row.system, target_prefix=row.target_prefix)
    return row


def hear(system: str, grade: str = "") -> str:
    """The one grade of a system; entered when it is heard of first. Raises Refused where it differs."""
    witness = Witness.objects.filter(system=system).first()
    if witness is None:
        source = Source.objects.filter(system=system).exclude(grade="").first()
        grade = grade or (source.grade if source else "")
        if not grade:
            raise Refused(f"The grade of “{system}” is not known: say A, B, C or D.", field="grade")
        witness = Witness.objects.create(tenant_id=current(), system=system, grade=grade)
    if grade and grade != witness.grade:
        raise Refused(
            f"“{system}” is a witness of grade {witness.grade} already; a system has one grade, not {grade} too.",
            field="grade",
        )
    return witness.grade


def _check(source: Source) -> None:
    if source.time_zone and source.time_zone not in available_timezones():
        raise Refused(f"“{source.time_zone}” is no time zone: use a name such as Europe/Berlin.", field="time_zone")
    if source.kind != Source.Kind.EVIDENCE and source.vendor is None:
        raise Refused(f"A source of {source.kind} belongs to a vendor: name it.", field="vendor")
    if source.kind == Source.Kind.EVIDENCE and source.system:
        source.grade = hear(source.system, source.grade)
    if source.refused_limit_bps > 10_000:
        raise Refused("The limit of refused rows is a share: 10,000 at most (basis points).", field="refused_limit_bps")
    if source.expected_hours is not None and source.expected_hours < 1:
        raise Refused(
            "Something is expected every hour at most: use at least 1, or say nothing.", field="expected_hours"
        )


def _save_once(source: Source) -> None:
    try:
        with transaction.atomic():
            source.save()
    except IntegrityError as error:
        raise Refused(f"There is a source “{source.name}” already.", field="name") from error
