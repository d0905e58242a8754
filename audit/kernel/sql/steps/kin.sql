-- kin: the claims that were built right on a claim of the front (hearing.py widens the front, turn by turn).
-- one row per claim; reads stepping, front.
select
    stepping.claim,
    stepping.vendor,
    stepping.claim_id,
    front.claim as parent
from stepping
join front
    on front.vendor = stepping.vendor
    and front.claim_id = stepping.parent_id
