-- totals: the totals as they leave.
-- one row per combination; reads totals.
select
    vendor,
    agent_id,
    action,
    day,
    state,
    reason,
    currency,
    claims,
    units,
    charge_micros,
    uncharged_claims,
    tokens_input,
    tokens_cached,
    tokens_output
from totals
order by
    vendor,
    agent_id,
    action,
    day,
    state,
    reason,
    currency nulls last
