"""Files that are wrong, one way each: for the tests of whatever reads files, and for trying by hand."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

GOOD: Final = {
    "vendor": "forcedesk",
    "claim_id": "c-{number}",
    "agent_id": "case-closer",
    "action": "record_update",
    "target": "crm/Case/500000{number}",
    "occurred_at": "2026-07-01T09:00:0{number}Z",
    "units": "1",
    "charge_micros": "120000",
    "currency": "USD",
    "tokens_input": "900",
    "effect": '"{{""Status"": ""Solved""}}"',
}
GOOD_LINES: Final = 3
HUGE: Final = 2 * 1024 * 1024
BOMB: Final = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Hostile:
    """A wrong file: what is wrong with it, and what a reader must make of it.

    `refused` is the number of lines to refuse, None where the file as a whole must be; `good` the lines to keep.
    `column` is the column at fault, where one is.
    """

    path: Path
    words: str
    good: int
    refused: int | None
    column: str | None = None


def hostile(out: Path) -> tuple[Hostile, ...]:
    """Write every wrong file into `out` and say what is wrong with each."""
    out.mkdir(parents=True, exist_ok=True)
    return (*_wrong_lines(out), *_wrong_files(out), *_odd_files(out))


def _line(number: int, **wrong: str) -> str:
    """One CSV line, right but for the fields given."""
    return ",".join((GOOD | wrong)[name].format(number=number) for name in GOOD | wrong)


def _lines(*wrong: dict[str, str]) -> str:
    """A header, the good lines, and one line per set of wrong fields."""
    bad = [_line(GOOD_LINES + place, **fields) for place, fields in enumerate(wrong, 1)]
    return "\n".join([",".join(GOOD), *map(_line, range(1, GOOD_LINES + 1)), *bad]) + "\n"


def _wrong_lines(out: Path) -> list[Hostile]:
    """Files with good lines and wrong ones, which must be refused one by one."""
    wrong: dict[str, tuple[str, str, tuple[str, ...]]] = {
        "wrong_type": ("text where a whole number belongs", "units", ("many", "1.5", "0x10")),
        "missing": ("a required field is empty", "agent_id", ("",)),
        "negative": ("a count below nought", "units", ("-3", "0")),
        "negative_tokens": ("tokens below nought", "tokens_input", ("-1",)),
        "absurd_date": ("days that never were", "occurred_at", ("2026-13-45T00:00:00Z", "2026-02-30T09:00:00Z")),
        "no_zone": ("a time without zone", "occurred_at", ("2026-07-01T09:00:00", "2026-07-01 09:00")),
        "not_a_time": ("a number where an instant belongs", "occurred_at", ("1751360400", "yesterday")),
        "too_large": ("a number that no register holds", "charge_micros", ("9" * 40,)),
        "not_json": ("an effect that is no object", "effect", ('"{{""Status"": "', "Solved", "[1]")),
    }
    written = []
    for name, (words, column, values) in wrong.items():
        path = out / f"{name}.csv"
        path.write_text(_lines(*({column: value} for value in values)), encoding="utf-8")
        written.append(Hostile(path, words, GOOD_LINES, len(values), column))
    return written


def _wrong_files(out: Path) -> list[Hostile]:
    """Files that must be refused whole."""
    good = _lines().encode()
    packed = gzip.compress(good * 50, mtime=0)
    doubled = good.replace(b"tokens_input", b"units")
    wrong: dict[str, tuple[str, bytes]] = {
        "duplicate_column.csv": ("two columns of one name", doubled),
        "truncated.csv.gz": ("the gzip breaks off", packed[: len(packed) // 2]),
        "not_gzip.csv.gz": ("it says gzip and is plain text", good),
        "not_parquet.parquet": ("it says Parquet and is CSV", good),
        "half_parquet.parquet": ("Parquet's first letters, and no more", b"PAR1" + bytes(64)),
        "empty.csv": ("nothing at all", b""),
        "no_required.csv": ("the claim id has no column", good.replace(b"claim_id", b"remark")),
        "thousand_columns.csv": ("over a thousand columns, most of no use", _wide()),
        "bomb.csv.gz": ("a few kilobytes that unpack to one endless line", gzip.compress(bytes(BOMB), mtime=0)),
    }
    for name, (_, content) in wrong.items():
        (out / name).write_bytes(content)
    return [Hostile(out / name, words, 0, None) for name, (words, _) in wrong.items()]


def _odd_files(out: Path) -> list[Hostile]:
    """Files that are odd: mixed or foreign bytes, uneven lines, fields too long or too clever."""
    made: dict[str, tuple[str, Callable[[], bytes], int, int]] = {
        "header_alone.csv": ("a header and no line", lambda: _lines().splitlines()[0].encode() + b"\n", 0, 0),
        "mixed_encodings.csv": ("one line in UTF-8, one in Windows-1252", _mixed, GOOD_LINES + 1, 1),
        "uneven.csv": ("a line too short and a line too long", _uneven, GOOD_LINES, 2),
        "nul_byte.csv": (
            "a zero byte within an id",
            lambda: _lines({"claim_id": "c-\0{number}"}).encode(),
            GOOD_LINES,
            1,
        ),
        "long_field.csv": (
            "a field of two megabytes",
            lambda: _lines({"target": "crm/" + "x" * HUGE}).encode(),
            GOOD_LINES,
            1,
        ),
        "formula.csv": (
            "an id that a spreadsheet would run",
            lambda: _lines({"claim_id": "=1+{number}"}).encode(),
            GOOD_LINES + 1,
            0,
        ),
    }
    for name, (_, content, _, _) in made.items():
        (out / name).write_bytes(content())
    return [Hostile(out / name, words, good, refused) for name, (words, _, good, refused) in made.items()]


def _mixed() -> bytes:
    """The same agent's name in two encodings."""
    lines = _lines({"agent_id": "bürohilfe"}).encode()
    return lines + _line(GOOD_LINES + 2, agent_id="bürohilfe").encode("cp1252") + b"\n"


def _uneven() -> bytes:
    """Lines with fields missing and fields left over."""
    short = ",".join(_line(4).split(",")[:4])
    return f"{_lines()}{short}\n{_line(5)},left,over\n".encode()


def _wide() -> bytes:
    """Good lines with a thousand further columns."""
    head, *lines = _lines().splitlines()
    names = ",".join(f"extra_{place}" for place in range(1_000))
    values = ",".join("x" for _ in range(1_000))
    return "\n".join([f"{head},{names}", *(f"{line},{values}" for line in lines)]).encode() + b"\n"
