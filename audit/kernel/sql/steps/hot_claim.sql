-- hot_claim: the claims of hot records in the order in which they walk (the law, 3.3), and where they have an event by name.
-- one row per claim; reads claim, hot_record, match, doomed.
with named as (
    select claim, list(witness) as witnesses from match group by claim
)
select
    claim.target,
    claim.claim,
    claim.vendor,
    claim.agent_id,
    claim.action,
    claim.earliest_us,
    claim.latest_us,
    claim.effect,
    coalesce(named.witnesses, []) as answered_by
from claim
semi join hot_record using (target)
left join named using (claim)
left join doomed using (claim)
order by
    claim.target,
    doomed.claim is not null,
    claim.at_us,
    claim.vendor,
    claim.claim_id
