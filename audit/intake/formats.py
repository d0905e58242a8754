"""Formats: what a file is, told by its first bytes and, where they leave it open, by its name."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from audit.intake import delimited, encodings, packing
from audit.kernel.inputs import BadInput
from audit.kernel.inputs.files import Bytes

HEAD: Final = 1 << 20
"""How many bytes are looked at to tell what a file is."""
NAMES: Final = {"csv": "CSV", "jsonl": "JSON Lines", "json": "JSON", "parquet": "Parquet", "xlsx": "XLSX"}
_PACKINGS: Final = {"gz": "gzip", "zst": "Zstandard", "zip": "zip"}
_ENCODINGS: Final = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1252": "Windows-1252",
}
_DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


@dataclass(frozen=True, slots=True)
class Format:
    """What a file is: `kind` (a key of NAMES), its packing; for text its encoding and delimiter."""

    kind: str
    packing: str = ""
    encoding: str = ""
    delimiter: str = ""

    @property
    def words(self) -> str:
        """The format in words, such as `CSV, semicolon, UTF-8, gzip`."""
        delimiter = _DELIMITERS.get(self.delimiter, repr(self.delimiter)) if self.delimiter else ""
        words = [NAMES[self.kind], delimiter, _ENCODINGS.get(self.encoding, ""), _PACKINGS.get(self.packing, "")]
        return ", ".join(word for word in words if word)

    def to_json(self) -> dict[str, Any]:
        """As plain values that JSON can hold."""
        return asdict(self)


def detect(path: Path, file_name: str, *, most: int | None = None) -> Format:
    """What a file is. `file_name` is what the sender calls it. Raises BadInput for what is no known format.

    A text is read to its end, for a single letter may tell its encoding; or no more than `most` bytes of it.
    """
    packed = packing.packing_of(path, file_name)
    with packing.unpacked(path, packed, file_name) as stream:
        head = _head(stream)
    if not head:
        raise BadInput(file_name, "is empty: send the file again")
    if head.startswith(b"PAR1"):
        return Format("parquet", packed)
    if head.startswith(b"PK\x03\x04"):
        return Format("xlsx", packed)
    if packed and packing.of_head(head):
        raise BadInput(file_name, "is packed twice: pack it once")
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadInput(file_name, "is an old or locked Excel file: save it as .xlsx without a password")
    return _text(path, packed, head, file_name, most)


def _text(path: Path, packed: str, head: bytes, file_name: str, most: int | None) -> Format:
    encoding = encodings.of_head(head, file_name)
    if encoding == "utf-8":
        with packing.unpacked(path, packed, file_name) as stream:
            encoding = encodings.settle(stream, most)
    text = head.decode(encoding, "replace").removeprefix("\ufeff")
    name = packing.inner_name(path, packed, file_name).lower()
    if not name.endswith((".csv", ".tsv", ".txt")) and (kind := _json_kind(text, len(head) == HEAD)):
        return Format(kind, packed, encoding)
    return Format("csv", packed, encoding, delimited.sniff(text, tab=name.endswith(".tsv")))


def _json_kind(text: str, more: bool) -> str:
    """`jsonl` where the first line is a whole object, `json` for an array or an object of several lines."""
    first = text.lstrip()
    if first[:1] == "[":
        return "json"
    if first[:1] != "{":
        return ""
    line, _, rest = first.partition("\n")
    try:
        whole = isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return "jsonl" if more and not rest else "json"
    return "jsonl" if whole and (rest.strip() or not _is_envelope(line)) else "json"


def _is_envelope(line: str) -> bool:
    """Whether a single object is but the wrapping of a list of objects."""
    return (
        sum(isinstance(v, list) and bool(v) and all(isinstance(i, dict) for i in v) for v in json.loads(line).values())
        == 1
    )


def _head(stream: Bytes) -> bytes:
    head = b""
    while len(head) < HEAD and (piece := stream.read(HEAD - len(head))):
        head += piece
    return head
