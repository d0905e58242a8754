"""SHA-256 of many short messages at once, sixteen side by side, so that the compiler uses the widest registers.

Source: FIPS 180-4. Only for many: what is few goes through hashlib (`ledger.hashes`), which a test holds this against.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from audit.kernel.records.texts import Bytes, Numbers

Words = NDArray[np.uint32]
LANES: Final = 16
SIZE: Final = 32
_BLOCK: Final = 64
"""Bytes of a block."""
_K: Final = np.array(
    [
        *(0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5),
        *(0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174),
        *(0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA),
        *(0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967),
        *(0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85),
        *(0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070),
        *(0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3),
        *(0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2),
    ],
    np.uint32,
)
_START: Final = np.array(
    [0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19], np.uint32
)


class Desk(NamedTuple):
    """Room for one block of every lane: its 64 words, its eight variables, and the hash so far."""

    words: Words
    state: Words
    hash: Words


def desk() -> Desk:
    """Room to work in."""
    return Desk(np.zeros(64 * LANES, np.uint32), np.zeros(8 * LANES, np.uint32), np.zeros(8 * LANES, np.uint32))


def sha256(data: Bytes, starts: Numbers, lead: int, desk: Desk, answer: Bytes) -> None:
    """The hashes, SIZE bytes each, of the byte `lead` followed by `data[starts[i]:starts[i + 1]]`."""
    count = len(starts) - 1
    for first in range(0, count, LANES):
        most = 0
        for lane in range(LANES):
            row = min(first + lane, count - 1)
            most = max(most, blocks_of(starts, row))
            for part in range(8):
                desk.hash[part * LANES + lane] = _START[part]
        for block in range(most):
            for lane in range(LANES):
                row = min(first + lane, count - 1)
                if block < blocks_of(starts, row):
                    load(data, starts[row], starts[row + 1] - starts[row] + 1, lead, block, lane, desk.words)
            for place in range(8 * LANES):
                desk.state[place] = desk.hash[place]
            compress(desk.words, desk.state)
            for lane in range(LANES):
                if block < blocks_of(starts, min(first + lane, count - 1)):
                    for part in range(8):
                        place = part * LANES + lane
                        desk.hash[place] = np.uint32(desk.hash[place] + desk.state[place])
        for lane in range(min(LANES, count - first)):
            unload(desk.hash, lane, answer, (first + lane) * SIZE)


def blocks_of(starts: Numbers, row: int) -> int:
    """How many blocks a message takes with the byte before it, the mark of its end and its length."""
    return int((starts[row + 1] - starts[row] + 10 + _BLOCK - 1) // _BLOCK)


def load(data: Bytes, start: int, size: int, lead: int, block: int, lane: int, words: Words) -> None:
    """The sixteen words of a block of a padded message, which is `size` bytes long and begins one before `start`."""
    for number in range(16):
        words[number * LANES + lane] = word(data, start - 1, size, lead, block * _BLOCK + 4 * number)
    if (block + 1) * _BLOCK >= size + 9:
        words[14 * LANES + lane] = (size * 8) >> 32
        words[15 * LANES + lane] = (size * 8) & 0xFFFFFFFF


def word(data: Bytes, start: int, size: int, lead: int, at: int) -> int:
    """Four bytes of a padded message, its length aside."""
    if at > 0 and at + 4 <= size:
        place = start + at
        return int((data[place] << 24) | (data[place + 1] << 16) | (data[place + 2] << 8) | data[place + 3])
    answer = 0
    for place in range(at, at + 4):
        byte = 0
        if place == 0:
            byte = lead
        elif place < size:
            byte = data[start + place]
        elif place == size:
            byte = 0x80
        answer = (answer << 8) | byte
    return answer


def turned(value: Any, by: int) -> Any:
    """A word turned to the right."""
    return np.uint32((value >> np.uint32(by)) | (value << np.uint32(32 - by)))


def compress(words: Words, state: Words) -> None:
    """Take a block of every lane into its state."""
    for turn in range(16, 64):
        for lane in range(LANES):
            early, late = words[(turn - 15) * LANES + lane], words[(turn - 2) * LANES + lane]
            mixed = turned(early, 7) ^ turned(early, 18) ^ np.uint32(early >> np.uint32(3))
            mixed_late = turned(late, 17) ^ turned(late, 19) ^ np.uint32(late >> np.uint32(10))
            other = words[(turn - 16) * LANES + lane] + words[(turn - 7) * LANES + lane]
            words[turn * LANES + lane] = np.uint32(other + mixed + mixed_late)
    for turn in range(64):
        for lane in range(LANES):
            a, b, c = state[lane], state[LANES + lane], state[2 * LANES + lane]
            e, f, g = state[4 * LANES + lane], state[5 * LANES + lane], state[6 * LANES + lane]
            rise = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)
            first = np.uint32(
                state[7 * LANES + lane] + rise + ((e & f) ^ (~e & g)) + _K[turn] + words[turn * LANES + lane]
            )
            second = np.uint32((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c)))
            state[7 * LANES + lane], state[6 * LANES + lane], state[5 * LANES + lane] = g, f, e
            state[4 * LANES + lane] = np.uint32(state[3 * LANES + lane] + first)
            state[3 * LANES + lane], state[2 * LANES + lane], state[LANES + lane] = c, b, a
            state[lane] = np.uint32(first + second)


def unload(words: Words, lane: int, answer: Bytes, at: int) -> None:
    """Write the hash of a lane as bytes."""
    for part in range(8):
        value = words[part * LANES + lane]
        for byte in range(4):
            answer[at + 4 * part + byte] = (value >> np.uint32(24 - 8 * byte)) & np.uint32(255)
