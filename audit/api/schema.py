"""Where the API is described and browsed, and what answers where nothing is."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.views.decorators.http import require_safe
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny

from audit.api.base import Endpoint


class Schema(SpectacularAPIView):
    """OpenAPI 3, as JSON; as YAML where the caller accepts that only, or asks with `?format=yaml`."""

    renderer_classes = [OpenApiJsonRenderer, OpenApiYamlRenderer]

    def get_renderers(self) -> list[Any]:
        """YAML first where it is asked for."""
        renderers = list(super().get_renderers())
        return renderers[::-1] if self.request.GET.get("format") == "yaml" else renderers


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The API to browse and to try: files of our own, no script and no style inside the page."""
    return render(request, "audit/api_docs.html", {"schema_url": reverse("api-schema")})


class Nothing(Endpoint):
    """Every address of the API that leads nowhere."""

    schema = None
    permission_classes = [AllowAny]
    reads_body = False

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The same address with a slash where there is something there, whatever the method; else 404."""
        path = f"{request.path_info}/"
        if not request.path_info.endswith("/") and _leads_somewhere(path):
            query = request.META.get("QUERY_STRING", "")
            return _SameMethodRedirect(f"{path}?{query}" if query else path)
        return super().dispatch(request, *args, **kwargs)

    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """404 for every method."""
        raise Http404


class _SameMethodRedirect(HttpResponsePermanentRedirect):
    """The client sends method and body again."""

    status_code = 308


def _leads_somewhere(path: str) -> bool:
    try:
        return getattr(resolve(path).func, "cls", None) is not Nothing
    except Resolver404:
        return False
