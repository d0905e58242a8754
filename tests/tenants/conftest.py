"""These tests run on routes of their own, so that they say nothing of the product's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests import probe
from tests.database import NAME, PRISTINE, connect, copy_database, drop_database


@pytest.fixture(autouse=True)
def own_routes(settings: Any) -> None:
    """The pages of this app and of `pages.py`; DRF's own words for errors; no ledger."""
    settings.ROOT_URLCONF = "tests.tenants.pages"
    settings.REST_FRAMEWORK = {
        **settings.REST_FRAMEWORK,
        "EXCEPTION_HANDLER": "rest_framework.views.exception_handler",
    }
    settings.RECORD_ACT = None


@pytest.fixture(scope="session")
def furnished(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The name of a database with one row of two tenants in every table. Copy it before changing anything."""
    name = f"{NAME}_furnished"
    with django_db_blocker.unblock():
        copy_database(PRISTINE, name)
        with connect("owner", name) as owner:
            probe.furnish(owner)
        yield name
        drop_database(name)
