-- near_claims: the claim rows that can have a say in the verdict.
-- one row per claim row; reads claims, near_target, near_name.
select claims.*
from claims
where claims.target in (select near_target.target from near_target)
    or claims.claim_id in (select near_name.name from near_name)
