-- tally: what a range of claim rows adds to the totals.
-- one row per vendor, agent, action, UTC day, state, reason and currency; reads said (the rows, taint told), meaning.
select
    said.vendor,
    said.agent_id,
    said.action,
    cast(make_timestamp(said.at_us) as date) as day,
    meaning.state,
    meaning.reason,
    said.currency,
    count(*) as claims,
    cast(sum(said.units) as decimal(38, 0)) as units,
    cast(sum(said.charge_micros) as decimal(38, 0)) as charge_micros,
    count(*) filter (where said.charge_micros is null) as uncharged_claims,
    cast(sum(said.tokens_input) as decimal(38, 0)) as tokens_input,
    cast(sum(said.tokens_cached) as decimal(38, 0)) as tokens_cached,
    cast(sum(said.tokens_output) as decimal(38, 0)) as tokens_output
from said
join meaning using (reason)
group by
    said.vendor,
    said.agent_id,
    said.action,
    day,
    meaning.state,
    meaning.reason,
    said.currency
