"""From a metastore's rows to what is compared: one JSON object for a DAG. Airflow's tables and ours have the same names."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Callable

from plan import plan

Ask = Callable[[str], list[tuple]]  # an SQL question to rows

STAMP = re.compile(r"(?<!\d)(20\d\d)-(\d\d)-(\d\d)[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:\+00:?00|Z)?")
DAY = re.compile(r"(?<![\d-])(20\d\d)-(\d\d)-\d\d(?![\d-])")
UUID = re.compile(r"\b[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\b")
MODULE = re.compile(r"unusual_prefix_[0-9a-f]+_")
SUFFIX = re.compile(r"(__\{now\})_\w{8}\b")


def plain(value: Any) -> Any:
    """Without what differs from run to run: instants of today, random ids."""
    if isinstance(value, str):
        value = STAMP.sub(lambda m: m.group() if m.group(1, 2) <= ("2026", "06") else "{now}", value)
        value = DAY.sub(lambda m: m.group() if m.group(1, 2) <= ("2026", "06") else "{today}", value)
        value = MODULE.sub("unusual_prefix_{hash}_", value)
        return SUFFIX.sub(r"\1_{random}", UUID.sub("{id}", value))
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items()}
    return value


def instant(value: Any) -> str | None:
    """One spelling of an instant, and `{now}` for one of today."""
    if value is None:
        return None
    text = str(value).replace("T", " ")
    text = re.sub(r"(\.0+)?([+-]00:?00|Z)?$", "", text)
    return "{now}" if text[:7] > "2026-06" else text


def decode(value: Any, ready: bool) -> Any:
    """A JSON column's value; `ready`: the driver has read it already."""
    if ready:
        return value
    if isinstance(value, (memoryview, bytes)):
        value = bytes(value).decode()
    if isinstance(value, str):
        value = json.loads(value)
    return value


def shape(ask: Ask, dag_id: str, generation: str, notes: Path, ready: bool = False) -> dict[str, Any]:
    date = "logical_date" if generation == "3" else "execution_date"
    runs = ask(
        f"SELECT run_id, state, run_type, {date}, data_interval_start, data_interval_end, conf, id FROM dag_run "
        f"WHERE dag_id = '{dag_id}' ORDER BY {date}, id"
    )
    tis = ask(
        "SELECT run_id, task_id, map_index, state, try_number, max_tries, rendered_map_index "
        f"FROM task_instance WHERE dag_id = '{dag_id}'"
    )
    tries = ask(
        "SELECT run_id, task_id, map_index, try_number, state FROM task_instance_history "
        f"WHERE dag_id = '{dag_id}' ORDER BY try_number"
    )
    weights = {tuple(of): w for *of, w in ask(f"SELECT run_id, task_id, map_index, priority_weight FROM task_instance WHERE dag_id = '{dag_id}'")} if plan(dag_id).get("weights") else {}
    values = ask(f"SELECT run_id, task_id, map_index, key, value FROM xcom WHERE dag_id = '{dag_id}'")
    values = [v for v in values if not v[3].startswith("_link_")]  # 3.x keeps extra links there, we where they are asked for
    found = []
    for run_id, state, kind, logical, start, stop, conf, _ in runs:
        run: dict[str, Any] = {
            "run_id": plain(run_id),
            "state": state,
            "type": kind,
            "date": instant(logical),
            "interval": [instant(start), instant(stop)],
        }
        if generation == "3":
            run["conf"] = plain(decode(conf, ready)) or {}
        tasks: dict[str, Any] = {}
        for of, task, index, end, number, most, label in tis:
            if of == run_id:
                tasks[f"{task}[{index}]" if index >= 0 else task] = it = {"state": end, "try": [number, most]}
                if weights:
                    it["weight"] = weights[of, task, index]
                if label is not None:
                    it["label"] = plain(label)
                before = [s for o, t, i, n, s in tries if (o, t, i) == (of, task, index) and n < number]
                if before:
                    it["before"] = before
                xcoms = {k: plain(decode(v, ready)) for o, t, i, k, v in values if (o, t, i) == (of, task, index)}
                if "skipmixin_key" in xcoms:
                    # The order is a set's; and 3.x keeps the return value only if nothing is skipped (docs/differences.md).
                    xcoms["skipmixin_key"] = {k: sorted(ids) for k, ids in xcoms["skipmixin_key"].items()}
                    xcoms.pop("return_value", None)
                if xcoms:
                    it["xcom"] = dict(sorted(xcoms.items()))
        run["tasks"] = dict(sorted(tasks.items()))
        found.append(run)
    seen: dict[str, Any] = {"dag": dag_id, "runs": found}
    told = notes / f"{dag_id}.txt"
    if told.exists():
        seen["notes"] = sorted(plain(told.read_text()).splitlines())
    return seen
