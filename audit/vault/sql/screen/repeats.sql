-- repeats: bursts: one agent, action, target and effect again within the rules' burst window of the time before.
-- one row per line of a burst, named by its first line; at stake is every line but the first.
-- reads line, duplicate_ids, rule. Lines that came with an id of before, or from outside production, take no part.
with able as (
    select
        line.place,
        line.units,
        line.charge_micros,
        epoch_us(line.occurred_at) as at_us,
        line.claim_id,
        (line.vendor, line.agent_id, line.action, line.target, line.effect,
            case when line.effect is null then line.session_id end) as series,
        hash(line.vendor, line.agent_id, line.action, line.target, line.effect) as shelf
    from line
    cross join rule
    anti join (select place from duplicate_ids where part < 3) as copies using (place)
    where line.target is not null and list_contains(rule.production_environments, line.environment)
),
shared as (
    select shelf from able group by shelf having count(*) > 1
),
followed as (
    select
        able.place, able.units, able.charge_micros, able.series, able.at_us, able.claim_id,
        lag(able.at_us) over (partition by able.series order by able.at_us, able.claim_id, able.place) as before_us
    from able
    semi join shared using (shelf)
),
begun as (
    select
        followed.place, followed.units, followed.charge_micros,
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
    place,
    part,
    case when place <> part then units else 0 end as units,
    case when place <> part then charge_micros else 0 end as micros
from begun
cross join rule
qualify count(*) over (partition by part) >= greatest(rule.burst_minimum, 2)
