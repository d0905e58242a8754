-- repeated_id: claim ids that a vendor reports more than once.
-- one row per vendor and claim_id; reads claims.
select
    vendor,
    claim_id,
    max(revision) as highest_revision
from claims
group by vendor, claim_id
having count(*) > 1
