"""Where each page and each API call leads."""

from django.urls import include, path

urlpatterns = [
    path("t/<slug:tenant>/", include("audit.urls.intake")),
    path("t/<slug:tenant>/", include("audit.urls.results")),
    path("t/<slug:tenant>/", include("audit.urls.alerts")),
    path("api/v1/", include("audit.urls.api")),
    path("", include("audit.urls.probes")),
]
