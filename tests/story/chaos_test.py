"""Daemons die at any moment (kill -9, one or all of them, the runner and its Python processes too) while many kinds of DAGs run: nothing is
lost, nothing is begun twice in one attempt, everything ends well, and nobody is left behind."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections import Counter
from typing import Any

from engine import Engine, wait_until

SEED = int(os.environ.get("CHAOS_SEED", "0")) or random.randrange(1, 1 << 30)
KILLS = int(os.environ.get("CHAOS_KILLS", "25"))

DAGS = '''
"""Each attempt notes when it begins and ends. An Airflow dag file."""
import datetime as dt
import os
import time

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.providers.standard.sensors.python import PythonSensor
from airflow.providers.standard.sensors.time_delta import TimeDeltaSensor
from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import DAG, BaseOperator, task, task_group

WHO = "{{ dag.dag_id }} {{ task.task_id }} {{ ti.map_index }} {{ ti.try_number }}"


def note(word, ti):
    with open(os.environ["CHAOS_BOOK"], "a", buffering=1) as book:
        book.write(f"{word} {ti.dag_id} {ti.task_id} {ti.map_index} {ti.try_number}\\n")


def work(value=None, ti=None):
    note("begin", ti)
    time.sleep(0.2)
    note("end", ti)
    return value


def shell(task_id, **kwargs):
    command = f'echo "begin {WHO}" >> $CHAOS_BOOK; sleep 0.2; echo "end {WHO}" >> $CHAOS_BOOK'
    return BashOperator(task_id=task_id, bash_command=command, append_env=True, **kwargs)


def python(task_id, **kwargs):
    return PythonOperator(task_id=task_id, python_callable=work, **kwargs)


class Waits(BaseOperator):
    def execute(self, context):
        note("begin", context["ti"])
        self.defer(trigger=TimeDeltaTrigger(dt.timedelta(seconds=1)), method_name="resume")

    def resume(self, context, event=None):
        note("resume", context["ti"])
        note("end", context["ti"])


def made(dag_id):
    again = {"retries": 100, "retry_delay": dt.timedelta(seconds=0.1)}
    return DAG(dag_id, schedule=None, start_date=dt.datetime(2026, 1, 1), default_args=again)


def chain(tasks):
    for one, two in zip(tasks, tasks[1:]):
        one >> two


@task
def give(ti=None):
    return work([1, 2, 3, 4], ti)


@task
def each(x, ti=None):
    return work(x, ti)


@task
def total(xs, ti=None):
    return work(sum(xs), ti)


@task_group
def group(x):
    return each.override(task_id="second")(each.override(task_id="first")(x))


for n in range(6):
    with made(f"bash_{n}"):
        chain([shell(f"t{i}") for i in range(5)])
    with made(f"python_{n}"):
        chain([python(f"t{i}") for i in range(4)])
for n in range(3):
    with made(f"mapped_{n}"):
        total(each.expand(x=give()))
    with made(f"group_{n}"):
        total(group.expand(x=[1, 2, 3]))
    with made(f"waits_{n}"):
        Waits(task_id="w") >> TimeDeltaSensor(task_id="sensor", delta=dt.timedelta(0)) >> python("after")
    with made(f"looks_{n}"):
        PythonSensor(task_id="sensor", python_callable=lambda: time.time() % 2 > 1, mode="reschedule", poke_interval=0.5) >> shell("after")
    with made(f"setup_{n}"):
        s = python("s").as_setup()
        s >> [shell(f"w{i}", pool="one") for i in range(3)] >> python("t").as_teardown(setups=s)
with made("child"):
    python("t")
with made("parent"):
    run_id = "of_{{ ti.try_number }}"
    TriggerDagRunOperator(task_id="go", trigger_dag_id="child", trigger_run_id=run_id, wait_for_completion=True, poke_interval=1, deferrable=True) >> python("after")
'''


def ask(engine: Engine, question: str) -> list[Any]:
    with sqlite3.connect(f"file:{engine.home / 'tradewind.db'}?mode=ro", uri=True, timeout=30) as db:
        return db.execute(question).fetchall()


def kill_one(engine: Engine, rng: random.Random) -> None:
    """A daemon, the runner, the runner's and the dag-processor's Python processes, or all daemons at once."""
    daemons = ["scheduler", "runner", "triggerer", "api-server", "dag-processor"]
    chosen = rng.choice([*daemons, "scheduler", "runner", "tradewind.zygote", "all"])
    for name in daemons if chosen == "all" else [chosen]:
        for pid in engine.children(name if "." in name else f"tradewind {name}"):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def run_all(engine: Engine, dags: list[str]) -> None:
    for dag_id in dags:
        body = {"dag_run_id": "r", "logical_date": None}
        path = f"/api/v2/dags/{dag_id}/dagRuns"
        wait_until(lambda: engine.ask("POST", path, body)[0] in (200, 409), 60, f"{dag_id} cannot be started")


def test_whatever_dies_all_is_done_once(engine: Engine) -> None:
    book = engine.home.parent / "book"
    book.touch()
    engine.env.update(CHAOS_BOOK=str(book), TRADEWIND__CORE__PARALLELISM="24")
    engine.write("chaos.py", DAGS)
    engine.parse()
    engine.run("pools", "set", "one", "1", "narrow")
    dags = [d for (d,) in ask(engine, "SELECT dag_id FROM dag WHERE dag_id <> 'child' ORDER BY dag_id")]
    assert len(dags) == 28
    engine.start("standalone")
    run_all(engine, dags)
    rng = random.Random(SEED)
    for _ in range(KILLS):
        time.sleep(rng.uniform(0.1, 1.0))  # any moment
        kill_one(engine, rng)
    told = f"CHAOS_SEED={SEED}"
    live = "SELECT dag_id, run_id FROM dag_run WHERE state NOT IN ('success', 'failed')"
    wait_until(lambda: not ask(engine, live), 300, f"{told}: {live} does not get empty")
    assert ask(engine, "SELECT dag_id, task_id, map_index, state FROM task_instance WHERE state <> 'success'") == [], told
    assert set(ask(engine, "SELECT state FROM dag_run")) == {("success",)}, told
    lines = [tuple(line.split(" ", 1)) for line in book.read_text().splitlines()]
    # The child may have been started by several tries of its parent, each time as a run of its own.
    twice = [line for line, n in Counter(lines).items() if n > 1 and not line[1].startswith("child ")]
    assert not twice, f"{told}: in one attempt, more than once: {twice}"
    ended = {who for word, who in lines if word == "end"}
    for row in ask(engine, "SELECT dag_id, task_id, map_index, try_number FROM task_instance WHERE task_id NOT IN ('sensor', 'go')"):
        assert " ".join(map(str, row)) in ended, f"{told}: {row} is a success and did not end"
