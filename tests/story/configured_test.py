"""Options of the configuration that daemons obey, as somebody who sets them sees it."""

from __future__ import annotations

import urllib.error
import urllib.request

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
    engine.env["AIRFLOW__METRICS__STATSD_ON"] = "True"
    said = engine.run("version").stderr + engine.run("config", "get-value", "metrics", "statsd_on").stderr
    assert "warning: AIRFLOW__METRICS__STATSD_ON: [metrics] statsd_on has no effect: there is no StatsD" in said
