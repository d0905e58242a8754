"""Rule sets: drafted by one person, approved by another, whichever keys they use."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.base import Nouns, once
from audit.api.filters import RuleSetFilters
from audit.operations import rules
from audit.queries import catalogue
from audit.serializers.rules import RejectionSerializer, RuleSetSerializer


class RuleSets(Nouns):
    """Versions of the rules."""

    rows = staticmethod(catalogue.rule_sets)
    serializer_class = RuleSetSerializer
    filterset_class = RuleSetFilters
    ordering = ("name", "-version", "id")
    ordering_fields = ("id", "name", "version", "created_at")

    @property
    def by(self) -> str:
        """The person who made the key: two keys of one person are one person, and so are a key and its maker."""
        return f"user:{self.key.created_by_id}"

    @once
    def create(self, request: Request) -> Response:
        """Draft the next version under a name."""
        given = self.given()
        rule_set = rules.draft(
            given["name"],
            given["rules"],
            self.by,
            note=given.get("note", ""),
            effective_on=given.get("effective_on"),
        )
        return self.show(rule_set, 201)

    def partial_update(self, request: Request, **kwargs: object) -> Response:
        """Change a draft."""
        rule_set = self.get_object()
        given = self.changes(rule_set, "rules", "note", "effective_on")
        kept = {name: getattr(rule_set, name) for name in ("rules", "note", "effective_on")} | given
        return self.show(rules.redraft(rule_set, kept.pop("rules"), self.by, **kept))

    @extend_schema(request=None, responses=RuleSetSerializer)
    @once
    def submit(self, request: Request, **kwargs: object) -> Response:
        """Hand a draft in for approval."""
        return self.show(rules.submit(self.get_object(), self.by))

    @extend_schema(request=None, responses=RuleSetSerializer)
    @once
    def approve(self, request: Request, **kwargs: object) -> Response:
        """Approve what another person drafted."""
        return self.show(rules.approve(self.get_object(), self.by))

    @extend_schema(request=RejectionSerializer, responses=RuleSetSerializer)
    @once
    def reject(self, request: Request, **kwargs: object) -> Response:
        """Turn down what another person drafted, with the reason."""
        rule_set = self.get_object()
        said = RejectionSerializer(data=request.data if "json" in request.content_type else {})
        said.is_valid(raise_exception=True)
        return self.show(rules.reject(rule_set, self.by, said.validated_data["reason"]))
