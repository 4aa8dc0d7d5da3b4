"""Takes the probe DAGs through their plans in a world: real Airflow (make_golden.py) or the engine (semantics_test.py)."""

from __future__ import annotations

import time
from typing import Any, Protocol

from plan import DATE, expected, plan

Row = tuple[Any, ...]


class World(Protocol):
    """Where DAGs run."""

    def ask(self, question: str) -> list[Row]:
        """Rows of its metastore."""

    def trigger(self, dag_id: str, date: str | None, conf: dict[str, Any]) -> None: ...

    def clear(self, dag_id: str, how: dict[str, Any]) -> None: ...


def clear_body(run_id: str, how: dict[str, Any]) -> dict[str, Any]:
    """What clears tasks of a run, over the API."""
    return {
        "dry_run": False,
        "only_failed": how.get("failed", False),
        "reset_dag_runs": True,
        "dag_run_id": run_id,
        "include_downstream": how.get("downstream", False),
        "include_upstream": how.get("upstream", False),
        "include_future": how.get("future", False),
    } | ({"task_ids": how["tasks"]} if "tasks" in how else {})


def cleared_run(world: World, dag_id: str, how: dict[str, Any]) -> Row:
    """Id and date of the run that is cleared: the last one, or the one that is named by its place."""
    date = "execution_date" if getattr(world, "generation", "3") == "2" else "logical_date"
    runs = world.ask(f"SELECT run_id, {date} FROM dag_run WHERE dag_id = '{dag_id}' ORDER BY {date}, id")
    return runs[how.get("run", -1)]


class Course:
    """One DAG on its way through its plan."""

    def __init__(self, dag_id: str) -> None:
        self.dag_id = dag_id
        self.plan = plan(dag_id)
        self.waiting: list[dict[str, Any]] = list(self.plan.get("runs", []))
        self.clears: list[dict[str, Any]] = list(self.plan.get("clear", []))
        self.cleared = 0

    def forward(self, world: World, states: list[str], cleared: int) -> bool:
        """Do what is due. True when all is done."""
        ended = all(s in ("success", "failed") for s in states)
        if self.waiting and not self.plan.get("serial"):
            for n, run in enumerate(self.waiting):
                self.start(world, run, n)
            self.waiting = []
            return False
        if self.waiting and ended:
            self.start(world, self.waiting.pop(0), len(states))
            return False
        if not ended or len(states) < expected(self.dag_id) or cleared < self.cleared:
            return False
        if self.clears:
            clear = self.clears.pop(0)
            self.cleared += 1
            world.clear(self.dag_id, clear)
            return False
        return True

    def start(self, world: World, run: dict[str, Any], number: int) -> None:
        day = f"{DATE[:8]}{int(DATE[8:10]) + number:02}{DATE[10:]}"
        world.trigger(self.dag_id, run.get("date", day), run.get("conf", {}))


def drive(world: World, dags: list[str], timeout: float, wave: int = 10_000, look: float = 0.2) -> list[str]:
    """Every DAG to the end of its plan, `wave` at a time. Returns those that did not get there."""
    courses = [Course(d) for d in dags]
    begin = time.monotonic()
    live: list[Course] = []
    while (courses or live) and time.monotonic() - begin < timeout:
        while courses and len(live) < wave:
            live.append(courses.pop(0))
        states: dict[str, list[str]] = {}
        clears: dict[str, int] = {}
        for dag_id, state, cleared in world.ask("SELECT dag_id, state, clear_number FROM dag_run"):
            states.setdefault(dag_id, []).append(state)
            clears[dag_id] = clears.get(dag_id, 0) + (cleared or 0)
        left = {c.dag_id for c in live + courses}
        live = [c for c in live if c.plan.get("after") in left or not c.forward(world, states.get(c.dag_id, []), clears.get(c.dag_id, 0))]
        time.sleep(look)
    return [c.dag_id for c in live + courses]
