"""JSON documents: an array of objects, or an object that wraps one list of objects.

An array is read as it comes, one object at a time. A wrapped list (`{"result": [...]}`, as many interfaces answer)
is found first, in a document that is not too large to hold; then it is read the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from audit.intake.jsonlines import widened
from audit.kernel import effects
from audit.kernel.inputs import BadInput, Fault, Rows
from audit.kernel.inputs.faults import shown
from audit.kernel.inputs.files import Bytes
from audit.kernel.inputs.jsonlines import BATCH, Parsed

RECORD: Final = 16 << 20
"""The most characters that one object may take."""
DOCUMENT: Final = 64 << 20
"""The most bytes of a document whose rows are wrapped in an object."""
_PIECE: Final = 1 << 20
_SPACE: Final = re.compile(r"[ \t\r\n]*")


def rows(stream: Bytes, file: str, wanted: Iterable[str] = (), batch: int = BATCH) -> Iterator[Rows]:
    """The rows of a UTF-8 JSON document; `wanted` are paths with dots to have as columns too."""
    return widened(_Document(stream, file).objects(), file, wanted, batch)


class _Document:
    """A place in a JSON document: the text not yet read, and the line that it begins on."""

    def __init__(self, stream: Bytes, file: str) -> None:
        self._stream, self._file = stream, file
        self._bytes, self._text, self._line, self._ended = b"", "", 1, False

    def objects(self) -> Iterator[Parsed]:
        """Each object of the array with its line."""
        self._skip()
        if self._text[:1] == "{":
            yield from self._wrapped()
        elif self._text[:1] == "[":
            self._take(1)
            yield from self._array()
            self._skip()
            if self._text:
                raise self._bad("goes on after the end of the array")
        else:
            raise self._bad("is no JSON array of objects")

    def _wrapped(self) -> Iterator[Parsed]:
        while not self._ended:
            if len(self._text) > DOCUMENT:
                raise self._bad(f"wraps its rows and is larger than {DOCUMENT:,} bytes")
            self._more()
        document = self._parse(self._text)
        lists = [name for name, value in document.items() if _is_rows(value)]
        if len(lists) != 1:
            yield self._line, document
            return
        found = document[lists[0]]
        lines = self._lines_of(lists[0], found)
        yield from (
            (line, item) if isinstance(item, dict) else Fault(line, "", shown(item), "is no object: send objects only")
            for line, item in zip(lines, found, strict=True)
        )

    def _lines_of(self, name: str, found: list[Any]) -> list[int]:
        """The lines of the objects of a wrapped list, found again in the text."""
        for match in re.finditer(re.escape(effects.compact(name)) + r"\s*:\s*\[", self._text):
            inner = _Document(_Nothing(), self._file)
            inner._text, inner._ended = self._text[match.end() :], True
            inner._line = self._line + self._text.count("\n", 0, match.end())
            try:
                again = list(inner._array())
            except BadInput:
                continue
            if len(again) == len(found):
                return [item.line if isinstance(item, Fault) else item[0] for item in again]
        return [1] * len(found)

    def _array(self) -> Iterator[Parsed]:
        """The objects from after the opening bracket to after the closing one."""
        self._skip()
        if self._text[:1] == "]":
            self._take(1)
            return
        while True:
            self._skip()
            line, value = self._line, self._value()
            if isinstance(value, dict):
                yield line, value
            else:
                yield Fault(line, "", shown(value), 'is no object: write each row as {"column": value}')
            self._skip()
            mark = self._text[:1]
            self._take(1)
            if mark == "]":
                return
            if mark != ",":
                raise self._bad("lacks a comma or the closing bracket")

    def _value(self) -> Any:
        """The next value, however many pieces it takes."""
        while True:
            try:
                value, end = effects.decode(self._text)
            except ValueError as error:
                if self._ended or len(self._text) > RECORD:
                    raise self._bad(str(error)) from None
                end = len(self._text)
            if end < len(self._text) or self._ended:
                self._take(end)
                return value
            self._more(max(_PIECE, len(self._text)))

    def _parse(self, text: str) -> dict[str, Any]:
        try:
            value: dict[str, Any] = effects.parse(text)
        except ValueError as error:
            raise self._bad(str(error)) from None
        return value

    def _skip(self) -> None:
        """Go to the next character that is no space."""
        while True:
            match = _SPACE.match(self._text)
            self._take(match.end() if match else 0)
            if self._text or self._ended:
                return
            self._more()

    def _take(self, count: int) -> None:
        self._line += self._text.count("\n", 0, count)
        self._text = self._text[count:]

    def _more(self, size: int = _PIECE) -> None:
        piece = self._stream.read(size)
        self._ended = not piece
        self._bytes += piece
        try:
            self._text += self._bytes.decode()
            self._bytes = b""
        except UnicodeDecodeError as error:
            if self._ended or len(self._bytes) - error.start > 3:
                raise self._bad("is not UTF-8: save the file as UTF-8") from None
            self._text += self._bytes[: error.start].decode()
            self._bytes = self._bytes[error.start :]

    def _bad(self, what: str) -> BadInput:
        return BadInput(self._file, f"line {self._line}: {what}: mend the JSON or send JSON Lines")


class _Nothing:
    def read(self, _size: int, /) -> bytes:
        return b""


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)
