-- naming: events that name a claim of the run which their vendor column allows.
-- one row per event and named claim row; reads evidence, claims, standing, later_copy.
select
    evidence.event,
    claims.claim,
    evidence.claim_ref as name,
    standing.claim is null as is_heard,
    claims.target as claim_target,
    evidence.target as event_target,
    coalesce(claims.target = evidence.target, true)
    and coalesce(claims.action = evidence.action, true) as is_possible
from evidence
join claims on claims.claim_id = evidence.claim_ref
left join standing using (claim)
anti join later_copy on later_copy.event = evidence.event
where evidence.vendor is null or evidence.vendor = claims.vendor
