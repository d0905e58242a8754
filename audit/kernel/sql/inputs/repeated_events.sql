-- repeated_events: evidence whose (system, event_id) was received before, and whether it says the same.
-- one row per such row, in the order received; reads staged, repeated_keys.
with ordered as (
    select
        row,
        event_id,
        file,
        line,
        content,
        row_number() over pair as nth,
        first_value(content) over pair as first_content,
        first_value(file) over pair as first_file,
        first_value(line) over pair as first_line
    from staged
    semi join repeated_keys on repeated_keys.key = hash(system, event_id)
    window pair as (partition by system, event_id order by row)
)
select
    row,
    content = first_content as same,
    event_id,
    file,
    line,
    first_file,
    first_line
from ordered
where nth > 1
order by row
