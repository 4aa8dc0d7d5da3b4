"""The AIRFLOW_CTX_ variables of a task's processes, and which arguments a callable takes from the context."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

_NAMES = [
    ("dag_email", "AIRFLOW_CTX_DAG_EMAIL", "airflow.ctx.dag_email"),
    ("dag_owner", "AIRFLOW_CTX_DAG_OWNER", "airflow.ctx.dag_owner"),
    ("dag_id", "AIRFLOW_CTX_DAG_ID", "airflow.ctx.dag_id"),
    ("task_id", "AIRFLOW_CTX_TASK_ID", "airflow.ctx.task_id"),
    ("logical_date", "AIRFLOW_CTX_LOGICAL_DATE", "airflow.ctx.logical_date"),
    ("execution_date", "AIRFLOW_CTX_EXECUTION_DATE", "airflow.ctx.execution_date"),
    ("try_number", "AIRFLOW_CTX_TRY_NUMBER", "airflow.ctx.try_number"),
    ("dag_run_id", "AIRFLOW_CTX_DAG_RUN_ID", "airflow.ctx.dag_run_id"),
]

DEFAULT_FORMAT_PREFIX = "airflow.ctx."
ENV_VAR_FORMAT_PREFIX = "AIRFLOW_CTX_"
AIRFLOW_VAR_NAME_FORMAT_MAPPING = {
    f"AIRFLOW_CONTEXT_{name.upper()}": {"default": dotted, "env_var_format": env}
    for name, env, dotted in _NAMES
}


def context_to_airflow_vars(context: Any, in_env_var_format: bool = False) -> dict[str, str]:
    """Names and values that describe the running task; those without a value are left out."""
    from tradewind import policies
    from tradewind.conf import conf

    task = context.get("task")
    ti = context.get("ti") or context.get("task_instance")
    run = context.get("dag_run")
    email = getattr(task, "email", None)
    if isinstance(email, (list, tuple)):
        email = ",".join(email)

    def iso(value: Any) -> Any:
        return value.isoformat() if hasattr(value, "isoformat") else value

    logical = iso(context.get("logical_date") or getattr(run, "logical_date", None))
    values = {
        "dag_email": email,
        "dag_owner": getattr(task, "owner", None),
        "dag_id": getattr(ti, "dag_id", None),
        "task_id": getattr(ti, "task_id", None),
        "logical_date": logical,
        "execution_date": logical if conf.compat() == 2 else None,
        "try_number": getattr(ti, "try_number", None),
        "dag_run_id": getattr(run, "run_id", None) or context.get("run_id"),
    }
    own = policies.context_vars(context)
    if in_env_var_format:
        prefix = ENV_VAR_FORMAT_PREFIX
        found = {k if k.startswith(prefix) else prefix + k.upper(): v for k, v in own.items()}
    else:
        prefix = DEFAULT_FORMAT_PREFIX
        found = {k if k.startswith(prefix) else prefix + k: v for k, v in own.items()}
    for name, env, dotted in _NAMES:
        if values[name] is not None and values[name] != "":
            found[env if in_env_var_format else dotted] = str(values[name])
    return found


class KeywordParameters:
    """Which of the context's values a callable takes."""

    def __init__(self, kwargs: Mapping[str, Any], *, wildcard: bool):
        self._kwargs = kwargs
        self._wildcard = wildcard

    @classmethod
    def determine(cls, func: Callable[..., Any], args: Any, kwargs: Mapping[str, Any]) -> KeywordParameters:
        try:
            signature = inspect.signature(func)
        except (ValueError, TypeError):
            return cls({}, wildcard=False)
        kinds = inspect.Parameter
        parameters = signature.parameters
        wildcard = any(p.kind is kinds.VAR_KEYWORD for p in parameters.values())
        positional = [
            name
            for name, p in parameters.items()
            if p.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)
        ]
        taken = set(positional[: len(args)])
        clash = sorted(taken & set(kwargs.keys()))
        if clash and not wildcard:
            raise ValueError(f"The key {clash[0]!r} in args is a part of kwargs and therefore reserved.")
        if wildcard:
            chosen = {k: v for k, v in kwargs.items() if k not in taken}
        else:
            wanted = [
                n
                for n, p in parameters.items()
                if p.kind in (kinds.KEYWORD_ONLY, kinds.POSITIONAL_OR_KEYWORD)
            ]
            chosen = {k: kwargs[k] for k in wanted if k in kwargs and k not in taken}
        return cls(chosen, wildcard=wildcard)

    def unpacking(self) -> Mapping[str, Any]:
        return self._kwargs

    def serializing(self) -> Mapping[str, Any]:
        return self._kwargs


def determine_kwargs(func: Callable[..., Any], args: Any, kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of `kwargs` that `func` takes."""
    return KeywordParameters.determine(func, args, kwargs).unpacking()


def make_kwargs_callable(func: Callable[..., Any]) -> Callable[..., Any]:
    """`func`, callable with more keywords than it takes."""
    import functools

    @functools.wraps(func)
    def call(*args: Any, **kwargs: Any) -> Any:
        return func(*args, **determine_kwargs(func, args, kwargs))

    return call
