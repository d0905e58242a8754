-- repeated_id: claim ids that a vendor reports more than once.
-- one row per vendor and claim_id; reads claims. Fingerprints first: the texts of all ids are never held at once.
with twice as (
    select hash(vendor, claim_id) as fingerprint
    from claims
    group by hash(vendor, claim_id)
    having count(*) > 1
)
select
    vendor,
    claim_id,
    max(revision) as highest_revision
from claims
semi join twice on twice.fingerprint = hash(claims.vendor, claims.claim_id)
group by vendor, claim_id
having count(*) > 1
