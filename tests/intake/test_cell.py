"""A file is read in a cell: a process that has limits, knows no secret, reaches nothing, and dies without harm."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit import intake
from audit.intake import cell
from audit.intake.walls import Limits
from audit.kernel.inputs import BadInput
from tests.intake import misdeeds
from tests.intake.bombs import HEAD, NAMES, ROW

FILE = "a.csv"
SECOND = Limits(seconds=1)


def do(folder: Path, function: Callable[..., Any], limits: Limits = cell.STANDARD, **arguments: Any) -> Any:
    return cell.run(function, arguments, folder, FILE, limits)


def test_a_cell_finds_what_intake_finds(tmp_path: Path) -> None:
    path, mapping = tmp_path / "received", intake.identity("claims", NAMES)
    path.write_bytes(HEAD + ROW * 2 + b"acme,,,,,,\n")
    for way, take, look, find in (
        ("here", intake.take_file, intake.preview, intake.line),
        ("cell", cell.take_file, cell.preview, cell.line),
    ):
        out, refused = tmp_path / f"{way}.parquet", tmp_path / f"{way}.csv"
        taken = take(path, FILE, "claims", mapping, out, refused, constants={"vendor": "acme"})
        seen = look(path, FILE, "claims", None, rows=2, context={"vendor": "acme"})
        row = find(path, FILE, 3)
        assert (taken.accepted, taken.refused, row and row["claim_id"], len(seen.raw)) == (2, 1, "c1", 2)
        if way == "here":
            expected = taken, seen, row
    assert (taken, seen, row) == expected
    assert (tmp_path / "here.parquet").read_bytes() == (tmp_path / "cell.parquet").read_bytes()
    assert (tmp_path / "here.csv").read_bytes() == (tmp_path / "cell.csv").read_bytes()
    assert len(list(tmp_path.iterdir())) == 5


def test_what_is_wrong_with_a_file_is_said_in_the_same_words(tmp_path: Path) -> None:
    path, said = tmp_path / "received", []
    path.write_bytes(b"Id,Bot\n1,2\n")
    for take in (intake.take_file, cell.take_file):
        with pytest.raises(BadInput) as caught:
            take(
                path,
                FILE,
                "claims",
                intake.identity("claims", NAMES),
                tmp_path / "out",
                tmp_path / "refused",
                constants={},
            )
        said.append((caught.value.file, caught.value.what, str(caught.value)))
    assert said[0] == said[1]
    assert list(tmp_path.iterdir()) == [path]


def test_no_secret_reaches_a_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cell._dismiss_all()
    monkeypatch.setenv("DATABASE_URL", "postgresql://a-secret")
    assert "a-secret" not in str(do(tmp_path, misdeeds.environment))


def test_a_cell_has_no_file_open_but_its_own(tmp_path: Path) -> None:
    for name in do(tmp_path, misdeeds.open_files):
        assert name in ("/dev/null", str(tmp_path / "said.txt")) or name.startswith("/proc/")


def test_a_cell_reaches_no_network_and_no_program(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert do(tmp_path, misdeeds.dial, port=server.getsockname()[1]) == "PermissionError"
    assert do(tmp_path, misdeeds.call) == "PermissionError"


def test_a_cell_has_a_network_of_its_own_and_no_privilege(tmp_path: Path) -> None:
    rights = do(tmp_path, misdeeds.rights)
    assert rights["NoNewPrivs"] == "1"
    if rights["network"] == os.readlink("/proc/self/ns/net"):
        pytest.skip("this system does not permit a process to leave the network")
    assert Path(f"/proc/{os.getpid()}/ns/net").exists()


@pytest.mark.parametrize(
    ("function", "arguments", "limits", "words"),
    [
        (misdeeds.linger, {}, SECOND, "takes longer than 1 seconds to read: split it"),
        (misdeeds.toil, {}, SECOND, "takes longer than 1 seconds to read: split it"),
        (misdeeds.swell, {"count": 1 << 30}, Limits(), "needs more than 943,718,400 bytes of memory to read: split it"),
        (misdeeds.write, {"count": 3}, Limits(file_bytes=1 << 20), "unpacks to more than 1,048,576 bytes: split it"),
        (misdeeds.talk, {"count": 33 << 20}, Limits(), "too large to be shown: shorten them"),
        (misdeeds.crash, {}, Limits(), r"made its reader crash \(SIGSEGV\): nothing was taken, send it in another"),
        (misdeeds.give_up, {}, Limits(), "needs more than 943,718,400 bytes of memory to read: split it"),
    ],
)
def test_a_limit_that_is_hit_is_the_fault_of_the_file(
    tmp_path: Path, function: Callable[..., Any], arguments: dict[str, Any], limits: Limits, words: str
) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        do(tmp_path, function, limits, **arguments)
    assert str(caught.value).startswith(f"{FILE}: ")
    assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize(("function", "words"), [(misdeeds.err, "KeyError: 'a bug'"), (misdeeds.be_killed, "with -9")])
def test_what_is_no_fault_of_the_file_is_loud(tmp_path: Path, function: Callable[..., Any], words: str) -> None:
    with pytest.raises(cell.CellFailed, match=words):
        do(tmp_path, function)


def test_a_full_disk_is_told_from_a_fault_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left") as caught:
        do(tmp_path, misdeeds.fill_the_disk)
    assert caught.value.errno == errno.ENOSPC


def test_nothing_is_left_of_a_reading_that_failed(tmp_path: Path) -> None:
    path = tmp_path / "received"
    path.write_bytes(HEAD + ROW)
    mapping = intake.identity("claims", NAMES)
    with pytest.raises(BadInput, match="takes longer than"):
        cell.take_file(
            path, FILE, "claims", mapping, tmp_path / "o", tmp_path / "r", constants={}, limits=Limits(seconds=0)
        )
    assert list(tmp_path.iterdir()) == [path]


def test_the_next_reading_is_served_when_a_warden_is_gone(tmp_path: Path) -> None:
    do(tmp_path, misdeeds.talk, count=1)
    for warden in cell._idle:
        warden.kill()
        warden.wait()
    assert do(tmp_path, misdeeds.talk, count=2) == "xx"


def test_a_fork_has_wardens_of_its_own(tmp_path: Path) -> None:
    do(tmp_path, misdeeds.talk, count=1)
    pid = os.fork()
    if not pid:
        try:
            fine = not cell._idle and do(tmp_path, misdeeds.talk, count=3) == "xxx"
            cell._dismiss_all()
        finally:
            os._exit(0 if fine else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert do(tmp_path, misdeeds.talk, count=2) == "xx"


def test_a_cell_dies_with_whoever_asked_for_it(tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    script = (
        "import sys; from pathlib import Path; from audit.intake import cell; from tests.intake import misdeeds\n"
        "cell.run(misdeeds.linger, {'sign': sys.argv[1]}, Path(sys.argv[2]), 'a', cell.Limits(seconds=600))"
    )
    command = [sys.executable, "-c", script, str(sign), str(tmp_path)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as asking:
        until(lambda: sign.exists() and sign.read_text() != "")
        asking.send_signal(signal.SIGKILL)
    until(lambda: not Path(f"/proc/{sign.read_text()}").exists())


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
