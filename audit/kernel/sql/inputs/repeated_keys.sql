-- repeated_keys: what evidence may be there more than once, told by a hash so that a large file fits.
-- one row per hash of (system, event_id) that two rows share; reads staged.
select
    hash(system, event_id) as key
from staged
group by key
having count(*) > 1
