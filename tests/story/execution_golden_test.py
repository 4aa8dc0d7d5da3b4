"""The Execution API is asked what a real Airflow 3.3 api-server was asked (tests/compat/execution): the answers must be the same."""

from __future__ import annotations

import json
import shutil
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from engine import Engine, wait_until

EXECUTION = Path(__file__).resolve().parents[1] / "compat" / "execution"
sys.path.insert(0, str(EXECUTION))

import steps  # noqa: E402
from talk import Talk  # noqa: E402


class Ours(Talk):
    """Tasks are queued by the engine itself: a worker takes them all, and the steps ask for one or the other."""

    def __init__(self, engine: Engine, secret: str) -> None:
        super().__init__(engine.port, secret)
        self.engine = engine
        self.taken: dict[tuple[str, str, int, int], str] = {}

    def take(self) -> None:
        answer = self.raw("POST", "/workloads/take", {"limit": 100, "wait": 0}, self.token("w1", "worker"))
        for workload in answer["workloads"]:
            ti = workload["execute"]["ti"]
            self.taken[ti["run_id"], ti["task_id"], ti["map_index"], ti["try_number"]] = ti["id"]

    def wait(self, run_id: str, task_id: str, map_index: int, try_number: int) -> str:
        def there() -> str | None:
            self.take()
            return self.taken.pop((run_id, task_id, map_index, try_number), None)

        return wait_until(there, 30, f"{task_id} is not queued")

    def run(self, dag_id: str, run_id: str, logical_date: str) -> None:
        self.engine.run("dags", "trigger", dag_id, "-r", run_id, "-l", logical_date)
        self.begun(dag_id, run_id)

    def begun(self, dag_id: str, run_id: str) -> None:
        wait_until(lambda: self.engine.run("dags", "state", dag_id, run_id).stdout.strip() == "running", 30, "does not run")

    def queued(self, run_id: str, task_id: str, map_index: int = -1) -> str:
        return self.named(self.wait(run_id, task_id, map_index, 1), task_id)

    def retried(self, run_id: str, task_id: str) -> str:
        return self.named(self.wait(run_id, task_id, -1, 2), f"{task_id} 2")

    def resumed(self, ti: str) -> None:
        name = self.names[ti]
        self.named(self.wait("r2", name.strip("<>"), -1, 1), name.strip("<>"))


def unlike(want: Any, have: Any, path: str = "") -> list[str]:
    if isinstance(want, dict) and isinstance(have, dict):
        found = [f"{path}.{k} is missing" for k in want if k not in have] + [f"{path}.{k} is too much: {have[k]!r}" for k in have if k not in want]
        return found + [d for k in want if k in have for d in unlike(want[k], have[k], f"{path}.{k}")]
    if isinstance(want, list) and isinstance(have, list) and len(want) == len(have):
        return [d for n, (w, h) in enumerate(zip(want, have)) for d in unlike(w, h, f"{path}.{n}")]
    return [] if type(want) is type(have) and want == have else [f"{path} is {have!r}, not {want!r}"]


def test_answers_are_airflows(tmp_path: Path) -> None:
    secret = "s" * 64
    engine = Engine(tmp_path, TRADEWIND__CORE__EXECUTOR="RemoteExecutor", TRADEWIND__API_AUTH__JWT_SECRET=secret)
    for file in (EXECUTION / "dags").glob("*.py"):
        shutil.copy(file, engine.dags)
    try:
        engine.up()
        engine.run("variables", "set", "v1", "hello")
        engine.run("connections", "add", "c1", "--conn-uri", "http://anna:secret@host:8080/schema?a=1")
        engine.start("triggerer")
        engine.serve()
        talk = Ours(engine, secret)
        steps.all_steps(talk)
    finally:
        engine.stop()
    golden = json.loads((EXECUTION / "golden.json").read_text())
    excused = json.loads((EXECUTION / "differences.json").read_text())
    assert golden.keys() == talk.answers.keys()
    used, wrong = set(), []
    for name, want in golden.items():
        for found in unlike(want, talk.answers[name]):
            why = next((e for e in excused if fnmatch(name, e["ask"]) and fnmatch(found, e["what"])), None)
            if why:
                used.add(excused.index(why))
            else:
                wrong.append(f"{name}: {found}")
    assert not wrong, f"{len(wrong)} of {len(golden)}\n" + "\n".join(wrong)
    assert used == set(range(len(excused))), [e for n, e in enumerate(excused) if n not in used]
