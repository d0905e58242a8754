"""Sources and coverage."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.base import Nouns, once
from audit.api.filters import CoverageFilters, SourceFilters
from audit.operations import sources
from audit.queries import catalogue
from audit.serializers.nouns import CoverageSerializer, SourceSerializer


class Sources(Nouns):
    """Vendor feeds and own systems."""

    rows = staticmethod(catalogue.sources)
    serializer_class = SourceSerializer
    filterset_class = SourceFilters
    ordering = ("name", "id")
    ordering_fields = ("id", "kind", "name", "created_at")

    @once
    def create(self, request: Request) -> Response:
        """Enter a source."""
        given = self.given()
        return self.show(sources.add_source(given.pop("kind"), given.pop("name"), self.by, **given), 201)

    def partial_update(self, request: Request, **kwargs: object) -> Response:
        """Change a source; what it brought stays as it is."""
        source = self.get_object()
        given = self.changes(source, *sources.EDITABLE, "mapping")
        return self.show(sources.edit_source(source, self.by, **given))


class Coverages(Nouns):
    """Where and when systems were watching."""

    rows = staticmethod(catalogue.coverage)
    serializer_class = CoverageSerializer
    filterset_class = CoverageFilters
    ordering = ("system", "target_prefix", "starts_at", "id")
    ordering_fields = ("id", "system", "target_prefix", "starts_at", "ends_at", "created_at")

    @once
    def create(self, request: Request) -> Response:
        """Declare that a system watched; it counts from the next run on."""
        return self.show(sources.add_coverage(**self.given(), by=self.by), 201)

    @extend_schema(request=None, responses=CoverageSerializer)
    @once
    def confirm(self, request: Request, **kwargs: object) -> Response:
        """Confirm what a batch proposed, or what was withdrawn."""
        return self.show(sources.confirm_coverage(self.get_object(), self.by))

    @extend_schema(request=None, responses=CoverageSerializer)
    @once
    def withdraw(self, request: Request, **kwargs: object) -> Response:
        """Say that the system did not watch."""
        return self.show(sources.withdraw_coverage(self.get_object(), self.by))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **kwargs: object) -> Response:
        """Withdraw coverage; the row stays, for the runs that read it."""
        sources.withdraw_coverage(self.get_object(), self.by)
        return Response(status=204)
