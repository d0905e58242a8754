-- near_target: the records of the claim that was asked for.
-- one row per target; reads question, claims.
select distinct claims.target
from claims
join question using (vendor, claim_id)
where claims.target is not null
