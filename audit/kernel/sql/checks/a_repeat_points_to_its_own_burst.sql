-- a_repeat_points_to_its_own_burst: returns the repeats of a claim of another burst, of a repeat or of a voided claim.
-- one row per claim; reads repeat, burst, oscillation.
select
    repeat.claim,
    repeat.repeat_of
from repeat
left join burst as own on own.claim = repeat.claim
left join burst as other on other.claim = repeat.repeat_of
left join repeat as again on again.claim = repeat.repeat_of
left join oscillation on oscillation.claim = repeat.repeat_of
where own.burst is distinct from other.burst
    or other.burst is null
    or again.claim is not null
    or oscillation.claim is not null
