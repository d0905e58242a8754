-- reference: the events that name something, be it a claim of the run or not.
-- one row per event; reads evidence, later_copy. A small table, for all claims to be held against.
select
    evidence.event,
    evidence.claim_ref as name,
    evidence.vendor,
    evidence.target,
    evidence.action
from evidence
anti join later_copy using (event)
where evidence.claim_ref is not null
