"""The PostgreSQL server that `make test-services` runs the isolation suite against."""

from __future__ import annotations

import os

import pytest

from tests import database

pytestmark = pytest.mark.services
VARIABLES = ("AWU_TEST_DATABASE_URL", "AWU_TEST_DATABASE_OWNER_URL")


def test_the_suite_is_on_a_server_and_not_on_the_embedded_one(db: None) -> None:
    missing = [name for name in VARIABLES if not os.environ.get(name)]
    if missing and os.environ.get("CI"):
        pytest.fail(f"{' and '.join(missing)} not set: CI must test a PostgreSQL server")
    if missing:
        pytest.skip(f"{' and '.join(missing)} not set: no PostgreSQL server to test")
    assert not database.EMBEDDED
    for alias, may_make in (("default", False), ("owner", True)):
        with database.connect(alias) as server:
            query = "select rolsuper, rolbypassrls, rolcreatedb from pg_roles where rolname = current_user"
            assert server.execute(query).fetchone() == (False, False, may_make)
