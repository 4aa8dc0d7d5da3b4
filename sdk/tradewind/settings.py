"""`airflow.settings` and the names of things that the engine is instead: executors, sessions, bundles."""

from __future__ import annotations

import os
from typing import Any

from tradewind.conf import conf, home
from tradewind.helpers import NEW_SESSION, NoSession, Session, create_session  # noqa: F401

STATE_COLORS: dict[str, str] = {}
MASK_SECRETS_IN_LOGS = True
SIMPLE_LOG_FORMAT = "%(asctime)s %(levelname)s - %(message)s"
LOG_FORMAT = "[%(asctime)s] {%(filename)s:%(lineno)d} %(levelname)s - %(message)s"
WEB_COLORS = {"LIGHTBLUE": "#4d9de0", "LIGHTORANGE": "#FF9933"}
engine: Any = None

LOCAL_EXECUTOR = "LocalExecutor"
SEQUENTIAL_EXECUTOR = "SequentialExecutor"
CELERY_EXECUTOR = "CeleryExecutor"
KUBERNETES_EXECUTOR = "KubernetesExecutor"
DEBUG_EXECUTOR = "DebugExecutor"


def __getattr__(name: str) -> Any:
    if name == "AIRFLOW_HOME":
        return home()
    if name == "DAGS_FOLDER":
        return os.path.expanduser(conf.get("core", "dags_folder"))
    if name == "PLUGINS_FOLDER":
        return conf.get("core", "plugins_folder", fallback=None)
    if name == "TIMEZONE":
        from tradewind import timezone

        return timezone.zone(timezone.default_timezone_name())
    if name == "SQL_ALCHEMY_CONN":
        return conf.get("database", "sql_alchemy_conn", fallback=None)
    if name.startswith("__"):
        raise AttributeError(name)
    raise AttributeError(f"module 'airflow.settings' has no attribute {name!r}")


def pod_mutation_hook(pod: Any) -> None:
    """The policies of this name, one after the other."""
    from tradewind.policies import hooks

    for hook in hooks("pod_mutation_hook"):
        hook(pod=pod)


def task_instance_mutation_hook(task_instance: Any) -> None:
    from tradewind.policies import mutate

    mutate(task_instance)


def get_airflow_context_vars(context: Any) -> dict[str, str]:
    from tradewind.policies import context_vars

    return context_vars(context)


def get_dagbag_import_timeout(dag_file_path: str) -> float:
    from tradewind.policies import import_timeout

    return import_timeout(dag_file_path)


def initialize(*_: Any, **__: Any) -> None:
    pass


configure_orm = configure_vars = configure_logging = dispose_orm = prepare_engine_args = initialize


class BaseExecutor:
    """The engine's executors are not Python; this is the name."""

    def __init__(self, parallelism: int = 32, **_: Any):
        self.parallelism = parallelism


class LocalExecutor(BaseExecutor):
    pass


class SequentialExecutor(BaseExecutor):
    pass


class DebugExecutor(BaseExecutor):
    pass


class CeleryExecutor(BaseExecutor):
    pass


class KubernetesExecutor(BaseExecutor):
    pass


def get_default_executor() -> BaseExecutor:
    return LocalExecutor()


class ExecutorLoader:
    @staticmethod
    def get_default_executor_name() -> str:
        return conf.get("core", "executor")


class BaseDagBundle:
    """A named folder of DAG files."""

    def __init__(self, *, name: str, refresh_interval: int = 300, version: str | None = None, **_: Any):
        self.name = name
        self.refresh_interval = refresh_interval
        self.version = version


class FileTaskHandler:
    """Logs are the runner's; this is the name that handlers of providers derive from."""

    def __init__(self, base_log_folder: str = "", *_: Any, **__: Any):
        self.local_base = base_log_folder


LogMessages = LogSourceInfo = LogResponse = RawLogStream = StreamingLogResponse = Any


def trigger_dag(dag_id: str, run_id: str | None = None, conf: Any = None, **kwargs: Any) -> Any:
    """A run of another DAG, asked for by a task."""
    from tradewind.comms import request

    when: Any = kwargs.get("logical_date") or kwargs.get("execution_date")
    return request(
        "trigger_dag_run",
        dag_id=dag_id,
        run_id=run_id,
        conf=conf or {},
        logical_date=when.isoformat() if hasattr(when, "isoformat") else when,
        reset=False,
        note=None,
    )


def action_cli(func: Any = None, check_db: bool = True) -> Any:
    return func if callable(func) else (lambda f: f)


action_logging = action_cli


def get_dag(bundle_names: Any, dag_id: str, *_: Any, **__: Any) -> Any:
    from tradewind.dagbag import DagBag

    found = DagBag().get_dag(dag_id)
    if found is None:
        from tradewind.exceptions import AirflowException

        raise AirflowException(f"Dag {dag_id!r} could not be found")
    return found


get_bagged_dag = get_dag
