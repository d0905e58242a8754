-- totals: claims, units, money and tokens by vendor, agent, action, UTC day, state, reason and currency.
-- one row per combination; reads claims, verdict.
select
    claims.vendor,
    claims.agent_id,
    claims.action,
    cast(timezone('UTC', claims.occurred_at) as date) as day,
    verdict.state,
    verdict.reason,
    claims.currency,
    count(*) as claims,
    cast(sum(claims.units) as decimal(38, 0)) as units,
    cast(sum(claims.charge_micros) as decimal(38, 0)) as charge_micros,
    count(*) filter (where claims.charge_micros is null) as uncharged_claims,
    cast(sum(claims.tokens_input) as decimal(38, 0)) as tokens_input,
    cast(sum(claims.tokens_cached) as decimal(38, 0)) as tokens_cached,
    cast(sum(claims.tokens_output) as decimal(38, 0)) as tokens_output
from claims
join verdict using (claim)
group by
    claims.vendor,
    claims.agent_id,
    claims.action,
    day,
    verdict.state,
    verdict.reason,
    claims.currency
