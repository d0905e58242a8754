"""What is started together: a killed process comes again, one that cannot start ends all."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from awu_portal import supervise
from awu_portal.supervise import Supervisor


@pytest.fixture
def supervisor(tmp_path: Path) -> Supervisor:
    """A supervisor of one process that does nothing for long."""
    made = Supervisor(tmp_path)
    made.start("idler", [sys.executable, "-c", "import time; time.sleep(600)"], {})
    return made


def test_a_killed_process_is_started_again(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "LIVED_SECONDS", 0)
    first = supervisor.children["idler"]
    assert supervisor.mend()
    assert supervisor.children["idler"] is first
    first.kill()
    first.wait()
    assert supervisor.mend()
    second = supervisor.children["idler"]
    assert second is not first
    assert second.poll() is None
    supervisor.stop()
    assert second.wait() == -signal.SIGTERM


def test_what_ends_at_once_is_not_started_for_ever(supervisor: Supervisor) -> None:
    only = supervisor.children["idler"]
    only.kill()
    only.wait()
    assert not supervisor.mend()
    assert supervisor.children["idler"] is only
