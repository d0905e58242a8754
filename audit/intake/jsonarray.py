"""JSON documents: an array of objects, or an object that wraps one list of objects.

An array is read as it comes, one object at a time. A wrapped list (`{"result": [...]}`, as many interfaces answer) is
taken from a document that is not too large to hold. Usage reports wrap twice, a list of results in each bucket: then
each result is a row, with what its bucket says. The line of a row is its number in the list: a document may well
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
_INNER: Final = ("results", "resources")
_BUCKET: Final = {"object", "start_time", "end_time", "starting_at", "ending_at"}
"""All that a bucket of a usage report says beside its results."""
_PIECE: Final = 1 << 20
_SPACE: Final = re.compile(r"[ \t\r\n]*")


def rows(stream: Bytes, file: str, wanted: Iterable[str] = (), batch: int = BATCH) -> Iterator[Rows]:
    """The rows of a UTF-8 JSON document; `wanted` are paths with dots to have as columns too."""
    return widened(_Document(stream, file).objects(), file, wanted, batch)


class _Document:
    """A place in a JSON document: the text at hand, how far it is read, and the line of that place."""

    def __init__(self, stream: Bytes, file: str) -> None:
        self._stream, self._file = stream, file
        self._bytes, self._text, self._at, self._line, self._ended = b"", "", 0, 1, False

    def objects(self) -> Iterator[Parsed]:
        """Each object of the list with its number."""
        self._skip()
        if self._next() == "{":
            yield from self._wrapped()
        elif self._next() == "[":
            self._take(1)
            yield from map(_row, itertools.count(1), self._array())
            self._skip()
            if self._next():
                raise self._bad("goes on after the end of the array")
        else:
            raise self._bad("is no JSON array of objects")

    def _wrapped(self) -> Iterator[Parsed]:
        while not self._ended:
            if len(self._text) > DOCUMENT:
                raise self._bad(f"wraps its rows and is larger than {DOCUMENT:,} bytes")
            self._more()
        document = self._parse(self._text[self._at :])
        lists = [name for name, value in document.items() if _is_rows(value)]
        yield from map(_row, itertools.count(1), _results(document[lists[0]]) if len(lists) == 1 else [document])

    def _array(self) -> Iterator[Any]:
        """The values from after the opening bracket to after the closing one."""
        self._skip()
        if self._next() == "]":
            self._take(1)
            return
        while True:
            self._skip()
            yield self._value()
            self._skip()
            mark = self._next()
            self._take(1)
            if mark == "]":
                return
            if mark != ",":
                raise self._bad("lacks a comma or the closing bracket")

    def _value(self) -> Any:
        """The next value, however many pieces it takes."""
        while True:
            try:
                value, end = effects.decode(self._text, self._at)
                effects.shallow(value, self._text, self._at, end)
            except ValueError as error:
                if self._ended or len(self._text) - self._at > RECORD:
                    raise self._bad(str(error)) from None
                end = len(self._text)
            if end < len(self._text) or self._ended:
                self._take(end - self._at)
                return value
            self._more(max(_PIECE, len(self._text) - self._at))

    def _parse(self, text: str) -> dict[str, Any]:
        try:
            value: dict[str, Any] = effects.shallow(effects.parse(text), text, 0, len(text))
        except ValueError as error:
            raise self._bad(str(error)) from None
        return value

    def _skip(self) -> None:
        """Go to the next character that is no space."""
        while True:
            match = _SPACE.match(self._text, self._at)
            self._take(match.end() - self._at if match else 0)
            if self._next() or self._ended:
                return
            self._more()

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self, count: int) -> None:
        self._line += self._text.count("\n", self._at, self._at + count)
        self._at += count

    def _more(self, size: int = _PIECE) -> None:
        self._text, self._at = self._text[self._at :], 0
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


def _results(items: list[Any]) -> Iterator[Any]:
    """The rows of a list; those inside of the buckets that usage reports put them into."""
    for item in items:
        inner = next((name for name in _INNER if isinstance(item, dict) and isinstance(item.get(name), list)), "")
        if inner and item.keys() - {inner} <= _BUCKET and all(isinstance(result, dict) for result in item[inner]):
            said = {name: value for name, value in item.items() if name not in (inner, "object")}
            yield from (said | result for result in item[inner])
        else:
            yield item


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)
