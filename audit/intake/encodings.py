"""Encodings: text of UTF-8, UTF-16 or Windows-1252 as a stream of UTF-8.

A file that is mostly UTF-8 with a few stray bytes stays UTF-8, so that the rows with the stray bytes are refused:
to read them as Windows-1252 would spoil the good ones.
"""

from __future__ import annotations

import codecs
import re
import sys
from typing import Final

from audit.kernel.inputs import BadInput
from audit.kernel.inputs.files import Bytes

_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_SEQUENCE: Final = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_BEGUN: Final = re.compile(rb"[\xc2-\xf4][\x80-\xbf]{0,2}\Z")
_HIGH: Final = re.compile(rb"[\x80-\xff]")
_UNUSED: Final = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_PIECE: Final = 1 << 22
_STRAY: Final = 4
"""More than so many stray bytes for each character of UTF-8 make a file Windows-1252."""


def of_head(head: bytes, file: str) -> str:
    """The encoding that the first bytes tell; plain ASCII is UTF-8. Raises BadInput for what is no text."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if b"\0" in head:
        even, odd = head[::2].count(0), head[1::2].count(0)
        if max(even, odd) * 4 < len(head):
            raise BadInput(file, "is no kind of file that is known: send CSV, JSON, Parquet or XLSX")
        return "utf-16-be" if even > odd else "utf-16-le"
    return "utf-8"


def settle(stream: Bytes, most: int | None = None) -> str:
    """UTF-8 or Windows-1252: what the whole of a text is (or its first `most` bytes) whose head looks like UTF-8."""
    good = stray = 0
    unused, rest = False, b""
    left = sys.maxsize if most is None else most
    while left > 0 and (piece := stream.read(min(_PIECE, left))):
        left -= len(piece)
        if piece.isascii() and not rest:
            continue
        piece = rest + piece
        begun = _BEGUN.search(piece)
        rest = begun.group() if begun else b""
        others, count = _SEQUENCE.subn(b"", piece[: len(piece) - len(rest)])
        good, stray = good + count, stray + len(_HIGH.findall(others))
        unused = unused or _UNUSED.search(others) is not None
    return "cp1252" if stray + (len(rest) if left else 0) > _STRAY * good and not unused else "utf-8"


def utf8(stream: Bytes, encoding: str) -> Bytes:
    """The text as UTF-8, without its byte order mark."""
    return stream if encoding == "utf-8" else _Recoded(stream, encoding)


class _Recoded:
    """A stream in another encoding; half a surrogate pair becomes bytes that no row can hold."""

    def __init__(self, stream: Bytes, encoding: str) -> None:
        errors = "surrogatepass" if encoding.startswith("utf-16") else "replace"
        self._stream, self._decoder = stream, codecs.getincrementaldecoder(encoding)(errors)
        self._rest, self._ended, self._begun = b"", False, False

    def read(self, size: int, /) -> bytes:
        while not self._rest and not self._ended:
            piece = self._stream.read(size)
            self._ended = not piece
            text = self._decoder.decode(piece, self._ended) if piece else ""
            if text and not self._begun:
                text, self._begun = text.removeprefix("\ufeff"), True
            self._rest = text.encode("utf-8", "surrogatepass")
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece
