-- best_witness: the best grade that watches or saw the record of an unanswered event.
-- one row per target; reads unanswered, event, span.
with folder as (
    select distinct folder from unanswered where folder is not null
),
watched_folder as (
    select folder.folder, min(span.grade) as grade
    from folder
    join span on span.is_prefix and starts_with(folder.folder, span.target_prefix)
    group by folder.folder
),
graded as (
    select event.target, event.grade
    from event
    semi join unanswered using (target)
    union all
    select span.target_prefix as target, span.grade
    from span
    where not span.is_prefix
    union all
    select unanswered.target, watched_folder.grade
    from unanswered
    join watched_folder using (folder)
)
select
    target,
    min(grade) as grade
from graded
group by target
