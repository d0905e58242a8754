-- stepping: the current rows of claim ids that name the step whose output they used (the law, 3.6).
-- one row per current row with a parent; reads claims, standing.
select
    claims.claim,
    claims.vendor,
    claims.claim_id,
    claims.parent_id
from claims
anti join (select claim from standing where not is_current) as replaced using (claim)
where claims.parent_id is not null
