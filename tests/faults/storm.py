"""Faults at moments that a seed chooses: kills, sleeps past the lease, wiped brokers, full disks, every point."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import cycle

from audit.operations.points import POINTS
from tests.faults.death import Points
from tests.faults.plant import LEASE_SECONDS, WORKERS, Plant

PASS_SECONDS = 90  # how long a point may take to be passed
BETWEEN = 5, 15  # seconds between two strikes while a point is waited for


@dataclass
class Storm:
    """So many kills, within so many seconds."""

    plant: Plant
    rng: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    visited: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)

    def blow(self, kills: int, seconds: float) -> None:
        """A point after the other, as long as there is time; before and while it is waited for, whom the seed says."""
        end = time.monotonic() + seconds
        for point in cycle(POINTS):
            time.sleep(self.rng.uniform(0.2, 2))
            self._strike()
            self._visit(point)
            if self.rng.random() < 0.5:
                self._disturb()
            self.revive()
            self.plant.wait_for_web()
            if self.kills.total() >= kills or time.monotonic() > end:
                return

    def revive(self) -> None:
        """Start again what ended by itself, and remember it."""
        self.others.update(f"{name} ended by itself" for name in self.plant.revive())

    def _strike(self) -> None:
        victim = self.rng.choices(("web", *WORKERS, "beat", "postgres"), (3, 2, 2, 1, 2))[0]
        chosen = self.rng.random()
        if victim == "postgres":
            self.plant.kill_postgres(chosen)
        elif victim != "beat" and self.rng.random() < 0.3:
            self.plant.kill_child(victim, chosen)
        else:
            self.plant.kill(victim)
        self.kills["worker" if victim in WORKERS else victim] += 1

    def _visit(self, point: str) -> None:
        points = Points(self.plant.folder / "points")
        points.arm(point, self.rng.randint(1, 3))
        deadline = time.monotonic() + PASS_SECONDS
        strike = time.monotonic() + self.rng.uniform(*BETWEEN)
        while points.armed(point) and time.monotonic() < deadline:
            self.revive()
            if time.monotonic() > strike:
                self._strike()  # while others still recover
                strike = time.monotonic() + self.rng.uniform(*BETWEEN)
            time.sleep(0.05)
        if points.disarm(point):
            self.missed.append(point)
            return
        self.visited[point] += 1
        self.kills["point"] += 1

    def _disturb(self) -> None:
        what = self.rng.choice(("broker", "worker", "files", "database"))
        if what == "broker":
            self.plant.wipe_broker()
            self.others["broker wiped"] += 1
            return
        if what in self.plant.disks:
            self.plant.fill_disk(what, self.rng.uniform(2, 5))
            self.others[f"disk full: {what}"] += 1
            return
        worker = self.rng.choice(WORKERS)
        self.plant.signal(worker, signal.SIGSTOP)
        time.sleep(LEASE_SECONDS + 2)
        self.plant.signal(worker, signal.SIGCONT)
        self.others["worker slept past its lease"] += 1
