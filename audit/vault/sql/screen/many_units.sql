-- many_units: lines that claim more than one unit; at stake are the units beyond the first.
-- one row per such line; its part is its number of units; reads line.
select
    place,
    units as part,
    units - 1 as units,
    0 as micros
from line
where units > 1
