"""Counts that vendors state."""

from __future__ import annotations

from audit.api.base import Nouns
from audit.api.filters import CountFilters
from audit.queries import counts
from audit.serializers.counts import CountSerializer


class Counts(Nouns):
    """Stated counts; where `superseded` is not given those that stand."""

    rows = staticmethod(counts.all_counts)
    serializer_class = CountSerializer
    filterset_class = CountFilters
    ordering = ("-period_start", "id")
    ordering_fields = ("id", "period_start", "agent_id", "action", "units", "claim_units", "variance", "created_at")
