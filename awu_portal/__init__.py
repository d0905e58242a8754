"""The frame: settings, processes, URLs. No business here."""

from awu_portal.celery import app as celery_app

__all__ = ["celery_app"]
