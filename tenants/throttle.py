"""How often a sign-in may be tried: ten times in a quarter of an hour for one account from one address."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from tenants.models import SignInThrottle

ATTEMPTS = 10
WINDOW = timedelta(minutes=15)
BUCKETS = 1 << 20  # the table cannot grow beyond this, whatever is tried


def allow(request: Any, email: str) -> bool:
    """Counts an attempt before the password is looked at, and says whether it may go on."""
    now = timezone.now()
    with transaction.atomic():
        row, made = SignInThrottle.objects.select_for_update().get_or_create(
            bucket=_bucket(request, email), defaults={"failures": 1, "since": now}
        )
        if made:
            return True
        if row.since <= now - WINDOW:
            row.failures, row.since = 0, now
        row.failures += 1
        row.save()
    return row.failures <= ATTEMPTS


def forget(request: Any, email: str) -> None:
    """Starts counting anew after a sign-in that worked."""
    SignInThrottle.objects.filter(bucket=_bucket(request, email)).update(failures=0)


def _bucket(request: Any, email: str) -> int:
    """A keyed hash, so that nobody can aim at another's row."""
    message = f"{email.strip().lower()}|{_address(request)}".encode()
    digest = hmac.digest(settings.SECRET_KEY.encode(), message, hashlib.sha256)
    return int.from_bytes(digest[:8], "big") % BUCKETS


def _address(request: Any) -> str:
    """Who asks: the peer, or behind our own proxy the last address that the proxy wrote down."""
    if getattr(settings, "SECURE_PROXY_SSL_HEADER", None):
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
        return str(forwarded.rpartition(",")[2].strip() or request.META["REMOTE_ADDR"])
    return str(request.META["REMOTE_ADDR"])
