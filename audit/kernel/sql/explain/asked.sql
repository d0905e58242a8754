-- asked: the row of the claim that was asked for which is heard.
-- one row, or none if no row of it is heard; reads question, claim.
select claim.claim
from claim
join question using (vendor, claim_id)
