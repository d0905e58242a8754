-- witness: every system that is heard, numbered in the order of its name.
-- one row per system; reads evidence, coverage, actors, rule. More than one grade is refused (hearing.py).
with named as (
    select distinct system, grade from evidence
    union
    select system, grade from coverage
),
graded as (
    select system, min(grade) as grade, count(*) as grades from named group by system
)
select
    row_number() over (order by graded.system) as witness,
    graded.system,
    graded.grade,
    graded.grades,
    list_contains(rule.independent_grades, graded.grade) as is_independent,
    graded.system in (select actors.system from actors) as has_bindings
from graded
cross join rule
