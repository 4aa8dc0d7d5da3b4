"""`dag.test()`: decisions by the engine's core, tasks in this process."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from engine import BINARY, Engine

HEAD = """
import json
from datetime import datetime, timedelta, timezone
from airflow import DAG
from airflow.decorators import dag, task, task_group, setup, teardown
from airflow.exceptions import AirflowSkipException, AirflowFailException
from airflow.models import Variable
from airflow.models.baseoperator import BaseOperator
from airflow.operators.empty import EmptyOperator
from airflow.sensors.base import BaseSensorOperator
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
"""

TAIL = """
run = {dag}.test({args})
print(">>" + json.dumps({{
    "state": str(run.state),
    "tis": {{ti.task_id + (f"[{{ti.map_index}}]" if ti.map_index >= 0 else ""): [str(ti.state), ti.try_number]
            for ti in run.get_task_instances()}},
}}))
"""


@pytest.fixture
def test_run(engine: Engine):
    engine.env["TRADEWIND_BINARY"] = BINARY

    def run(body: str, dag: str = "d", args: str = "logical_date=START") -> dict:
        path = engine.write("d.py", HEAD + body + TAIL.format(dag=dag, args=args))
        done = engine.run("python", str(path), check=False)
        answers = [
            line[2:] for line in done.stdout.splitlines() if line.startswith(">>")
        ]
        assert answers, done.stdout + done.stderr
        return {**json.loads(answers[-1]), "output": done.stdout}

    return run


def states(found: dict) -> dict:
    return {name: state for name, (state, _) in found["tis"].items()}


def test_branches_and_trigger_rules(test_run) -> None:
    found = test_run("""
with DAG("d", schedule=None, start_date=START) as d:
    @task.branch
    def choose():
        return "left"
    left, right = EmptyOperator(task_id="left"), EmptyOperator(task_id="right")
    join = EmptyOperator(task_id="join", trigger_rule="none_failed_min_one_success")
    strict = EmptyOperator(task_id="strict")
    choose() >> [left, right] >> join
    [left, right] >> strict
""")
    assert found["state"] == "success"
    assert states(found) == {
        "choose": "success",
        "left": "success",
        "right": "skipped",
        "join": "success",
        "strict": "skipped",
    }


def test_short_circuit_and_skips(test_run) -> None:
    found = test_run("""
with DAG("d", schedule=None, start_date=START) as d:
    @task.short_circuit
    def go():
        return False
    @task
    def skips():
        raise AirflowSkipException("not today")
    go() >> EmptyOperator(task_id="a") >> EmptyOperator(task_id="b", trigger_rule="all_done")
    skips() >> EmptyOperator(task_id="c")
""")
    assert states(found) == {
        "go": "success",
        "a": "skipped",
        "b": "skipped",
        "skips": "skipped",
        "c": "skipped",
    }


def test_retries_and_final_failures(test_run) -> None:
    found = test_run("""
with DAG("d", schedule=None, start_date=START, default_args={"retries": 2, "retry_delay": timedelta(seconds=0)}) as d:
    @task
    def second(ti=None):
        if ti.try_number < 2:
            raise ValueError("again")
    @task
    def never():
        raise AirflowFailException("do not try again")
    @task
    def exits():
        raise SystemExit(3)
    second(), never(), exits()
""")
    assert found["state"] == "failed"
    assert found["tis"] == {
        "second": ["success", 2],
        "never": ["failed", 1],
        "exits": ["failed", 3],
    }


def test_mapping_over_groups(test_run) -> None:
    found = test_run("""
with DAG("d", schedule=None, start_date=START) as d:
    @task
    def items():
        return ["a", "b"]
    @task
    def add(x, y):
        return x + y
    @task
    def join(xs):
        print("joined", sorted(xs))
    @task_group
    def group(x):
        return add(add.override(task_id="first")(x, "1"), "2")
    join(group.expand(x=items()))
""")
    assert found["state"] == "success"
    assert "joined ['a12', 'b12']" in found["output"]
    assert len(found["tis"]) == 6


def test_reschedule_and_deferral(test_run) -> None:
    found = test_run("""
from airflow.triggers.base import BaseTrigger, TriggerEvent

class Soon(BaseTrigger):
    def __init__(self, answer):
        super().__init__()
        self.answer = answer
    def serialize(self):
        return (f"{__name__}.Soon", {"answer": self.answer})
    async def run(self):
        yield TriggerEvent(self.answer)

class Waits(BaseOperator):
    def execute(self, context):
        self.defer(trigger=Soon({"n": 5}), method_name="go_on", kwargs={"more": 1})
    def go_on(self, context, event=None, more=0):
        return event["n"] + more

seen = []
class Sensor(BaseSensorOperator):
    def poke(self, context):
        seen.append(1)
        return len(seen) > 1

with DAG("d", schedule=None, start_date=START) as d:
    Sensor(task_id="sensor", mode="reschedule", poke_interval=1)
    w = Waits(task_id="waits")

    @task
    def shows(x):
        print("after the trigger:", x)
    shows(w.output)
""")
    assert found["state"] == "success"
    assert "after the trigger: 6" in found["output"]
    assert found["tis"]["sensor"] == ["success", 1]


def test_triggers_that_end_their_tasks(test_run) -> None:
    ended = test_run(
        """
from airflow.sensors.date_time import DateTimeSensorAsync
from airflow.triggers.base import BaseTrigger, TaskFailedEvent, TaskSuccessEvent

class Ends(BaseTrigger):
    def __init__(self, how):
        super().__init__()
        self.how = how

    def serialize(self):
        return f"{__name__}.Ends", {"how": self.how}

    async def run(self):
        yield TaskSuccessEvent(xcoms={"return_value": 7}) if self.how == "well" else TaskFailedEvent()

class Op(BaseOperator):
    def __init__(self, how, **kwargs):
        super().__init__(**kwargs)
        self.how = how

    def execute(self, context):
        self.defer(trigger=Ends(self.how), method_name="never")

with DAG("d", schedule=None, start_date=START) as d:
    DateTimeSensorAsync(task_id="past", target_time="2026-01-01T00:00:00+00:00", end_from_trigger=True)
    DateTimeSensorAsync(task_id="begins", target_time="{{ data_interval_end }}", start_from_trigger=True)
    Op(task_id="bad", how="bad", retries=3)

    @task
    def see(ti=None):
        assert ti.xcom_pull(task_ids="well") == 7

    Op(task_id="well", how="well") >> see()
"""
    )
    states = {task_id: state for task_id, (state, _) in ended["tis"].items()}
    assert states == {"past": "success", "begins": "success", "bad": "failed", "well": "success", "see": "success"}


def test_setup_and_teardown(test_run) -> None:
    found = test_run("""
with DAG("d", schedule=None, start_date=START) as d:
    @setup
    def make():
        pass
    @task
    def work():
        raise ValueError("broken")
    @teardown
    def clean():
        print("cleaned")
    m, c = make(), clean()
    m >> work() >> c
    m >> c
""")
    assert found["state"] == "failed"
    assert states(found) == {"make": "success", "work": "failed", "clean": "success"}


def test_conf_params_variables_and_callbacks(test_run, engine: Engine) -> None:
    engine.run("db", "migrate")
    engine.run("variables", "set", "greeting", "hello from the metastore")
    engine.run(
        "connections", "add", "c", "--conn-uri", "http://u:a-long-password@h:8/s"
    )
    found = test_run(
        """
from airflow.hooks.base import BaseHook

def ended(context):
    print("callback:", context["reason"], context["dag_run"].run_id[:6])

with DAG("d", schedule=None, start_date=START, params={"p": 1}, on_success_callback=ended) as d:
    @task
    def tells(params=None, dag_run=None, ds=None):
        c = BaseHook.get_connection("c")
        print(Variable.get("greeting"), params["p"], dag_run.conf, ds, c.host, c.port)
        Variable.set("mine", "only here")
        print(Variable.get("mine"))
    tells()
""",
        args='logical_date=START, run_conf={"p": 2}',
    )
    assert "hello from the metastore 2 {'p': 2} 2026-01-01 h 8" in found["output"]
    assert (
        "only here" in found["output"] and "callback: success manual" in found["output"]
    )
    assert engine.run("variables", "get", "mine", check=False).returncode == 1


def test_environment_and_supervisor_are_left_as_they_were(test_run) -> None:
    found = test_run("""
import os
import subprocess
with DAG("d", schedule=None, start_date=START) as d:
    @task
    def sets():
        os.environ["LEFT_BEHIND"] = "1"
    sets()
d.test()
print("left behind:", os.environ.get("LEFT_BEHIND"))
""")
    assert "left behind: None" in found["output"]


def test_a_cycle_is_refused(engine: Engine) -> None:
    engine.env["TRADEWIND_BINARY"] = BINARY
    path = engine.write(
        "d.py",
        HEAD
        + """
with DAG("d", schedule=None, start_date=START) as d:
    a, b = EmptyOperator(task_id="a"), EmptyOperator(task_id="b")
    a >> b >> a
d.test()
""",
    )
    done = engine.run("python", str(path), check=False)
    assert done.returncode == 1 and "ycle" in done.stderr


if __name__ == "__main__":
    raise SystemExit(pytest.main([os.path.abspath(__file__)]))


ASKS = """
from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLBranchOperator, HITLOperator
from airflow.sdk import Param
with DAG("d", schedule=None, start_date=START) as d:
    ask = HITLOperator(task_id="ask", subject="How many?", options=["few", "many"], defaults=["few"], params={"n": Param(3)})
    branch = HITLBranchOperator(task_id="branch", subject="Where?", options=["left", "right"], multiple=True)
    branch >> [EmptyOperator(task_id="left"), EmptyOperator(task_id="right")]

    @task
    def show(answer):
        print("SHOWN", answer["chosen_options"], answer["params_input"])
    show(ask.output) >> branch
"""


def test_questions_are_answered_on_the_terminal_or_by_what_is_piped_in(engine: Engine) -> None:
    engine.env["TRADEWIND_BINARY"] = BINARY
    path = engine.write("d.py", HEAD + ASKS + TAIL.format(dag="d", args=""))

    def run(said: str) -> tuple[dict, str]:
        done = subprocess.run(
            [BINARY, "python", str(path)], env=engine.env, input=said, capture_output=True, text=True, timeout=120
        )
        return states(json.loads(done.stdout.rsplit(">>", 1)[1])), done.stdout

    found, text = run("2\n5\nRIGHT\n")
    assert found == {"ask": "success", "show": "success", "branch": "success", "left": "skipped", "right": "success"}
    assert "SHOWN ['many'] {'n': 5}" in text and "How many?" in text
    found, text = run("")
    assert found["ask"] == "success" and found["branch"] == "failed" and "SHOWN ['few'] {'n': 3}" in text
    found, text = run("some\n")
    assert found["ask"] == "failed" and "'some' is none of ['few', 'many']" in text
