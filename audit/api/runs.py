"""Runs, their discrepancies and scores."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.base import Nouns, once
from audit.api.filters import FindingFilters, RunFilters, ScoreFilters
from audit.models import Finding, Run, Score
from audit.operations import runs as operation
from audit.queries import catalogue, runs
from audit.serializers.runs import FindingSerializer, NewRunSerializer, RunSerializer, ScoreSerializer

RUN = OpenApiParameter("run", UUID, description="The run; where not given the newest that counts.")


class NotYet(exceptions.APIException):
    """What was asked for is still being made."""

    status_code = 409
    default_detail = "The run is not done yet: look at its state and ask again."
    default_code = "not_yet"


class Runs(Nouns):
    """Runs."""

    rows = staticmethod(runs.all_runs)
    required_scopes = {"POST": "run"}
    serializer_class = RunSerializer
    filterset_class = RunFilters
    ordering = ("-number", "id")
    ordering_fields = ("id", "number", "period_start", "period_end", "state", "created_at")

    @extend_schema(request=NewRunSerializer, responses={202: RunSerializer})
    @once
    def create(self, request: Request) -> Response:
        """Open a run over what has arrived so far; a worker carries it."""
        serializer = NewRunSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self.show(operation.open_run(**serializer.validated_data, by=self.by), 202)


class Findings(Nouns):
    """What one run found, grouped by reason, vendor, agent and action."""

    serializer_class = FindingSerializer
    filterset_class = FindingFilters
    ordering = ("-charge_micros", "-units", "id")
    ordering_fields = ("id", "charge_micros", "units", "claims", "first_at", "last_at")

    def get_queryset(self) -> QuerySet[Finding]:
        """The findings of the run in the path. Raises Http404, or NotYet."""
        if getattr(self, "swagger_fake_view", False):
            return Finding.objects.all()
        run = runs.get(self.kwargs["id"])
        if run.state != Run.State.DONE:
            raise NotYet
        return runs.findings(run)

    @extend_schema(operation_id="runs_discrepancies_list")
    def list(self, request: Request, **kwargs: Any) -> Response:
        """The discrepancies of a run, most money first."""
        return super().list(request)


class Discrepancies(Nouns):
    """A discrepancy by its own id."""

    rows = staticmethod(catalogue.discrepancies)
    serializer_class = FindingSerializer

    @extend_schema(parameters=[RUN])
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """What a run found of it; the newest that found it where no run is named."""
        return Response(self.get_serializer(catalogue.finding(self.kwargs["id"], run_of(request))).data)


class Scores(Nouns):
    """Scores of one run."""

    serializer_class = ScoreSerializer
    filterset_class = ScoreFilters
    ordering = ("id",)
    ordering_fields = ("id", "vendor", "agent_id", "action", "claimed_units", "verified_units", "unverifiable_units")

    def get_queryset(self) -> QuerySet[Score]:
        """The scores of the run that is asked for, else of the newest that counts; of the whole run without `by`."""
        if getattr(self, "swagger_fake_view", False):
            return Score.objects.all()
        run = catalogue.chosen_run(run_of(self.request))
        if run is None:
            return Score.objects.none()
        by = self.request.query_params.get("by")
        return runs.scores(run) if not by else Score.objects.filter(run=run)


def run_of(request: Request) -> UUID | None:
    """The run that a request names with `?run=`. Raises ValidationError."""
    text = request.query_params.get("run")
    if not text:
        return None
    try:
        return cast("UUID", serializers.UUIDField().run_validation(text))
    except exceptions.ValidationError as error:
        raise exceptions.ValidationError({"run": error.detail}) from error
