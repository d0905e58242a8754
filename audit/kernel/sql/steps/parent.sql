-- parent: the step whose output a claim used, between the current rows of two claim ids of one vendor.
-- one row per current row with a parent in the run; reads stepping, claims, standing.
select
    stepping.claim,
    claims.claim as parent
from stepping
join claims
    on claims.vendor = stepping.vendor
    and claims.claim_id = stepping.parent_id
anti join (select claim from standing where not is_current) as replaced on replaced.claim = claims.claim
