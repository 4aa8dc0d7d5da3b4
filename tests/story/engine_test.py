"""The main job, as a user sees it: files in a folder, runs, logs, recovery."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from collections import Counter
from pathlib import Path
from typing import Any

from engine import Engine, wait_until

CHAIN = """
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator

def give(**context):
    print("giving")
    return {"rows": 42}

def take(ti, **context):
    assert ti.xcom_pull(task_ids="give") == {"rows": 42}

with DAG("chain", schedule=None, start_date=datetime(2026, 1, 1)) as dag:
    first = BashOperator(task_id="first", bash_command="echo hello {{ run_id }}")
    give_ = PythonOperator(task_id="give", python_callable=give)
    take_ = PythonOperator(task_id="take", python_callable=take)
    last = BashOperator(task_id="last", bash_command="echo {{ ti.xcom_pull(task_ids='give')['rows'] }} rows")
    first >> give_ >> take_ >> last
"""


def test_a_chain_of_bash_and_python_tasks_runs_and_leaves_logs(engine: Engine) -> None:
    engine.write("chain.py", CHAIN)
    engine.up()
    run = engine.trigger("chain")
    assert engine.finish("chain", run) == "success"
    assert set(engine.states("chain", run).values()) == {"success"}
    assert f"hello {run}" in engine.log("chain", run, "first")
    assert "giving" in engine.log("chain", run, "give")
    assert "42 rows" in engine.log("chain", run, "last")


def test_a_failing_file_is_an_import_error_and_spoils_no_other(engine: Engine) -> None:
    engine.write("good.py", CHAIN)
    engine.write("syntax.py", "from airflow import DAG\ndef broken(:\n")
    engine.write("exit.py", "import airflow, sys\nfrom airflow import DAG\nsys.exit(3)\n")
    engine.write("crash.py", "from airflow import DAG\nimport os\nos.kill(os.getpid(), 11)\n")
    engine.parse()
    assert [d["dag_id"] for d in engine.json("dags", "list")] == ["chain"]
    listed = engine.run("dags", "list-import-errors", "-o", "json", check=False)
    errors = {e["filepath"]: e["error"] for e in json.loads(listed.stdout)}
    assert sorted(errors) == ["crash.py", "exit.py", "syntax.py"]
    assert "SyntaxError" in errors["syntax.py"]
    assert "signal 11" in errors["crash.py"]


def test_bad_files_among_many_spoil_no_other(engine: Engine) -> None:
    """Files share processes; what one of them does is nobody else's error, nor in anybody else's document."""
    bad = {
        "crash": "import os\nos.kill(os.getpid(), 11)",
        "exit": "import sys\nsys.exit(3)",
        "end": "import os\nos._exit(0)",
        "hang": "while True: pass",
        "memory": "x = bytearray(1 << 30)",
        "syntax": "def broken(:",
        "raises": "1 / 0",
    }
    patch = """
import os, socket
from airflow import DAG
from airflow.operators.bash import BashOperator
DAG.validate = lambda self: 1 / 0
BashOperator.ui_color = socket.socket = None
os.environ["AIRFLOW__CORE__DEFAULT_TASK_RETRIES"] = "9"
"""
    for n in range(60):
        engine.write(f"good_{n:02}.py", CHAIN.replace('"chain"', f'"good_{n:02}"'))
    for n, (name, text) in enumerate(bad.items()):
        engine.write(f"good_{7 * n:02}_{name}.py", f"from airflow import DAG\n{text}\n")
        engine.write(f"good_{7 * n + 3:02}_patch.py", patch)
    engine.env.update(
        TRADEWIND__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT="10",
        TRADEWIND__DAG_PROCESSOR__PARSE_MEMORY_LIMIT_MIB="700",
    )
    engine.parse()
    assert [d["dag_id"] for d in engine.json("dags", "list")] == [f"good_{n:02}" for n in range(60)]
    listed = engine.run("dags", "list-import-errors", "-o", "json", check=False)
    errors = {e["filepath"].split("_", 2)[2]: e["error"] for e in json.loads(listed.stdout)}
    said = {"crash": "signal 11", "exit": "SystemExit: 3", "end": "exit status 0", "hang": "longer than 10 seconds",
            "memory": "MemoryError", "syntax": "SyntaxError", "raises": "ZeroDivisionError"}  # fmt: skip
    assert {name + ".py" for name in said} == set(errors)
    for name, words in said.items():
        assert words in errors[name + ".py"], errors[name + ".py"]
    assert {t.get("retries", 0) for d in ("good_04", "good_59") for t in documents(engine, d)["tasks"]} == {0}


def test_a_file_is_not_blamed_for_the_time_the_processor_was_busy(engine: Engine) -> None:
    """What another asked for waits for the database longer than a file may take; its own result is there meanwhile.

    Nor is the file blamed that the process is given next.
    """
    until = """
import os, time
open(os.environ["TRADEWIND_HOME"] + "/begun_" + os.path.basename(__file__), "w").close()
while not os.path.exists(os.environ["TRADEWIND_HOME"] + "/held"):
    time.sleep(0.01)
"""
    ask = "from airflow.models import Variable\nVariable.set('asked', 'for')\n"
    engine.write("asks.py", until + ask + CHAIN.replace('"chain"', '"asks"'))
    engine.write("quick.py", until + "time.sleep(1)\n" + CHAIN.replace('"chain"', '"quick"'))
    engine.write("third.py", CHAIN.replace('"chain"', '"third"'))
    engine.env["TRADEWIND__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT"] = "6"
    engine.env["TRADEWIND__DAG_PROCESSOR__PARSING_PROCESSES"] = "2"
    engine.run("db", "migrate")
    engine.start("dag-processor", "--num-runs", "1")
    wait_until(lambda: len(list(engine.home.glob("begun_*.py"))) == 2, 60, "the files are not begun")
    with sqlite3.connect(engine.home / "tradewind.db", isolation_level=None, timeout=30) as db:
        db.execute("BEGIN IMMEDIATE")
        (engine.home / "held").touch()
        time.sleep(9)
        db.execute("ROLLBACK")
    assert engine.processes["dag-processor"].wait(60) == 0
    assert [d["dag_id"] for d in engine.json("dags", "list")] == ["quick", "third"]
    (late,) = json.loads(engine.run("dags", "list-import-errors", "-o", "json", check=False).stdout)
    assert late["filepath"] == "asks.py" and "longer than 6 seconds" in late["error"], late


def test_a_file_that_ends_its_process_is_told_so_though_a_child_of_it_lives_on(engine: Engine) -> None:
    """The child keeps the socket open: the end of the process is known all the same."""
    engine.write("good.py", CHAIN)
    engine.write("leaves.py", "from airflow import DAG\nimport os, time\nif os.fork() == 0:\n    os.closerange(0, 3)\n    time.sleep(600)\nos._exit(0)\n")
    engine.parse()
    assert [d["dag_id"] for d in engine.json("dags", "list")] == ["chain"]
    (error,) = json.loads(engine.run("dags", "list-import-errors", "-o", "json", check=False).stdout)
    assert "exit status 0" in error["error"], error


def documents(engine: Engine, dag_id: str) -> dict[str, Any]:
    with sqlite3.connect(engine.home / "tradewind.db") as db:
        (text,) = db.execute("SELECT data FROM serialized_dag WHERE dag_id = ?", [dag_id]).fetchone()
    return json.loads(text)


def test_a_file_that_changes_is_parsed_again_and_one_that_goes_takes_its_dag_along(engine: Engine) -> None:
    path = engine.write("chain.py", CHAIN)
    engine.run("db", "migrate")
    engine.start("dag-processor")

    def ids() -> list[str]:
        return [d["dag_id"] for d in engine.json("dags", "list")]

    wait_until(lambda: ids() == ["chain"], 20, "the file was not parsed")
    path.write_text(CHAIN.replace('"chain"', '"renamed"'))
    wait_until(lambda: ids() == ["renamed"], 20, "the change was not seen")
    path.unlink()
    wait_until(lambda: ids() == [], 20, "the removal was not seen")


def test_retries_branches_and_skips(engine: Engine) -> None:
    engine.write(
        "mixed.py",
        """
from datetime import datetime, timedelta
from airflow.sdk import dag, task

@dag(schedule=None, start_date=datetime(2026, 1, 1))
def mixed():
    @task(retries=2, retry_delay=timedelta(milliseconds=100))
    def second_time(ti=None):
        if ti.try_number < 2:
            raise RuntimeError("not yet")
    @task.branch
    def choose():
        return "left"
    @task
    def left(): pass
    @task
    def right(): pass
    @task(trigger_rule="none_failed_min_one_success")
    def join(): pass
    @task
    def numbers(): return [1, 2, 3]
    @task
    def double(n): return n * 2
    @task
    def total(values): assert sum(values) == 12
    second_time() >> choose() >> [left(), right()] >> join()
    total(double.expand(n=numbers()))
mixed()
""",
    )
    engine.up()
    run = engine.trigger("mixed")
    assert engine.finish("mixed", run) == "success"
    states = engine.states("mixed", run)
    assert states["right"] == "skipped"
    assert states["left"] == states["join"] == states["total"] == states["second_time"] == "success"
    assert [states[f"double[{i}]"] for i in range(3)] == ["success"] * 3
    assert "not yet" in engine.log("mixed", run, "second_time", 1)


def test_a_mapped_task_gets_its_own_item(engine: Engine) -> None:
    engine.write(
        "items.py",
        """
from airflow.sdk import dag, task
from airflow.providers.standard.operators.bash import BashOperator

@dag(schedule=None)
def items():
    @task
    def rows(): return [{"a": 1}, {"a": [2, "]"]}, {"a": 'x"'}]
    @task
    def pairs(): return {"k": 1, "l": 2}
    @task
    def exotic(): return (1, 2, 3)
    @task
    def take(a): return a
    @task
    def again(a, ti=None):
        assert a == [1, [2, "]"], 'x"'][ti.map_index], a
        return f"echo {ti.map_index}"
    @task
    def both(p): assert p in (("k", 1), ("l", 2)), p
    @task
    def tripled(n): assert n in (3, 6, 9), n
    again_ = again.expand(a=take.expand_kwargs(rows()))
    @task
    def check(said): assert list(said) == ["0", "1", "2"], list(said)
    check(BashOperator.partial(task_id="say").expand(bash_command=again_).output)
    both.expand(p=pairs())
    tripled.expand(n=exotic().map(lambda n: n * 3))
items()
""",
    )
    engine.up()
    run = engine.trigger("items")
    assert engine.finish("items", run) == "success", engine.states("items", run)


WIDE = """
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG("wide", schedule=None, start_date=datetime(2026, 1, 1), max_active_tasks=16) as dag:
    for i in range(200):
        BashOperator(task_id=f"t{i}", bash_command=f"echo {i} >> MARKS; sleep 0.05")
"""


def marks(path: Path) -> Counter[str]:
    return Counter(path.read_text().split()) if path.exists() else Counter()


def test_kill_9_of_the_scheduler_loses_nothing_and_repeats_nothing(engine: Engine, tmp_path: Path) -> None:
    seen = tmp_path / "marks"
    engine.write("wide.py", WIDE.replace("MARKS", str(seen)))
    engine.up()
    run = engine.trigger("wide")
    wait_until(lambda: len(marks(seen)) > 40, 30, "nothing runs")
    engine.kill("scheduler")
    engine.start("scheduler")
    assert engine.finish("wide", run, 120) == "success"
    assert set(engine.states("wide", run).values()) == {"success"}
    assert marks(seen) == {str(i): 1 for i in range(200)}


def test_kill_9_of_everything_repeats_nothing_and_names_what_was_running(engine: Engine, tmp_path: Path) -> None:
    seen = tmp_path / "marks"
    engine.write("wide.py", WIDE.replace("MARKS", str(seen)))
    engine.up()
    run = engine.trigger("wide")
    wait_until(lambda: len(marks(seen)) > 40, 30, "nothing runs")
    for pid in engine.children():
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    engine.processes.pop("scheduler").wait()
    wait_until(lambda: not engine.children(), 10, "something survived")
    engine.start("scheduler")
    engine.finish("wide", run, 120)
    states = engine.states("wide", run)
    assert set(states.values()) <= {"success", "failed"}
    counts = marks(seen)
    assert max(counts.values()) == 1, "a task ran twice in one attempt"
    assert all(counts[task[1:]] == 1 for task, state in states.items() if state == "success")
    assert 0 < Counter(states.values())["failed"] <= 16


def test_a_secret_never_reaches_a_log(engine: Engine) -> None:
    engine.write(
        "secret.py",
        """
from datetime import datetime
from airflow.sdk import dag, task, Variable
@dag(schedule=None, start_date=datetime(2026, 1, 1))
def secret():
    @task
    def tell():
        print("the password is", Variable.get("my_password"))
    tell()
secret()
""",
    )
    engine.parse()
    engine.run("variables", "set", "my_password", "hunter2-hunter2")
    engine.start("scheduler")
    run = engine.trigger("secret")
    assert engine.finish("secret", run) == "success"
    text = engine.log("secret", run, "tell")
    assert "the password is" in text and "hunter2" not in text


def test_a_xcom_backend_of_ones_own_sees_every_xcom(engine: Engine) -> None:
    """Also those of operators and templates that need no Python otherwise."""
    plugins = engine.home / "plugins"
    plugins.mkdir()
    (plugins / "aside.py").write_text("""
from airflow.models.xcom import BaseXCom
class Aside(BaseXCom):
    @staticmethod
    def serialize_value(value, **kwargs):
        return BaseXCom.serialize_value({"aside": value})
    @staticmethod
    def deserialize_value(result):
        return BaseXCom.deserialize_value(result)["aside"]
""")
    engine.env["TRADEWIND__CORE__XCOM_BACKEND"] = "aside.Aside"
    engine.write(
        "d.py",
        """
from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.python import PythonOperator
with DAG("d", schedule=None):
    one = BashOperator(task_id="one", bash_command="echo one")
    made = PythonOperator(task_id="made", python_callable=lambda: {"k": 2})
    pulled = BashOperator(
        task_id="pulled", bash_command="echo {{ ti.xcom_pull(task_ids='one') }} {{ ti.xcom_pull(task_ids='made').k }}"
    )
    [one, made] >> pulled
""",
    )
    engine.up()
    run = engine.trigger("d")
    assert engine.finish("d", run) == "success"
    with sqlite3.connect(engine.home / "tradewind.db") as db:
        found = {t: json.loads(v) for t, v in db.execute("SELECT task_id, value FROM xcom WHERE key = 'return_value'")}
    assert found == {"one": {"aside": "one"}, "made": {"aside": {"k": 2}}, "pulled": {"aside": "one 2"}}


def test_listeners_hear_of_every_task_that_runs(engine: Engine) -> None:
    """Also of those that need no Python otherwise."""
    plugins = engine.home / "plugins"
    plugins.mkdir()
    heard = engine.home / "heard"
    (plugins / "ears.py").write_text(f"""
from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin
def note(what, ti):
    with open("{heard}", "a") as f:
        f.write(f"{{what}} {{ti.task_id}}\\n")
class Ears:
    @hookimpl
    def on_task_instance_running(self, previous_state, task_instance):
        note("running", task_instance)
    @hookimpl
    def on_task_instance_success(self, previous_state, task_instance):
        note("success", task_instance)
    @hookimpl
    def on_task_instance_failed(self, previous_state, task_instance, error):
        note("failed", task_instance)
class Plugin(AirflowPlugin):
    name = "ears"
    listeners = [Ears()]
""")
    engine.write(
        "d.py",
        """
from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator
with DAG("d", schedule=None):
    BashOperator(task_id="good", bash_command="echo") >> BashOperator(task_id="bad", bash_command="exit 1")
""",
    )
    engine.up()
    run = engine.trigger("d")
    assert engine.finish("d", run) == "failed"
    wait_until(lambda: heard.read_text().count("\n") == 4, 10, "not all was heard of")
    assert heard.read_text().split("\n")[:-1] == ["running good", "success good", "running bad", "failed bad"]


def test_params_may_be_mapped_over(engine: Engine) -> None:
    engine.write(
        "d.py",
        """
from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator
with DAG("d", schedule=None, params={"all": 1}):
    BashOperator.partial(task_id="t", bash_command="echo {{ params.all }} {{ params.v }}").expand(params=[{"v": "a"}, {"v": "b"}])
""",
    )
    engine.up()
    run = engine.trigger("d")
    assert engine.finish("d", run) == "success"
    with sqlite3.connect(engine.home / "tradewind.db") as db:
        assert [v for (v,) in db.execute("SELECT value FROM xcom ORDER BY map_index")] == ['"1 a"', '"1 b"']


def test_a_file_that_kills_the_parser_harms_no_other(engine: Engine) -> None:
    """It is tried by itself then, and has an error of its own; nothing of it stays."""
    engine.env["TRADEWIND__DAG_PROCESSOR__PARSING_PROCESSES"] = "4"
    engine.write("kills.py", "import os, time, airflow  # dag\nos.kill(os.getppid(), 9)\nwhile True: time.sleep(0.01)\n")
    for n in range(6):
        engine.write(f"good{n}.py", f"from airflow.sdk import DAG\ndag = DAG('good{n}', schedule=None)\n")
    engine.parse()
    errors = json.loads(engine.run("dags", "list-import-errors", "-o", "json", check=False).stdout)
    assert [e["filepath"] for e in errors] == ["kills.py"]
    assert "the Python parser process was killed" in errors[0]["error"]
    assert len(engine.json("dags", "list")) == 6
    wait_until(lambda: not engine.children(), 10, "something is left behind")


def test_a_killed_standalone_leaves_no_components(engine: Engine) -> None:
    """They end with it; a task that runs goes on, and the next standalone finds it."""
    mark = engine.home / "mark"
    engine.write(
        "long.py",
        f"""
from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator
with DAG("long", schedule=None):
    BashOperator(task_id="sleep", bash_command="echo begun >> {mark}; while [ ! -e {mark}.end ]; do sleep 0.05; done")
""",
    )
    engine.parse()
    engine.start("standalone")
    run = engine.trigger("long")
    wait_until(mark.exists, 30, "the task does not start")
    engine.kill("standalone")
    parts = ("scheduler", "api-server", "dag-processor", "triggerer")
    wait_until(lambda: not any(engine.children(f"tradewind {p}") for p in parts), 20, "components are left behind")
    assert engine.states("long", run) == {"sleep": "running"}
    engine.start("standalone")
    Path(f"{mark}.end").touch()
    assert engine.finish("long", run) == "success"
    assert mark.read_text() == "begun\n"


def test_standalone_serves_the_api_and_stops_clean(engine: Engine) -> None:
    engine.write("chain.py", CHAIN)
    engine.start("standalone")

    def healthy() -> bool:
        try:
            health = engine.get("/api/v2/monitor/health")
        except OSError:
            return False
        return all(health[part]["status"] == "healthy" for part in ("metadatabase", "scheduler", "dag_processor"))

    wait_until(healthy, 30, "it does not get healthy")
    wait_until(lambda: engine.get("/api/v2/dags")["total_entries"] == 1, 20, "the DAG does not appear")
    run = engine.trigger("chain")
    assert engine.finish("chain", run) == "success"
    instances = engine.get(f"/api/v2/dags/chain/dagRuns/{run}/taskInstances")["task_instances"]
    assert {i["state"] for i in instances} == {"success"}
    p = engine.processes.pop("standalone")
    p.terminate()
    assert p.wait(30) == 0
    wait_until(lambda: not engine.children(), 20, "it left processes behind")
