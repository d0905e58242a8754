"""The web application for ASGI servers."""

import os
from concurrent.futures import ThreadPoolExecutor

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "awu_portal.settings")

application = get_asgi_application()

from tenants.checks import refuse_strong_role  # noqa: E402  needs the application's registry

with ThreadPoolExecutor(1) as _thread:  # the server's loop may run already
    _thread.submit(refuse_strong_role).result()
