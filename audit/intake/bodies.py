"""Bodies of requests, unpacked: never to more than is allowed, however small they are."""

from __future__ import annotations

import zlib
from typing import Final

from audit.kernel.inputs import BadInput

ENCODINGS: Final = ("", "identity", "gzip")
"""The content encodings that are understood."""
_GZIP: Final = 31


class TooLarge(BadInput):
    """The body unpacks to more than is allowed."""


def unpacked(body: bytes, encoding: str, most: int) -> bytes:
    """The bytes inside a body of one of ENCODINGS, at most so many. Raises TooLarge, and BadInput for damaged gzip."""
    if encoding != "gzip":
        return _bounded(body, most)
    parts: list[bytes] = []
    room, rest = most, body
    while rest or not parts:
        member = zlib.decompressobj(_GZIP)
        try:
            part = member.decompress(rest, room + 1)
        except zlib.error as error:
            raise BadInput("The body", f"is no gzip that can be unpacked ({error}): pack it again") from None
        room -= len(_bounded(part, room))
        if not member.eof:
            raise BadInput("The body", "is cut short: its gzip ends too early, send it again whole")
        parts.append(part)
        rest = member.unused_data
    return b"".join(parts)


def _bounded(body: bytes, most: int) -> bytes:
    if len(body) > most:
        raise TooLarge("The body", "unpacks to more than is allowed: send fewer rows in one request")
    return body
