"""Packings: what a person sent as gzip, Zstandard or zip, as a stream of the bytes inside.

A zip holds exactly one file. Nothing is ever written under a name that a zip gives, and nothing unpacks to much more
than what was sent.
"""

from __future__ import annotations

import lzma
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from audit.kernel.inputs import BadInput
from audit.kernel.inputs.faults import shown
from audit.kernel.inputs.files import DECODED_BYTES, Bytes, Capped, unpack

ALWAYS_BYTES: Final = 256 << 20
"""What any file may unpack to, however small it is."""
RATIO: Final = 500
"""Beyond that, how many times its own size a file may unpack to."""
_PIECE: Final = 1 << 22
_MAGIC: Final = ((b"\x1f\x8b", "gz"), (b"\x28\xb5\x2f\xfd", "zst"), (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"))
_BROKEN: Final = (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError, zlib.error, lzma.LZMAError)
SPREADSHEET: Final = "[Content_Types].xml"
"""The member that every XLSX has."""


def packing_of(path: Path, file: str) -> str:
    """How a file is packed, told by its first bytes: `gz`, `zst`, `zip` or nothing (a spreadsheet is not packed)."""
    if not path.is_file():
        raise BadInput(file, "is not there: send it again")
    with path.open("rb") as handle:
        head = handle.read(4)
    if not head:
        raise BadInput(file, "is empty: send the file again")
    packing = of_head(head)
    return "" if packing == "zip" and SPREADSHEET in _names(path, file) else packing


def of_head(head: bytes) -> str:
    """The packing that the first bytes tell, or nothing."""
    return next((packing for magic, packing in _MAGIC if head.startswith(magic)), "")


def inner_name(path: Path, packing: str, file: str) -> str:
    """The name of what is inside, as far as it is known."""
    if packing == "zip":
        with zipfile.ZipFile(path) as archive:
            return _member(archive, file).filename
    return file.removesuffix(".gz").removesuffix(".zst") if packing else file


def cap_of(path: Path) -> int:
    """The most bytes that a file may unpack to."""
    return min(DECODED_BYTES, max(ALWAYS_BYTES, RATIO * path.stat().st_size))


@contextmanager
def unpacked(path: Path, packing: str, file: str) -> Iterator[Capped]:
    """The bytes inside, under the caps."""
    cap = cap_of(path)
    with path.open("rb") as raw:
        if packing != "zip":
            yield Capped(unpack(raw, f".{packing}" if packing else ""), file, cap)
            return
        with _archive(raw, file) as archive, _opened(archive, _member(archive, file), file) as inner:
            yield Capped(_Zipped(inner, file), file, cap)


@contextmanager
def whole(path: Path, packing: str, file: str) -> Iterator[IO[bytes]]:
    """The file inside as one that can be jumped about in; what is packed goes to a temporary file first."""
    if not packing:
        with path.open("rb") as raw:
            yield raw
        return
    with tempfile.TemporaryFile() as copy, unpacked(path, packing, file) as stream:
        while piece := stream.read(_PIECE):
            copy.write(piece)
        copy.seek(0)
        yield copy


class _Zipped:
    """A member of a zip; what is wrong with it is a bad file."""

    def __init__(self, inner: Bytes, file: str) -> None:
        self._inner, self._file = inner, file

    def read(self, size: int, /) -> bytes:
        try:
            return self._inner.read(size)
        except _BROKEN as error:
            raise _broken(self._file, error) from None


@contextmanager
def _archive(raw: Any, file: str) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(raw)
    except _BROKEN as error:
        raise BadInput(file, f"is no zip that can be read ({error}): pack it again and send it whole") from None
    with archive:
        yield archive


def _opened(archive: zipfile.ZipFile, member: zipfile.ZipInfo, file: str) -> IO[bytes]:
    try:
        return archive.open(member)
    except _BROKEN as error:
        raise _broken(file, error) from None


def _broken(file: str, error: Exception) -> BadInput:
    return BadInput(file, f"cannot be unpacked ({shown(error)}): pack it again and send it whole")


def _names(path: Path, file: str) -> list[str]:
    with path.open("rb") as raw, _archive(raw, file) as archive:
        return archive.namelist()


def _member(archive: zipfile.ZipFile, file: str) -> zipfile.ZipInfo:
    """The one file of a zip; what a Mac adds beside it does not count."""
    members = [info for info in archive.infolist() if not info.is_dir() and not info.filename.startswith("__MACOSX/")]
    if len(members) != 1:
        raise BadInput(file, f"holds {len(members):,} files: a zip must hold exactly one")
    info = members[0]
    parts = info.filename.replace("\\", "/").split("/")
    if ".." in parts or not parts[0] or ":" in parts[0]:
        raise BadInput(file, "names its file by a path that leads elsewhere: pack it again without folders")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise BadInput(file, "holds a link and not a file: pack the file itself")
    if info.flag_bits & 1:
        raise BadInput(file, "is locked with a password: pack it again without one")
    return info
