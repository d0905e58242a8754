"""The portal under faults: real processes die at random and at every named point while clients send.

    python -m tests.faults [--seed N] [--kills 20] [--seconds S] [--clients 6] [--rows 600] [--pause 2.5]
        [--sabotage] [--keep]

Afterwards everything that clients were promised is looked for. Ends with 1 where a promise was not kept; then, or
with --keep, the folder with the data and the logs stays. The seed chooses the faults and what is sent; the moments at
which they meet are the machine's. With --sabotage an acknowledged row is taken out of a sealed file before the
check, which must then find it lost.
"""

from __future__ import annotations

import argparse
import atexit
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

from audit.operations.points import POINTS
from tests.faults.clients import Clerk, Client, Door
from tests.faults.disks import Disk
from tests.faults.plant import Plant
from tests.faults.promises import Promises
from tests.faults.stage import prepare
from tests.faults.storm import Storm

QUIET_SECONDS = 300  # the longest until every job must be in a final state
SECONDS_A_KILL = 15
DISKS = {"files": "", "database": "postgres"}  # each with its place in the folder; the first holds the other


def say(words: str) -> None:
    """Tell the person at once."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main() -> int:
    """Start, send, break, wait, check, report."""
    given = arguments()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    folder, done = Path(tempfile.mkdtemp(prefix="awu-faults-")), threading.Event()
    atexit.register(lambda: done.is_set() and shutil.rmtree(folder, ignore_errors=True))  # after PostgreSQL has stopped
    say(f"seed {given.seed}, {given.kills} kills in at most {given.seconds} s, logs in {folder / 'logs'}")
    disks = {name: Disk(folder / place, folder / "points") for name, place in DISKS.items()}
    atexit.register(lambda: [disk.release() for disk in reversed(disks.values()) if done.is_set()])
    doors = prepare(folder)
    tenants = list({door.promises.tenant_id: door.promises for door in doors}.values())
    plant = Plant(folder, disks)
    storm = Storm(plant, random.Random(given.seed))
    try:
        plant.start()
        begun = time.monotonic()
        calm = rage(storm, doors, given)
        raged = time.monotonic() - begun
        quiet = until_quiet(storm, tenants, calm)
    finally:
        plant.stop()
    broken = verdict(tenants, given.sabotage)
    report(storm, tenants, raged, quiet, given)
    for sentence in broken:
        say(f"BROKEN: {sentence}")
    if not broken:
        say(
            "looked for: each row and each conflict is there once, each receipt, body, batch, run and entry as promised"
        )
    failed = bool(broken) or quiet is None
    if not (failed or given.keep):
        done.set()
    say(f"seed {given.seed}: {'a promise was broken' if failed else 'every promise was kept'}")
    return int(failed)


def arguments() -> argparse.Namespace:
    """What the person asked for."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--seed", type=int, default=random.randrange(10**6))
    asked.add_argument("--kills", type=int, default=20)
    asked.add_argument("--seconds", type=int, help=f"for the faults; {SECONDS_A_KILL} a kill where not given")
    asked.add_argument("--clients", type=int, default=6)
    asked.add_argument("--rows", type=int, default=600, help="of one request, at most")
    asked.add_argument("--pause", type=float, default=2.5, help="seconds between two files or runs, about")
    asked.add_argument("--sabotage", action="store_true", help="spoil a sealed file, to see that it is found")
    asked.add_argument("--keep", action="store_true", help="leave data and logs where they are")
    given = asked.parse_args()
    given.seconds = given.seconds or SECONDS_A_KILL * given.kills
    return given


def rage(storm: Storm, doors: list[Door], given: argparse.Namespace) -> float:
    """Send and break at the same time; every client is answered in the end. When the last fault was mended."""
    stop, port = threading.Event(), storm.plant.port
    load = {"rows": given.rows, "pause": given.pause}
    clients = [Client(number, given.seed, port, doors, stop, **load) for number in range(given.clients)]
    clients.append(Clerk(given.clients, given.seed, port, doors, stop, **load))
    for client in clients:
        client.start()
    try:
        storm.blow(given.kills, given.seconds)
    finally:
        calm = time.monotonic()
        stop.set()
    for client in clients:
        client.join()
    return calm


def until_quiet(storm: Storm, tenants: list[Promises], calm: float) -> float | None:
    """Seconds from the last fault until no job and no batch waits; None where they never end."""
    from audit.models import Batch, Job
    from tenants.scope import scope

    while time.monotonic() < calm + QUIET_SECONDS:
        storm.revive()
        waiting = 0
        for tenant in tenants:
            with scope(tenant.tenant_id):
                waiting += Job.objects.filter(state__in=("due", "leased")).count()
                waiting += Batch.objects.filter(state__in=("open", "received")).count()
        if not waiting:
            return time.monotonic() - calm
        time.sleep(0.2)
    return None


def verdict(tenants: list[Promises], sabotage: bool) -> list[str]:
    """What is broken."""
    from tests.faults.checker import check
    from tests.faults.sabotage import lose_a_row

    if sabotage:
        say(f"sabotage: {lose_a_row(tenants[0].tenant_id)}")
    return [sentence for tenant in tenants for sentence in check(tenant)]


def report(storm: Storm, tenants: list[Promises], raged: float, quiet: float | None, given: argparse.Namespace) -> None:
    """What happened, in short."""
    receipts, rows = sum(len(one.receipts) for one in tenants), sum(one.received for one in tenants)
    files, runs = sum(len(one.files) for one in tenants), sum(len(one.runs) for one in tenants)
    for name, counted in (("kills", storm.kills), ("points visited", storm.visited), ("besides", storm.others)):
        say(f"{name}: {counted.total()} ({', '.join(f'{what} {count}' for what, count in sorted(counted.items()))})")
    full = [name for name, disk in storm.plant.disks.items() if not disk.mounted]
    if full:
        say(f"disks that could not be mounted, so that points said they were full: {', '.join(full)}")
    if unvisited := [point for point in POINTS if not storm.visited[point]]:
        say(f"points at which nobody died: {', '.join(unvisited)}")
    if storm.missed:
        say(f"points that nobody passed in time: {', '.join(storm.missed)}")
    if storm.kills.total() < given.kills:
        say(f"the time was over before {given.kills} kills")
    say(f"acknowledged in {raged:.0f} s: {rows:,} rows in {receipts:,} requests, {files} files, {runs} runs")
    kept, others = sum(len(one.rows) for one in tenants), sum(one.contents - len(one.rows) for one in tenants)
    say(f"of them, with the files': {kept:,} different rows, {others:,} that said something else of the same")
    never = f"never, within {QUIET_SECONDS} s"
    say(f"from the last fault until every job was done: {never if quiet is None else f'{quiet:.1f} s'}")


if __name__ == "__main__":
    sys.exit(main())
