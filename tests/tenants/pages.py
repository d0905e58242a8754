"""Routes for tests of this app: its own pages, and views that behave in ways the middleware must bear."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template import engines
from django.template.response import TemplateResponse
from django.urls import include, path
from django.utils import timezone
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tenants import scope
from tenants.access import enters_scope, requires
from tenants.middleware import reads_files_only
from tenants.models import Membership, Tenant

LATE = engines["django"].from_string("{{ members.count }} members")


@requires("see_shared")
def start(request: HttpRequest, tenant: str) -> HttpResponse:
    """The tenant's first page."""
    return HttpResponse(f"{timezone.get_current_timezone_name()} {Tenant.objects.get().name}")


def late(request: HttpRequest, tenant: str) -> TemplateResponse:
    """Reads while it is rendered."""
    return TemplateResponse(request, LATE, {"members": Membership.objects.all()})


def renames(request: HttpRequest, tenant: str, end: str) -> HttpResponse:
    """Writes, then ends as asked."""
    Tenant.objects.update(name="Renamed")
    if end == "raise":
        raise Http404
    if end == "crash":
        raise ZeroDivisionError
    return HttpResponse(status=int(end))


def stream(request: HttpRequest, tenant: str, marked: int) -> StreamingHttpResponse:
    """Streams from inside the scope."""
    response = StreamingHttpResponse(iter([b"bytes"]))
    return reads_files_only(response) if marked else response


@enters_scope
def itself(request: Any, tenant: str) -> HttpResponse:
    """Opens the scope on its own, and not for long."""
    assert not transaction.get_connection().in_atomic_block or not scope.is_open()
    with scope.scope(request.tenant.id):
        return HttpResponse(Tenant.objects.get().name)


class Nouns(APIView):
    """An API view with the default scopes for its methods."""

    def get(self, request: Request) -> Response:
        """Whose data the key sees."""
        return Response({"tenant": Tenant.objects.get().slug, "members": Membership.objects.count()})

    def post(self, request: Request) -> Response:
        """Writes."""
        Tenant.objects.update(name="Renamed")
        return Response(status=201)


class Intake(APIView):
    """An API view with scopes of its own, which enters the scope itself when it is posted to."""

    required_scopes = {"POST": "ingest"}

    @enters_scope
    def post(self, request: Request) -> Response:
        """Whether a scope was open."""
        return Response({"open": scope.is_open(), "tenant": request._request.tenant.slug})  # type: ignore[attr-defined]

    def get(self, request: Request) -> Response:
        """Whether a scope was open."""
        return Response({"open": scope.is_open()})


class Open(APIView):
    """For everyone."""

    permission_classes = [AllowAny]
    authentication_classes = []

    def get(self, request: Request) -> Response:
        """Nothing of a tenant."""
        return Response({"open": scope.is_open()})


urlpatterns = [
    path("", include("tenants.urls")),
    path("t/<slug:tenant>/", start, name="start"),
    path("t/<slug:tenant>/late/", late),
    path("t/<slug:tenant>/renames/<str:end>/", renames),
    path("t/<slug:tenant>/stream/<int:marked>/", stream),
    path("t/<slug:tenant>/itself/", itself),
    path("api/v1/nouns/", Nouns.as_view()),
    path("api/v1/intake/", Intake.as_view()),
    path("api/v1/open/", Open.as_view()),
]
