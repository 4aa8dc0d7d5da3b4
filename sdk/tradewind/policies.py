"""Cluster policies: `airflow_local_settings.py` and the entry points `airflow.policy` of packages look at DAGs, tasks, instances.

`task_policy`, `dag_policy` see what a file defines. `task_instance_mutation_hook` is asked twice: when the file is parsed,
with an instance that has no run yet, for the queue, pool, slots and executor of its first try; and in the process of each try.
`get_airflow_context_vars` adds to the environment of tasks, `get_dagbag_import_timeout` says how long a file may take.
"""

from __future__ import annotations

import functools
import importlib.util
import inspect
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

from tradewind.exceptions import AirflowClusterPolicySkipDag, AirflowClusterPolicyViolation

SkipDag = AirflowClusterPolicySkipDag
logger = logging.getLogger("airflow.policies")
_NOT_LOADED = object()
_settings: Any = _NOT_LOADED
_plugins: list[Any] | None = None

#: what an instance has from its task, and a mutation hook may give anew
_GIVEN = ("queue", "pool", "pool_slots", "executor")


def local_settings() -> Any:
    """The module `airflow_local_settings` if there is one on the path."""
    global _settings
    if _settings is _NOT_LOADED:
        _settings = None
        if "airflow_local_settings" in sys.modules or importlib.util.find_spec("airflow_local_settings"):
            import airflow_local_settings  # type: ignore[import-not-found]

            _settings = airflow_local_settings
    return _settings


def _policy_plugins() -> list[Any]:
    """What packages have under the entry point `airflow.policy`: modules, or objects, with hooks that are marked."""
    global _plugins
    if _plugins is None:
        from tradewind.module_loading import entry_points_with_dist

        _plugins = []
        for entry, _ in entry_points_with_dist("airflow.policy"):
            try:
                _plugins.append(entry.load())
            except Exception:
                logger.exception("The policies of %s cannot be loaded", entry.name)
    return _plugins


def hooks(name: str) -> Iterator[Callable[..., Any]]:
    """Each implementation of a policy, called with its arguments by name. Local settings take them by position."""
    settings = local_settings()
    listed = getattr(settings, "__all__", None)
    own = getattr(settings, name, None) if listed is None or name in listed else None
    if callable(own):
        yield functools.partial(_by_position, own)
    for plugin in _policy_plugins():
        found = getattr(plugin, name, None)
        if callable(found) and getattr(found, "airflow_impl", None):
            yield functools.partial(_by_name, found)


def _by_position(function: Callable[..., Any], **given: Any) -> Any:
    return function(*list(given.values())[: _positions(function)])


def _by_name(function: Callable[..., Any], **given: Any) -> Any:
    from tradewind.context_vars import determine_kwargs

    return function(**determine_kwargs(function, (), given))


def _positions(function: Any) -> int:
    """How many arguments a hook of the local settings takes: later versions give more than older ones know."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 1
    return sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters) or 1


def _first(name: str, **given: Any) -> Any:
    """The first answer that is one."""
    for hook in hooks(name):
        answer = hook(**given)
        if answer is not None:
            return answer
    return None


def apply(dag: Any) -> None:
    """Call the policies; a violation is an import error of the file."""
    task_policies = list(hooks("task_policy"))
    if local_settings() is not None and not hasattr(_settings, "task_policy"):
        task_policies += list(hooks("policy"))
    for policy in task_policies:
        for task in dag.tasks:
            policy(task=task)
    for policy in hooks("dag_policy"):
        policy(dag=dag)
    for hook in hooks("task_instance_mutation_hook"):
        for task in dag.tasks:
            _mutate_task(hook, task)


class _Coming:
    """An instance as the scheduler makes it: of no run yet, before its first try."""

    def __init__(self, task: Any):
        self.task = task
        self.task_id, self.dag_id = task.task_id, task.dag_id
        self.operator = task.task_type
        self.run_id = self.dag_run = self.state = self.start_date = self.end_date = self.pid = None
        self.logical_date = self.execution_date = self.duration = self.id = None
        self.try_number = 0
        self.map_index = -1
        self.max_tries = task.retries
        self.priority_weight = task.priority_weight
        self.executor_config = task.executor_config
        self.run_as_user = task.run_as_user
        for name in _GIVEN:
            setattr(self, name, getattr(task, name, None))


def _mutate_task(hook: Callable[..., Any], task: Any) -> None:
    coming = _Coming(task)
    try:
        hook(task_instance=coming, dag_run=None)
    except Exception as e:
        # it may need a run, which is there when the task runs: a violation is told then
        logger.debug("task_instance_mutation_hook of %s before its first run: %r", task.task_id, e)
    for name in _GIVEN:
        value = getattr(coming, name)
        if value != getattr(task, name, None):
            setattr(task, name, value)


def mutate(task_instance: Any) -> None:
    """Show a try to the mutation hooks before it runs; what they raise is the task's failure."""
    for hook in hooks("task_instance_mutation_hook"):
        hook(task_instance=task_instance, dag_run=getattr(task_instance, "dag_run", None))


def act_in_tasks() -> bool:
    """Is there a hook that every task's process has to call? Who runs without Python cannot."""
    names = ("task_instance_mutation_hook", "get_airflow_context_vars")
    return any(next(hooks(name), None) is not None for name in names)


def context_vars(context: Any) -> dict[str, str]:
    """What `get_airflow_context_vars` adds to the environment."""
    found = _first("get_airflow_context_vars", context=context) or {}
    for key, value in found.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise TypeError(f"get_airflow_context_vars gives {key!r}: {value!r}, and both must be texts")
    return dict(found)


def import_timeout(path: str) -> float:
    """The seconds that a file may take to be imported."""
    from tradewind.conf import conf

    try:
        own = _first("get_dagbag_import_timeout", dag_file_path=path)
    except Exception:  # told with the file's own errors
        own = None
    return float(own) if own is not None else conf.getfloat("core", "dagbag_import_timeout", fallback=30.0)


__all__ = ["AirflowClusterPolicyViolation", "SkipDag", "apply", "hooks", "local_settings", "mutate"]
