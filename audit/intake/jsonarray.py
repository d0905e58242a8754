"""JSON documents: an array of objects, or an object that wraps one list of objects.

An array is read as it comes, one object at a time. A wrapped list (`{"result": [...]}`, as many interfaces answer) is
taken from a document that is not too large to hold. The line of a row is its number in the list: a document may well
be one line.
"""

from __future__ import annotations

import itertools
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
        """Each object of the list with its number."""
        self._skip()
        if self._text[:1] == "{":
            yield from self._wrapped()
        elif self._text[:1] == "[":
            self._take(1)
            yield from map(_row, itertools.count(1), self._array())
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
        yield from map(_row, itertools.count(1), document[lists[0]] if len(lists) == 1 else [document])

    def _array(self) -> Iterator[Any]:
        """The values from after the opening bracket to after the closing one."""
        self._skip()
        if self._text[:1] == "]":
            self._take(1)
            return
        while True:
            self._skip()
            yield self._value()
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


def _row(number: int, value: Any) -> Parsed:
    if isinstance(value, dict):
        return number, value
    return Fault(number, "", shown(value), 'is no object: write each row as {"column": value}')


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)
