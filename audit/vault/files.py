"""Where the files of a tenant lie, and how they get there.

A key is `<tenant>/<first two of the hash>/<hash><suffix>`: derived from ids and content, never from names.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import fsspec
from django.conf import settings

CHUNK = 1 << 20
asked: ContextVar[list[str] | None] = ContextVar("asked", default=None)
"""The keys that were asked for so far, where somebody notes them."""


class Missing(FileNotFoundError):
    """The vault is there, and has no such file."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the vault has no file {key}")
        self.key = key


class Away(OSError):
    """The vault itself cannot be reached for now."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in the vault: its key, the SHA-256 of its bytes (hex) and how many there are."""

    key: str
    sha256: str
    byte_count: int


def digest(path: Path) -> tuple[str, int]:
    """SHA-256 (hex) and length in bytes of a local file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest(), path.stat().st_size


def store(tenant_id: UUID, path: Path, suffix: str) -> Stored:
    """Move a local file into the tenant's vault; durable when this returns. The same content is kept once."""
    sha256, byte_count = digest(path)
    key = f"{tenant_id}/{sha256[:2]}/{sha256}{suffix}"
    root = _local_root()
    if root is None:
        filesystem, base = _remote()
        filesystem.put_file(str(path), f"{base}/{key}")
        path.unlink()
    else:
        _settle(path, root / key)
    return Stored(key, sha256, byte_count)


def _settle(path: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists() and place.stat().st_size == path.stat().st_size:
        path.unlink()
        return
    waiting = place.with_name(f".{place.name}.{uuid4().hex}")
    try:
        shutil.move(path, waiting)
        with waiting.open("rb") as stream:
            os.fsync(stream.fileno())
        waiting.chmod(0o440)
        waiting.replace(place)
    except BaseException:
        waiting.unlink(missing_ok=True)  # on another disk than the bench it may be half a file
        raise
    for folder in (place.parent, place.parent.parent, place.parent.parent.parent):
        handle = os.open(folder, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)


def local(key: str) -> Path:
    """The file as a local path; fetched once where the vault is remote. Raises Missing, or Away."""
    if (noted := asked.get()) is not None:
        noted.append(key)
    root = _local_root()
    if root is not None:
        place = root / key
        if not place.exists():
            raise Missing(key) if root.exists() else Away(f"there is no vault at {root}")
        return place
    place = Path(settings.BENCH_DIR) / "fetched" / key
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        waiting = place.with_name(f".{place.name}.{uuid4().hex}")
        filesystem, base = _remote()
        try:
            filesystem.get_file(f"{base}/{key}", str(waiting))
        except FileNotFoundError:
            raise Missing(key) from None
        except OSError as error:
            raise Away(f"the vault does not answer: {error}") from error
        waiting.replace(place)
    return place


@contextmanager
def scratch(tenant_id: UUID, name: str, fence: int | None = None) -> Iterator[Path]:
    """A folder for one piece of work; emptied before and removed after.

    fence: of the lease that the work is done under. Folders of older fences are removed too: their workers died,
    or must not write any more.
    """
    home = Path(settings.BENCH_DIR) / str(tenant_id)
    if fence is not None:
        _drop_older(home, name, fence)
        name = f"{name}-{fence}"
    folder = home / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _drop_older(home: Path, name: str, fence: int) -> None:
    for folder in home.glob(f"{name}-*"):
        number = folder.name.removeprefix(f"{name}-")
        if number.isdecimal() and int(number) < fence:
            shutil.rmtree(folder, ignore_errors=True)


def tidy(older_than_seconds: float) -> int:
    """Remove what the dead left on the bench and half-way into the vault, untouched for so long; return how many."""
    bench, root, count = Path(settings.BENCH_DIR), _local_root(), 0
    limit = time.time() - older_than_seconds
    halves = root.glob("*/*/.*") if root else ()
    for place in (*bench.glob("*/arriving/*"), *bench.glob("*/answer-*"), *bench.glob("spill/*"), *halves):
        with contextlib.suppress(FileNotFoundError):
            if place.stat().st_mtime < limit:
                shutil.rmtree(place) if place.is_dir() else place.unlink()
                count += 1
    return count


def free_bytes() -> int:
    """The room that is left where files are written first, and in the vault where it is a folder."""
    places = [Path(settings.BENCH_DIR), *([root] if (root := _local_root()) else [])]
    return min(_free_at(place) for place in places)


def _free_at(place: Path) -> int:
    """Of the folder, or of the nearest one above it that is there; this is asked for every request to a stream."""
    try:
        return shutil.disk_usage(place).free
    except FileNotFoundError:
        return _free_at(place.parent)


def _local_root() -> Path | None:
    url = str(settings.VAULT_URL)
    if url.startswith("file://"):
        return Path(url.removeprefix("file://"))
    return None if "://" in url else Path(url)


def _remote() -> tuple[Any, str]:
    filesystem, base = fsspec.core.url_to_fs(settings.VAULT_URL)
    return filesystem, base.rstrip("/")
