"""Files as streams of bytes: told by their names, unpacked as they are read, never more than the caps allow."""

from __future__ import annotations

import gzip
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, Protocol

import pyarrow as pa

from audit.kernel.inputs import delimited, jsonlines, parquet
from audit.kernel.inputs.faults import BadInput
from audit.kernel.inputs.rows import Rows

DECODED_BYTES: Final = 20 << 30
"""The most bytes that a file may unpack to."""
_ENDINGS: Final = (".csv", ".jsonl", ".ndjson", ".parquet")
_PACKINGS: Final = (".gz", ".zst")
_PIECE: Final = 1 << 22


class Bytes(Protocol):
    """Whatever gives bytes, at most so many at a time, and none at its end."""

    def read(self, size: int, /) -> bytes:
        """The next bytes; empty at the end."""


def read(path: Path, *, file: str | None = None) -> Iterator[Rows]:
    """The rows of a file as received, in batches.

    `.csv` (comma, UTF-8), `.jsonl`, `.ndjson` and `.parquet`, each also `.gz` or `.zst`. `file` is the name that
    refusals show. Raises BadInput for a file that cannot be read at all; a file with a header and no rows yields
    one batch without rows.
    """
    file = file or path.name
    ending, packing = _kind(path, file)
    with unpacked(path, packing, file) as stream:
        if ending == ".csv":
            yield from delimited.read(stream, file)
        elif ending == ".parquet":
            with _seekable(path, packing, stream) as whole:
                yield from parquet.read(whole, file)
        else:
            yield from jsonlines.read(stream, file)


@contextmanager
def unpacked(path: Path, packing: str, file: str) -> Iterator[Capped]:
    """A file's bytes, unpacked (`.gz`, `.zst` or nothing), under the cap. An empty file is refused."""
    if not path.is_file():
        raise BadInput(file, "is not there: check the path")
    if not path.stat().st_size:
        raise BadInput(file, "is empty: send the file again")
    with path.open("rb") as raw:
        yield Capped(unpack(raw, packing), file)


def unpack(raw: IO[bytes], packing: str) -> Bytes:
    """A stream over what is packed in another one."""
    if packing == ".gz":
        return gzip.GzipFile(fileobj=raw)
    if packing == ".zst":
        zst: Bytes = pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd")
        return zst
    return raw


class Capped:
    """A stream that says in plain words when it is cut short, damaged, or unpacks to more than is allowed."""

    def __init__(self, inner: Bytes, file: str, cap: int = DECODED_BYTES) -> None:
        """Read from `inner`, at most `cap` bytes in all."""
        self._inner, self._file, self._cap, self._count = inner, file, cap, 0

    def read(self, size: int, /) -> bytes:
        """The next bytes; empty at the end. Raises BadInput."""
        try:
            piece = bytes(self._inner.read(size))
        except EOFError:
            raise BadInput(self._file, "is cut short: its packed data ends too early, send it again whole") from None
        except (OSError, zlib.error) as error:
            short = "Truncated" in str(error)
            what = "is cut short" if short else "cannot be unpacked"
            raise BadInput(self._file, f"{what} ({error}): pack it again and send it whole") from None
        self._count += len(piece)
        if self._count > self._cap:
            raise BadInput(self._file, f"unpacks to more than {self._cap:,} bytes: split it into smaller files")
        return piece


def _kind(path: Path, file: str) -> tuple[str, str]:
    """The ending and the packing that a file's name tells."""
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    packing = suffixes.pop() if suffixes and suffixes[-1] in _PACKINGS else ""
    ending = suffixes[-1] if suffixes else ""
    if ending not in _ENDINGS:
        raise BadInput(file, f"is of no known kind: name it {', '.join(_ENDINGS)}, each also with .gz or .zst")
    return ending, packing


@contextmanager
def _seekable(path: Path, packing: str, stream: Bytes) -> Iterator[Any]:
    """The whole file, such that one can jump about in it; a packed one is unpacked to a temporary file first."""
    if not packing:
        with path.open("rb") as raw:
            yield raw
        return
    with tempfile.TemporaryFile() as whole:
        while piece := stream.read(_PIECE):
            whole.write(piece)
        whole.seek(0)
        yield whole
