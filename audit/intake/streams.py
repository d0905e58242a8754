"""Streams: the rows of one request as canonical rows, by the same checks as a file of them would get.

What came is also given back as lines of JSON, one for each row, each as it was received: a segment's raw file is made
of them, and a refusal names its line there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, replace
from hashlib import blake2b
from io import BytesIO
from typing import Any, Final

import numpy as np
import pyarrow as pa

from audit.intake import cloudevents as envelopes
from audit.intake import otlp
from audit.intake.jsonlines import widened
from audit.intake.mapped import mapped
from audit.intake.mapping import Mapping
from audit.intake.mediatypes import media_type
from audit.intake.otlp import genai
from audit.kernel import effects
from audit.kernel.inputs import BadInput, Fault
from audit.kernel.inputs.canonical import Pile
from audit.kernel.inputs.faults import Noted, shown
from audit.kernel.inputs.jsonlines import Parsed
from audit.kernel.inputs.jsonlines import objects as parsed_lines
from audit.kernel.inputs.taker import Taker

BODY: Final = "The body"
"""What faults of a whole request call it."""
IDENTITY: Final = {"claims": ("vendor", "claim_id", "revision"), "evidence": ("system", "event_id")}
"""The columns that make a row that row, for ever."""
_LINES: Final = 1 << 32  # more than a body has
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_NO_OBJECT: Final = "is not a JSON object: send each row as one"

ReadAs = Callable[[Iterable[str]], Mapping]
"""From the names that rows bring to the mapping that reads them."""


@dataclass(frozen=True, slots=True)
class Items:
    """What a body holds: parsed rows with their lines, and those lines as text; None where the body is these lines.

    canonical: the rows have canonical names already, whatever mapping the source's files have.
    """

    items: Iterable[Parsed]
    text: bytes | None = None
    canonical: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """What became of the rows of a request: `received` less the rows of the table were refused.

    `rows` are canonical with `line`, the place of each in the request's lines, and `content`, its fingerprint.
    """

    received: int
    rows: Any
    refusals: tuple[Fault, ...]

    @property
    def refused(self) -> int:
        """How many rows were refused."""
        return self.received - int(self.rows.num_rows)


def ndjson(body: bytes) -> Items:
    """JSON Lines: a line that holds no object is a refused row."""
    return Items(parsed_lines(BytesIO(body), BODY))


def lines(body: bytes) -> bytes:
    """A body of JSON Lines as the lines of a longer file: without byte order mark, ended by a line break."""
    body = body.removeprefix(b"\xef\xbb\xbf")
    return body if not body or body.endswith(b"\n") else body + b"\n"


def document(body: bytes) -> Items:
    """A JSON document: an object is one row, an array one row for each of its members. Raises BadInput."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(BODY, f"is not UTF-8 at byte {error.start + 1}: send it as UTF-8") from None
    found = list(_members(text))
    items = [_parsed(number, value, source) for number, (value, source) in enumerate(found, 1)]
    return Items(items, "".join(f"{source}\n" for _, source in found).encode())


def cloudevents(content_type: str, headers: Dictionary[str, str], body: bytes, kind: str) -> Items:
    """CloudEvents in any mode; each line is the event with its envelope. Raises BadInput, UnknownMediaType."""
    found = envelopes.read(content_type, headers, body, kind)
    items = [event if isinstance(event, Fault) else (event.number, event.row) for event in found]
    if media_type(content_type).name in (envelopes.STRUCTURED, envelopes.BATCH):
        return Items(items, document(body).text)
    attributes = {name[3:].lower(): value for name, value in headers.items() if name.lower().startswith("ce-")}
    data = _one_line(body.decode("utf-8-sig"))
    return Items(items, f'{json.dumps(attributes)[:-1]}, "data": {data}}}\n'.encode())


def spans(content_type: str, body: bytes, kind: str, told: Collection[str]) -> Items:
    """The spans of OTLP that are rows of a kind; each line is one of those spans with its resource.

    told: columns that the source says of every row. Raises BadInput, UnknownMediaType.
    """
    items: list[Parsed] = []
    text: list[str] = []
    for span in otlp.read(content_type, body):
        found = genai.rows([span], kind, told)
        if found.ignored:
            continue
        number = len(items) + 1
        items += [(number, row) for row in found.rows] + [replace(fault, line=number) for fault in found.refused]
        text.append(effects.compact({name: getattr(span, name) for name in span.__slots__}))
    return Items(items, "".join(f"{line}\n" for line in text).encode("utf-8", "replace"), canonical=True)


def take(
    kind: str,
    bodies: Sequence[Iterable[Parsed]],
    read_as: ReadAs,
    constants: Dictionary[str, str],
    grades: dict[str, str],
) -> list[Read]:
    """The rows of each request as canonical rows of a kind, and why some were refused: the same as each by itself.

    `constants` are what the source says of every row; `grades` (system -> grade) is added to, and a row that gives a
    system another grade is refused. Raises BadInput where nothing of one of the requests can be taken.
    """
    pile, noted, received = Pile(kind), Noted(), [0] * len(bodies)
    for rows in widened(_in_turn(bodies, received), BODY, read_as(()).wanted()):
        mapping = read_as(rows.columns)
        taker = Taker(
            kind,
            pile,
            noted,
            time_zone=mapping.time_zone,
            constants=constants,
            grades=grades,
            called=mapping.columns,
        )
        taker.file(BODY, mapped(kind, [rows], mapping, BODY))
    if len(bodies) == 1:
        return [Read(received[0], pile.table(), tuple(noted.faults))]
    return _each(received, pile.table(), noted.faults)


def _in_turn(bodies: Sequence[Iterable[Parsed]], received: list[int]) -> Iterator[Parsed]:
    """The items of all bodies, their lines after those of the bodies before, each counted for its body."""
    for at, items in enumerate(bodies):
        for item in items:
            received[at] += 1
            if not at:
                yield item
            elif isinstance(item, Fault):
                yield replace(item, line=item.line + at * _LINES)
            else:
                yield item[0] + at * _LINES, item[1]


def _each(received: list[int], rows: Any, faults: list[Fault]) -> list[Read]:
    """What became of each body, its lines counted from one again."""
    lines = rows.column("line").to_numpy()
    column = rows.schema.get_field_index("line")
    ends = np.searchsorted(lines // _LINES, range(len(received) + 1))
    reads = []
    for at, count in enumerate(received):
        first, end = ends[at], ends[at + 1]
        own = rows.slice(first, end - first).set_column(column, "line", pa.array(lines[first:end] - at * _LINES))
        told = tuple(replace(fault, line=fault.line % _LINES) for fault in faults if fault.line // _LINES == at)
        reads.append(Read(count, own, told))
    return reads


def identities(kind: str, rows: Any, owner: bytes) -> list[bytes]:
    """For each canonical row 16 bytes: the digest of what makes it that row. `owner`: whose it is; no two share one."""
    columns = [rows.column(name).to_pylist() for name in IDENTITY[kind]]
    head = b"\0".join((owner, kind.encode(), b""))
    return [
        blake2b(head + "\0".join(map(str, row)).encode(), digest_size=16).digest() for row in zip(*columns, strict=True)
    ]


def variant(identity: bytes, content: bytes) -> bytes:
    """The identity of a row that says something else than the first of its identity did."""
    return blake2b(identity + content, digest_size=16, person=b"other content").digest()


def _members(text: str) -> Iterator[tuple[Any, str]]:
    """Each member of an array, or the value itself, with its text on one line."""
    at = _skip(text, 0)
    if text[at : at + 1] != "[":
        value, end = _value(text, at)
        yield value, _one_line(text[at:end])
        _expect_end(text, end)
        return
    at = _skip(text, at + 1)
    if text[at : at + 1] == "]":
        _expect_end(text, at + 1)
        return
    while True:
        value, end = _value(text, at)
        yield value, _one_line(text[at:end])
        at = _skip(text, end)
        mark, at = text[at : at + 1], _skip(text, at + 1)
        if mark == "]":
            _expect_end(text, at)
            return
        if mark != ",":
            raise BadInput(BODY, f"lacks a comma or the closing bracket at character {at}: mend the JSON")


def _value(text: str, at: int) -> tuple[Any, int]:
    try:
        return effects.decode(text, at)
    except ValueError as error:
        raise BadInput(BODY, f"{error} (character {at + 1}): mend the JSON") from None


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _expect_end(text: str, at: int) -> None:
    if _skip(text, at) < len(text):
        raise BadInput(BODY, f"goes on after its end at character {at + 1}: send one document, or JSON Lines")


def _one_line(text: str) -> str:
    """The text without line breaks: JSON has them only between its parts."""
    return text.replace("\r", " ").replace("\n", " ") if "\n" in text or "\r" in text else text


def _parsed(number: int, value: Any, source: str) -> Parsed:
    return (number, value) if isinstance(value, dict) else Fault(number, "", shown(source), _NO_OBJECT)
