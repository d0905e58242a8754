-- naming: events that name a claim of the run which their vendor column allows.
-- one row per event and named claim row; reads reference, claims, standing.
with named as (
    select
        reference.event,
        claims.claim,
        reference.name,
        claims.target as claim_target,
        reference.target as event_target,
        coalesce(claims.target = reference.target, true)
        and coalesce(claims.action = reference.action, true) as is_possible
    from claims
    join reference on reference.name = claims.claim_id
    where reference.vendor is null or reference.vendor = claims.vendor
)
select
    named.event,
    named.claim,
    named.name,
    standing.claim is null as is_heard,
    named.claim_target,
    named.event_target,
    named.is_possible
from named
left join standing using (claim)
