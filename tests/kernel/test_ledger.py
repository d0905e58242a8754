"""The Merkle tree: the vectors of the certificate transparency project, proofs, and the row root of a run."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from audit.kernel import ledger
from audit.kernel.terms import VERDICT_COLUMNS
from tests.kernel import desk

# Source: the reference test data of RFC 6962 implementations (certificate-transparency, merkle_tree_test).
ENTRIES = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
ENTRIES.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def slow_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + slow_root(leaves[:split]) + slow_root(leaves[split:])).digest()


def test_the_root_of_nothing() -> None:
    assert ledger.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(1, 9))
def test_the_known_roots(size: int) -> None:
    assert ledger.root([ledger.leaf(entry) for entry in ENTRIES[:size]]).hex() == ROOTS[size - 1]


@pytest.mark.parametrize("size", [4095, 4096, 4097, 8191, 8192, 12_289])
def test_a_tree_that_grows_in_pieces_has_the_same_root(size: int) -> None:
    leaves = [ledger.leaf(str(number).encode()) for number in range(size)]
    tree = ledger.Tree()
    for start in range(0, size, 1000):
        tree.add(b"".join(leaves[start : start + 1000]))
    assert tree.size == size
    assert tree.root() == slow_root(leaves)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 13])
def test_every_leaf_has_its_proof_and_no_other(size: int) -> None:
    leaves = [ledger.leaf(str(number).encode()) for number in range(size)]
    root = ledger.root(leaves)
    for index, leaf in enumerate(leaves):
        proof = ledger.inclusion(leaves, index)
        assert ledger.includes(leaf, index, size, proof, root)
        assert not ledger.includes(ledger.leaf(b"other"), index, size, proof, root)
        assert not ledger.includes(leaf, (index + 1) % size, size, proof, root) or size == 1
        assert not ledger.includes(leaf, index, size, [*proof, root], root)
    assert not ledger.includes(leaves[0], size, size, ledger.inclusion(leaves, 0), root)


def test_lengths_keep_neighbouring_texts_apart() -> None:
    assert ledger.row_bytes(["ab", "c"]) != ledger.row_bytes(["a", "bc"])
    assert ledger.row_bytes([None, "-"]) == b"-1:-"
    assert ledger.row_bytes(["é", 12, True]) == "2:é2:124:true".encode()


def test_the_row_root_of_a_run_can_be_made_from_its_rows(tmp_path: Path) -> None:
    claims = [
        desk.claim("é-1", effect={"a": 1}, charge_micros=-5, currency="USD"),
        desk.claim("c-2", 9000, units=3),
        desk.claim("c-2", 9000, revision=4),
        desk.claim("c-10", 50_000, target=None),
    ]
    summary = desk.run(tmp_path, claims, [desk.event("e:1", effect={"a": 1})], [desk.watch()])
    rows = sorted(desk.rows_of(tmp_path), key=lambda row: (row["vendor"], row["claim_id"], row["revision"], row["row"]))
    leaves = [ledger.leaf(ledger.row_bytes(row[name] for name in VERDICT_COLUMNS)) for row in rows]
    assert rows == desk.rows_of(tmp_path)
    assert ledger.root(leaves).hex() == summary["row_root"]
