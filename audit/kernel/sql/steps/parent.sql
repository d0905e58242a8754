-- parent: the step whose output a claim used, between the current rows of two claim ids of one vendor.
-- one row per current row with a parent in the run; reads claims, standing.
with current_row as (
    select claims.claim, claims.vendor, claims.claim_id, claims.parent_id
    from claims
    join standing using (claim)
    where standing.is_current
)
select
    child.claim,
    parent.claim as parent
from current_row as child
join current_row as parent
    on parent.vendor = child.vendor
    and parent.claim_id = child.parent_id
where child.parent_id is not null
