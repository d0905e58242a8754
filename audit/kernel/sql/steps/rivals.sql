-- rivals: the groups of like work inside a burst, and the misfire that may speak for them (the law, 3.5).
-- one row per burst, known effect and, if that is unknown, session; reads member.
select
    burst,
    effect,
    case when effect is null then session_id end as session_id,
    bool_or(not is_misfire and decision in ('supported', 'attested')) as is_backed,
    arg_min(claim, (at_us, claim_id)) filter (where is_misfire) as misfire,
    arg_min(ground_us, (at_us, claim_id)) filter (where is_misfire) as misfire_us
from member
group by burst, effect, case when effect is null then session_id end
