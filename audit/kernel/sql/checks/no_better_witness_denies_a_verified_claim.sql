-- no_better_witness_denies_a_verified_claim: returns the verified claims that a system as good or better denies.
-- one row per claim row; reads verdict, word.
with heard as (
    select
        claim,
        min(grade) filter (where word = 'supports') as supports,
        min(grade) filter (where word <> 'supports') as denies
    from word
    where is_independent
    group by claim
)
select
    verdict.claim,
    heard.supports,
    heard.denies
from verdict
join heard using (claim)
where verdict.state = 'verified' and heard.denies <= heard.supports
