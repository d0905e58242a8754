-- near_claims: the claim rows that can have a say in the verdict; looked up by one column at a time, so not all is read.
-- one row per claim row; reads claims, near_target, near_name.
select claims.*
from claims
semi join near_target using (target)
union
select claims.*
from claims
semi join near_name on near_name.name = claims.claim_id
