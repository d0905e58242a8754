-- repeats: bursts: the same work again within the rules' burst window of the time before, named by the first line.
-- one row per line of a burst; at stake is every line but the first; reads repeatable, rule.
with shared as (
    select shelf from repeatable group by shelf having count(*) > 1
),
followed as (
    select
        place,
        series,
        at_us,
        claim_id,
        units,
        charge_micros,
        lag(at_us) over (partition by series order by at_us, claim_id, place) as before_us
    from repeatable
    semi join shared using (shelf)
),
begun as (
    select
        followed.place,
        followed.units,
        followed.charge_micros,
        last_value(case
            when followed.before_us is null
                or followed.at_us - followed.before_us > rule.burst_window_seconds * 1000000
            then followed.place
        end ignore nulls) over (
            partition by followed.series
            order by followed.at_us, followed.claim_id, followed.place
            rows unbounded preceding
        ) as part
    from followed
    cross join rule
)
select
    begun.place,
    begun.part,
    case when begun.place <> begun.part then begun.units else 0 end as units,
    case when begun.place <> begun.part then begun.charge_micros else 0 end as micros
from begun
cross join rule
qualify count(*) over (partition by begun.part) >= greatest(rule.burst_minimum, 2)
