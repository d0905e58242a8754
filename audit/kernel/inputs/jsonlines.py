"""JSON Lines: one object on each line, every value as the text that was written.

Numbers stay the digits that were written, true and false become `true` and `false`, null and an absent field are the
same, an object or a list becomes compact JSON text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa

from audit.kernel import effects
from audit.kernel.inputs.faults import BadInput, Fault, shown
from audit.kernel.inputs.rows import COLUMNS, Rows

BATCH: Final = 32_768
"""How many rows a batch holds."""
RECORD: Final = 16 << 20
"""The most bytes that one line may take."""
_BLOCK: Final = 8 << 20

Parsed = tuple[int, dict[str, Any]] | Fault
"""An object with the line that it begins on, or why there is none."""


class _Bytes(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read(stream: _Bytes, file: str) -> Iterator[Rows]:
    """The rows of UTF-8 JSON Lines. Blank lines are passed over; a line that is no object is a broken row."""
    return gather(objects(stream, file), file)


def objects(stream: _Bytes, file: str) -> Iterator[Parsed]:
    """The objects of UTF-8 JSON Lines, each with its line; a fault for a line that holds none."""
    return (_parsed(number, line) for number, line in _lines(stream, file) if line.strip())


def gather(items: Iterable[Parsed], file: str, batch: int = BATCH) -> Iterator[Rows]:
    """Batches of rows from parsed objects with their lines, and from the faults of those that did not parse."""
    found: list[tuple[int, dict[str, Any]]] = []
    broken: list[Fault] = []
    for item in items:
        if isinstance(item, Fault):
            broken.append(item)
        else:
            found.append(item)
        if len(found) + len(broken) >= batch:
            yield _rows(found, broken, file)
            found, broken = [], []
    if found or broken:
        yield _rows(found, broken, file)


def text(value: Any) -> str | None:
    """A parsed JSON value as the text that a row holds."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return effects.compact(value)


def parsed(line: str, number: int) -> Parsed:
    """The object that a text holds, or the fault that says why it holds none."""
    try:
        value = effects.shallow(effects.parse(line), line, 0, len(line))
    except ValueError as error:
        return Fault(number, "", shown(line), str(error))
    if not isinstance(value, dict):
        return Fault(number, "", shown(line), 'is not a JSON object: write each row as {"column": value}')
    return number, value


def _parsed(number: int, line: bytes) -> Parsed:
    if len(line) > RECORD:
        return Fault(number, "", shown(line), f"is longer than {RECORD:,} bytes: make the row shorter")
    try:
        return parsed(line.decode(), number)
    except UnicodeDecodeError as error:
        return Fault(number, "", shown(line), f"is not UTF-8 at byte {error.start + 1}: save the file as UTF-8")


def _lines(stream: _Bytes, file: str) -> Iterator[tuple[int, bytes]]:
    """Each line with its number; of one that is too long no more than shows it."""
    number, rest, lost = 1, stream.read(_BLOCK), False
    if rest[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise BadInput(file, "is UTF-16 text: save it as UTF-8")
    rest = rest.removeprefix(b"\xef\xbb\xbf")
    more = rest
    while more:
        *lines, rest = rest.split(b"\n")
        for line in lines:
            if not lost:
                yield number, line
            lost, number = False, number + 1
        if len(rest) > RECORD:
            if not lost:
                yield number, rest
            lost, rest = True, b""
        more = stream.read(_BLOCK)
        rest += more
    if rest and not lost:
        yield number, rest


def _rows(found: list[tuple[int, dict[str, Any]]], broken: list[Fault], file: str) -> Rows:
    names: dict[str, None] = {}
    for _, row in found:
        if not row.keys() <= names.keys():
            names.update(dict.fromkeys(row))
            if len(names) > COLUMNS:
                raise BadInput(file, f"names more than {COLUMNS:,} columns: take out those that are not needed")
    columns = {name: column(_texts([row.get(name) for _, row in found])) for name in names}
    return Rows(columns, np.array([line for line, _ in found], np.int64), tuple(broken), fixed=False)


def _texts(values: list[Any]) -> list[str | None]:
    """Most values are texts already, and to ask so takes a fifth of a call."""
    return [value if type(value) is str else text(value) for value in values]


def column(values: list[str | None]) -> Any:
    """Texts as a column; one with half a surrogate pair becomes bytes, and is refused where it is read."""
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:
        return pa.array([None if v is None else v.encode("utf-8", "surrogatepass") for v in values], pa.binary())
