-- no_better_witness_denies_a_verified_claim: returns the supported claims that a system as good or better denies.
-- one row per claim; reads judged, word.
select
    judged.vendor,
    judged.claim_id,
    denial.grade as denies,
    min(support.grade) as supports
from word as denial
join judged using (claim)
join word as support using (claim)
where denial.is_independent
    and denial.word <> 'supports'
    and judged.reason = 'supported'
    and support.is_independent
    and support.word = 'supports'
group by judged.vendor, judged.claim_id, denial.grade
having denial.grade <= min(support.grade)
