"""Signed messages as Standard Webhooks 1.0 has them: https://www.standardwebhooks.com.

An endpoint's secret is derived from SECRET_KEY and from whose it is; the database holds its digest only. So whoever
reads the database cannot sign, and a SECRET_KEY that was changed is noticed instead of signing with something else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime

from django.conf import settings

from audit.models import Webhook
from tenants.access import digest_of

PREFIX = "whsec_"


class LostSecret(Exception):
    """The secret that was shown cannot be derived any more."""


def secret_of(webhook: Webhook) -> str:
    """The secret to show once: `whsec_` and 32 bytes in base64."""
    whose = f"awu_portal webhook v1:{webhook.tenant_id}:{webhook.id}"
    return PREFIX + base64.b64encode(hmac.digest(settings.SECRET_KEY.encode(), whose.encode(), hashlib.sha256)).decode()


def headers(webhook: Webhook, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a message. Raises LostSecret."""
    secret = secret_of(webhook)
    if not hmac.compare_digest(digest_of(secret), webhook.digest):
        raise LostSecret("SECRET_KEY was changed, and the secret of this endpoint with it: add the endpoint anew.")
    stamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signature = hmac.digest(key, b".".join((message_id.encode(), stamp.encode(), body)), hashlib.sha256)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }
