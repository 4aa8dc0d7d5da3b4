"""An operator of the installation looks at its numbers: StatsD with Airflow's names, and Prometheus' page."""

from __future__ import annotations

import re
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from engine import Engine, wait_until

DAG = """
from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator

with DAG("m", schedule=None):
    BashOperator(task_id="good", bash_command="sleep 0.3")
    BashOperator(task_id="bad", bash_command="sleep 0.3; exit 1")
"""


class Ear:
    """Listens to StatsD."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.2)
        self.port = self.socket.getsockname()[1]
        self.lines: list[str] = []

    def listen(self) -> list[str]:
        try:
            while True:
                self.lines += self.socket.recv(65536).decode().splitlines()
        except TimeoutError:
            return self.lines

    def names(self) -> set[str]:
        return {re.split(r"[,:]", line)[0] for line in self.listen()}


def engine(folder: Path, ear: Ear, **more: str) -> Engine:
    e = Engine(
        folder,
        TRADEWIND__METRICS__STATSD_ON="True",
        TRADEWIND__METRICS__STATSD_HOST="127.0.0.1",
        TRADEWIND__METRICS__STATSD_PORT=str(ear.port),
        TRADEWIND__SCHEDULER__SCHEDULER_HEARTBEAT_SEC="1",
        **more,
    )
    e.write("m.py", DAG)
    e.up()
    return e


def test_statsd_has_airflows_names(tmp_path: Path) -> None:
    ear = Ear()
    e = engine(tmp_path, ear)
    try:
        e.finish("m", e.trigger("m"))
        wanted = {
            "airflow.ti.start", "airflow.ti.start.m.good", "airflow.ti.finish.m.good.success", "airflow.ti.finish.m.bad.failed",
            "airflow.dag.m.good.duration", "airflow.task.duration", "airflow.dag.m.good.queued_duration", "airflow.ti_successes",
            "airflow.ti_failures", "airflow.operator_successes_BashOperator", "airflow.operator_failures_BashOperator",
            "airflow.dagrun.duration.failed.m", "airflow.task_instance_created_BashOperator", "airflow.scheduler_heartbeat",
            "airflow.pool.open_slots.default_pool", "airflow.executor.open_slots", "airflow.scheduler.scheduler_loop_duration",
        }  # fmt: skip
        wait_until(lambda: wanted <= ear.names(), 20, f"missing: {wanted - ear.names()}")
        took = next(line for line in ear.lines if line.startswith("airflow.dag.m.good.duration:"))
        assert 250 < float(took.split(":")[1].split("|")[0]) < 20000 and took.endswith("|ms")
        assert "airflow.ti.finish.m.good.success:1|c" in ear.lines
    finally:
        e.stop()


def test_lists_and_tags(tmp_path: Path) -> None:
    ear = Ear()
    more = {
        "TRADEWIND__METRICS__METRICS_ALLOW_LIST": r"^ti\.,dagrun",
        "TRADEWIND__METRICS__STATSD_DATADOG_ENABLED": "True",
        "TRADEWIND__METRICS__STATSD_DATADOG_TAGS": "where:here",
        "TRADEWIND__METRICS__LEGACY_NAMES_ON": "False",
        "TRADEWIND__METRICS__STATSD_PREFIX": "mine",
    }
    e = engine(tmp_path, ear, **more)
    try:
        e.finish("m", e.trigger("m"))
        expected = "mine.ti.finish:1|c|#where:here,dag_id:m,task_id:bad,state:failed"
        wait_until(lambda: expected in ear.listen(), 20, f"not told: {ear.lines}")
        time.sleep(0.1)
        assert all(re.match(r"mine\.(ti\.|dagrun|scheduler\.dagruns)", line) for line in ear.listen())
    finally:
        e.stop()


def metrics(e: Engine, **headers: str) -> str:
    request = urllib.request.Request(f"http://127.0.0.1:{e.port}/metrics", headers=headers)
    with urllib.request.urlopen(request, timeout=20) as r:
        assert r.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return str(r.read().decode())


def test_prometheus(tmp_path: Path) -> None:
    e = Engine(tmp_path)
    e.write("m.py", DAG)
    e.up()
    e.serve()
    try:
        run = e.trigger("m")
        wait_until(lambda: 'task_instances{state="running"} 2' in metrics(e), 20, "nothing runs")
        e.finish("m", run)
        text = metrics(e)
        for line in text.splitlines():
            assert re.fullmatch(r"# (HELP|TYPE) tradewind_\w+ .+|tradewind_\w+(\{\w+=\"[^\"]*\"\})? -?[0-9.e+-]+", line), line
        assert 'tradewind_dags{paused="false"} 1' in text and 'tradewind_dag_runs{state="running"} 0' in text
        assert re.search(r"tradewind_api_requests_total [1-9]", text)
        assert 'tradewind_pool_slots{pool="default_pool"} 128' in text
    finally:
        e.stop()


def test_metrics_want_a_sign_in_unless_told_otherwise(tmp_path: Path) -> None:
    e = Engine(tmp_path)
    e.env["TRADEWIND__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] = "False"
    e.parse()
    for how, status in {"signed_in": 401, "off": 404, "open": 200}.items():
        e.env["TRADEWIND__METRICS__PROMETHEUS"] = how
        e.serve()
        if status == 200:
            assert "tradewind_dags" in metrics(e)
        else:
            with pytest.raises(urllib.error.HTTPError) as refused:
                metrics(e)
            assert refused.value.code == status
        e.stop()
