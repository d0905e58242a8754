"""Misdeeds: what a parser might do that a file has taken over, or that it drove mad. Called in cells by the tests."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any


def environment() -> dict[str, str]:
    """What can be known of the environment, be it that of the warden."""
    found = dict(os.environ)
    for process in ("self", os.getppid()):
        with suppress(PermissionError):
            found[f"of {process}"] = Path(f"/proc/{process}/environ").read_text()
    return found


def rights() -> dict[str, str]:
    """What the kernel says of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    network = {"network": os.readlink("/proc/self/ns/net")}
    return {**{name: value.strip() for name, _, value in (line.partition(":") for line in lines)}, **network}


def open_files() -> list[str]:
    """What the open files are."""
    found = []
    for number in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{number}"))
        except FileNotFoundError:  # the listing itself
            continue
    return found


def dial(port: int) -> str:
    """Call a server on this machine."""
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except OSError as error:
        return type(error).__name__
    return "connected"


def call() -> str:
    """Start a program."""
    try:
        subprocess.run(["true"], check=True)
    except PermissionError as error:
        return type(error).__name__
    return "called"


def linger(sign: str = "") -> None:
    """Do nothing for long, and leave a sign of who does."""
    if sign:
        Path(sign).write_text(str(os.getpid()))
    time.sleep(600)


def toil() -> None:
    """Compute for long."""
    while True:
        pass


def swell(count: int) -> int:
    """Take memory."""
    return len(bytearray(count))


def write(count: int) -> None:
    """Fill the disk."""
    with Path("much").open("wb") as handle:
        for _ in range(count):
            handle.write(bytes(1 << 20))


def talk(count: int) -> str:
    """Answer at length."""
    return "x" * count


def crash() -> None:
    """Read where nothing is."""
    ctypes.string_at(0)


def give_up() -> None:
    """End as native libraries do that get no memory."""
    os.write(2, b"terminate called after throwing an instance of 'std::bad_alloc'\n")
    os.abort()


def be_killed() -> None:
    """End as if somebody from outside did it."""
    signal.raise_signal(signal.SIGKILL)


def err(**_: Any) -> None:
    """Have a bug."""
    raise KeyError("a bug")


def fill_the_disk() -> None:
    """Write where there is no room."""
    with open("/dev/full", "wb") as nowhere:
        nowhere.write(b"x")
