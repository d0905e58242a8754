-- a_repeat_points_to_its_own_burst: returns the repeats of a claim of another burst, of a repeat or of a voided claim.
-- one row per claim; reads burst.
select
    own.claim,
    own.repeat_of
from burst as own
left join burst as kept on kept.claim = own.repeat_of
where own.repeat_of is not null
    and (
        own.burst is distinct from kept.burst
        or kept.repeat_of is not null
        or kept.is_oscillation
    )
