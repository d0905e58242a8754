"""The broker for one machine: a message is there whole or not at all, and what is no message ends nobody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from uuid import uuid4

import pytest
from kombu import Connection
from kombu.simple import SimpleQueue

from awu_portal import broker


@pytest.fixture
def messages(tmp_path: Path) -> Path:
    """Where the messages lie."""
    for name in ("messages", "control"):
        (tmp_path / name).mkdir()
    return tmp_path / "messages"


@pytest.fixture
def queue(messages: Path) -> Iterator[SimpleQueue]:
    """A queue of the broker that the portal installs."""
    broker.install()
    folders = {"data_folder_in": str(messages), "data_folder_out": str(messages)}
    options = {**folders, "control_folder": str(messages.parent / "control"), "polling_interval": 0.01}
    with Connection("filesystem://", transport_options=options) as connection:
        queue = connection.SimpleQueue(uuid4().hex)  # kombu remembers for the whole process which queues there are
        yield queue
        queue.close()


def test_a_message_arrives(queue: SimpleQueue) -> None:
    queue.put({"job": 1})
    assert queue.get(timeout=5).payload == {"job": 1}


def test_what_a_killed_writer_left_is_passed_over(queue: SimpleQueue, messages: Path) -> None:
    (messages / f"0_empty.{queue.queue.name}.msg").write_bytes(b"")
    (messages / f"1_half.{queue.queue.name}.msg").write_bytes(b'{"body": "')
    (messages / f"2_torn.{queue.queue.name}.msg").write_bytes(b"\xff\xfe")
    queue.put({"job": 2})
    assert queue.get(timeout=5).payload == {"job": 2}
    with pytest.raises(Empty):
        queue.get(timeout=0.1)
    assert not list(messages.glob("*.msg"))


def test_a_message_that_is_being_written_is_not_read(
    queue: SimpleQueue, messages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("awu_portal.broker.os.replace", lambda part, path: None)
    queue.put({"job": 3})
    assert list(messages.glob("*.part"))
    with pytest.raises(Empty):
        queue.get(timeout=0.1)
