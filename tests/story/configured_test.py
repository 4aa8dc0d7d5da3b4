"""Options of the configuration that daemons obey, as somebody who sets them sees it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path

from engine import Engine, free_port, wait_until

PIDS = """
import os
from airflow.sdk import DAG, task
LOADED_BY = os.getpid()
with DAG("pids") as dag:
    @task
    def who():
        return [LOADED_BY, os.getpid()]
    who()
"""


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as e:
        return e.code
    except OSError:
        return 0


def test_the_scheduler_answers_health_checks(engine: Engine) -> None:
    port = free_port()
    engine.env.update(
        AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK="True",
        AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_HOST="127.0.0.1",
        AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT=str(port),
    )
    engine.up()
    wait_until(lambda: status(f"http://127.0.0.1:{port}/health") == 200, 30, "the scheduler does not say how it is")
    assert status(f"http://127.0.0.1:{port}/other") == 404


def import_and_task(engine: Engine) -> list[int]:
    run = engine.trigger("pids")
    assert engine.finish("pids", run) == "success"
    engine.serve()
    path = f"/api/v2/dags/pids/dagRuns/{run}/taskInstances/who/xcomEntries/return_value"
    return engine.ask("GET", path)[1]["value"]


def test_each_task_may_import_its_file_itself(engine: Engine) -> None:
    engine.write("pids.py", PIDS)
    engine.env["AIRFLOW__CORE__EXECUTE_TASKS_NEW_PYTHON_INTERPRETER"] = "True"
    engine.up()
    loaded_by, pid = import_and_task(engine)
    assert loaded_by == pid


def test_what_has_no_effect_is_told(engine: Engine) -> None:
    engine.env["AIRFLOW__METRICS__OTEL_ON"] = "True"
    said = engine.run("version").stderr + engine.run("config", "get-value", "metrics", "otel_on").stderr
    assert "warning: AIRFLOW__METRICS__OTEL_ON: [metrics] otel_on has no effect: there is no OpenTelemetry output" in said


def test_a_local_bundle_is_the_dag_folder(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "pids.py").write_text(PIDS)
    local = {"name": "team", "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle", "kwargs": {"path": str(tmp_path / "elsewhere")}}

    def listed(*bundles: dict) -> None:
        engine.env["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"] = json.dumps(bundles)

    listed(local)
    engine.up()
    assert [(d["dag_id"], d["bundle_name"]) for d in engine.json("dags", "list")] == [("pids", "team")]
    assert engine.finish("pids", engine.trigger("pids")) == "success"
    for bundles, why in (
        ([local, local], "there can be one bundle only"),
        ([local | {"classpath": "airflow.providers.git.bundles.git.GitDagBundle"}], "[0].classpath: only airflow.dag_processing"),
        ([{"classpath": local["classpath"]}], "[0].name: expected the bundle's name"),
        ([], "expected a list with one bundle"),
    ):
        listed(*bundles)
        refused = engine.run("dags", "list", check=False)
        assert refused.returncode == 1
        assert f"error: AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST: [dag_processor] dag_bundle_config_list: {why}" in refused.stderr


def test_many_warnings_are_one_line(engine: Engine) -> None:
    (engine.home / "airflow.cfg").write_text("[core]\n" + "".join(f"odd_{n} = 1\n" for n in range(30)))
    said = engine.run("db", "migrate").stderr
    assert said.count("warning:") == 1 and "30 options" in said and "config lint" in said
    lint = engine.run("config", "lint", check=False)
    assert lint.stdout.count("there is no option odd_") == 30


def test_a_callable_says_which_files_hold_dags(engine: Engine) -> None:
    engine.write("judge_of_files.py", "def judge(file_path, zip_file=None):\n    return file_path.endswith('_flow.py')\n")
    engine.write("hidden_flow.py", "import importlib\nx = getattr(importlib.import_module('air' 'flow'), 'D' 'AG')('hidden')\n")
    engine.write("pids.py", PIDS)
    engine.env["AIRFLOW__CORE__MIGHT_CONTAIN_DAG_CALLABLE"] = "judge_of_files.judge"
    engine.parse()
    assert [d["dag_id"] for d in engine.json("dags", "list")] == ["hidden"]


def test_rounds_of_a_scheduler_that_has_none(engine: Engine) -> None:
    engine.parse()
    engine.start("scheduler", "--num-runs", "1")
    log = engine.home / "scheduler.log"
    wait_until(lambda: "scheduler: ready" in log.read_text(), 30, "the scheduler does not start")
    assert "warning: --num-runs has no effect" in log.read_text()


def test_the_examples_are_a_bundle_of_their_own(engine: Engine) -> None:
    """[core] load_examples: served beside the DAG folder by a process that ends with the dag-processor; off: they are gone."""
    engine.env["AIRFLOW__CORE__LOAD_EXAMPLES"] = "True"
    engine.write("mine.py", "from airflow.sdk import DAG\nd = DAG('mine')\n")
    engine.parse()
    dags = {d["dag_id"]: d["bundle_name"] for d in engine.json("dags", "list")}
    assert dags["mine"] == "dags-folder" and dags["hello_tradewind"] == "example_dags" and len(dags) > 15
    assert engine.run("dags", "list-import-errors").returncode == 0
    engine.start("scheduler")
    engine.start("dag-processor")
    wait_until(lambda: len(engine.children("dag-processor")) >= 2, 20, "no second process")
    run = engine.trigger("branching")
    assert engine.finish("branching", run) == "success"
    engine.kill("dag-processor")
    wait_until(lambda: not engine.children("dag-processor"), 20, "it is left behind")
    engine.env["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
    engine.parse()
    assert [d["dag_id"] for d in engine.json("dags", "list")] == ["mine"]
    refused = engine.run("dag-processor", "-B", "example_dags", check=False)
    assert refused.returncode == 1 and "no bundle 'example_dags' here" in refused.stderr
