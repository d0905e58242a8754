-- testimony: every word of every system as it leaves.
-- one row per claim and system that has a word; reads testimony, witness.
select
    testimony.vendor,
    testimony.claim_id,
    witness.system,
    testimony.grade,
    testimony.word,
    testimony.rank,
    testimony.event_id
from testimony
join witness using (witness)
order by
    testimony.vendor,
    testimony.claim_id,
    testimony.witness
