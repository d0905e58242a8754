"""Which earlier step spoils a claim: the nearest ancestor that is bad, over any number of steps.

Source: the law of verdicts, 3.6. A claim has at most one parent, so its ancestors are one path; a cycle ends where it
closes, so nobody is an ancestor of itself. The path is doubled at each turn (1, 2, 4 ... steps), so a line of a
million steps takes twenty turns.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]
NOBODY = -1


def nearest(parent: Numbers, is_bad: Flags) -> Numbers:
    """For each node the nearest bad ancestor, or -1. `parent` holds positions in the same array, -1 for none."""
    size = len(parent)
    jump = parent.copy()
    found = np.where((jump >= 0) & is_bad[jump], jump, NOBODY)
    reach = 1
    while reach <= size:
        open_ = np.flatnonzero((found < 0) & (jump >= 0))
        if not len(open_):
            break
        found_next = found.copy()
        found_next[open_] = found[jump[open_]]
        jump = np.where(jump >= 0, jump[jump], NOBODY)
        found = found_next
        reach *= 2
    # The only bad one on a cycle meets itself after one round: it has no bad ancestor.
    found[found == np.arange(size)] = NOBODY
    return found


def on_cycle(parent: Numbers) -> Flags:
    """Which nodes lie on a cycle of parents: whoever walks up far enough ends on one, or at a root."""
    jump, reach = parent.copy(), 1
    while reach <= len(parent):
        jump = np.where(jump >= 0, jump[jump], NOBODY)
        reach *= 2
    flags = np.zeros(len(parent), dtype=np.bool_)
    flags[jump[jump >= 0]] = True
    return flags


def spoilt(parent: Numbers, is_bad: Flags, is_open: Flags, taint_spoils: bool) -> Numbers:
    """For each node the nearest ancestor whose final reason spoils, or -1.

    `is_bad`: the reason before taint is one that spoils. `is_open`: the claim would be verified or attested, so that
    taint would change its reason. `taint_spoils`: the reason `tainted` is itself one that spoils; then an open bad node
    spoils whether it is tainted or not. Else an open bad node with a bad ancestor is tainted and spoils no more; but
    open bad nodes that hang on nothing but one another, round a cycle, keep their reason and spoil the others.
    """
    ancestor = nearest(parent, is_bad)
    is_tainted = is_open & (ancestor >= 0)
    if not is_tainted.any():
        return ancestor
    if taint_spoils:
        return nearest(parent, is_bad | is_tainted)
    is_mutual = np.zeros(len(parent), dtype=np.bool_)
    if (is_bad & is_tainted).any():
        is_mutual = is_bad & is_tainted & on_cycle(parent) & (nearest(parent, is_bad & ~is_open) < 0)
    found = nearest(parent, is_bad & (~is_tainted | is_mutual))
    found[is_mutual] = NOBODY
    return found
