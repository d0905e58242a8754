-- no_event_answers_two_claims: returns the events that are paired with more than one claim, in whichever part of the run.
-- one row per system and event id; reads testimony. Hashes first: the texts of all ids are never held at once.
with twice as (
    select hash(system, event_id) as print
    from testimony
    group by hash(system, event_id)
    having count(*) > 1
)
select
    testimony.system,
    testimony.event_id,
    count(*) as claims
from testimony
semi join twice on twice.print = hash(testimony.system, testimony.event_id)
group by testimony.system, testimony.event_id
having count(*) > 1
