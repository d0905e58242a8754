-- a_verified_claim_has_an_independent_witness: returns the supported claims that no independent system supports.
-- one row per claim; reads judged, word.
select
    judged.vendor,
    judged.claim_id
from judged
anti join (select claim from word where is_independent and word = 'supports') as supported using (claim)
where judged.reason = 'supported'
