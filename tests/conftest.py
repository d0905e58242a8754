"""Fixtures of the whole suite. Kernel and intake are tested without Django too; then there are none."""

from __future__ import annotations

import importlib.util
import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True)  # a change lands or not by what it does, not by luck
if os.environ.get("CI"):
    settings.load_profile("ci")

if importlib.util.find_spec("pytest_django"):
    pytest_plugins = ["tests.database", "tests.world", "tests.kept", "tests.judged", "tests.stock"]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are named by their place: a packed file holds the time, and every process must collect the same names."""
    return argname if isinstance(val, bytes) else None
