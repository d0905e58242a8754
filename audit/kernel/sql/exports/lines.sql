-- lines: the totals without days, from which score and money are made.
-- one row per vendor, agent, action, state, reason and currency; reads totals.
select
    vendor,
    agent_id,
    action,
    state,
    reason,
    currency,
    cast(sum(claims) as bigint) as claims,
    cast(sum(units) as decimal(38, 0)) as units,
    cast(coalesce(sum(charge_micros), 0) as decimal(38, 0)) as charge_micros,
    cast(sum(uncharged_claims) as bigint) as uncharged_claims
from totals
group by all
order by all
