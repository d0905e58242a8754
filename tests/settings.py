"""The portal's settings for tests: a server and folders of their own, cheap passwords."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

os.environ.setdefault("AWU_VAR", str(Path(__file__).resolve().parent.parent / "var" / "test"))
os.environ.setdefault("LOG_LEVEL", "WARNING")
for _name, _given in (("DATABASE_URL", "AWU_TEST_DATABASE_URL"), ("DATABASE_OWNER_URL", "AWU_TEST_DATABASE_OWNER_URL")):
    os.environ.pop(_name, None)
    if os.environ.get(_given):
        os.environ[_name] = os.environ[_given]

from awu_portal.settings import *  # noqa: E402, F403  everything else is as it is in production

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True  # nothing is collected

DATABASES["default"]["OPTIONS"].pop("options", None)  # noqa: F405  a test's transaction may wait for long work
_scratch = Path(tempfile.mkdtemp(prefix="awu-test-"))
atexit.register(shutil.rmtree, _scratch, ignore_errors=True)
VAULT_URL = str(_scratch / "vault")
BENCH_DIR = _scratch / "bench"
COUNT_SECONDS = 0
CELERY_BROKER_URL = "memory://localhost/"  # nobody listens: tests do the jobs themselves, or start a worker
CELERY_BROKER_TRANSPORT_OPTIONS = {}
