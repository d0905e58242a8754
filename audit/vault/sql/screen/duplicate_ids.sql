-- duplicate_ids: rows that claim what was claimed before under the same id and revision.
-- one row per such row; reads repeated_ids.
select
    place,
    part,
    units,
    micros
from repeated_ids
where part < 3
