"""The airflow namespace: every listed name is there, nothing heavy is imported, missing packages are named."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

SDK = str(Path(__file__).resolve().parents[1])


def test_every_listed_name_is_there():
    from tradewind.namespace import finder
    from tradewind.namespace import names as table

    wrong = []
    for module, text in table.NAMES.items():
        if "airflow.providers." in text:
            continue
        mod = importlib.import_module(module)
        names, whole = finder.parse(text)
        for name in names:
            if name == "ObjectStoragePath":
                continue
            try:
                getattr(mod, name)
            except Exception as e:
                wrong.append((module, name, repr(e)))
        for where in whole:
            importlib.import_module(where)
    assert not wrong


@pytest.mark.parametrize(
    "line",
    [
        "from airflow import DAG, Dataset, XComArg",
        "from airflow.operators.python_operator import PythonOperator, BranchPythonOperator",
        "from airflow.operators import BashOperator, PythonOperator",
        "from airflow.operators.dummy_operator import DummyOperator",
        "from airflow.operators.sensors import ExternalTaskSensor",
        "from airflow.utils.dates import days_ago",
        "from airflow.contrib.sensors.file_sensor import FileSensor",
        "import airflow; airflow.utils.dates.days_ago(1)",
        "from airflow.models import DAG, Variable, Connection, DagBag, TaskInstance, DagRun, XCom, Pool, SlaMiss",
        "from airflow.models.taskinstance import Context",
        "from airflow.utils.db import provide_session",
        "from airflow.utils import timezone; timezone.utcnow()",
        "from airflow.configuration import conf; conf.get('core', 'dags_folder')",
        "from airflow import settings; settings.Session()",
        "from airflow.utils.state import State, TaskInstanceState",
        "from airflow.sdk import *",
        "from airflow.decorators import task; task.bash",
        "from airflow.providers.common.compat.sdk import BaseHook, Stats, timezone, conf, AirflowException",
        "from airflow.timetables.trigger import CronTriggerTimetable",
        "from airflow.version import version; assert version.startswith('3.')",
        "from airflow.utils.decorators import apply_defaults",
        "import airflow.macros",
        "from airflow.hooks.base_hook import BaseHook, CONN_ENV_PREFIX",
        "from airflow.operators.python import task, get_current_context",
        "from airflow.api.client.local_client import Client; Client(None, None).trigger_dag",
        "from airflow.models.abstractoperator import DEFAULT_QUEUE, DEFAULT_OWNER, TaskStateChangeCallback; assert DEFAULT_QUEUE == 'default'",
        "from airflow.sdk.definitions._internal.abstractoperator import DEFAULT_QUEUE, DEFAULT_RETRIES",
        "from airflow.models.dag import DagStateChangeCallback, ScheduleIntervalArg, ScheduleIntervalArgNotSet",
        "from airflow.models.dataset import Dataset, DatasetEvent, DatasetDagRunQueue",
        "from airflow.datasets.manager import dataset_manager",
        "from airflow.models.pool import Pool, PoolNotFound",
        "from airflow.utils import apply_defaults",
        "from airflow.secrets.environment_variables import CONN_ENV_PREFIX, VAR_ENV_PREFIX",
        "from airflow.providers.standard.utils.python_virtualenv import prepare_virtualenv",
        "from airflow.timetables._cron import CronMixin",
        "from airflow.timetables.interval import _DataIntervalTimetable",
        "from airflow.serialization.encoders import encode_timezone, encode_interval",
        "from airflow.utils.file import find_path_from_directory",
        "from airflow.sdk import BaseHook, BaseXCom, __version__; BaseHook.aget_hook, BaseXCom.aget_one, BaseXCom.aset",
        "from airflow.config_templates.airflow_local_settings import DEFAULT_LOGGING_CONFIG; DEFAULT_LOGGING_CONFIG['loggers']['airflow.task']",
        "from airflow.www.utils import UIAlert; UIAlert('x', category='info', roles=['Admin'])",
        "from airflow.api_fastapi.common.types import UIAlert; UIAlert(text='x', category='info')",
    ],
)
def test_imports_of_all_generations(line):
    exec(line, {})


@pytest.mark.parametrize(
    "module, package",
    [
        ("airflow.providers.google.cloud.hooks.gcs", "apache-airflow-providers-google"),
        ("airflow.providers.apache.hive.hooks.hive", "apache-airflow-providers-apache-hive"),
        ("airflow.providers.microsoft.azure.hooks.wasb", "apache-airflow-providers-microsoft-azure"),
        ("airflow.hooks.postgres_hook", "apache-airflow-providers-postgres"),
        ("airflow.operators.hive_operator", "apache-airflow-providers-apache-hive"),
        ("airflow.contrib.operators.gcp_compute_operator", "apache-airflow-providers-google"),
    ],
)
def test_missing_providers_are_named(module, package):
    with pytest.raises(ModuleNotFoundError, match=package):
        importlib.import_module(module)


def test_unknown_modules_and_names_are_plain_errors():
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("airflow.no_such_module")
    with pytest.raises(ImportError):
        exec("from airflow.models import NoSuchModel", {})


def test_installed_providers_are_found(tmp_path, monkeypatch):
    package = tmp_path / "airflow" / "providers" / "acme"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "hook.py").write_text(
        "from airflow.hooks.base import BaseHook\nclass AcmeHook(BaseHook): pass\n"
    )
    code = "from airflow.providers.acme.hook import AcmeHook; print(AcmeHook.__mro__[1].__name__)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": f"{SDK}:{tmp_path}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "BaseHook", done.stderr


def test_import_airflow_is_light():
    code = "import sys, airflow; print([m for m in ('pendulum', 'jinja2', 'yaml', 'jsonschema') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": SDK}, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]", done.stderr
    code = "import sys; from airflow import DAG; print('pendulum' in sys.modules, 'jinja2' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": SDK}, capture_output=True, text=True
    )
    assert done.stdout.strip() == "False False", done.stderr


def test_plugins_of_1_10(tmp_path):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "mine.py").write_text(
        "from airflow.plugins_manager import AirflowPlugin\nfrom airflow.models import BaseOperator\n"
        "class MineOperator(BaseOperator): pass\ndef shout(x): return x.upper()\n"
        "class P(AirflowPlugin):\n    name = 'acme'\n    operators = [MineOperator]\n    macros = [shout]\n"
    )
    code = (
        "from airflow.operators.acme import MineOperator; from airflow import macros;"
        "print(MineOperator(task_id='x').task_type, macros.acme.shout('a'))"
    )
    env = {"PYTHONPATH": SDK, "AIRFLOW_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.stdout.strip() == "MineOperator A", done.stderr


@pytest.mark.parametrize(
    "line, package",
    [
        ("from airflow.operators import PostgresOperator", "postgres"),
        ("from airflow.hooks import PostgresHook", "postgres"),
        ("from airflow.operators.sensors import S3KeySensor", "amazon"),
        ("from airflow.contrib.hooks import SSHHook", "ssh"),
    ],
)
def test_packages_of_1_10_have_the_classes_of_providers(line, package):
    from tradewind.exceptions import MissingProvider

    with pytest.raises(MissingProvider, match=f"apache-airflow-providers-{package}"):
        exec(line, {})


PLUGIN = """
from airflow.models import BaseOperator
from airflow.operators.sensors import BaseSensorOperator
from airflow.plugins_manager import AirflowPlugin

class StageOperator(BaseOperator):
    pass

class ArrivalSensor(BaseSensorOperator):
    pass

class Ours(AirflowPlugin):
    name = "ours"
    operators = [StageOperator]
    sensors = [ArrivalSensor]
"""


def test_packages_of_1_10_have_the_classes_of_plugins(tmp_path):
    (tmp_path / "ours_plugin.py").write_text(PLUGIN)
    code = """
from airflow.operators import StageOperator, ArrivalSensor, BashOperator
from airflow.operators.ours import StageOperator as same
from airflow.sensors import ArrivalSensor as also
from airflow.executors import LocalExecutor, get_default_executor
from airflow.executors.celery_executor import CeleryExecutor
from airflow.jobs.base_job import BaseJob
assert same is StageOperator and also is ArrivalSensor and get_default_executor()
try:
    from airflow.operators import NobodysOperator
except ImportError:
    print("good")
"""
    env = {**os.environ, "PYTHONPATH": SDK, "AIRFLOW_HOME": str(tmp_path / "home")}
    env["AIRFLOW__CORE__PLUGINS_FOLDER"] = str(tmp_path)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)
    assert done.stdout == "good\n", done.stderr


def test_the_local_client_makes_manual_runs(monkeypatch):
    from airflow.api.client.local_client import Client
    from tradewind.exceptions import AirflowException

    asked: list[dict] = []
    monkeypatch.setattr("tradewind.comms.request", lambda do, **about: asked.append({"do": do, **about}))
    at = "2024-03-01T00:00:00+00:00"
    made = Client(None, None).trigger_dag("child", None, '{"y": 2}', at)
    assert asked[0]["do"] == "trigger_dag_run" and asked[0]["conf"] == {"y": 2}
    assert made["dag_run_id"] == asked[0]["run_id"] == f"manual__{at}" and asked[0]["logical_date"] == at
    assert Client().trigger_dag(dag_id="child", run_id="named")["dag_run_id"] == "named"
    with pytest.raises(AirflowException, match="delete_dag"):
        Client().delete_dag("child")


def test_entry_points_of_any_group(tmp_path, monkeypatch):
    from airflow.utils.entry_points import entry_points_with_dist

    assert not [e for e, _ in entry_points_with_dist("airflow.plugins") if e.name == "sails"]
    described = tmp_path / "sails-2.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: sails\nVersion: 2\n")
    (described / "entry_points.txt").write_text(
        "[airflow.plugins]\nsails = sails:P\n[sails.own]\nx = sails:X\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    for group, name in (("airflow.plugins", "sails"), ("sails.own", "x")):
        found = {e.name: d.version for e, d in entry_points_with_dist(group)}
        assert found.get(name) == "2", group
