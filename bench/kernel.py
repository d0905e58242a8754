"""The kernel: the whole run; its matching alone; its comparison of effects alone."""

from __future__ import annotations

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
import pyarrow as pa

from audit.kernel import closing, reconcile
from audit.kernel.bench import Bench
from audit.kernel.dealing import Dealt
from audit.kernel.hearing import terms_of
from audit.kernel.reconcile import Inputs, judge
from audit.kernel.records import telling, texts
from audit.kernel.records.columns import NONE
from audit.kernel.records.compiled import chosen, fit
from audit.kernel.records.judging import Rows, columns, decide
from audit.kernel.records.reading import texts as read_texts
from audit.kernel.ruleset import Rule, parse
from audit.kernel.terms import GRADES
from bench.data import KINDS, Data
from bench.task import Task

DECISIONS: Final = pa.schema([(name, pa.string()) for name in ("vendor", "claim_id", "grade", "decision")])
CONFLICTS: Final = pa.schema([("pair", pa.int64()), ("claim_effect", pa.string()), ("event_effect", pa.string())])


def judge_all(task: Task) -> None:
    """A whole run, as the product does it."""
    options, inputs, rule = task.options, _inputs(task.data), _rule(task.data)
    task.told["slices"] = _slices(task)
    out = task.out / "run"
    with task.phase("judge"):
        summary = judge(inputs, rule, out, slices=options.slices, memory=options.memory, threads=options.threads)
    task.told["rows"] = summary["claims"]
    task.told["stages"] = {stage["stage"]: stage["milliseconds"] / 1000 for stage in summary["measured"]["stages"]}
    task.told["reasons"] = {reason: count["claims"] for reason, count in summary["reasons"].items()}
    task.told["law"] = summary["law_sha256"]


def match_only(task: Task) -> None:
    """The run up to the decision of the first hearing; testimony (in its order) and decisions (in none) are written."""
    options, folder, slices = task.options, task.out / ".spill", _slices(task)
    task.told["slices"] = slices
    folder.mkdir()
    table = Bench(folder, threads=options.threads, memory=options.memory)
    run = reconcile._Run(table, folder, slices, None)
    with task.phase("opening"):
        run.open(_inputs(task.data), _rule(task.data))
    with task.phase("hearing"), ThreadPoolExecutor(options.threads or os.cpu_count()) as pool:
        words = Dealt(folder / "words", run.kept.ranges.parts, telling.TESTIMONY)
        file = closing.File(task.out / "decisions.parquet", DECISIONS)
        for decided in pool.map(lambda number: _decide(run, number, words), range(slices)):
            file.add(decided)
        file.close()
        run.heard.drop()
        run.seen.drop()
    with task.phase("writing"):
        file = closing.File(task.out / "testimony.parquet", closing.TESTIMONY)
        for part in range(words.parts):
            file.add(closing.testimony(words.part(part), run.shared.systems))
        file.close()
    task.told["stages"] = run.seconds | {name: task.seconds[name] for name in ("hearing", "writing")}
    task.told["rows"] = run.claims
    table.close()
    shutil.rmtree(folder)


def _decide(run: Any, number: int, words: Dealt) -> pa.Table:
    """The decisions on the claims of a slice; its words are dealt out to the ranges of the order that they leave in."""
    shared = run.shared
    rows = Rows(run.heard.part(number), run.seen.part(number), shared.spans, shared.bindings, run.doomed)
    given = columns(rows)
    matches, decided = decide(rows, given, terms_of(shared.rule))
    found: Any = SimpleNamespace(matches=matches)
    said, _ = telling.testimony(rows, found)
    words.add(said, run.kept.ranges.of(said))
    told = {"vendor": rows.claims["vendor"], "claim_id": rows.claims["claim_id"]}
    told["grade"] = pa.array(list(GRADES)).take(pa.array(decided.grade, mask=decided.grade == NONE))
    told["decision"] = pa.array(telling.DECISIONS).take(pa.array(decided.decision))
    return pa.table(told).cast(DECISIONS)


def compare_only(task: Task) -> None:
    """The loop that compares effects, over pairs that are given; the conflicts are written."""
    table = Bench(task.out / ".spill", threads=task.options.threads, memory=task.options.memory)
    with task.phase("reading"):
        rows = table.arrow(
            "select pair, claimed.effect as claim_effect, seen.effect as event_effect "
            f"from '{task.data.pairs('claimed')}' as claimed join '{task.data.pairs('seen')}' as seen using (pair)"
        ).cast(CONFLICTS)
    with task.phase("comparing"):
        relation = np.empty(rows.num_rows, np.int64)
        effects = read_texts(rows["claim_effect"]), read_texts(rows["event_effect"])
        chosen(texts, rows.num_rows).relations(*fit(effects, rows.num_rows), relation)
        conflicts = rows.filter(pa.array(relation == texts.CONFLICT))
    with task.phase("writing"):
        file = closing.File(task.out / "conflicts.parquet", CONFLICTS)
        file.add(conflicts)
        file.close()
    task.told["rows"] = rows.num_rows
    task.told["conflicts"] = conflicts.num_rows
    table.close()


def _inputs(data: Data) -> Inputs:
    return Inputs(**{kind: [data.canonical(kind)] for kind in KINDS})


def _rule(data: Data) -> Rule:
    return parse(json.loads(data.rules.read_text(encoding="utf-8")))


def _slices(task: Task) -> int:
    """The slices that were asked for, or as many as the kernel makes of its own accord."""
    return task.options.slices or reconcile._slices(_inputs(task.data))
