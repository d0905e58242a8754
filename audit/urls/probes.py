"""Where operators ask."""

from django.urls import path

from audit.api import probes

urlpatterns = [
    path("health/live", probes.live, name="health-live"),
    path("health/ready", probes.ready, name="health-ready"),
    path("metrics", probes.metrics, name="metrics"),
]
