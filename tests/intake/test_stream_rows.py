"""The rows of one request: the same checks as a file's, each row with its line as it was received."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.intake import BadInput, Mapping, identity, streams
from audit.intake.bodies import TooLarge, unpacked

SAYS = {"system": "crm", "grade": "A"}


def event(number: int, **more: Any) -> dict[str, Any]:
    """One event."""
    return {"event_id": f"e{number}", "occurred_at": "2026-03-02T09:00:10Z", "outcome": "done", **more}


def take(items: streams.Items, mapping: Mapping | None = None) -> streams.Read:
    """The rows as evidence of the CRM, by canonical names or by a mapping."""
    (read,) = together([items], mapping)
    return read


def together(bodies: list[streams.Items], mapping: Mapping | None = None) -> list[streams.Read]:
    """The rows of several requests, taken at once."""
    read_as = lambda names: mapping or identity("evidence", names)  # noqa: E731
    return streams.take("evidence", [items.items for items in bodies], read_as, SAYS, {})


def lines(*rows: Any) -> bytes:
    """JSON Lines."""
    return b"\n".join(json.dumps(row).encode() for row in rows)


def test_rows_that_lack_what_every_row_needs_are_refused_one_by_one() -> None:
    read = take(streams.ndjson(lines(event(1), {"note": "nothing"}, event(3, units="many"), event(4))))
    assert (read.received, read.refused, read.rows.column("line").to_pylist()) == (4, 2, [1, 4])
    assert [(fault.line, fault.column) for fault in read.refusals] == [
        (2, "event_id"),
        (2, "occurred_at"),
        (2, "outcome"),
        (3, "units"),
    ]


def test_a_mapping_reads_streams_as_it_reads_files() -> None:
    mapping = Mapping(
        columns={"event_id": "nr", "occurred_at": "at.time", "outcome": "how"},
        values={"outcome": {"ok": "done"}},
        epoch="s",
    )
    read = take(streams.ndjson(lines({"nr": 7, "at": {"time": 1772442010}, "how": "OK"})), mapping)
    (row,) = read.rows.to_pylist()
    assert (row["event_id"], row["outcome"], row["occurred_at"].isoformat()) == (
        "7",
        "done",
        "2026-03-02T09:00:10+00:00",
    )


def test_a_document_gives_back_each_member_on_a_line_as_it_was_written() -> None:
    body = b'\xef\xbb\xbf [ {"event_id": "e1",\r\n "n": 1.50}, 7,\n{"a": "\\n"} ] '
    items = streams.document(body)
    assert items.text == b'{"event_id": "e1",   "n": 1.50}\n7\n{"a": "\\n"}\n'
    read = take(items)
    assert (read.received, read.refusals[-1].line) == (3, 3)
    assert streams.document(b' {"a": 1} ').text == b'{"a": 1}\n'


@pytest.mark.parametrize("body", [b"", b"{", b"[1,", b"[1 2]", b"[] x", b"{} {}", b"\xff", b'{"a": NaN}'])
def test_a_document_that_is_none_is_refused_whole(body: bytes) -> None:
    with pytest.raises(BadInput):
        streams.document(body)


def test_identity_and_content_tell_rows_as_the_vault_tells_them() -> None:
    rows = take(streams.ndjson(lines(event(1), event(1, units=1), event(1, units=2), event(2)))).rows
    ids, contents = streams.identities("evidence", rows, b"one tenant"), rows.column("content").to_pylist()
    assert (ids[0] == ids[1] == ids[2], len(set(ids))) == (True, 2)
    assert (contents[0] == contents[1], contents[0] == contents[2]) == (True, False)
    assert streams.identities("evidence", rows, b"another") != ids
    assert streams.variant(ids[0], contents[0]) not in {*ids, streams.variant(ids[0], contents[2])}


VALUES = [
    "",
    " ",
    "done",
    "OK",
    7,
    -1,
    1.50,
    10**30,
    True,
    None,
    {},
    {"a": [1]},
    "\ud800",
    "a\0b",
    "2026-03-02T09:00:10Z",
    "x" * 300,
]
COLUMNS = ["event_id", "system", "target", "occurred_at", "outcome", "units", "actor", "effect", "grade", "of your own"]
ODD_ROWS = st.dictionaries(st.sampled_from(COLUMNS), st.sampled_from(VALUES))
ROWS = st.one_of(ODD_ROWS, st.builds(lambda n, more: event(n) | more, st.integers(0, 3), ODD_ROWS), st.just(7))


@given(st.lists(st.lists(ROWS, min_size=1, max_size=4), min_size=1, max_size=5))
def test_requests_taken_together_are_what_each_is_by_itself(requests: list[list[Any]]) -> None:
    bodies = [b"\n \n".join(json.dumps(row).encode() for row in rows) for rows in requests]
    found = together([streams.ndjson(body) for body in bodies])
    alone = [take(streams.ndjson(body)) for body in bodies]
    assert [(read.received, read.refusals, read.rows.to_pylist()) for read in found] == [
        (read.received, read.refusals, read.rows.to_pylist()) for read in alone
    ]


def test_what_unpacks_to_more_than_is_allowed_is_stopped_on_the_way() -> None:
    many = gzip.compress(b"a") * 3
    assert unpacked(many, "gzip", 3) == b"aaa"
    for body in (many, gzip.compress(b" " * 10_000_000)):
        with pytest.raises(TooLarge):
            unpacked(body, "gzip", 2)
