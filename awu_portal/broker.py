"""The broker for one machine: kombu's messages in a folder, but each one there whole or not at all.

Kombu writes a message under its final name and reads it while it is still being written, or after its writer was
killed half-way; what it then reads is no JSON, and the worker ends itself. A lost message costs seconds here, for the
job rows in PostgreSQL decide what is done; an ended worker costs more.
"""

from __future__ import annotations

import os
from pathlib import Path
from time import time_ns
from typing import Any
from uuid import uuid4

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Messages appear under their name when they are complete; what is no message is passed over."""

    def _put(self, queue: str, payload: dict[str, Any], **given: Any) -> None:  # type: ignore[override]
        path = Path(self.data_folder_out) / f"{time_ns() // 1_000_000}_{uuid4()}.{queue}.msg"
        part = path.with_suffix(".part")
        try:
            part.write_text(dumps(payload), encoding="utf-8")
            os.replace(part, path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise ChannelError(f"Cannot add {path.name} to the queue: {error.strerror}") from error

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        while True:
            try:
                return super()._get(queue)  # which takes the file away before it reads it
            except ValueError:  # neither JSON nor text: its writer died
                continue


class Transport(filesystem.Transport):
    """Kombu's transport with these channels."""

    Channel = Channel


def install() -> None:
    """Let `filesystem://` mean this transport, for whoever sends and whoever works."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
