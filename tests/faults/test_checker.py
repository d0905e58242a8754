"""The check behind `make faults` says when a promise was broken: one that finds nothing would prove nothing."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from audit.models import Job, Run, Source
from audit.operations import streams
from audit.serializers.batches import StreamReceiptSerializer
from tests.audit.test_streams import ndjson
from tests.desk import Desk, open_desk
from tests.faults import clients, sabotage
from tests.faults.checker import check
from tests.faults.death import Points
from tests.faults.promises import Promise, Promises, Row
from tests.world import World

SENT = [(("evidence", f"row-{number}"), 0) for number in range(5)]
OTHERWISE = [(("evidence", "row-1"), 1), (("evidence", "row-1"), 0)]


@pytest.fixture
def desk(world: World) -> Desk:
    """Northwind's desk."""
    return open_desk(world.northwind.id)


@pytest.fixture
def promises(desk: Desk) -> Promises:
    """What was promised for two requests, with a conflicting row, a duplicate and two bad ones, sealed and judged."""
    made = Promises(desk.tenant_id)
    send(desk, made, SENT, 0)
    send(desk, made, OTHERWISE, 2)
    made.runs.add(desk.run().id)
    return made


def send(desk: Desk, promises: Promises, rows: list[tuple[Row, int]], bad: int) -> None:
    """One request, and what is remembered of it."""
    sent = ndjson(*[clients.row(kind, name, content) for (kind, name), content in rows], *[{"event_id": "x"}] * bad)
    receipt = desk.ask(lambda: streams.receive(Source.objects.get(id=desk.evidence.id), [sent])[0])
    told = json.loads(json.dumps(StreamReceiptSerializer(receipt).data, default=str))
    promises.keep(rows, bad, Promise(told, hashlib.sha256(sent.body).hexdigest()))


def test_kept_promises_are_found_kept(promises: Promises) -> None:
    assert check(promises) == []


@pytest.mark.parametrize(
    ("spoil", "words"),
    [(sabotage.lose_a_row, "acknowledged rows are lost"), (sabotage.double_a_row, "rows are there twice")],
)
def test_a_row_that_is_lost_or_doubled_is_found(promises: Promises, spoil: Callable[[UUID], str], words: str) -> None:
    spoil(promises.tenant_id)
    broken = check(promises)
    assert f"1 {words}: ('evidence', 'row-0')" in broken
    assert any("not what its name says" in sentence for sentence in broken)


def test_a_receipt_that_is_lost_is_found_with_its_body(desk: Desk, promises: Promises) -> None:
    first = promises.receipts[0]
    promises.receipts[0] = Promise(first.receipt | {"receipt": str(desk.tenant_id)}, first.sha256)
    assert [sentence.split(":")[0] for sentence in check(promises)] == [
        "1 receipts are lost",
        "1 requests were kept that nobody was told of",
        "1 bodies are lost or not as they were sent",
    ]


def test_a_body_that_is_not_as_it_was_sent_is_found(promises: Promises) -> None:
    promises.receipts[0] = Promise(promises.receipts[0].receipt, "0" * 64)
    assert [sentence.split(":")[0] for sentence in check(promises)] == ["1 bodies are lost or not as they were sent"]


def test_a_request_that_is_counted_twice_is_found(promises: Promises) -> None:
    promises.received -= 5
    assert any(sentence.startswith("receipts count (9, 5, 1, 2)") for sentence in check(promises))


def test_open_work_and_another_row_root_are_found(desk: Desk, promises: Promises) -> None:
    run = desk.ask(lambda: Run.objects.get())
    desk.ask(lambda: Job.objects.filter(object_id=run.id).update(state=Job.State.DUE))
    desk.ask(lambda: Run.objects.update(row_root="0" * 64))
    assert [sentence.split(":")[0] for sentence in check(promises)] == [
        "1 jobs are not done",
        f"run {run.id} has another row root than its inputs",
    ]


def test_a_process_dies_at_the_passing_that_was_armed_and_no_other_does(tmp_path: Path) -> None:
    points = Points(tmp_path / "points")
    passes = f"""
from pathlib import Path
from tests.faults.death import Points
for number in range(5):
    Points(Path({str(points.folder)!r})).die_where_armed("seal.written")
    print(number, flush=True)
"""
    points.arm("seal.written", 3)
    for code, said in ((-signal.SIGKILL, "0\n1\n"), (0, "0\n1\n2\n3\n4\n")):
        done = subprocess.run([sys.executable, "-c", passes], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (code, said)
    assert not points.armed("seal.written")
