-- busy: the claims whose agent claims the same action on the same target more than once.
-- one row per claim, with the first of its series as the series; reads claim, shared_record.
select
    claim.claim,
    min(claim.claim) over (
        partition by claim.target, claim.vendor, claim.agent_id, claim.action
    ) as series,
    claim.vendor,
    claim.action,
    claim.target,
    claim.at_us,
    claim.claim_id
from claim
semi join shared_record using (target)
