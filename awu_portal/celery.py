"""The Celery application. The broker is a hint; the job rows in PostgreSQL decide what is done."""

from __future__ import annotations

import os

from celery import Celery

from awu_portal import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "awu_portal.settings")

broker.install()
app = Celery("awu_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
