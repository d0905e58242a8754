"""Merkle trees as RFC 6962 has them: one root for many rows, and short proofs that a row is among them.

A leaf is SHA-256(0x00 || bytes), a node SHA-256(0x01 || left || right); a tree of n leaves splits at the largest power
of two below n; the root of no leaves is SHA-256 of nothing.

**Row root**: the root over the verdict rows in the order of (vendor, claim_id, revision, row), text by code point. A
row's bytes are its columns in the order of `terms.VERDICT_COLUMNS`, each as `<length in bytes>:<text>` or, for null,
`-`; integers in decimal, booleans as `true` and `false`. `row_bytes` says so for one row, `records/leaves.py` for many.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from audit.kernel.records import hashing
from audit.kernel.records.compiled import MANY, chosen
from audit.kernel.records.texts import Bytes, Numbers

LEAF: Final = b"\x00"
NODE: Final = b"\x01"
SIZE: Final = 32
_CHUNK: Final = 1 << 12


def leaf(entry: bytes) -> bytes:
    """The hash of one leaf."""
    return hashlib.sha256(LEAF + entry).digest()


def row_bytes(values: Iterable[str | int | bool | None]) -> bytes:
    """The canonical bytes of one row."""
    parts = []
    for value in values:
        if value is None:
            parts.append(b"-")
            continue
        text = (str(value).lower() if isinstance(value, bool) else str(value)).encode()
        parts.append(b"%d:%b" % (len(text), text))
    return b"".join(parts)


class Tree:
    """A Merkle tree that grows leaf by leaf and keeps only the peaks: 32 bytes for each power of two."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[tuple[int, bytes]] = []
        self._rest = b""

    def add(self, leaves: bytes) -> None:
        """Append leaf hashes, one after the other in one string of 32 bytes each."""
        self.size += len(leaves) // SIZE
        leaves = self._rest + leaves
        whole = len(leaves) - len(leaves) % (_CHUNK * SIZE)
        level, size = leaves[:whole], 1
        while size < _CHUNK and level:  # all chunks at once, level by level
            level, size = _above(level), 2 * size
        for start in range(0, len(level), SIZE):
            self._push(_CHUNK, level[start : start + SIZE])
        self._rest = leaves[whole:]

    def root(self) -> bytes:
        """The root over all leaves so far."""
        if not self.size:
            return hashlib.sha256(b"").digest()
        hashes = [peak for _, peak in self._peaks] + ([_any(self._rest)] if self._rest else [])
        root = hashes.pop()
        while hashes:
            root = hashlib.sha256(NODE + hashes.pop() + root).digest()
        return root

    def _push(self, size: int, peak: bytes) -> None:
        while self._peaks and self._peaks[-1][0] == size:
            peak = hashlib.sha256(NODE + self._peaks.pop()[1] + peak).digest()
            size *= 2
        self._peaks.append((size, peak))


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes."""
    tree = Tree()
    tree.add(b"".join(leaves))
    return tree.root()


def hashes(data: Bytes, starts: Numbers, lead: bytes) -> bytes:
    """The SHA-256 of `lead`, one byte, followed by `data[starts[i]:starts[i + 1]]`, for each i, in one string."""
    count = len(starts) - 1
    if count < MANY:
        held, bounds, sha256 = data.tobytes(), starts.tolist(), hashlib.sha256
        return b"".join([sha256(lead + held[low:high]).digest() for low, high in pairwise(bounds)])
    answer = np.empty(count * SIZE, np.uint8)
    chosen(hashing, count).sha256(data, starts, lead[0], hashing.desk(), answer)
    return answer.tobytes()


def inclusion(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The proof that leaf `index` is in the tree: the neighbours on its way up, nearest first."""
    if len(leaves) <= 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*inclusion(leaves[:split], index), root(leaves[split:])]
    return [*inclusion(leaves[split:], index - split), root(leaves[:split])]


def includes(entry: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> bool:
    """Whether the proof leads from the hash of leaf `index` of a tree of `size` leaves to the expected root."""
    if not 0 <= index < size:
        return False
    return _climb(entry, index, size, list(proof)) == expected


def _climb(entry: bytes, index: int, size: int, proof: list[bytes]) -> bytes | None:
    if size == 1:
        return None if proof else entry
    if not proof:
        return None
    split, neighbour = _split(size), proof.pop()
    if index < split:
        below = _climb(entry, index, split, proof)
        return below and hashlib.sha256(NODE + below + neighbour).digest()
    below = _climb(entry, index - split, size - split, proof)
    return below and hashlib.sha256(NODE + neighbour + below).digest()


def _split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def _perfect(level: bytes) -> bytes:
    """The root over a power of two of leaf hashes."""
    while len(level) > SIZE:
        level = _above(level)
    return level


def _above(level: bytes) -> bytes:
    """The hashes of the nodes over an even number of hashes."""
    return hashes(np.frombuffer(level, np.uint8), np.arange(0, len(level) + 1, 2 * SIZE), NODE)


def _any(hashes: bytes) -> bytes:
    size = len(hashes) // SIZE
    if size & (size - 1) == 0:
        return _perfect(hashes)
    split = _split(size) * SIZE
    return hashlib.sha256(NODE + _perfect(hashes[:split]) + _any(hashes[split:])).digest()
