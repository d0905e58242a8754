-- pair: the possible pairs, their rank, and what the event would say of the claim (the law, 3.3 and 3.4).
-- one row per claim and event; reads meeting.
with ranked as (
    select
        meeting.claim,
        meeting.event,
        meeting.witness,
        meeting.by_reference,
        case
            when not meeting.is_bound then null
            when meeting.is_actionless and meeting.relation = 'apart' then null
            when meeting.outcome = 'failed' then 6 + meeting.is_actionless::int
            when meeting.relation = 'agree' then 2 + meeting.is_actionless::int
            when meeting.relation = 'conflict' then 8 + meeting.is_actionless::int
            else 4 + meeting.is_actionless::int
        end as own_rank,
        case
            when meeting.outcome = 'failed' then 'failed'
            when meeting.relation = 'conflict' then 'conflict'
            else 'supports'
        end as word
    from meeting
)
select
    claim,
    event,
    witness,
    case when by_reference then 1 else own_rank end as rank,
    case when by_reference then coalesce(own_rank, 10) else 0 end as preference,
    word
from ranked
where by_reference or own_rank is not null
