"""Versions of rule sets."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from audit.models import RuleSet
from audit.serializers.fields import PlainObject, Shown


class RuleSetSerializer(Shown):
    """One version of the rules under one name."""

    rules = PlainObject(help_text="Names of the law with their values; a name that is absent takes its default.")
    note = serializers.CharField(required=False, allow_blank=True, max_length=10_000, help_text="Why this version.")

    class Meta:
        model = RuleSet
        fields = (
            *("id", "name", "version", "rules", "digest", "note", "state", "effective_on", "drafted_by"),
            *("decided_by", "decided_at", "decision_note", "created_at"),
        )
        read_only_fields = (
            *("version", "digest", "state", "drafted_by", "decided_by", "decided_at", "decision_note", "created_at"),
        )


class RejectionSerializer(serializers.Serializer[Any]):
    """Why a version is turned down."""

    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=10_000)
