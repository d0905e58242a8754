"""CSV and its kin: which delimiter, and the rows."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import Final

from audit.kernel.inputs import Rows
from audit.kernel.inputs.delimited import read
from audit.kernel.inputs.files import Bytes

DELIMITERS: Final = (",", ";", "\t", "|", "^", "~", "\x1f", "\x01", ":", " ")
"""What may stand between fields, the likeliest first."""
_ROWS: Final = 50


def rows(stream: Bytes, file: str, delimiter: str) -> Iterator[Rows]:
    """The rows of UTF-8 text with a header."""
    return read(stream, file, delimiter=delimiter)


def sniff(text: str, *, tab: bool = False) -> str:
    """The delimiter that splits the first rows most evenly; a comma where there is but one column."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    best, most = ",", (0.0, 0)
    for delimiter in ("\t", *DELIMITERS) if tab else DELIMITERS:
        score = _score(lines, delimiter)
        if score > most:
            best, most = delimiter, score
    return best


def _score(text: str, delimiter: str) -> tuple[float, int]:
    """How evenly a delimiter splits the first rows (in tenths), and into how many fields."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    widths = []
    try:
        for row in reader:
            if any(row):
                widths.append(len(row))
            if len(widths) > _ROWS:
                break
    except csv.Error:
        return 0.0, 0
    if not widths or widths[0] < 2:
        return 0.0, 0
    whole = widths[:-1] if len(widths) > 2 else widths
    return round(Counter(whole)[widths[0]] / len(whole), 1), widths[0]
