"""The kernel: the whole run; its matching alone; its comparison of effects alone."""

from __future__ import annotations

import json

from audit.kernel import bench as law
from audit.kernel.bench import Bench
from audit.kernel.hearing import hear, lay_out, open_run, open_slice
from audit.kernel.reconcile import Inputs, judge
from audit.kernel.ruleset import Rule, parse
from bench.data import KINDS, Data
from bench.task import Task


def judge_all(task: Task) -> None:
    """A whole run, as the product does it."""
    options, inputs, rule = task.options, _inputs(task.data), _rule(task.data)
    out = task.out / "run"
    with task.phase("judge"):
        settings = {"slices": options.slices, "memory": options.memory, "threads": options.threads}
        summary = judge(inputs, rule, out, **settings)  # type: ignore[arg-type]
    task.told["rows"] = summary["claims"]
    task.told["stages"] = {stage["stage"]: stage["milliseconds"] / 1000 for stage in summary["measured"]["stages"]}
    task.told["reasons"] = {reason: count["claims"] for reason, count in summary["reasons"].items()}
    task.told["law"] = summary["law_sha256"]


def match_only(task: Task) -> None:
    """The run up to the decision of the first hearing; testimony and decisions are written."""
    options = task.options
    table = Bench(task.out / ".spill", threads=options.threads, memory=options.memory)
    with task.phase("opening"):
        lay_out(table, _inputs(task.data), _rule(task.data))
        open_run(table, options.slices)
    with task.phase("hearing"):
        for number in range(options.slices):
            open_slice(table, number, options.slices)
            hear(table)
            table.make("testimony")
            table.cut("decided", "select vendor, claim_id, grade, decision from decision join claim using (claim)")
            table.keep(number, ("testimony", "decided"), aside=options.slices > 1)
        table.gather(("testimony", "decided"))
    with task.phase("writing"):
        table.write(law.statement("exports", "testimony"), task.out / "testimony.parquet", "parquet")
        table.write("from decided", task.out / "decisions.parquet", "parquet")
    task.told["rows"] = table.count("claims")
    table.close()


def compare_only(task: Task) -> None:
    """The steps that compare effects and rank a pair, over pairs that are given; the conflicts are written."""
    table = Bench(task.out / ".spill", threads=task.options.threads, memory=task.options.memory)
    table.lay_rule(_rule(task.data))
    with task.phase("reading"):
        table.run(
            "create table by_record as select claimed.pair as claim, seen.pair as event, 1 as witness, "
            "false as by_reference, 'done' as outcome, false as is_actionless, true as is_bound, "
            "claimed.effect as claim_effect, seen.effect as event_effect "
            f"from '{task.data.pairs('claimed')}' as claimed join '{task.data.pairs('seen')}' as seen using (pair)"
        )
        table.run("create table by_reference as from by_record limit 0")
    with task.phase("comparing"):
        table.make("likeness", "meeting", "pair")
    with task.phase("writing"):
        conflicts = (
            "select claim as pair, by_record.claim_effect, by_record.event_effect "
            "from meeting join by_record using (claim, event) where relation = 'conflict'"
        )
        table.write(conflicts, task.out / "conflicts.parquet", "parquet")
    task.told["rows"] = table.count("by_record")
    task.told["conflicts"] = table.rows("select count(*) from meeting where relation = 'conflict'")[0][0]
    table.close()


def _inputs(data: Data) -> Inputs:
    return Inputs(**{kind: [data.canonical(kind)] for kind in KINDS})


def _rule(data: Data) -> Rule:
    return parse(json.loads(data.rules.read_text(encoding="utf-8")))
