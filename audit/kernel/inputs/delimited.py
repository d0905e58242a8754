"""Comma and otherwise separated text, read in large pieces without ever losing count of the lines.

A piece that is plain goes through Arrow's reader; a piece with anything odd in it (a quote that does not close, a
lone carriage return) goes through Python's, row by row. Both understand a row alike: a quote opens a field only at
its beginning, a doubled quote is a quote, a quoted field may hold line ends, rows whose fields are all empty are
blank lines and not counted.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from audit.kernel.inputs.faults import BadInput, Fault, shown
from audit.kernel.inputs.rows import Rows, check_names

BLOCK: Final = 8 << 20
"""How many bytes are read at a time."""
RECORD: Final = 16 << 20
"""The most bytes that one row may take, quoted line ends and all."""
OPEN_QUOTES: Final = 100
"""How many quotes that never close are forgiven in one file."""
_HEAD: Final = 1 << 16
_TAIL: Final = 1 << 20
_MARKS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


class _Bytes(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read(stream: _Bytes, file: str, *, delimiter: str = ",", block: int = BLOCK) -> Iterator[Rows]:
    """The rows of UTF-8 text whose first line names the columns. Raises BadInput where there is no telling rows."""
    return _Reader(stream, file, delimiter, block).batches()


@dataclass(slots=True)
class _Careful:
    """What the row by row reader made of a piece."""

    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    broken: list[Fault] = field(default_factory=list)
    used: int = 0


@dataclass(slots=True)
class _Reader:
    """A place in a file: the bytes not yet told apart, and the line that they begin on."""

    stream: _Bytes
    file: str
    delimiter: str
    block: int
    names: list[str] = field(default_factory=list)
    data: bytes = b""
    line: int = 1
    ended: bool = False
    open_quotes: int = 0
    old_mac: bool = False

    def batches(self) -> Iterator[Rows]:
        self._fill(self.block)
        self._begin()
        yield self._rows(_Careful())
        while self._fill(self.block):
            if (rows := self._quick()) is None:
                rows = self._rows(self._careful())
            yield rows

    def _fill(self, size: int) -> bool:
        """Hold at least so many bytes, or all that are left; whether there are any."""
        while len(self.data) < size and not self.ended:
            piece = self.stream.read(max(size - len(self.data), 1))
            self.ended = not piece
            self.data += piece.replace(b"\r", b"\n") if self.old_mac else piece
        return bool(self.data)

    def _begin(self) -> None:
        """Take the header."""
        if self.data[:2] in _MARKS[1:]:
            raise BadInput(self.file, "is UTF-16 text: save it as UTF-8")
        self.data = self.data.removeprefix(_MARKS[0])
        if self.data.endswith(b"\r"):  # its line feed may just not have been read yet
            self._fill(len(self.data) + 1)
        if b"\r" in self.data and b"\n" not in self.data:
            self.old_mac, self.data = True, self.data.replace(b"\r", b"\n")
        while self.data[:1] in (b"\n", b"\r"):
            self.line += self.data[:1] == b"\n"
            self.data = self.data[1:]
        careful = self._header()
        if not careful.rows:
            raise BadInput(self.file, "has no header: the first line must name the columns")
        self.names = check_names(careful.rows[0], self.file)
        if any("\udc80" <= letter <= "\udcff" for name in self.names for letter in name):
            raise BadInput(self.file, "has a header that is not UTF-8: save the file as UTF-8")

    def _header(self) -> _Careful:
        """The first row, looked for in the first few lines before the whole piece."""
        rest, self.data = self.data[_HEAD:], self.data[:_HEAD]
        careful = self._told_apart(self.data[: self.data.rfind(b"\n") + 1], 1)
        self.data += rest
        if not careful.used:
            return self._careful(most=1)
        self.line += self.data.count(b"\n", 0, careful.used)
        self.data = self.data[careful.used :]
        return careful

    # the quick way

    def _quick(self) -> Rows | None:
        """The whole rows of the piece at hand, or None if there is anything odd about it."""
        cut = self._cut()
        if not cut or len(self.data) - cut > _TAIL:
            return None
        piece = self.data[:cut]
        if b"\r" in piece and count_of(piece, b"\r") != piece.count(b"\r\n"):
            return None
        bad: list[Any] = []
        try:
            table = self._arrow(piece, bad)
        except (pa.ArrowInvalid, UnicodeDecodeError):  # the latter where a row of the wrong width is no UTF-8
            return None
        return self._placed(piece, table, bad)

    def _cut(self) -> int:
        """Where the last whole row of the piece ends, if its quotes are in order; else 0."""
        data = self.data
        quoted = b'"' in data
        if self.ended:
            return 0 if quoted and count_of(data, b'"') % 2 else len(data)
        at = data.rfind(b"\n") + 1
        odd = quoted and count_of(memoryview(data)[:at], b'"') % 2
        while odd and at and len(data) - at < _TAIL:
            before = data.rfind(b"\n", 0, at - 1) + 1
            odd = (odd + data.count(b'"', before, at)) % 2
            at = before
        return 0 if odd else at

    def _arrow(self, piece: bytes, bad: list[Any]) -> Any:
        def keep(row: Any) -> str:
            bad.append(row)
            return "skip"

        return arrow_csv.read_csv(
            pa.BufferReader(piece),
            read_options=arrow_csv.ReadOptions(use_threads=False, block_size=len(piece) + 1, column_names=self.names),
            parse_options=arrow_csv.ParseOptions(
                delimiter=self.delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=keep,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(self.names, pa.binary()), strings_can_be_null=False
            ),
        ).combine_chunks()

    def _placed(self, piece: bytes, table: Any, bad: list[Any]) -> Rows | None:
        """The rows with their lines, or None if the count of lines does not come out."""
        columns = {name: _whole(table.column(name)) for name in self.names}
        count = table.num_rows + len(bad)
        total = count_of(piece, b"\n") + (not piece.endswith(b"\n"))
        good = np.ones(count, bool)
        if any(row.number is None for row in bad):
            return None
        good[[row.number - 1 for row in bad]] = False
        heights = np.ones(count, np.int64)
        if total != count:
            heights[good] += _line_ends(columns)
            heights[~good] += np.array([row.text.count("\n") for row in bad], np.int64)
        if heights.sum() != total or not self._closes(piece, int(heights[-1])):
            return None
        starts = self.line + np.cumsum(heights) - heights
        faults = tuple(
            self._miscounted(int(at), row.text, row.actual_columns) for at, row in zip(starts[~good], bad, strict=True)
        )
        self.data, self.line = self.data[len(piece) :], self.line + total
        return _without_blanks(columns, starts[good], faults)

    def _closes(self, piece: bytes, height: int) -> bool:
        """Whether the last row of a piece, so many lines high, leaves no quote open."""
        start = len(piece) - piece.endswith(b"\n")
        for _ in range(height):
            start = max(piece.rfind(b"\n", 0, start), 0)
        last = piece[start:].strip(b"\n")
        if b'"' not in last:
            return True
        feed = _Feed([line + "\n" for line in last.decode("latin-1").split("\n")])
        next(csv.reader(feed, delimiter=self.delimiter), None)
        return not feed.ran_out

    # the careful way

    def _careful(self, most: int | None = None) -> _Careful:
        """The whole rows of the piece at hand, one by one; at least one line is always used up."""
        while True:
            cut = len(self.data) if self.ended else self.data.rfind(b"\n") + 1
            careful = self._told_apart(self.data[:cut], most)
            if careful.used:
                break
            if self.ended or len(self.data) >= RECORD:
                careful = self._unclosed()
                break
            self._fill(len(self.data) + self.block)
        begun = self.data[: careful.used]
        self.line += begun.count(b"\n")
        self.data = self.data[careful.used :]
        return careful

    def _told_apart(self, piece: bytes, most: int | None) -> _Careful:
        """Rows up to the last one that is whole."""
        csv.field_size_limit(4 * RECORD)
        lines = piece.split(b"\n")
        feed = _Feed([line.decode("utf-8", "surrogateescape") + "\n" for line in lines[:-1]] + _last(lines[-1]))
        careful, reader = _Careful(), csv.reader(feed, delimiter=self.delimiter)
        while most is None or len(careful.rows) < most:
            begin = feed.at
            try:
                row = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                careful.broken.append(self._odd(self.line + begin, feed.lines[begin], error))
                reader = csv.reader(feed, delimiter=self.delimiter)
            else:
                if feed.ran_out:
                    break
                self._sort(careful, self.line + begin, row)
            careful.used += sum(len(line) + 1 for line in lines[begin : feed.at])
        careful.used = min(careful.used, len(piece))
        return careful

    def _sort(self, careful: _Careful, line: int, row: list[str]) -> None:
        if self.names and row and len(row) != len(self.names):
            careful.broken.append(self._miscounted(line, self.delimiter.join(row), len(row)))
        elif any(row):
            careful.rows.append(row)
            careful.lines.append(line)

    def _unclosed(self) -> _Careful:
        """One line given up, because a quote in it is never closed, or because it has no end."""
        end = self.data.find(b"\n") + 1
        line = self.data[: end or len(self.data)]
        while not end and not self.ended:
            self.data = b""
            self._fill(self.block)
            end = self.data.find(b"\n") + 1
        too_long = f"is longer than {RECORD:,} bytes: make the row shorter"
        reason = self._open_quote() if b'"' in line else too_long
        return _Careful(broken=[Fault(self.line, "", shown(line.rstrip()), reason)], used=end or len(self.data))

    def _open_quote(self) -> str:
        """What is wrong with a line whose quote never closes; too many of them, and nobody can tell rows."""
        self.open_quotes += 1
        if self.open_quotes > OPEN_QUOTES:
            raise BadInput(
                self.file,
                f"has more than {OPEN_QUOTES} quotes that never close, the last on line {self.line}: "
                "close each, or double a quote inside a field",
            )
        return "a quote opens in this line and is never closed: close it, or double a quote inside a field"

    def _rows(self, careful: _Careful) -> Rows:
        columns: tuple[Any, ...] = tuple(zip(*careful.rows, strict=True)) or ((),) * len(self.names)
        return Rows(
            {name: _encoded(column) for name, column in zip(self.names, columns, strict=True)},
            np.array(careful.lines, np.int64),
            tuple(careful.broken),
        )

    def _miscounted(self, line: int, text: str, count: int) -> Fault:
        what = f"has {count:,} field{'s' * (count != 1)} where the header has {len(self.names):,}"
        remedy = "quote a field that holds the delimiter" if count > len(self.names) else "give the missing fields"
        return Fault(line, "", shown(text), f"{what}: {remedy}")

    def _odd(self, line: int, text: str, error: csv.Error) -> Fault:
        what = "has a lone carriage return outside quotes" if "new-line" in str(error) else f"cannot be read ({error})"
        return Fault(line, "", shown(text.rstrip()), f"{what}: quote the field or take the character out")


class _Feed:
    """Lines for the row by row reader, which remembers where it is and whether it was asked for one too many."""

    def __init__(self, lines: list[str]) -> None:
        self.lines, self.at, self.ran_out = lines, 0, False

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if self.at == len(self.lines):
            self.ran_out = True
            raise StopIteration
        self.at += 1
        return self.lines[self.at - 1]


def count_of(data: bytes | memoryview, letter: bytes) -> int:
    """How often one byte occurs: three times as fast as `bytes.count`."""
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == letter[0]))


def _last(line: bytes) -> list[str]:
    return [line.decode("utf-8", "surrogateescape")] if line else []


def _whole(column: Any) -> Any:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks or [pa.array([], pa.binary())])


def _encoded(column: tuple[str, ...]) -> Any:
    return pa.array([cell.encode("utf-8", "surrogateescape") for cell in column], pa.binary())


def _line_ends(columns: dict[str, Any]) -> Any:
    """How many line ends each row has inside its fields."""
    count: Any = 0
    for column in columns.values():
        values = column.buffers()[2]
        if values is not None and (np.frombuffer(values, np.uint8) == 10).any():
            count = count + pc.count_substring(column, b"\n").to_numpy(zero_copy_only=False)
    return count


def _without_blanks(columns: dict[str, Any], lines: Any, broken: tuple[Fault, ...]) -> Rows:
    """The rows but those whose fields are all empty."""
    blank = np.ones(len(lines), bool)
    for column in columns.values():
        if not blank.any():
            return Rows(columns, lines, broken)
        blank &= pc.binary_length(column).to_numpy(zero_copy_only=False) == 0
    keep = pa.array(~blank)
    return Rows({name: column.filter(keep) for name, column in columns.items()}, lines[~blank], broken)
