"""The web application for gunicorn."""

import atexit
import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "awu_portal.settings")

application = get_wsgi_application()
import_module(settings.ROOT_URLCONF)  # a second's work, which the first request would wait for

from tenants.checks import refuse_strong_role  # noqa: E402  needs the application's registry

refuse_strong_role()
gc.freeze()  # what is loaded stays: to look through it again and again takes a tenth of a small request's time
gc.set_threshold(5_000, 20, 50)
atexit.register(gc.unfreeze)
