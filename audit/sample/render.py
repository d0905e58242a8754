"""From whole numbers to the rows of files: ids, targets, effects, charges, tokens, as Arrow tables.

Everything is made a column at a time; the same number always gives the same text.
"""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from audit.kernel.terms import MEANINGS
from audit.sample import world
from audit.sample.clock import MILLISECOND, Flags, Ints
from audit.sample.stage import AGENT_NUMBERS, NOTHING, PERSON, REASONS, Stage

Words = npt.NDArray[np.uint64]
Table = Any  # pyarrow ships no types
Texts = Any

INSTANT: Final = pa.timestamp("us", tz="UTC")
CLAIMS: Final = pa.schema(
    [
        ("vendor", pa.string()),
        ("claim_id", pa.string()),
        ("revision", pa.int64()),
        ("withdrawn", pa.bool_()),
        ("agent_id", pa.string()),
        ("action", pa.string()),
        ("target", pa.string()),
        ("occurred_at", INSTANT),
        ("session_id", pa.string()),
        ("parent_id", pa.string()),
        ("environment", pa.string()),
        ("status", pa.string()),
        ("units", pa.int64()),
        ("charge_micros", pa.int64()),
        ("currency", pa.string()),
        ("tokens_input", pa.int64()),
        ("tokens_cached", pa.int64()),
        ("tokens_output", pa.int64()),
        ("effect", pa.string()),
    ]
)
EVIDENCE: Final = pa.schema(
    [
        ("system", pa.string()),
        ("event_id", pa.string()),
        ("grade", pa.string()),
        ("vendor", pa.string()),
        ("target", pa.string()),
        ("action", pa.string()),
        ("occurred_at", INSTANT),
        ("actor", pa.string()),
        ("outcome", pa.string()),
        ("units", pa.int64()),
        ("effect", pa.string()),
        ("claim_ref", pa.string()),
    ]
)
TRUTH: Final = pa.schema(
    [(name, pa.string()) for name in ("vendor", "claim_id")]
    + [("revision", pa.int64())]
    + [(name, pa.string()) for name in ("expected_state", "expected_reason")]
)
UNCLAIMED: Final = pa.schema([("system", pa.string()), ("event_id", pa.string())])

KIND_NUMBERS: Final = np.array([job.kind for job in world.JOBS], dtype=np.int64)
PRICES: Final = np.array([job.price_micros for job in world.JOBS], dtype=np.int64)
JOB_ACTIONS: Final = np.array([job.action for job in world.JOBS], dtype=np.int64)
ODD: Final = np.uint64(0x9E3779B97F4A7C15)  # odd: multiplying by it shuffles the 64-bit numbers among themselves
SHUFFLE: Final = np.uint64(43_046_721)  # 3 ** 16, prime to 10: the same for numbers below 10 ** 12
TRILLION: Final = np.uint64(10**12)
TOKENLESS: Final = 0.06  # share of lines without token counts


def claims(stage: Stage) -> tuple[Table, Table, Texts]:
    """A stage's claim lines and their truth, by time (as the vendor exports them), and the claim ids by row."""
    line = stage.lines.columns()
    ids = claim_ids(stage.vendor, stage.base, line)
    order = np.argsort(line["at"], kind="stable")
    charge = np.where(line["priced"] == NOTHING, NOTHING, line["priced"] * line["units"] * PRICES[line["job"]])
    columns = {
        "vendor": repeated(stage.vendor, len(order)),
        "claim_id": ids,
        "revision": line["revision"],
        "withdrawn": line["withdrawn"] == 1,
        "agent_id": listed(world.AGENTS, AGENT_NUMBERS[line["job"]]),
        "action": listed(world.ACTIONS, JOB_ACTIONS[line["job"]]),
        "target": targets(stage.clock.tenant, KIND_NUMBERS[line["job"]], line["record"]),
        "occurred_at": instants(line["at"]),
        "session_id": spelled("s-", line["session"], world.BASE36, 13),
        "parent_id": referred(ids, line["parent"]),
        "environment": listed(world.ENVIRONMENTS, line["environment"]),
        "status": listed(world.STATUSES, line["status"]),
        "units": line["units"],
        "charge_micros": optional(charge, charge != NOTHING),
        "currency": listed((world.CURRENCIES[stage.vendor],), np.where(charge == NOTHING, NOTHING, 0)),
        **tokens(stage, line),
        "effect": listed(CLAIMED_EFFECTS, line["effect"]),
    }
    table = pa.table(columns, schema=CLAIMS).take(order)
    return table, truth(table, line["reason"][order]), ids


def truth(table: Table, reason: Ints) -> Table:
    """What the law must say of each line, in the lines' order."""
    states = tuple(MEANINGS[name].state.value for name in REASONS)
    expected = [listed(states, reason), listed(tuple(name.value for name in REASONS), reason)]
    kept = [table[name] for name in ("vendor", "claim_id", "revision")]
    return pa.table(kept + expected, schema=TRUTH)


def evidence(stage: Stage, ids: Texts) -> tuple[Table, Flags]:
    """What the systems saw on a stage, in no order, and which of it is work that no claim names."""
    event = stage.events.columns()
    tenant, system = stage.clock.tenant, event["system"]
    own = system == world.VENDOR_LOG
    columns = {
        "system": listed(tenant.systems, system),
        "event_id": event_ids(stage.base, system),
        "grade": listed(world.GRADES, system),
        "vendor": listed((stage.vendor,), np.where(own, 0, NOTHING)),
        "target": targets(tenant, KIND_NUMBERS[event["job"]], event["record"]),
        "action": listed(world.ACTIONS, np.where(event["named"] == 1, JOB_ACTIONS[event["job"]], NOTHING)),
        "occurred_at": instants(event["at"]),
        "actor": actors(event["actor"]),
        "outcome": listed(world.OUTCOMES, event["outcome"]),
        "units": event["units"],
        "effect": listed(SEEN_EFFECTS, event["effect"]),
        "claim_ref": referred(ids, event["reference"]),
    }
    return pa.table(columns, schema=EVIDENCE), event["unclaimed"] == 1


def claim_ids(vendor: str, base: int, line: dict[str, Ints]) -> Texts:
    """Claim ids in the vendor's manner, one per row; a row that is `same_as` another carries that row's id."""
    numbers = (base + np.arange(len(line["at"]))).astype(np.uint64)
    if vendor == "forcedesk":
        ids = uuids(line["at"], numbers)
    elif vendor == "finbot":
        ids = text(b"fin_", digits(numbers * ODD, world.BASE36, 13))
    else:
        ids = text(b"CPX-", digits(numbers * SHUFFLE % TRILLION, world.DECIMAL, 12))
    rows = np.arange(len(numbers))
    return ids.take(pa.array(np.where(line["same_as"] == NOTHING, rows, line["same_as"])))


def uuids(at: Ints, numbers: Words) -> Texts:
    """UUIDs of version 7 (RFC 9562): milliseconds, then bits shuffled from a number, unique for the number."""
    high = (at // MILLISECOND).astype(np.uint64) << np.uint64(16) | np.uint64(0x7000) | (numbers * ODD >> np.uint64(52))
    low = np.uint64(1 << 63) | (numbers * ODD & np.uint64((1 << 62) - 1))
    hexes = np.hstack([digits(high, world.BASE36[:16], 16), digits(low, world.BASE36[:16], 16)])
    lower = np.where(hexes >= ord("A"), hexes + 32, hexes).astype(np.uint8)
    return text(b"", np.insert(lower, [8, 12, 16, 20], ord("-"), axis=1))


def event_ids(base: int, system: Ints) -> Texts:
    """Ids of events in each system's manner: unique, for each comes from its row's number."""
    numbers = (base + np.arange(len(system))).astype(np.uint64) * ODD
    suffix = text(b"", digits(numbers, world.BASE36, 13))
    return pc.binary_join_element_wise(listed(("017H", "evt-", "gw-", "p", "log-"), system), suffix, "")


def targets(tenant: world.Tenant, kind: Ints, record: Ints) -> Texts:
    """Targets `system/type/id` of records; null where there is none."""
    order = np.argsort(kind, kind="stable")
    parts = []
    for number in np.unique(kind):
        form = world.KINDS[number]
        numbers = record[kind == number].astype(np.uint64)
        shuffled = numbers * SHUFFLE % TRILLION if form.alphabet is world.DECIMAL else numbers * ODD
        prefix = form.prefix.format(desk=tenant.tickets).encode()
        parts.append(text(prefix, digits(shuffled, form.alphabet, form.width)))
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))
    every = pa.concat_arrays(parts) if parts else pa.array([], pa.string())
    return every.take(pa.array(back, mask=record == NOTHING))


def tokens(stage: Stage, line: dict[str, Ints]) -> dict[str, Texts]:
    """Tokens of each line: many in, some of them cached, few out; none reported for some."""
    rng, count = stage.rng, len(line["at"])
    given = ~stage.chance(count, TOKENLESS)
    used = np.rint(rng.lognormal(7.6, 0.6, count)).astype(np.int64) * line["units"]
    cached = used * rng.integers(0, 80, count) // 100
    out = np.rint(rng.lognormal(5.4, 0.5, count)).astype(np.int64) * line["units"]
    counts = {"tokens_input": used, "tokens_cached": cached, "tokens_output": out}
    return {name: optional(values, given) for name, values in counts.items()}


def actors(actor: Ints) -> Texts:
    """Who did it there: an agent's user, a person, or nobody that is known."""
    names = [world.actor_of(agent) for agent in range(len(world.AGENTS))] + [
        f"0057Q00000USER{n:04d}" for n in range(40)
    ]
    return listed(tuple(names), np.where(actor >= PERSON, actor - PERSON + len(world.AGENTS), actor))


def digits(numbers: Words, alphabet: str, width: int) -> npt.NDArray[np.uint8]:
    """Each number in `width` digits of an alphabet, as bytes; digits that do not fit are left out."""
    letters, base = np.frombuffer(alphabet.encode(), dtype=np.uint8), np.uint64(len(alphabet))
    out, rest = np.empty((len(numbers), width), dtype=np.uint8), numbers
    for place in range(width - 1, -1, -1):
        out[:, place] = letters[rest % base]
        rest = rest // base
    return out


def text(prefix: bytes, suffix: npt.NDArray[np.uint8]) -> Texts:
    """Strings of one width: the prefix and each row's bytes."""
    count, width = suffix.shape[0], suffix.shape[1] + len(prefix)
    whole = np.empty((count, width), dtype=np.uint8)
    whole[:, : len(prefix)] = np.frombuffer(prefix, dtype=np.uint8)
    whole[:, len(prefix) :] = suffix
    ends = np.arange(count + 1, dtype=np.int32) * np.int32(width)
    return pa.StringArray.from_buffers(count, pa.py_buffer(ends), pa.py_buffer(whole))


def spelled(prefix: str, numbers: Ints, alphabet: str, width: int) -> Texts:
    """A prefix and a shuffled number; null where there is none."""
    every = text(prefix.encode(), digits(numbers.astype(np.uint64) * ODD, alphabet, width))
    return pc.if_else(pa.array(numbers != NOTHING), every, pa.scalar(None, pa.string()))


def listed(texts: tuple[str, ...], numbers: Ints) -> Texts:
    """The texts of numbers; null for NOTHING."""
    return pa.array(texts, pa.string()).take(pa.array(numbers, mask=numbers == NOTHING))


def referred(ids: Texts, rows: Ints) -> Texts:
    """The ids of rows; null for NOTHING."""
    return ids.take(pa.array(rows, mask=rows == NOTHING))


def repeated(value: str, count: int) -> Texts:
    """One text for every row."""
    return pa.repeat(pa.scalar(value, pa.string()), count)


def optional(values: Ints, given: Flags) -> Texts:
    """Numbers, null where not given."""
    return pa.array(values, mask=~given)


def instants(at: Ints) -> Texts:
    """Microseconds as instants."""
    return pa.array(at).cast(pa.timestamp("us")).cast(INSTANT)


def _effects(*, seen: bool) -> tuple[str, ...]:
    """The JSON of every effect: as vendors claim it, or as systems show it, which differs in writing only."""
    effects: list[str] = []
    for name, values in world.FIELDS:
        for value in values:
            shown: dict[str, Any] = {name: value}
            if isinstance(value, int):
                shown[name] = value if seen else f"{value}.00"
            elif "T" in value and value[0] == "2":
                shown[name] = f"{value}Z" if seen else f"{value}+00:00"
            if seen:
                shown["LastModifiedBy"] = "api"
            effects.append(json.dumps(shown))
    return tuple(effects)


CLAIMED_EFFECTS: Final = _effects(seen=False)
SEEN_EFFECTS: Final = _effects(seen=True)
