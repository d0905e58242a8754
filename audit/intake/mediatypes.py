"""Media types: what a Content-Type header says, and the refusal of one that nobody here reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from audit.kernel.inputs import BadInput

_CHARSET: Final = re.compile(r';\s*charset\s*=\s*"?([^\s";]+)', re.IGNORECASE)
_UTF8: Final = ("utf-8", "utf8", "us-ascii", "ascii")


class UnknownMediaType(BadInput):
    """A body of a kind that is not read here (HTTP 415). The message names those that are."""


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type: its name in lower case without parameters, and the character set that it names, if any."""

    name: str
    charset: str

    @property
    def is_json(self) -> bool:
        """Whether it declares JSON: its subtype is `json` or ends with `+json`."""
        subtype = self.name.partition("/")[2]
        return subtype == "json" or subtype.endswith("+json")

    @property
    def is_utf8(self) -> bool:
        """Whether it names no character set, or UTF-8 or its part US-ASCII: all that JSON may be sent in (RFC 8259)."""
        return not self.charset or self.charset in _UTF8


def media_type(header: str) -> MediaType:
    """What a Content-Type header says; an absent one is empty."""
    charset = _CHARSET.search(header)
    return MediaType(header.partition(";")[0].strip().lower(), charset[1].lower() if charset else "")


def text(body: bytes, media: MediaType, called: str) -> str:
    """A body of JSON as text. Raises BadInput, naming the body as `called`, for what is not UTF-8."""
    if not media.is_utf8:
        raise BadInput(called, f"is sent as {media.charset[:40]}: JSON is sent as UTF-8")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(called, f"is not UTF-8 at byte {error.start + 1}: send UTF-8") from None
