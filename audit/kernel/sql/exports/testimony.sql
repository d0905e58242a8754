-- testimony: every word of every system as it leaves.
-- one row per claim and system that has a word; reads testimony.
select
    vendor,
    claim_id,
    system,
    grade,
    word,
    rank,
    event_id
from testimony
