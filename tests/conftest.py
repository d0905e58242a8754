"""Fixtures of the whole suite. Kernel and intake are tested without Django too; then there are none."""

from __future__ import annotations

import importlib.util
import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True)  # a change lands or not by what it does, not by luck
if os.environ.get("CI"):
    settings.load_profile("ci")

if importlib.util.find_spec("pytest_django"):
    pytest_plugins = ["tests.database", "tests.world", "tests.judged", "tests.stock"]
