-- watcher: the systems that cover one claim, and whether they have a word on it.
-- one row per system; reads asked, claim, watch, witness, word.
select
    witness.system,
    witness.grade,
    witness.is_independent,
    max(word.word) as word
from asked
join claim using (claim)
join watch on watch.folder = claim.folder or watch.target = claim.target
join witness using (witness)
left join word on word.claim = claim.claim and word.witness = watch.witness
where (watch.action is null or watch.action = claim.action)
    and watch.starts_us <= claim.earliest_us
    and claim.latest_us <= watch.ends_us
group by witness.system, witness.grade, witness.is_independent
order by witness.system
