-- hot_claim: the claims of hot records in the order in which they walk (the law, 3.3), and where they have an event by name.
-- one row per claim; reads claim, hot_record, match.
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
order by
    claim.target,
    claim.is_doomed,
    claim.at_us,
    claim.vendor,
    claim.claim_id
