-- a_verified_claim_has_an_independent_witness: returns the verified claims that no independent system supports.
-- one row per claim row; reads verdict, word.
with supported as (
    select distinct claim from word where is_independent and word = 'supports'
)
select
    verdict.claim,
    verdict.vendor,
    verdict.claim_id
from verdict
anti join supported using (claim)
where verdict.state = 'verified'
