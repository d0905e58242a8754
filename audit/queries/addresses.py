"""Texts of vendors in addresses: as they are where an address can hold them, else named by their SHA-256.

A claim id may be anything that a vendor writes. Browsers and proxies fold dots and empty parts of a path, drop or
refuse control characters, and refuse what is too long: such an id has the address `sha256:<hex>`, on pages and calls.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final
from urllib.parse import quote

from audit.models import Run, Vendor
from audit.queries import lines

LONGEST: Final = 1_500
"""How long a text may be in an address, in the bytes that it takes there; servers take some 4,000 in all."""
_FOLDED: Final = ("", ".", "..")
_DIGEST: Final = re.compile(r"sha256:([0-9a-f]{64})")
_CALL: Final = "/explain"  # what a call adds behind a claim id


def part(text: str, *, slashes: bool = False) -> str:
    """The text as a part of an address. slashes: the place takes them."""
    return text if _fits(text, slashes) else f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _fits(text: str, slashes: bool) -> bool:
    pieces = text.split("/")
    return (
        (slashes or len(pieces) == 1)
        and not any(piece.strip() in _FOLDED for piece in pieces)
        and not any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in text)
        and not text.endswith(_CALL)
        and not _DIGEST.fullmatch(text)
        and len(quote(text)) <= LONGEST
    )


def vendor_key(named: str) -> str:
    """The key of the vendor that a part of an address names; what names none stays as it is."""
    match = _DIGEST.fullmatch(named)
    keys = Vendor.objects.values_list("key", flat=True) if match else ()
    return next((key for key in keys if part(key) == named), named)


def claim(vendor: str, named: str, run: Run | None = None) -> tuple[Run | None, str]:
    """The run and the id of the claim that a part of an address names: in this run, else in the newest that judged it.

    The run is None where none judged it; what names no claim stays as it is.
    """
    match = _DIGEST.fullmatch(named)
    if match:
        for tried in [run] if run else lines.newest_first():
            tail = f"and sha256(claim_id) = '{match[1]}'"
            (found,) = lines.of(tried, {"vendor": vendor}).ask("any_value(claim_id)", tail)[0]
            if found is not None:
                return tried, str(found)
    return run or lines.latest(vendor, named), named
