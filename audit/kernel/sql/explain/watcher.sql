-- watcher: the systems that cover one claim, and whether they have a word on it.
-- one row per system; reads asked, claim, span, witness, word.
select
    witness.system,
    witness.grade,
    witness.is_independent,
    max(word.word) as word
from asked
join claim using (claim)
join span as watch
    on (watch.is_prefix and starts_with(claim.folder, watch.target_prefix))
    or (not watch.is_prefix and watch.target_prefix = claim.target)
join witness using (witness)
left join word on word.claim = claim.claim and word.witness = watch.witness
where (watch.action is null or watch.action = claim.action)
    and watch.starts_us <= claim.earliest_us
    and claim.latest_us <= watch.ends_us
group by witness.system, witness.grade, witness.is_independent
order by witness.system
