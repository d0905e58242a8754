"""What the agreed prices give on the lines of a run, beside what the vendor charged. Exact: integers only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from audit.vault.bench import connect

MILLION = 1_000_000
RESOLUTION = "case_resolution"
EXAMPLES = 5
CARD = pa.schema(
    [
        ("id", pa.string()),
        ("vendor", pa.string()),
        ("action", pa.string()),
        ("basis", pa.string()),
        ("price_micros", pa.int64()),
        ("currency", pa.string()),
        ("starts_at", pa.timestamp("us", "UTC")),
    ]
)
# For every kind of line and every day on which a price begins: the card that holds from then on.
TARIFF = """
create table tariff as
with kind as (
    select distinct vendor, action, coalesce(currency, '') as currency from line
),
candidate as (
    select kind.vendor, kind.action, kind.currency, card.id, card.starts_at,
        kind.currency in ('', card.currency) as is_same_currency, card.action <> '' as is_own,
        card.currency as priced_in
    from kind join card on card.vendor = kind.vendor and card.action in ('', kind.action)
)
select vendor, action, currency, point.starts_at,
    max_by(candidate.id, (is_same_currency, is_own, candidate.starts_at, priced_in, candidate.id)) as id
from candidate
join (select distinct vendor, action, currency, starts_at from candidate) as point using (vendor, action, currency)
where candidate.starts_at <= point.starts_at
group by all
"""
PRICED = """
create table priced as
select
    card.id, line.*,
    line.currency is not distinct from card.currency as is_comparable,
    case card.basis
        when 'unit' then line.units::hugeint
        when 'action' then 1::hugeint
        when 'resolution' then case when line.status = 'unknown' and is_counted then null
            else (line.status = 'completed' and is_counted)::hugeint end
        when 'token' then line.tokens_input::hugeint + line.tokens_output::hugeint
    end as quantity,
    case when card.basis in ('unit', 'action', 'resolution') then quantity * card.price_micros end as expected
from (
    select *, case when basis = 'resolution' and action = '' then $resolution else action end as resolves from card
) as card
join (
    select line.*, tariff.id as card_id
    from line asof join tariff
        on line.vendor = tariff.vendor and line.action = tariff.action
        and coalesce(line.currency, '') = tariff.currency and line.occurred_at >= tariff.starts_at
) as line on line.card_id = card.id
cross join lateral (select line.action = card.resolves as is_counted)
"""
ADDED = """
select
    priced.id, min(priced.occurred_at) as first_at, max(priced.occurred_at) as last_at, count(*) as lines,
    count(*) filter (case basis when 'conversation' then session_id is null else quantity is null end) as unknown_lines,
    case basis when 'conversation' then count(distinct session_id) else coalesce(sum(quantity), 0) end as quantity,
    case basis
        when 'conversation' then count(distinct session_id) filter (state = 'verified')
        else coalesce(sum(quantity) filter (state = 'verified'), 0)
    end as due_at_least,
    case basis
        when 'conversation' then count(distinct session_id) filter (state in ('verified', 'unverifiable'))
        else coalesce(sum(quantity) filter (state in ('verified', 'unverifiable')), 0)
    end as due_at_most,
    coalesce(sum(charge_micros) filter (is_comparable), 0)::hugeint as charged_micros,
    count(*) filter (charge_micros is null) as uncharged_lines,
    count(*) filter (charge_micros is not null and not is_comparable) as foreign_lines,
    count(*) filter (is_comparable and charge_micros <> expected) as differing_lines,
    coalesce(sum(charge_micros - expected) filter (is_comparable and charge_micros > expected), 0)::hugeint
        as over_micros,
    coalesce(sum(expected - charge_micros) filter (is_comparable and charge_micros < expected), 0)::hugeint
        as under_micros,
    coalesce(min(claim_id, $examples) filter (is_comparable and charge_micros <> expected), []) as examples
from priced join card using (id)
group by priced.id, basis
order by priced.id
"""
COUNTS = "select (select count(*) from line), (select count(*) from priced)"


def price(lines: Path, cards: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Each card with what it gives on the claimed lines (all but `not_claimed`), and how many lines have no card.

    cards: rows of CARD. A line takes the card in its own currency before another, its action's own before that of every
    action, and of those the one that began last. The answer is plain values: `cards`, `unpriced_lines`; of a card its
    `quantity` in its basis and money in micros of its currency. unknown_lines: those that do not say what the basis
    needs, so that nobody can price them. due_*: the quantity of verified lines, and of verified and unverifiable ones.
    differing_lines: charged otherwise than the card says.
    """
    with connect(lines.parent) as connection:
        connection.register("given", pa.Table.from_pylist(list(cards), schema=CARD))
        connection.execute("create table card as select * from given")
        connection.execute(
            "create view line as select * from read_parquet('"
            + str(lines).replace("'", "''")
            + "') where state <> 'not_claimed'"
        )
        connection.execute(TARIFF)
        connection.execute(PRICED, {"resolution": RESOLUTION})
        found = connection.execute(ADDED, {"examples": EXAMPLES})
        names = [name for name, *_ in found.description or ()]
        rows = [dict(zip(names, map(_plain, row), strict=True)) for row in found.fetchall()]
        every, known = connection.execute(COUNTS).fetchone() or (0, 0)
    return {"cards": rows, "unpriced_lines": every - known}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
