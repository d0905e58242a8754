"""Counts that vendors state."""

from __future__ import annotations

from audit.api.base import Nouns
from audit.api.filters import CountFilters
from audit.queries import counts
from audit.serializers.counts import StatedCountSerializer


class Counts(Nouns):
    """Stated counts; where `superseded` is not given those that stand."""

    rows = staticmethod(counts.all_counts)
    serializer_class = StatedCountSerializer
    filterset_class = CountFilters
    ordering = ("-period_start", "id")
    ordering_fields = ("id", "period_start", "agent_id", "action", "claim_units", "created_at")
