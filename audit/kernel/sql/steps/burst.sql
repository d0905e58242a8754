-- burst: claims of one series in quick succession, with no reversal between (the law, 3.5); named by its first claim.
-- one row per busy claim; reads busy, reversal, rule.
with followed as (
    select
        busy.claim,
        busy.series,
        busy.at_us,
        busy.claim_id,
        lag(busy.at_us) over (partition by busy.series order by busy.at_us, busy.claim_id) as previous_us
    from busy
),
reversed as (
    select
        followed.claim,
        followed.series,
        followed.at_us,
        followed.claim_id,
        followed.previous_us,
        reversal.at_us as reversed_us
    from followed
    asof left join reversal on reversal.series = followed.series and reversal.at_us <= followed.at_us
)
select
    reversed.claim,
    last_value(case
        when reversed.previous_us is null
            or reversed.at_us - reversed.previous_us > rule.burst_window_seconds * 1000000
            or reversed.reversed_us > reversed.previous_us
        then reversed.claim
    end ignore nulls) over (
        partition by reversed.series
        order by reversed.at_us, reversed.claim_id
        rows unbounded preceding
    ) as burst
from reversed
cross join rule
