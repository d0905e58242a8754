-- line: the rows that claim: of each claim id the highest revision in the batch, unless it is withdrawn there.
-- one row per row of the batch that claims, by its place; reads received.
with repeated as (
    select
        vendor,
        claim_id,
        max(revision) as revision,
        bool_or(withdrawn) as may_be_withdrawn
    from received
    group by vendor, claim_id
    having count(*) > 1 or bool_or(withdrawn)
),
withdrawn as (
    select distinct vendor, claim_id
    from received
    join (select vendor, claim_id, revision from repeated where may_be_withdrawn) as latest
        using (vendor, claim_id, revision)
    where received.withdrawn
)
select
    received.place,
    received.vendor,
    received.claim_id,
    received.revision,
    received.agent_id,
    received.action,
    received.target,
    received.occurred_at,
    coalesce(received.session_id, '') as session_id,
    received.environment,
    received.status,
    received.units,
    received.charge_micros,
    received.currency,
    case
        when received.tokens_input is not null or received.tokens_output is not null
        then coalesce(received.tokens_input, 0) + coalesce(received.tokens_output, 0)
    end as tokens,
    received.effect
from received
left join repeated using (vendor, claim_id)
anti join withdrawn using (vendor, claim_id)
where repeated.claim_id is null or received.revision = repeated.revision
