"""Cells: a file that somebody sent is read in a process of its own, which has limits and can be killed.

`take_file`, `preview` and `line` do what intake's functions of that name do. A cell has no network, no environment,
no more memory and no more time than `Limits` says, and a folder of its own that is gone when it is. Large results
stay in files: no row passes through a pipe. What is wrong with a file is a BadInput, be it told by its reader or by
the limit that it ran into; an error of ours is a CellFailed, and loud; a full disk is the OSError that says so.
"""

from __future__ import annotations

import atexit
import errno
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from collections.abc import Mapping as Dictionary
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from audit.intake import inside
from audit.intake.formats import Format
from audit.intake.mapping import Mapping
from audit.intake.previews import Preview
from audit.intake.walls import Limits
from audit.intake.warden import ANSWER, ANSWER_BYTES, DISK_FULL, SAID
from audit.kernel.inputs import BadInput, Taken

IDLE: Final = 2
"""How many wardens are kept for the next reading."""
STANDARD: Final = Limits()
_ROOT: Final = Path(__file__).parents[2]
_GRACE: Final = 15  # seconds in which a warden must have killed a cell that is late
_SAID_BYTES: Final = 4_000
_CRASHES: Final = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP)
_NO_ROOM: Final = ("memory allocation of", "bad_alloc", "MemoryError", "out of memory")
_ENVIRONMENT: Final = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    "ARROW_DEFAULT_MEMORY_POOL": "system",  # of which no address space is held in reserve
    "ARROW_IO_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
"""All that a cell knows of the environment: no secret, and one thread of everything."""


class CellFailed(RuntimeError):
    """A reading ended for a reason that is no fault of the file: a bug, or somebody killed it."""


def take_file(
    path: Path,
    file_name: str,
    kind: str,
    mapping: Mapping,
    out: Path,
    refused: Path,
    *,
    constants: Dictionary[str, str],
    limits: Limits = STANDARD,
) -> Taken:
    """As `audit.intake.take_file`, in a cell with the limits for a whole file. `refused` is made anew."""
    arguments = {**_file(path, file_name, kind), "mapping": mapping.to_json(), "constants": dict(constants)}
    with tempfile.TemporaryDirectory(dir=out.parent, prefix="cell-") as name:
        found = run(inside.take_file, arguments, Path(name), file_name, limits.whole(path))
        for made, place in ((inside.REFUSED, refused), (inside.ROWS, out)):
            Path(name, made).replace(place)
    return Taken.from_json(found)


def preview(
    path: Path,
    file_name: str,
    kind: str,
    mapping: Mapping | None,
    *,
    rows: int = 20,
    context: Dictionary[str, str] | None = None,
    folder: Path | None = None,
    limits: Limits = STANDARD,
) -> Preview:
    """As `audit.intake.preview`, in a cell whose own folder is made in `folder`."""
    arguments = {
        **_file(path, file_name, kind),
        "mapping": mapping and mapping.to_json(),
        "rows": rows,
        "context": dict(context or {}),
    }
    with tempfile.TemporaryDirectory(dir=folder, prefix="cell-") as name:
        return Preview.from_json(run(inside.preview, arguments, Path(name), file_name, limits))


def line(
    path: Path,
    file_name: str,
    number: int,
    form: Format | None = None,
    *,
    folder: Path | None = None,
    limits: Limits = STANDARD,
) -> dict[str, str] | None:
    """As `audit.intake.line`, in a cell whose own folder is made in `folder`."""
    arguments = {
        "path": str(path.resolve()),
        "file_name": file_name,
        "number": number,
        "form": form and form.to_json(),
    }
    with tempfile.TemporaryDirectory(dir=folder, prefix="cell-") as name:
        found: dict[str, str] | None = run(inside.line, arguments, Path(name), file_name, limits)
    return found


def run(function: Callable[..., Any], arguments: dict[str, Any], folder: Path, file: str, limits: Limits) -> Any:
    """Call a function of a module in a cell that has `folder` for its own; arguments and answer are JSON.

    `file` is what a BadInput names where a limit was hit. Raises CellFailed for whatever is no fault of the file, and
    OSError where the disk is full.
    """
    folder = folder.resolve()
    request = {
        "module": function.__module__,
        "call": function.__name__,
        "arguments": arguments,
        "folder": str(folder),
        "limits": asdict(limits),
    }
    how = _asked(request, limits.seconds + _GRACE)
    return _found(how, folder, file, limits)


def _file(path: Path, file_name: str, kind: str) -> dict[str, str]:
    return {"path": str(path.resolve()), "file_name": file_name, "kind": kind}


# what came of it


def _found(how: dict[str, Any], folder: Path, file: str, limits: Limits) -> Any:
    """What the cell found. Raises what it raised, or what its end means."""
    if how["late"] or how["code"] == -signal.SIGXCPU:
        raise _limit_hit("time", file, limits)
    said = _read(folder / SAID, _SAID_BYTES).decode(errors="replace")
    if -how["code"] in _CRASHES:
        if any(words in said for words in _NO_ROOM):
            raise _limit_hit("memory", file, limits)
        name = signal.Signals(-how["code"]).name
        raise BadInput(file, f"made its reader crash ({name}): nothing was taken, send it in another format, as CSV")
    if how["code"] == DISK_FULL:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    if how["code"]:
        raise CellFailed(f"the reading of {file} ended with {how['code']}: {said}")
    answer = _answer(folder)
    if "limit" in answer:
        raise _limit_hit(answer["limit"], file, limits)
    if "refused" in answer:
        raise BadInput(answer["file"], answer["refused"])
    return answer["found"]


def _limit_hit(limit: str, file: str, limits: Limits) -> BadInput:
    """The sentence for a limit that was hit."""
    return BadInput(
        file,
        {
            "time": f"takes longer than {limits.seconds:,.0f} seconds to read: split it into smaller files, or have it "
            "read again later",
            "memory": f"needs more than {limits.memory_bytes:,} bytes of memory to read: "
            "split it into smaller files, or send it as CSV",
            "file": f"unpacks to more than {limits.file_bytes:,} bytes: split it into smaller files",
            "answer": "has rows that are too large to be shown: shorten them or take out columns",
        }[limit],
    )


def _answer(folder: Path) -> dict[str, Any]:
    """What the cell wrote: never more than an answer may have, and never anything but JSON."""
    try:
        answer: dict[str, Any] = json.loads(_read(folder / ANSWER, ANSWER_BYTES + 1))
    except (ValueError, RecursionError) as error:
        raise CellFailed(f"a reading left no answer: {error}") from None
    return answer


def _read(path: Path, most: int) -> bytes:
    """The end of a file."""
    try:
        with path.open("rb") as handle:
            handle.seek(max(0, path.stat().st_size - most))
            return handle.read(most)
    except FileNotFoundError:
        return b""


# wardens

_idle: list[subprocess.Popen[bytes]] = []


def _asked(request: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Have a warden do it. A warden serves one at a time; whoever finds none free starts another."""
    warden = _ready()
    assert warden.stdin
    assert warden.stdout
    try:
        warden.stdin.write(json.dumps(request).encode() + b"\n")
        warden.stdin.flush()
        answers = select.poll()
        answers.register(warden.stdout, select.POLLIN)
        how: dict[str, Any] = json.loads(warden.stdout.readline() if answers.poll(seconds * 1000) else b"")
    except (OSError, ValueError) as error:
        _dismiss(warden)
        raise CellFailed(f"the warden fell silent: {error}") from None
    except BaseException:  # nobody waits any more
        _dismiss(warden)
        raise
    if len(_idle) < IDLE:
        _idle.append(warden)
    else:
        _dismiss(warden)
    return how


def _ready() -> subprocess.Popen[bytes]:
    """A warden with nothing to do."""
    while _idle:
        with suppress(IndexError):  # another thread was faster
            warden = _idle.pop()
            if warden.poll() is None:
                return warden
            _dismiss(warden)
    return subprocess.Popen(
        [sys.executable, "-m", "audit.intake.warden"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=_ROOT,
        env=_ENVIRONMENT,
        start_new_session=True,
    )


def _dismiss(warden: subprocess.Popen[bytes]) -> None:
    """End a warden: once its input does, it kills its cell and goes."""
    assert warden.stdin
    assert warden.stdout
    with suppress(OSError):
        warden.stdin.close()
    warden.stdout.close()
    try:
        warden.wait(_GRACE)
    except subprocess.TimeoutExpired:
        warden.kill()
        warden.wait()


def _dismiss_all() -> None:
    while _idle:
        _dismiss(_idle.pop())


def _forget_all() -> None:
    """A fork has wardens of its own: those of its parent do not hear it, and must hear when the parent ends."""
    for warden in _idle:
        for pipe in (warden.stdin, warden.stdout):
            if pipe:
                pipe.close()
        warden.returncode = 0  # not a child of this process, so not to be waited for
    _idle.clear()


atexit.register(_dismiss_all)
os.register_at_fork(after_in_child=_forget_all)
