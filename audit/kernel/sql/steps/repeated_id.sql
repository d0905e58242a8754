-- repeated_id: claim ids that a vendor reports more than once.
-- one row per vendor and claim_id; reads claims, claim_print (the hashes that come more than once, hearing.py).
select
    vendor,
    claim_id,
    max(revision) as highest_revision
from claims
semi join claim_print on claim_print.print = hash(claims.vendor, claims.claim_id)
group by vendor, claim_id
having count(*) > 1
