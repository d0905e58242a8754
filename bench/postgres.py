"""Plain PostgreSQL: COPY into unlogged tables, ANALYZE, the simple matching in SQL.

`python -m bench.postgres FOLDER` makes the server's folder and settles it as a competent user would for a load like
this on a machine of its own. The server is started by the process that is measured, before its clock starts, and
stops with it.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import duckdb
import psutil
import psycopg
from psycopg import sql

from awu_portal import embedded
from bench import simple
from bench.data import COPIED, Data
from bench.task import Task

_BLOCK: Final = 1 << 20
TABLES: Final = {
    "claims": """
        claim bigint generated always as identity,
        vendor text collate "C" not null, claim_id text collate "C" not null, revision bigint not null,
        withdrawn boolean not null, agent_id text collate "C" not null, action text collate "C" not null,
        target text collate "C", occurred_at timestamptz not null, environment text collate "C" not null,
        status text collate "C" not null, units bigint not null, charge_micros bigint
    """,
    "evidence": """
        event bigint generated always as identity,
        system text collate "C" not null, event_id text collate "C" not null, grade text collate "C" not null,
        vendor text collate "C", target text collate "C", action text collate "C", occurred_at timestamptz not null,
        outcome text collate "C" not null
    """,
}


def settings(memory: int) -> dict[str, str]:
    """The server's settings for a machine with so many bytes of memory that has nothing else to do."""
    megabytes = memory >> 20
    return {
        "shared_buffers": f"{megabytes // 4}MB",
        "effective_cache_size": f"{megabytes * 3 // 4}MB",
        "work_mem": f"{megabytes // 24}MB",
        "maintenance_work_mem": f"{megabytes // 12}MB",
        "max_wal_size": "16GB",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "synchronous_commit": "off",
        "random_page_cost": "1.1",
        "effective_io_concurrency": "200",
        "jit": "off",
    }


def settle(folder: Path) -> None:
    """Make the server and write its settings; they hold from its next start."""
    host = _host(embedded.start(folder).owner)
    with psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True) as connection:
        for name, value in settings(psutil.virtual_memory().total).items():
            command = sql.SQL("alter system set {} = {}").format(sql.Identifier(name), sql.Literal(value))
            connection.execute(command)


def match_simply(task: Task) -> None:
    """COPY both files at once, analyze, match, verdicts into a table."""
    servers = task.out.parent / "server"
    url = embedded.start(servers).owner
    given = simple.rule(task.data.rules)
    used = _server_seconds(servers)
    with psycopg.connect(url, autocommit=True) as connection:
        task.told["server"] = _shown(connection)
        for table in ("verdict", "matched", *TABLES):
            _run(connection, f"drop table if exists {table}")
        for table, columns in TABLES.items():
            _run(connection, f"create unlogged table {table} ({columns}) with (autovacuum_enabled = false)")
        with task.phase("COPY"), ThreadPoolExecutor(len(TABLES)) as pool:
            list(pool.map(lambda table: _copy(url, task.data, table), TABLES))
        with task.phase("ANALYZE"):
            for table in TABLES:
                _run(connection, f"analyze {table}")
        with task.phase("matching"):
            _run(connection, f"create unlogged table matched as {simple.matched(given)}")
            _run(connection, "analyze matched")
        with task.phase("verdicts"):
            _run(connection, f"create unlogged table verdict as {simple.verdicts(given)}")
    time.sleep(0.5)  # the server's process for the connection ends
    task.processor += _server_seconds(servers) - used
    with psycopg.connect(url, autocommit=True) as connection:
        states = connection.execute("select state, count(*) from verdict group by state").fetchall()
        task.told["states"] = {str(state): int(count) for state, count in states}
        task.told["rows"] = sum(task.told["states"].values())
        _export_pairs(connection, task.out)
        for table in ("verdict", "matched", *TABLES):
            _run(connection, f"drop table {table}")


def _server_seconds(servers: Path) -> float:
    """What the server's processes that have ended used of the processor."""
    pid = int((servers / "postgres" / "postmaster.pid").read_text().split("\n")[0])
    times = psutil.Process(pid).cpu_times()
    return float(times.children_user + times.children_system)


def _copy(url: str, data: Data, table: str) -> None:
    command = f"copy {table} ({COPIED[table]}) from stdin (format csv, header)"
    with (
        psycopg.connect(url) as connection,
        connection.cursor().copy(command.encode()) as copy,
        data.copy(table).open("rb") as file,
    ):
        while block := file.read(_BLOCK):
            copy.write(block)


def _export_pairs(connection: psycopg.Connection, out: Path) -> None:
    """The pairs as Parquet, to be compared with the others'. Not timed."""
    path = out / "pairs.csv"
    command = f"copy ({simple.PAIRS}) to stdout (format csv, header)"
    with connection.cursor().copy(command.encode()) as copy, path.open("wb") as file:
        for block in copy:
            file.write(block)
    source = f"read_csv('{path}', all_varchar = true, header = true)"
    query = f"select * replace (revision::bigint as revision) from {source}"
    duckdb.execute(f"copy ({query}) to '{out / 'pairs.parquet'}' (format parquet)")
    path.unlink()


def _shown(connection: psycopg.Connection) -> dict[str, str]:
    names = (*settings(0), "server_version")
    rows = connection.execute("select name, current_setting(name) from pg_settings where name = any(%s)", [list(names)])
    return {str(name): str(value) for name, value in rows}


def _run(connection: psycopg.Connection, command: str) -> None:
    connection.execute(command.encode())


def _host(url: str) -> str:
    return parse_qs(urlsplit(url).query)["host"][0]


if __name__ == "__main__":
    settle(Path(sys.argv[1]))
