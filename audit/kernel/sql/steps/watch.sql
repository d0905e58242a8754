-- watch: the spans over the folders of this slice's targets; a prefix that ends in a slash begins a folder.
-- one row per span and folder, or per span of a whole target; reads span, claim.
with folder as (
    select distinct folder from claim where folder is not null
)
select
    span.witness,
    span.grade,
    span.is_independent,
    span.action,
    span.starts_us,
    span.ends_us,
    folder.folder,
    null as target
from span
join folder on starts_with(folder.folder, span.target_prefix)
where span.is_prefix
union all
select
    span.witness,
    span.grade,
    span.is_independent,
    span.action,
    span.starts_us,
    span.ends_us,
    null as folder,
    span.target_prefix as target
from span
where not span.is_prefix
