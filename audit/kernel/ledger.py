"""Merkle trees as RFC 6962 has them: one root for many rows, and short proofs that a row is among them.

A leaf is SHA-256(0x00 || bytes), a node SHA-256(0x01 || left || right); a tree of n leaves splits at the largest power
of two below n; the root of no leaves is SHA-256 of nothing.

**Row root**: the root over the verdict rows in the order of (vendor, claim_id, revision, row), text by code point. A
row's bytes are its columns in the order of `terms.VERDICT_COLUMNS`, each as `<length in bytes>:<text>` or, for null,
`-`; integers in decimal, booleans as `true` and `false`. `sql/exports/leaf.sql` hashes the leaves; `row_bytes` says the
same in Python.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Final

NODE: Final = b"\x01"
SIZE: Final = 32
_CHUNK: Final = 1 << 12


def leaf(entry: bytes) -> bytes:
    """The hash of one leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


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
        for start in range(0, whole, _CHUNK * SIZE):
            self._push(_CHUNK, _perfect(leaves[start : start + _CHUNK * SIZE]))
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


def root_of(batches: Iterable[Any]) -> bytes:
    """The root over Arrow batches whose first column holds leaf hashes, in order."""
    tree = Tree()
    for batch in batches:
        tree.add(leaves(batch.column(0)))
    return tree.root()


def leaves(column: Any) -> bytes:
    """The bytes of a binary column of hashes without nulls, which lie one after the other in its last buffer."""
    _, starts, data = column.buffers()
    if not len(column):
        return b""
    start = memoryview(starts).cast("i")[column.offset]
    return bytes(memoryview(data)[start : start + len(column) * SIZE])


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


def _perfect(hashes: bytes) -> bytes:
    """The root over a power of two of leaf hashes."""
    sha256 = hashlib.sha256
    while len(hashes) > SIZE:
        hashes = b"".join([sha256(NODE + hashes[at : at + 64]).digest() for at in range(0, len(hashes), 64)])
    return hashes


def _any(hashes: bytes) -> bytes:
    size = len(hashes) // SIZE
    if size & (size - 1) == 0:
        return _perfect(hashes)
    split = _split(size) * SIZE
    return hashlib.sha256(NODE + _perfect(hashes[:split]) + _any(hashes[split:])).digest()
