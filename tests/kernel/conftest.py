"""Fixtures of the kernel's tests."""

from __future__ import annotations

import pytest

from audit.kernel.records import compiled


@pytest.fixture(params=["plain", "compiled"])
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The loops as they stand, however many rows there are, and compiled, however few."""
    name: str = request.param
    monkeypatch.setattr(compiled, "MANY", 0 if name == "compiled" else 1 << 62)
    return name
