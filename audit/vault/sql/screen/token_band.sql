-- token_band: the median of tokens per unit, cut off to whole tokens, of an agent's action.
-- one row per agent and action with thirty lines that carry tokens, and a median above nothing; reads line.
with median as (
    select
        vendor,
        agent_id,
        action,
        quantile_disc(tokens // units, 0.5) as tokens
    from line
    where tokens is not null
    group by vendor, agent_id, action
    having count(*) >= 30
)
select
    vendor,
    agent_id,
    action,
    tokens,
    row_number() over (order by vendor, agent_id, action) as part
from median
where tokens > 0
