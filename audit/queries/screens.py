"""The claims of a batch set against themselves: by what, what came of it, and the lines that a finding speaks of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import F, QuerySet
from django.http import Http404
from django.utils import timezone

from audit.kernel.ruleset import Rule, parse
from audit.models import Batch, RateCard, Screen, Source
from audit.queries import batches, rules
from audit.queries.lines import Lines
from audit.vault import files
from audit.vault.screen import Basis, Price


def claims_batch(batch_id: UUID) -> Batch:
    """A batch of claims. Raises Http404, for a batch of evidence too."""
    batch = batches.get(batch_id)
    if batch.source.kind != Source.Kind.CLAIMS:
        raise Http404("Only claims are screened.")
    return batch


def of(batch: Batch) -> Screen | None:
    """The screen of a batch; None where nobody has asked for it."""
    return Screen.objects.filter(batch=batch).first()


def rules_in_force() -> tuple[Rule, str]:
    """The rules in force today, with their name; else the law's defaults."""
    found = rules.in_force(timezone.localdate())
    return (parse(found.rules), str(found)) if found else (Rule(), "the law's defaults")


def basis(batch: Batch, screen: Screen | None) -> Basis:
    """What a screen of the batch would be made by today."""
    rule, _ = rules_in_force()
    cards = RateCard.objects.filter(vendor=batch.source.vendor).order_by("action", "currency", "starts_on")
    return Basis(
        burst_window_seconds=rule.burst_window_seconds,
        burst_minimum=rule.burst_minimum,
        production_environments=rule.production_environments,
        completed_statuses=rule.completed_statuses,
        time_zone=batch.mapping.get("time_zone") or batch.source.time_zone or "UTC",
        received_at=batch.created_at,
        first_on=screen.stated_first_on if screen else None,
        last_on=screen.stated_last_on if screen else None,
        prices=tuple(Price(card.action, card.currency, card.price_micros, card.starts_on) for card in cards),
    )


def before(batch: Batch) -> QuerySet[Batch]:
    """The sealed batches of claims of the same vendor that arrived before, newest first."""
    return Batch.objects.filter(
        source__kind=Source.Kind.CLAIMS,
        source__vendor=batch.source.vendor,
        state=Batch.State.SEALED,
        position__lt=batch.position,
    ).order_by("-position")


def comparable(batch: Batch) -> QuerySet[Screen]:
    """The screens of the vendor's earlier batches that are done, newest batch first."""
    done = Screen.objects.filter(batch__in=before(batch).values("id"), state=Screen.State.DONE)
    return done.select_related("batch").order_by(F("batch__position").desc())


def latest() -> Screen | None:
    """The screen of the batch that arrived last."""
    return Screen.objects.select_related("batch").order_by("-batch__position").first()


@dataclass(frozen=True)
class BatchLines(Lines):
    """The canonical rows of a batch as they were taken; of one finding, where it is named, by its parts."""

    columns: ClassVar[tuple[str, ...]] = (
        *("line", "claim_id", "revision", "withdrawn", "vendor", "agent_id", "action", "target", "occurred_at"),
        *("session_id", "environment", "status", "units", "charge_micros", "currency"),
        *("tokens_input", "tokens_output", "effect", "part"),
    )
    known: ClassVar[tuple[str, ...]] = (
        *("claim_id", "agent_id", "action", "target", "environment", "from", "until", "q"),
    )
    ids: ClassVar[tuple[str, ...]] = ("claim_id", "session_id")
    place: ClassVar[tuple[str, ...]] = ("part", "place")
    marks: Path | None = None
    finding: str = ""

    def relation(self) -> tuple[str, list[Any]]:
        """The rows by their place in the file, narrowed to the finding."""
        rows = "(select *, file_row_number as place from read_parquet(?, file_row_number = true))"
        if not self.finding:
            return f"(select *, 0 as part from {rows})", [str(self.path)]
        found = "(select place, part from read_parquet(?) where finding = ?)"
        return f"({rows} as rows join {found} as found using (place))", [
            *(str(self.path), str(self.marks)),
            self.finding,
        ]


def lines(batch: Batch, finding: str = "", filters: Mapping[str, str] | None = None) -> BatchLines:
    """The rows of a sealed batch. Raises Http404 where there are none yet, or nobody has looked for the finding."""
    screen = of(batch) if finding else None
    if not batch.rows_key or (finding and not (screen and screen.file_key)):
        raise Http404("There are no lines yet.")
    marks = files.local(screen.file_key) if screen else None
    return BatchLines(files.local(batch.rows_key), dict(filters or {}), marks=marks, finding=finding)
