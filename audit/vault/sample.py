"""A sample of a run: whole records with their events, for trying rules on before every claim is judged."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from audit.vault.bench import connect, copy


def count_rows(path: Path) -> int:
    """How many rows a Parquet file has."""
    return int(pq.read_metadata(path).num_rows)


def sample_claims(claims: Path, parts: int, out: Path) -> int:
    """Write the claims of one record in `parts`, in the order received; return how many rows.

    A record falls into the sample by the hash of its target; a claim without one by its own id. With a claim come
    all its revisions and rows.
    """
    with connect(claims.parent, out.parent) as connection:
        copy(
            connection,
            """
            select received.* exclude (file_row_number)
            from read_parquet($claims, file_row_number = true) as received
            semi join (
                select vendor, claim_id from read_parquet($claims) where hash(coalesce(target, claim_id)) % $parts = 0
            ) using (vendor, claim_id)
            order by file_row_number
            """,
            out,
            {"claims": str(claims), "parts": parts},
        )
    return count_rows(out)


def sample_evidence(evidence: Path, claims: Path, out: Path) -> None:
    """Write the events on the records of sampled claims, and those that name one, in the order received."""
    with connect(evidence.parent, claims.parent, out.parent) as connection:
        copy(
            connection,
            """
            select * exclude (file_row_number)
            from read_parquet($evidence, file_row_number = true)
            where target in (select target from read_parquet($claims))
                or claim_ref in (select claim_id from read_parquet($claims))
            order by file_row_number
            """,
            out,
            {"evidence": str(evidence), "claims": str(claims)},
        )
