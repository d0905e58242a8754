"""The warden: a small process that has intake loaded and starts a fresh cell, a fork of itself, for each reading.

`python -m audit.intake.warden` reads one request (JSON) a line from its standard input, and answers each, once the
cell has ended, with a line that says how. It looks into no file itself. When its input ends, so does it, and with it
the cell at work: nothing goes on reading for somebody who is dead.
"""

from __future__ import annotations

import errno
import gc
import importlib
import json
import os
import select
import signal
import sys
import tempfile
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NoReturn

import pyarrow as pa

from audit.intake import inside, walls  # noqa: F401  (what cells do is loaded here, once for all)
from audit.kernel.inputs import BadInput

ANSWER: Final = "answer.json"
SAID: Final = "said.txt"
DISK_FULL: Final = 71
"""The code that a cell ends with where the disk is full, and its answer would find no room either."""
ANSWER_BYTES: Final = 32 << 20
"""The most bytes that an answer may have."""


def main() -> None:
    """Serve until the input ends."""
    pa.array([""])  # with its first array Arrow loads pandas, where there is one: here, and not in each cell
    gc.collect()
    gc.freeze()
    with open(0, "rb", buffering=0, closefd=False) as requests:
        while request := requests.readline():
            ended = _served(json.loads(request))
            os.write(1, json.dumps(ended).encode() + b"\n")
    os._exit(0)  # the engine's bindings have much to say at an orderly end


def _served(request: dict[str, Any]) -> dict[str, Any]:
    """Start a cell, see it to its end, and say how that was."""
    limits = walls.Limits(**request["limits"])
    pid = os.fork()
    if not pid:
        _cell(request, limits)
    watched = select.poll()
    handle = os.pidfd_open(pid)
    watched.register(handle, select.POLLIN)
    watched.register(0, select.POLLIN)
    found = {file for file, _ in watched.poll(limits.seconds * 1000)}
    os.close(handle)
    for kill in (os.killpg, os.kill):  # the one before it has a session of its own, the other after
        with suppress(ProcessLookupError):
            kill(pid, signal.SIGKILL)
    _, status, used = os.wait4(pid, 0)
    if 0 in found:
        os._exit(0)  # whoever asked is gone
    code = os.waitstatus_to_exitcode(status)
    return {"late": not found, "code": code, "peak_kib": used.ru_maxrss, "cpu": used.ru_utime + used.ru_stime}


def _cell(request: dict[str, Any], limits: walls.Limits) -> NoReturn:
    """The life of a cell: behind its walls, do the one thing, write the answer, end."""
    code = 70
    try:
        os.setsid()
        os.chdir(request["folder"])
        _speak_into(SAID)
        tempfile.tempdir = request["folder"]
        walls.put_up(limits)
        answer = json.dumps(_done(request)).encode()
        if len(answer) > ANSWER_BYTES:
            answer = b'{"limit": "answer"}'
        Path(ANSWER).write_bytes(answer)
        code = 0
    except BaseException as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            code = DISK_FULL
        with suppress(OSError):
            traceback.print_exc()
            sys.stderr.flush()
    finally:
        os._exit(code)


def _speak_into(file: str) -> None:
    """Keep no file of the warden's; what is said goes into a file."""
    nothing, said = os.open(os.devnull, os.O_RDWR), os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number, target in enumerate((nothing, said, said)):
        os.dup2(target, number)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))


def _done(request: dict[str, Any]) -> dict[str, Any]:
    """The answer: what came of it, or the file's fault, or the limit that was hit."""
    try:
        function = getattr(importlib.import_module(request["module"]), request["call"])
        return {"found": function(**request["arguments"])}
    except BadInput as error:
        return {"file": error.file, "refused": error.what}
    except MemoryError:
        return {"limit": "memory"}
    except OSError as error:
        if error.errno == errno.EFBIG:
            return {"limit": "file"}
        raise


if __name__ == "__main__":
    main()
