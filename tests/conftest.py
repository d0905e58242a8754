"""Fixtures of the whole suite. Kernel and intake are tested without Django too; then there are none."""

from __future__ import annotations

import importlib.util

if importlib.util.find_spec("pytest_django"):
    pytest_plugins = ["tests.database", "tests.world", "tests.judged", "tests.stock"]
