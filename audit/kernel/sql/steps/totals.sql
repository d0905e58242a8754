-- totals: claims, units, money and tokens by vendor, agent, action, UTC day, state, reason and currency.
-- one row per combination; reads tallied (the tallies of all ranges).
select
    vendor,
    agent_id,
    action,
    day,
    state,
    reason,
    currency,
    cast(sum(claims) as bigint) as claims,
    cast(sum(units) as decimal(38, 0)) as units,
    cast(sum(charge_micros) as decimal(38, 0)) as charge_micros,
    cast(sum(uncharged_claims) as bigint) as uncharged_claims,
    cast(sum(tokens_input) as decimal(38, 0)) as tokens_input,
    cast(sum(tokens_cached) as decimal(38, 0)) as tokens_cached,
    cast(sum(tokens_output) as decimal(38, 0)) as tokens_output
from tallied
group by
    vendor,
    agent_id,
    action,
    day,
    state,
    reason,
    currency
