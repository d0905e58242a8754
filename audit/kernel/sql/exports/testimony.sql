-- testimony: every word of every system (the law, 4); silence is no word.
-- one row per claim and system that has a word; reads word, heard, witness.
select
    heard.vendor,
    heard.claim_id,
    witness.system,
    word.grade,
    word.word,
    word.rank,
    word.event_id
from word
join heard using (claim)
join witness using (witness)
order by
    heard.vendor,
    heard.claim_id,
    word.witness
