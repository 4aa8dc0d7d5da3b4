"""Takes stories through a world, real Airflow (make_told.py) or the engine (told_here.py), several at a time: each is a generator that yields what it waits for."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, Protocol

sys.path.append(str(Path(__file__).resolve().parents[1] / "semantics"))

from shape import shape

Row = tuple[Any, ...]
Wait = Callable[[], bool]
Story = Generator[tuple[Wait, float], bool, dict[str, Any]]  # what it waits for and how long at most; was it so?; what it saw

DATE = "2026-01-10T00:00:00+00:00"
POOLS = {"closed": 0, "narrow": 2, "wide": 8}


class World(Protocol):
    """Where DAGs run."""

    generation: str
    quiet: float  # seconds without a change after which nothing more is to come
    go: Path

    def ask(self, question: str) -> list[Row]:
        """Rows of its metastore."""

    def write(self, name: str, text: str | None) -> None:
        """A DAG file; None: it is deleted."""

    def trigger(self, dag_id: str, run_id: str, date: str | None = DATE, conf: dict[str, Any] | None = None) -> None: ...

    def clear_run(self, dag_id: str, run_id: str) -> Any:
        """All of it; was it taken?"""

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """An answer of the API, good or bad."""

    def command(self, words: list[str]) -> Callable[[], Any]:
        """Starts a command of 2.x's; asked, it says None as long as that runs, then what came of it."""

    def marks(self, dag_id: str) -> Any:
        """What is another when the DAG's file was read anew."""


def outcome(words: list[str], status: int, out: str) -> list[Any]:
    """Of a command: did it do well, and the state that it was asked for."""
    state = [line.split(",")[0].strip() for line in out.splitlines() if line.strip()][-1:] if words[1] == "state" and not status else []
    return [status == 0, *state]


class Command:
    """One that runs beside the stories."""

    def __init__(self, argv: list[str], env: dict[str, str] | None = None) -> None:
        self.words = argv[next(n for n, word in enumerate(argv) if word in ("tasks", "dags")) :]
        self.out = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=self.out, stderr=subprocess.DEVNULL)

    def look(self) -> Any:
        if self.process.poll() is None:
            return None
        self.out.seek(0)
        return outcome(self.words, self.process.returncode, self.out.read())


def states(world: World, dag_id: str, run_id: str = "r") -> dict[str, str | None]:
    rows = world.ask(
        f"SELECT task_id, map_index, state FROM task_instance WHERE dag_id = '{dag_id}' AND run_id = '{run_id}'"
    )
    return {t if m < 0 else f"{t}[{m}]": s for t, m, s in rows}


def ended(world: World, *dag_ids: str) -> bool:
    named = ", ".join(f"'{d}'" for d in dag_ids)
    return all(s in ("success", "failed") for (s,) in world.ask(f"SELECT state FROM dag_run WHERE dag_id IN ({named})"))


def still(world: World, *dag_ids: str) -> Wait:
    """Nothing has changed for a while: its runs have ended, or stand."""
    named = ", ".join(f"'{d}'" for d in dag_ids)
    last: list[Any] = [None, time.monotonic()]

    def look() -> bool:
        now = world.ask(f"SELECT run_id, state FROM dag_run WHERE dag_id IN ({named}) ORDER BY dag_id, run_id")
        now += world.ask(
            "SELECT run_id, task_id, map_index, state, try_number FROM task_instance "
            f"WHERE dag_id IN ({named}) ORDER BY dag_id, run_id, task_id, map_index"
        )
        if now != last[0]:
            last[:] = [now, time.monotonic()]
        return time.monotonic() - last[1] > world.quiet

    return look


def seen(world: World, dag_id: str, ready: bool) -> list[Any]:
    """The DAG's runs, and in which pool an instance counts where that is not the default one."""
    runs = shape(world.ask, dag_id, world.generation, Path("/nonexistent"), ready)["runs"]
    runs.sort(key=lambda run: run["run_id"])
    never = world.ask(f"SELECT run_id, task_id, map_index FROM task_instance_history WHERE dag_id = '{dag_id}' AND try_number = 0")
    pools = world.ask(f"SELECT run_id, task_id, map_index, pool, pool_slots FROM task_instance WHERE dag_id = '{dag_id}'")
    for run in runs:
        for key in ("date", "interval", "type", "conf"):
            run.pop(key, None)
        for run_id, task_id, index in never:  # Airflow keeps a row of what was cleared and had never run
            it = run["tasks"][task_id if index < 0 else f"{task_id}[{index}]"] if run_id == run["run_id"] else {}
            if it.get("before"):
                it["before"] = it["before"][1:]
                if not it["before"]:
                    del it["before"]
        for run_id, task_id, index, pool, slots in pools:
            if run_id == run["run_id"] and (pool, slots) != ("default_pool", 1):
                run["tasks"][task_id if index < 0 else f"{task_id}[{index}]"]["pool"] = [pool, slots]
    return runs


def drive(world: World, stories: dict[str, Callable[[], Story]], wave: int, look: float) -> dict[str, dict[str, Any]]:
    """All stories to their end, `wave` at a time. What each saw; a wait that was too long is told in it."""
    todo = dict(stories)
    live: dict[str, list[Any]] = {}
    found: dict[str, dict[str, Any]] = {}
    while todo or live:
        while todo and len(live) < wave:
            name = next(iter(todo))
            live[name] = [todo.pop(name)(), None, 0.0]
            step(live, found, name, None)
        for name, (_, wait, until) in list(live.items()):
            if wait():
                step(live, found, name, True)
            elif time.monotonic() > until:
                step(live, found, name, False)
        time.sleep(look)
    return found


def step(live: dict[str, list[Any]], found: dict[str, dict[str, Any]], name: str, value: bool | None) -> None:
    try:
        wait, seconds = live[name][0].send(value)
        live[name][1:] = [wait, time.monotonic() + seconds]
    except StopIteration as end:
        found[name] = end.value
        del live[name]
        print(name, file=sys.stderr, flush=True)
