-- no_claim_has_two_events_of_one_system: returns the claims that a system answers more than once.
-- one row per claim and witness; reads word.
select
    claim,
    witness,
    count(*) as events
from word
group by claim, witness
having count(*) > 1
