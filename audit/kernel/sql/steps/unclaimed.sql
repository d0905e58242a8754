-- unclaimed: work that the best witness of a record saw done and that no claim speaks of (the law, 4).
-- one row per event; reads unanswered, best_witness, witness.
select
    unanswered.event,
    unanswered.record,
    witness.system,
    unanswered.event_id,
    unanswered.grade,
    unanswered.vendor,
    unanswered.target,
    unanswered.action,
    unanswered.at_us,
    unanswered.actor,
    unanswered.units
from unanswered
join best_witness using (target, grade)
join witness using (witness)
