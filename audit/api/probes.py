"""Probes: is the process alive, can it work, how much waits. Without a key, and without a word about any tenant."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from audit.queries import probes

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """200 while the process answers."""
    return JsonResponse({"status": "alive"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """200 where database, migrations and folders are there; else 503 with the names of what is missing."""
    missing = probes.faults()
    return JsonResponse(
        {"status": "missing" if missing else "ready", "missing": missing}, status=503 if missing else 200
    )


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text: jobs by kind and state, and the age of the oldest due one."""
    waiting = probes.waiting()
    lines = ["# HELP awu_jobs Jobs by kind and state.", "# TYPE awu_jobs gauge"]
    lines += [f'awu_jobs{{kind="{kind}",state="{state}"}} {n}' for (kind, state), n in sorted(waiting.counts.items())]
    lines += [
        "# HELP awu_job_oldest_due_seconds How long the oldest due job has been due.",
        "# TYPE awu_job_oldest_due_seconds gauge",
        f"awu_job_oldest_due_seconds {waiting.oldest_due_seconds}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type=METRICS_TYPE)
