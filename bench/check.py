"""Whether the comparison is fair: the contenders say the same where they should.

`python -m bench.check DATA OUT` prints JSON: whether the kernel's verdicts are those that were planted; whether the
peers found the same pairs as one another; whether they found the kernel's pairs on plain records. A record is plain if
one claim row speaks of it, whose id is used once; if no system shows more than one event of it; and if no event names
the claim or another one. There the simple matching and the law's first come, first served must come to the same.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import duckdb

from bench.contenders import CONTENDERS, KERNEL
from bench.data import Data


def agreement(data: Data, out: Path) -> dict[str, Any]:
    """Compare what lies in the contenders' folders; what is not there is not compared."""
    connection = duckdb.connect(config={"memory_limit": "4GB", "temp_directory": str(out / ".spill")})
    found: dict[str, Any] = {}
    testimony = out / KERNEL / "run" / "testimony.parquet"
    peers = [each.name for each in CONTENDERS if each.writes_pairs and (out / each.name / "pairs.parquet").exists()]
    if testimony.exists():
        found["not_as_planted"] = _unlike_truth(connection, data, out / KERNEL / "run" / "verdicts.parquet")
    pairs = {name: f"'{out / name / 'pairs.parquet'}'" for name in peers}
    if peers:
        found["pairs"] = {name: _count(connection, f"from {file}") for name, file in pairs.items()}
        first = pairs[peers[0]]
        found["unlike_other_peers"] = {
            name: _apart(connection, f"select {_KEY} from {first}", f"select {_KEY} from {file}")
            for name, file in pairs.items()
        }
    if peers and testimony.exists():
        _lay_plain(connection, data)
        found["plain_claims"] = _count(connection, "from plain")
        heard = _heard(testimony)
        found["plain_pairs"] = _count(connection, heard)
        found["unlike_kernel_on_plain"] = {
            name: _apart(connection, heard, f"select {_SEEN} from {file} join plain using (vendor, claim_id)")
            for name, file in pairs.items()
        }
    return found


_KEY = "vendor, claim_id, revision, system, event_id, outcome"
_SEEN = "vendor, claim_id, system, event_id, outcome"


def _heard(testimony: Path) -> str:
    """The kernel's pairs with independent systems on plain records."""
    return f"""
    select vendor, claim_id, system, event_id, case word when 'failed' then 'failed' else 'done' end as outcome
    from '{testimony}' join plain using (vendor, claim_id)
    where grade in ('A', 'B', 'C')
    """


def _lay_plain(connection: Any, data: Data) -> None:
    claims, evidence = data.canonical("claims"), data.canonical("evidence")
    connection.execute(f"""
    create table plain as
    select vendor, claim_id
    from (
        select min(vendor) as vendor, min(claim_id) as claim_id, target
        from '{claims}' where target is not null group by target having count(*) = 1
    ) as alone
    anti join (
        select target from '{evidence}' where target is not null group by target, system having count(*) > 1
        union
        select target from '{evidence}' where claim_ref is not null and target is not null
    ) as busy using (target)
    anti join (select vendor, claim_id from '{claims}' group by all having count(*) > 1) using (vendor, claim_id)
    anti join (select distinct claim_ref as claim_id from '{evidence}' where claim_ref is not null) using (claim_id)
    """)


def _unlike_truth(connection: Any, data: Data, verdicts: Path) -> int:
    """Claim rows whose verdict is not the planted one."""
    planted = f"select vendor, claim_id, revision, expected_reason as reason from '{data.truth}'"
    return _apart(connection, planted, f"select vendor, claim_id, revision, reason from '{verdicts}'")


def _apart(connection: Any, one: str, other: str) -> int:
    """Rows that only one of two queries has, repeats counted."""
    names = connection.sql(one).columns
    query = f"""
    select coalesce(sum(abs(apart)), 0)::bigint from (
        select sum(side) as apart
        from (select *, 1 as side from ({one}) union all by name select *, -1 as side from ({other}))
        group by {", ".join(names)}
    )
    """
    return int(connection.execute(query).fetchall()[0][0])


def _count(connection: Any, query: str) -> int:
    return int(connection.execute(f"select count(*) from ({query})").fetchall()[0][0])


if __name__ == "__main__":
    print(json.dumps(agreement(Data(Path(sys.argv[1])), Path(sys.argv[2]))))
