"""These tests run on routes of their own, so that they say nothing of the product's."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def own_routes(settings: Any) -> None:
    """The pages of this app and of `pages.py`; DRF's own words for errors; no ledger."""
    settings.ROOT_URLCONF = "tests.tenants.pages"
    settings.REST_FRAMEWORK = {
        **settings.REST_FRAMEWORK,
        "EXCEPTION_HANDLER": "rest_framework.views.exception_handler",
    }
    settings.RECORD_ACT = None
