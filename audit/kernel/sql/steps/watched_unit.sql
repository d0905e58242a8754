-- watched_unit: units whose undo window an independent system watched to its end (the law, 3.7, provisional).
-- one row per unit; reads unit_time, claim, watch.
select unit_time.unit
from unit_time
join claim on claim.claim = unit_time.unit
join watch on watch.folder = claim.folder
where watch.is_independent
    and (watch.action is null or watch.action = claim.action)
    and unit_time.latest_us + claim.undo_us between watch.starts_us and watch.ends_us
union
select unit_time.unit
from unit_time
join claim on claim.claim = unit_time.unit
join watch on watch.target = claim.target
where watch.is_independent
    and (watch.action is null or watch.action = claim.action)
    and unit_time.latest_us + claim.undo_us between watch.starts_us and watch.ends_us
