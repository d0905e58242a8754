-- restatement: which row of a repeated id counts (the law, 3.1).
-- one row per claim row with a repeated id; reads claims, repeated_id.
with ranked as (
    select
        claims.claim,
        claims.revision = repeated_id.highest_revision as is_highest,
        row_number() over same_revision as row,
        bool_or(claims.withdrawn) over (
            partition by claims.vendor, claims.claim_id, claims.revision
        ) as is_withdrawn
    from claims
    join repeated_id using (vendor, claim_id)
    window same_revision as (
        partition by claims.vendor, claims.claim_id, claims.revision
        order by claims.claim
    )
)
select
    claim,
    row,
    is_highest and row = 1 as is_current,
    case
        when not is_highest or is_withdrawn then 'superseded'
        when row > 1 then 'duplicate_id'
    end as reason
from ranked
