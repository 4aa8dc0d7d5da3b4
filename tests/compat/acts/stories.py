"""What is told: an edited file's run (edits.py)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from tell import Story, World, ended, seen, states, still
from acts import ACTS, COMMANDS, DAYS, Act
from edits import EDITS, Edit, file


def edited(world: World, ready: bool, patience: float, edit: Edit) -> Story:
    dag_id = edit.name
    told: dict[str, Any] = {"story": dag_id}
    world.trigger(dag_id, "r")
    if not (yield lambda: edit.at.items() <= states(world, dag_id).items(), patience):
        told["not as it was to be"] = states(world, dag_id)
    before = world.marks(dag_id)
    world.write(dag_id, edit.edited())
    if not (yield lambda: world.marks(dag_id) != before, patience):
        told["file not read"] = True
    yield still(world, dag_id), world.quiet * 3  # who goes by the file has gone by it
    (world.go / dag_id).touch()
    if edit.stays:
        yield still(world, dag_id), patience
    elif not (yield lambda: ended(world, dag_id), patience):
        told["did not end"] = True
    told["lived"] = seen(world, dag_id, ready)
    if edit.back:
        world.write(dag_id, edit.text())
        if not (yield lambda: ended(world, dag_id), patience):
            told["did not end when it was back"] = True
        told["back"] = seen(world, dag_id, ready)
    if edit.once:
        return told
    told["clear"] = world.clear_run(dag_id, "r")
    yield still(world, dag_id), world.quiet * 3
    if edit.stays:
        yield still(world, dag_id), patience
    elif not (yield lambda: ended(world, dag_id), patience):
        told["did not end when cleared"] = True
    told["cleared"] = seen(world, dag_id, ready)
    return told


def brief(said: Any) -> Any:
    """Of an answer: which instances it names, or what it says of one; not the words of an error."""
    if not isinstance(said, dict) or "detail" in said:
        return None
    if "task_instances" in said:
        named = [[t.get("dag_run_id"), t["task_id"], t.get("map_index", -1)] for t in said["task_instances"]]
        return sorted(named, key=str)
    return {k: said[k] for k in ("note", "conf", "is_paused", "triggered_by", "data_interval_start") if said.get(k)}


def acted(world: World, ready: bool, patience: float, act: Act) -> Story:
    told: dict[str, Any] = {"story": act.name, "answers": [], "runs": {}}
    dags = (act.name, *act.more)
    for dag_id in dags:
        for run_id in act.runs:
            world.trigger(dag_id, run_id, DAYS[run_id], {"b": 1} if run_id == "r2" else None)
    if not act.runs:
        good = True
    elif act.at:
        good = yield lambda: act.at.items() <= states(world, act.name, "r1").items(), patience
    else:
        good = yield lambda: ended(world, *dags), patience
    if not good:
        told["not as it was to be"] = states(world, act.name, "r1")
    for method, path, body in act.steps:
        if method == "go":
            (world.go / act.name).touch()
        elif method == "cli":
            done = world.command(path.replace("DAG", act.name).split())
            yield (lambda: done() is not None), patience
            told["answers"].append(done())
        elif method == "file":
            before = world.marks(act.name)
            world.write(act.name, file(act.name, path))
            yield lambda: world.marks(act.name) != before, patience
        else:
            status, said = world.call(method, f"/api/v2/dags/{act.name}{path}", body)
            told["answers"].append([status, brief(said)])
        yield still(world, *dags), patience
        told["runs"][f"{len(told['runs'])} {method} {path if method != 'file' else ''}".strip()] = {d: seen(world, d, ready) for d in dags}
    return told


@dataclass
class Tale:
    """A story, the files that it starts with and the DAGs that are in them."""

    files: dict[str, str]
    dags: set[str]
    tell: Callable[..., Story]


def stories(generation: str) -> dict[str, Tale]:
    """Those of edited files in both generations; what people do over the 3.x API in 3, on 2.x's command line in 2."""
    found = {e.name: Tale({e.name: e.text()}, {e.name}, partial(edited, edit=e)) for e in EDITS}
    acts = ACTS if generation == "3" else COMMANDS
    return found | {a.name: Tale(a.files(), {*a.files()}, partial(acted, act=a)) for a in acts}
