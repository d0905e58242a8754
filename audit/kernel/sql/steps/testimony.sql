-- testimony: every word of every system on the claims of this slice (the law, 4); silence is no word.
-- one row per claim and system that has a word; reads word, claim.
select
    claim.record,
    claim.vendor,
    claim.claim_id,
    word.witness,
    word.grade,
    word.word,
    word.rank,
    word.event_id
from word
join claim using (claim)
