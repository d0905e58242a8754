-- no_event_answers_two_claims: returns the events that are paired with more than one claim.
-- one row per system and event id; reads word.
select
    witness,
    event_id,
    count(*) as claims
from word
group by witness, event_id
having count(*) > 1
