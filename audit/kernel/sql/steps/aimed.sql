-- aimed: undone events that take the latest event of a unit inside its undo window (the law, 3.6).
-- one row per undone event; reads taken, passage, work, unit_time.
select
    passage.event,
    passage.witness,
    passage.event_id,
    passage.at_us,
    passage.target,
    passage.place,
    work.unit,
    work.action,
    work.witness as work_witness,
    work.event_id as work_event_id,
    work.at_us as work_us
from taken
join passage using (event)
join work on work.event = taken.work
join unit_time on unit_time.unit = work.unit and unit_time.latest_us = work.at_us
where passage.at_us - work.at_us <= work.undo_us
