-- screened: the claim rows that are not heard, told like those that are.
-- one row per claim row that is not heard; reads claims, standing.
select
    claims.claim,
    0 as record,
    claims.vendor,
    claims.claim_id,
    claims.revision,
    standing.row,
    claims.agent_id,
    claims.action,
    epoch_us(claims.occurred_at) as at_us,
    claims.currency,
    claims.tokens_input,
    claims.tokens_cached,
    claims.tokens_output,
    claims.units,
    claims.charge_micros,
    standing.reason,
    standing.is_current
from claims
join standing using (claim)
