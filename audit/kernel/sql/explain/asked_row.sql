-- asked_row: the rows of the claim that was asked for, as they were received.
-- one row per claim row; reads question, claims, standing.
select
    claims.revision,
    coalesce(standing.row, 1) as row,
    claims.withdrawn,
    claims.agent_id,
    claims.action,
    claims.target,
    claims.occurred_at,
    claims.session_id,
    claims.parent_id,
    claims.environment,
    claims.status,
    claims.units,
    claims.charge_micros,
    claims.currency,
    claims.effect
from claims
join question using (vendor, claim_id)
left join standing using (claim)
order by
    claims.revision,
    coalesce(standing.row, 1)
