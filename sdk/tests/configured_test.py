"""Options of the configuration that the SDK obeys."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tradewind.log import set_namespace_levels
from tradewind.parse import parse_file

BACKOFF = """
import datetime
from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
with DAG("d") as dag:
    EmptyOperator(task_id="grows", retries=2, retry_exponential_backoff=True)
    EmptyOperator(task_id="has_its_own", retries=2, retry_exponential_backoff=True, max_retry_delay=5)
    EmptyOperator(task_id="plain", retries=2, retry_delay=datetime.timedelta(days=3))
"""


@pytest.fixture
def parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def parse(text: str, **options: str) -> dict:
        for name, value in options.items():
            monkeypatch.setenv(f"AIRFLOW__{name.upper()}", value)
        path = tmp_path / "d.py"
        path.write_text(text)
        return parse_file(str(path), str(tmp_path))

    return parse


def test_the_longest_wait_for_a_retry(parsed):
    tasks = parsed(BACKOFF, core__max_task_retry_delay="60")["documents"][0]["tasks"]
    assert {t["task_id"]: t.get("max_retry_delay") for t in tasks} == {
        "grows": 60,
        "has_its_own": 5,
        "plain": None,
    }


def test_who_may_say_which_files_hold_dags(parsed, tmp_path, monkeypatch):
    (tmp_path / "judge_of_dags.py").write_text(
        "def judge(file_path, zip_file=None):\n    return file_path.endswith('d.py')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    text = "import importlib\nm = importlib.import_module('air' 'flow')\nx = getattr(m, 'D' 'AG')('hidden')\n"
    assert not parsed(text)["documents"]
    found = parsed(text, core__might_contain_dag_callable="judge_of_dags.judge")
    assert [d["dag_id"] for d in found["documents"]] == ["hidden"]


def test_import_errors_without_their_tracebacks(parsed):
    text = "from airflow import DAG\nraise ValueError('so it is')\n"
    assert "Traceback" in parsed(text)["errors"][0]["trace"]
    assert parsed(text, core__dagbag_import_error_tracebacks="False")["errors"][0]["trace"] == "so it is"


def test_levels_of_single_loggers(monkeypatch, caplog):
    monkeypatch.setenv(
        "AIRFLOW__LOGGING__NAMESPACE_LEVELS", "configured.quiet=ERROR, configured.loud=debug nonsense"
    )
    with caplog.at_level(logging.WARNING):
        set_namespace_levels()
    assert logging.getLogger("configured.quiet").level == logging.ERROR
    assert logging.getLogger("configured.loud.child").getEffectiveLevel() == logging.DEBUG
    assert "namespace_levels: 'nonsense' is no name=LEVEL" in caplog.text


def test_how_many_partitions_a_mapper_may_make(monkeypatch):
    from tradewind import partitions

    def most(**given: int) -> int | None:
        mapper = partitions.FanOutMapper(
            upstream_mapper=partitions.StartOfDayMapper(), window=partitions.DayWindow(), **given
        )
        return mapper._values.get("max_downstream_keys")

    assert most() is None
    monkeypatch.setenv("AIRFLOW__SCHEDULER__PARTITION_MAPPER_MAX_DOWNSTREAM_KEYS", "10")
    assert most() == 10 and most(max_downstream_keys=3) == 3


def test_intervals_of_cron_texts_and_of_deltas_are_told_apart(parsed):
    text = """
import datetime
from airflow.sdk import DAG
start = datetime.datetime(2026, 1, 1)
a = DAG("cron", schedule="@daily", start_date=start)
b = DAG("delta", schedule=datetime.timedelta(hours=6), start_date=start)
"""
    documents = parsed(text, scheduler__create_delta_data_intervals="True")["documents"]
    assert {d["dag_id"]: d["schedule"]["type"] for d in documents} == {
        "cron": "cron_trigger",
        "delta": "delta_interval",
    }


LOG_CONFIG = """
import json
import logging
import os
import subprocess
import sys
from copy import deepcopy
from airflow.config_templates.airflow_local_settings import DEFAULT_LOGGING_CONFIG

class Quiet(logging.Filter):
    def filter(self, record):
        return "heartbeat" not in record.getMessage()

LOGGING_CONFIG = deepcopy(DEFAULT_LOGGING_CONFIG)
LOGGING_CONFIG["formatters"]["json"] = {
    "()": "airflow.utils.log.json_formatter.JSONFormatter",
    "json_fields": ["levelname", "message"],
    "extras": {"app": "trade"},
}
LOGGING_CONFIG["filters"]["quiet"] = {"()": "own_log_config.Quiet"}
LOGGING_CONFIG["handlers"]["audit"] = {
    "class": "logging.FileHandler",
    "filename": "FOLDER/audit.log",
    "formatter": "json",
    "filters": ["quiet", "mask_secrets"],
}
LOGGING_CONFIG["handlers"]["console"]["formatter"] = "json"
LOGGING_CONFIG["loggers"]["airflow.task"]["handlers"].append("audit")
LOGGING_CONFIG["loggers"]["noisy.lib"] = {"handlers": ["console"], "level": "ERROR", "propagate": False}
"""

LOGS = """
import logging, os, sys
from tradewind import log
from airflow.models import BaseOperator
from airflow.hooks.base import BaseHook
log.setup(1)
class Load(BaseOperator): pass
class Warehouse(BaseHook): pass
Load(task_id="x").log.info("rows loaded")
Load(task_id="x").log.info("heartbeat")
Warehouse().log.info("asked")
logging.getLogger("noisy.lib").warning("never mind")
logging.getLogger("noisy.lib").error("mind")
"""


def test_a_logging_config_of_ones_own_adds_to_the_tasks_log(tmp_path: Path):
    (tmp_path / "own_log_config.py").write_text(LOG_CONFIG.replace("FOLDER", str(tmp_path)))

    def logged(choice: str) -> list[dict]:
        env = {
            **os.environ,
            "AIRFLOW_HOME": str(tmp_path),
            "AIRFLOW__LOGGING__LOGGING_CONFIG_CLASS": choice,
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), str(tmp_path)]),
        }
        done = subprocess.run(
            [sys.executable, "-c", LOGS], env=env, capture_output=True, text=True, check=True
        )
        return [json.loads(line) for line in done.stdout.splitlines()]

    lines = logged("own_log_config.LOGGING_CONFIG")
    assert [line["event"] for line in lines] == ["rows loaded", "heartbeat", "asked", "mind"]
    assert [line["logger"] for line in lines[:3]] == [
        "airflow.task.operators.__main__.Load",
        "airflow.task.operators.__main__.Load",
        "airflow.task.hooks.__main__.Warehouse",
    ]
    audit = [json.loads(line) for line in (tmp_path / "audit.log").read_text().splitlines()]
    assert audit == [
        {"levelname": "INFO", "message": "rows loaded", "app": "trade"},
        {"levelname": "INFO", "message": "asked", "app": "trade"},
    ]
    lines = logged("nobody.LOGGING_CONFIG")
    assert "logging_config_class = nobody.LOGGING_CONFIG" in lines[0]["event"] and len(lines) == 6
