"""Cluster policies: `airflow_local_settings.py` may look at every DAG and task when its file is parsed."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

from tradewind.exceptions import AirflowClusterPolicySkipDag, AirflowClusterPolicyViolation

SkipDag = AirflowClusterPolicySkipDag
_NOT_LOADED = object()
_settings: Any = _NOT_LOADED


def local_settings() -> Any:
    """The module `airflow_local_settings` if there is one on the path."""
    global _settings
    if _settings is _NOT_LOADED:
        _settings = None
        if "airflow_local_settings" in sys.modules or importlib.util.find_spec("airflow_local_settings"):
            import airflow_local_settings  # type: ignore[import-not-found]

            _settings = airflow_local_settings
    return _settings


def apply(dag: Any) -> None:
    """Call the policies; a violation is an import error of the file."""
    settings = local_settings()
    if settings is None:
        return
    task_policy = getattr(settings, "task_policy", None) or getattr(settings, "policy", None)
    if task_policy is not None:
        for task in dag.tasks:
            task_policy(task)
    dag_policy = getattr(settings, "dag_policy", None)
    if dag_policy is not None:
        dag_policy(dag)


__all__ = ["AirflowClusterPolicyViolation", "SkipDag", "apply", "local_settings"]
