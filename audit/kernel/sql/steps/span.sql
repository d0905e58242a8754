-- span: where and when a system was watching; rows alike in all else that touch or overlap are one.
-- one row per system, prefix, action and unbroken time; reads coverage, witness.
with timed as (
    select
        witness.witness,
        witness.grade,
        witness.is_independent,
        coverage.target_prefix,
        coverage.action,
        epoch_us(coverage.starts_at) as starts_us,
        epoch_us(coverage.ends_at) as ends_us
    from coverage
    join witness using (system)
    where coverage.starts_at <= coverage.ends_at
),
opened as (
    select
        timed.*,
        starts_us > max(ends_us) over (
            partition by witness, target_prefix, action
            order by starts_us, ends_us
            rows between unbounded preceding and 1 preceding
        ) is not false as is_opening
    from timed
),
numbered as (
    select
        opened.*,
        count(*) filter (where is_opening) over (
            partition by witness, target_prefix, action
            order by starts_us, ends_us
            rows unbounded preceding
        ) as number
    from opened
)
select
    witness,
    grade,
    is_independent,
    target_prefix,
    ends_with(target_prefix, '/') as is_prefix,
    action,
    min(starts_us) as starts_us,
    max(ends_us) as ends_us
from numbered
group by witness, grade, is_independent, target_prefix, action, number
