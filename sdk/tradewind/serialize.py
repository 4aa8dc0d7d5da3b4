"""DAG → document (docs/dag-document.md). The same DAG gives the same document, byte for byte."""

from __future__ import annotations

import datetime as dt
import enum
import functools
import json
import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from tradewind.exceptions import AirflowException
from tradewind.links import key_of, links_of
from tradewind.module_loading import module_of
from tradewind.operator import NOTSET, Defaults
from tradewind.states import WeightRule
from tradewind.weights import custom_weights
from tradewind.xcom_arg import PlainXComArg, ResolveMixin

FORMAT = 1
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


# -- values -------------------------------------------------------------------------------------------


def _tagged(kind: str, value: Any) -> dict[str, Any]:
    return {"__type": kind, "__var": value}


def _callable_name(f: Any) -> str:
    if isinstance(f, functools.partial):
        f = f.func
    if not hasattr(f, "__qualname__"):
        f = type(f)
    return f"{module_of(f)}.{f.__qualname__}"


def describe(value: Any) -> str:
    """Text for people that does not change from one parse to the next."""
    if isinstance(value, type) or callable(value) and hasattr(value, "__qualname__"):
        return f"<callable {_callable_name(value)}>"
    if isinstance(value, functools.partial):
        return f"<callable {_callable_name(value)}>"
    cls = type(value)
    if cls.__repr__ is object.__repr__:
        return f"<{module_of(cls)}.{cls.__qualname__} object>"
    try:
        return _ADDRESS.sub("", repr(value))[:1000]
    except Exception:
        return f"<{module_of(cls)}.{cls.__qualname__} object>"


def encode(value: Any) -> Any:
    """A value as JSON; what JSON has no word for travels tagged."""
    if value is None or value is True or value is False:
        return value
    cls = type(value)
    if cls is str or cls is int:
        return value
    if cls is float:
        if value != value or value in (float("inf"), float("-inf")):
            return _tagged("python", repr(value))
        return value
    if isinstance(value, enum.Enum):
        return encode(value.value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bool):
        return bool(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, list):
        return [encode(v) for v in value]
    if isinstance(value, tuple):
        return _tagged("tuple", [encode(v) for v in value])
    if isinstance(value, (set, frozenset)):
        items = [encode(v) for v in value]
        return _tagged("set", sorted(items, key=lambda v: json.dumps(v, sort_keys=True, default=str)))
    if isinstance(value, PlainXComArg):
        return _tagged(
            "xcom", {"task": value.operator.task_id, "key": value.key, "map": bool(value.operator.is_mapped)}
        )
    if isinstance(value, Mapping) and not isinstance(value, ResolveMixin):
        if any(not isinstance(k, str) for k in value) or "__type" in value:
            return _tagged("dict", [[encode(k), encode(v)] for k, v in value.items()])
        return {str(k): encode(v) for k, v in value.items()}
    if isinstance(value, dt.datetime):
        return _tagged("datetime", value.isoformat())
    if isinstance(value, dt.date):
        return _tagged("python", value.isoformat())
    if isinstance(value, dt.timedelta):
        return _tagged("timedelta", _seconds(value))
    if isinstance(value, dt.tzinfo):
        from tradewind.timezone import zone_name

        return _tagged("timezone", zone_name(value))
    if cls.__name__ == "relativedelta":
        from tradewind.timetables import _duration

        return _tagged("relativedelta", _duration(value))
    if isinstance(value, os.PathLike):
        return _tagged("python", os.fspath(value) if isinstance(os.fspath(value), str) else describe(value))
    return _tagged("python", describe(value))


def has_python(value: Any) -> bool:
    """Whether an encoded value holds something that exists only in Python."""
    if isinstance(value, list):
        return any(has_python(v) for v in value)
    if isinstance(value, dict):
        if value.get("__type") == "python" and set(value) == {"__type", "__var"}:
            return True
        return any(has_python(v) for v in value.values())
    return False


def _seconds(value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, dt.timedelta):
        value = value.total_seconds()
    return int(value) if value == int(value) else value


def _instant(value: Any) -> str | None:
    return None if value is None else value.isoformat()


# -- params -------------------------------------------------------------------------------------------


def params_document(params: Any) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, param in params.raw_items():
        required = param.value is NOTSET
        item: dict[str, Any] = {"value": None if required else encode(param.value)}
        if param.schema:
            item["schema"] = encode(param.schema)
        if param.description:
            item["description"] = param.description
        if required:
            item["required"] = True
        out[name] = item
    return out


# -- tasks --------------------------------------------------------------------------------------------

#: argument → attribute, for native operators: everything they read besides template fields
_BASH_ARGS = ("append_env", "output_encoding", "skip_on_exit_code")


_RUN_HOOKS = ("on_dag_run_running", "on_dag_run_success", "on_dag_run_failed")


def _native(
    task: Any, cls: type, args: dict[str, Any], callbacks: list[str], python_templates: bool
) -> str | None:
    """The native operator that does the same, if there is one (and add to `args` what else it reads)."""
    from tradewind import policies
    from tradewind.listeners import get_listener_manager
    from tradewind.operators.bash import BashOperator
    from tradewind.operators.empty import EmptyOperator

    hooks = task._pre_execute_hook is not None or task._post_execute_hook is not None
    if getattr(task, "recursion_depth", None) is not None and cls.__name__ == "ExternalTaskMarker":
        args["recursion_depth"] = int(task.recursion_depth)  # clearing goes on through it so far
    if task.outlets and get_listener_manager().hears_assets:
        return None
    if issubclass(cls, EmptyOperator):
        return None if {"execute", "success"} & set(callbacks) or hooks else "empty"
    if python_templates or hooks or task.retry_policy or task.render_template_as_native_obj is not None:
        return None
    if get_listener_manager().hears_tasks or policies.act_in_tasks():
        return None
    if cls is BashOperator and not callbacks:
        return _native_bash(task, args)
    if cls in native_sensors() and "execute" not in callbacks:
        return _native_sensor(task, cls, args)
    return None


def _native_bash(task: Any, args: dict[str, Any]) -> str | None:
    values = dict(args)
    get = task.partial_kwargs.get if task.is_mapped else functools.partial(getattr, task)
    if get("output_processor", None) is not None:
        return None
    if task.is_mapped:
        partial = task.partial_kwargs
        if not _maps_only(task, {"bash_command", "env", "cwd"}):
            return None
        code = partial.get("skip_on_exit_code", 99)
        values["skip_on_exit_code"] = [] if code is None else [code] if isinstance(code, int) else list(code)
        values["append_env"] = bool(partial.get("append_env", False))
        values["output_encoding"] = partial.get("output_encoding", "utf-8")
    else:
        for name in _BASH_ARGS:
            values[name] = encode(getattr(task, name))
    if has_python(values) or str(values["output_encoding"]).lower() not in ("utf-8", "utf8"):
        return None
    args.update(values)
    return "bash"


def _maps_only(task: Any, names: set[str]) -> bool:
    """Whether a mapped task maps only these arguments, by values that need no Python."""
    source = task.expand_input
    return (
        source.argument_names() <= names and source.kind == "expand" and not _lazy_calls(source.to_document())
    )


@functools.cache
def native_sensors() -> dict[type, tuple[str, tuple[str, ...]]]:
    """Sensor class → its native name, and the arguments it reads besides template fields."""
    from tradewind.sensors import external_task, filesystem, time

    external = ("allowed_states", "skipped_states", "failed_states", "execution_delta")
    return {
        filesystem.FileSensor: ("file_sensor", ("recursive",)),
        time.DateTimeSensor: ("date_time_sensor", ()),
        time.DateTimeSensorAsync: ("date_time_sensor", ()),
        time.TimeSensor: ("time_sensor", ("target_time",)),
        time.TimeSensorAsync: ("time_sensor", ("target_time",)),
        time.TimeDeltaSensor: ("time_delta_sensor", ()),
        time.TimeDeltaSensorAsync: ("time_delta_sensor", ()),
        time.WaitSensor: ("wait_sensor", ()),
        time.DayOfWeekSensor: ("day_of_week_sensor", ("use_task_logical_date",)),
        external_task.ExternalTaskSensor: ("external_task_sensor", external),
    }


def _native_sensor(task: Any, cls: type, args: dict[str, Any]) -> str | None:
    name, more = native_sensors()[cls]
    values = dict(args)
    get = functools.partial(getattr, task)
    if task.is_mapped:
        # What such a sensor's constructor would make of other arguments is Python's to say.
        if name in ("time_sensor", "day_of_week_sensor", "external_task_sensor"):
            return None
        if not _maps_only(task, set(task.template_fields)):
            return None
        partial = task.partial_kwargs
        get = lambda key, default=None: partial.get(key, default)  # noqa: E731
    if get("start_from_trigger", False) or get("execution_date_fn", None) or get("check_existence", False):
        return None
    for key in more:
        values[key] = encode(get(key, None))
    if name == "time_sensor":
        at = task.target_time
        values["target_time"] = at.replace(tzinfo=None).isoformat() if isinstance(at, dt.time) else None
        if values["target_time"] is None:
            return None
    if name == "day_of_week_sensor":
        values["days"] = sorted(int(day) for day in task._week_day_num)
        values["shown"] = str(task.week_day)
    if has_python(values):
        return None
    args.update(values)
    return name


def _lazy_calls(document: Any) -> bool:
    """Whether a mapping applies Python functions, or holds values that only Python has."""
    if isinstance(document, list):
        return any(_lazy_calls(d) for d in document)
    if isinstance(document, dict):
        if "calls" in document and "map" in document:
            return True
        return has_python(document) or any(_lazy_calls(d) for d in document.values())
    return False


def _template_args(task: Any) -> dict[str, Any]:
    args: dict[str, Any] = {}
    if task.is_mapped:
        mapped = task.expand_input.argument_names() if not task.over_op_kwargs else set()
        for name in task.template_fields:
            if name in task.partial_kwargs:
                args[name] = encode(task.partial_kwargs[name])
            elif name not in mapped and name in task._tw_defaults:
                args[name] = encode(task._tw_defaults[name])
        return args
    for name in task.template_fields:
        try:
            value = getattr(task, name)
        except AttributeError:
            if task.dag.compat == 2:  # there the file loads, and the task fails
                continue
            raise AirflowException(
                f"{name!r} is configured as a template field but {task.task_type} does not have this attribute."
            )
        args[name] = encode(value)
    return args


def _doc(task: Any) -> dict[str, Any] | None:
    for kind, attribute in (
        ("md", "doc_md"),
        ("rst", "doc_rst"),
        ("json", "doc_json"),
        ("yaml", "doc_yaml"),
        ("text", "doc"),
    ):
        text = getattr(task, attribute, None)
        if text:
            return {"kind": kind, "text": text if isinstance(text, str) else json.dumps(text, default=str)}
    return None


def _weight_rule(rule: Any, task: Any) -> Any:
    if isinstance(rule, WeightRule):
        return rule.value
    doc = {"class": f"{module_of(type(rule))}.{type(rule).__qualname__}", "data": encode(rule.serialize())}
    weights = custom_weights(rule, task)
    if weights:
        doc["weights"] = weights
    return doc


def _skip_kind(cls: type) -> str | None:
    from tradewind.operators.branch import BranchMixIn
    from tradewind.operators.latest_only import LatestOnlyOperator
    from tradewind.operators.python import ShortCircuitOperator
    from tradewind.sensors.base import BaseSensorOperator
    from tradewind.skip import SkipMixin

    if issubclass(cls, LatestOnlyOperator):
        return "latest_only"
    if issubclass(cls, ShortCircuitOperator):
        return "short_circuit"
    if issubclass(cls, BranchMixIn):
        return "branch"
    if issubclass(cls, SkipMixin) and not issubclass(cls, BaseSensorOperator):
        return "branch"
    return None


def _sensor(task: Any, cls: type) -> dict[str, Any] | None:
    from tradewind.sensors.base import BaseSensorOperator

    if not issubclass(cls, BaseSensorOperator):
        return None
    if task.is_mapped:
        get = task.partial_kwargs.get
    else:
        get = functools.partial(getattr, task)
    from tradewind.conf import conf

    timeout = get("timeout", None)
    if timeout is None:
        timeout = conf.getfloat("sensors", "default_timeout", fallback=604800.0)
    return {
        "mode": get("mode", "poke"),
        "poke_interval": _seconds(get("poke_interval", 60)),
        "timeout": _seconds(timeout),
        "soft_fail": bool(get("soft_fail", False)),
        "silent_fail": bool(get("silent_fail", False)),
        "never_fail": bool(get("never_fail", False)),
        "exponential_backoff": bool(get("exponential_backoff", False)),
        "max_wait": _seconds(get("max_wait", None)),
    }


_PLAIN: dict[str, Any] = {
    "depends_on_past": False,
    "wait_for_downstream": False,
    "wait_for_past_depends_before_skipping": False,
    "is_setup": False,
    "is_teardown": False,
    "on_failure_fail_dagrun": False,
    "do_xcom_push": True,
    "multiple_outputs": False,
    "pool_slots": 1,
    "pool": "default_pool",
    "priority_weight": 1,
    "retries": 0,
    "max_active_tis_per_dag": None,
    "max_active_tis_per_dagrun": None,
    "executor": None,
    "run_as_user": None,
    "map_index_template": None,
}


def task_document(task: Any, python_templates: bool) -> dict[str, Any]:
    """One task."""
    cls = task.operator_class
    defaults = Defaults.get()
    group = task.task_group
    doc: dict[str, Any] = {
        "task_id": task.task_id,
        "operator": {"module": module_of(cls), "class": cls.__name__, "name": task.operator_name},
    }
    if task.node_label() != task.task_id:
        doc["label"] = task.node_label()
    if task.task_display_name != task.task_id:
        doc["display_name"] = task.task_display_name
    args = _template_args(task)
    callbacks = [
        name
        for name in ("execute", "success", "failure", "retry", "skipped")
        if getattr(task, f"on_{name}_callback", None)
    ]
    native = _native(task, cls, args, callbacks, python_templates)
    if native:
        doc["native"] = native
    doc["args"] = args
    doc["template_fields"] = list(task.template_fields)
    if task.template_ext:
        doc["template_ext"] = list(task.template_ext)
    renderers = {k: v for k, v in task.template_fields_renderers.items() if k in task.template_fields}
    if renderers:
        doc["template_fields_renderers"] = renderers
    if task.upstream_task_ids:
        doc["upstream"] = sorted(task.upstream_task_ids)
    if group is not None and group.group_id:
        doc["group"] = group.group_id
    doc["owner"] = str(task.owner or defaults["owner"])
    text = _doc(task)
    if text:
        doc["doc"] = text
    if task.trigger_rule != "all_success":
        doc["trigger_rule"] = task.trigger_rule.value
    for name in ("start_date", "end_date"):
        if getattr(task, name) is not None:
            doc[name] = _instant(getattr(task, name))
    for name, default in _PLAIN.items():
        value = getattr(task, name)
        if value != default:
            doc[name] = encode(value)
    if task.retry_delay is not None and _seconds(task.retry_delay) != 300:
        doc["retry_delay"] = _seconds(task.retry_delay)
    backoff = task.retry_exponential_backoff
    if backoff:
        doc["retry_exponential_backoff"] = 2.0 if backoff is True else float(backoff)
    for name in ("max_retry_delay", "execution_timeout", "sla"):
        value = getattr(task, name)
        if value is not None:
            doc[name] = _seconds(value)
    if backoff and (cap := defaults["max_task_retry_delay"]) < doc.get("max_retry_delay", 86400):
        doc["max_retry_delay"] = cap
    rule = _weight_rule(task.weight_rule, task)
    if rule != "downstream":
        doc["weight_rule"] = rule
    if task.queue != defaults["queue"]:
        doc["queue"] = task.queue
    if task.executor_config:
        doc["executor_config"] = encode(task.executor_config)
    if not task.ignore_first_depends_on_past:
        doc["ignore_first_depends_on_past"] = False
    if task.email:
        doc["email"] = task.email if isinstance(task.email, str) else [str(a) for a in task.email]
        doc["email_on_failure"] = bool(task.email_on_failure)
        doc["email_on_retry"] = bool(task.email_on_retry)
    params = params_document(task.params)
    if params and params != params_document(task.dag.params):
        doc["params"] = params
    for name in ("inlets", "outlets"):
        items = [d for d in map(_asset_ref, getattr(task, name)) if d is not None]
        if items:
            doc[name] = items
    if callbacks:
        doc["callbacks"] = callbacks
    sensor = _sensor(task, cls)
    if sensor:
        doc["sensor"] = sensor
    partial = task.partial_kwargs if task.is_mapped else {}
    if bool(
        partial.get("deferrable", getattr(task, "deferrable", False))
        if partial
        else getattr(task, "deferrable", False)
    ):
        doc["deferrable"] = True
    trigger = _start_from_trigger(task, partial)
    if trigger:
        doc["start_from_trigger"] = trigger
    kind = _skip_kind(cls)
    if kind:
        doc["skip_kind"] = kind
    if task.is_mapped:
        doc["map"] = task.expand_input.to_document()
    links = {name: key_of(link) for name, link in sorted(links_of(task).items())}
    if links:
        doc["links"] = links
    for name, default in (("ui_color", "#fff"), ("ui_fgcolor", "#000")):
        value = getattr(task, name)
        if value != default:
            doc[name] = value
    return doc


def _has_template(task: Any, kwargs: Mapping[str, Any] | None) -> bool:
    """Whether the trigger is given a template field that still has to be rendered."""
    text = json.dumps(encode({k: v for k, v in (kwargs or {}).items() if k in task.template_fields}))
    return any(mark in text for mark in ("{{", "{%", "{#"))


def _start_from_trigger(task: Any, partial: Mapping[str, Any]) -> dict[str, Any] | None:
    cls = task.operator_class
    wanted = (
        partial.get("start_from_trigger", cls.start_from_trigger)
        if task.is_mapped
        else task.start_from_trigger
    )
    arguments = cls.start_trigger_args if task.is_mapped else task.start_trigger_args
    if not wanted or arguments is None or task.is_mapped or _has_template(task, arguments.trigger_kwargs):
        return None  # Python defers it, with its own arguments
    return {
        "classpath": arguments.trigger_cls,
        "kwargs": encode(arguments.trigger_kwargs or {}),
        "next_method": arguments.next_method,
        "next_kwargs": encode(arguments.next_kwargs or {}),
        "timeout": _seconds(arguments.timeout),
    }


def _asset_ref(item: Any) -> dict[str, Any] | None:
    from tradewind.assets import member_document

    return member_document(item)


# -- groups, assets, arrows to other DAGs -------------------------------------------------------------


def group_documents(dag: Any) -> list[dict[str, Any]]:
    from tradewind.taskgroup import TaskGroup

    out: list[dict[str, Any]] = []

    def walk(parent: Any) -> None:
        for child in parent.children.values():
            if not isinstance(child, TaskGroup):
                continue
            doc: dict[str, Any] = {"group_id": child.group_id, "parent": parent.group_id}
            label = child._group_id
            if label != child.group_id:
                doc["label"] = label
            if child.group_display_name:
                doc["display_name"] = child.group_display_name
            if not child.prefix_group_id:
                doc["prefix"] = False
            if child.tooltip:
                doc["tooltip"] = child.tooltip
            if child.ui_color != "CornflowerBlue":
                doc["ui_color"] = child.ui_color
            if child.ui_fgcolor != "#000":
                doc["ui_fgcolor"] = child.ui_fgcolor
            if child.map_input is not None:
                doc["map"] = child.map_input.to_document()
            out.append(doc)
            walk(child)

    walk(dag.task_group)
    return out


def _mentioned(dag: Any) -> list[Any]:
    from tradewind.assets import BaseAsset

    found: list[Any] = []
    condition = getattr(dag.timetable, "asset_condition", None)
    if isinstance(condition, BaseAsset):
        found.extend(condition.iter_members())
    for task in dag.tasks:
        for item in (*task.inlets, *task.outlets):
            if isinstance(item, BaseAsset):
                found.extend(item.iter_members())
    return found


def asset_documents(dag: Any) -> list[dict[str, Any]]:
    from tradewind.assets import Asset

    out: dict[tuple[str, str], dict[str, Any]] = {}
    for item in _mentioned(dag):
        if not isinstance(item, Asset) or (item.uri, item.name) in out:
            continue
        doc: dict[str, Any] = {"key": item.key, "name": item.name, "uri": item.uri}
        if item.group != "asset":
            doc["group"] = item.group
        if item.extra:
            doc["extra"] = encode(item.extra)
        if item.watchers:
            doc["watchers"] = [w.to_document() for w in item.watchers]
        out[item.uri, item.name] = doc
    return [out[k] for k in sorted(out)]


def dependency_documents(dag: Any) -> list[dict[str, Any]]:
    """Arrows to other DAGs: triggers, sensors and markers."""
    out: list[dict[str, Any]] = []
    for task in dag.tasks:
        names = {c.__name__ for c in task.operator_class.__mro__}
        get: Callable[..., Any] = (
            task.partial_kwargs.get if task.is_mapped else functools.partial(getattr, task)
        )
        if "TriggerDagRunOperator" in names:
            target = get("trigger_dag_id", None)
            if isinstance(target, str):
                out.append({"kind": "trigger", "source": dag.dag_id, "target": target, "id": task.task_id})
        elif "ExternalTaskSensor" in names:
            source = get("external_dag_id", None)
            if isinstance(source, str):
                out.append({"kind": "sensor", "source": source, "target": dag.dag_id, "id": task.task_id})
        elif "ExternalTaskMarker" in names:
            target = get("external_dag_id", None)
            if isinstance(target, str):
                out.append({"kind": "marker", "source": dag.dag_id, "target": target, "id": task.task_id})
    return out


# -- the DAG ------------------------------------------------------------------------------------------


def has_python_templates(dag: Any) -> bool:
    return bool(
        dag.user_defined_macros
        or dag.user_defined_filters
        or dag.jinja_environment_kwargs
        or (dag.template_undefined is not None and dag.template_undefined.__name__ != "StrictUndefined")
        or type(dag).get_template_env is not _plain_env()
    )


def _plain_env() -> Any:
    from tradewind.dag import DAG

    return DAG.get_template_env


def _deadlines(value: Any) -> list[Any]:
    if value is None:
        return []
    items = value if isinstance(value, (list, tuple)) else [value]
    return [item.to_document() if hasattr(item, "to_document") else encode(item) for item in items]


def dag_document(dag: Any, unsafe_to_fork: bool = False) -> dict[str, Any]:
    """The whole document."""
    python_templates = has_python_templates(dag)
    doc: dict[str, Any] = {
        "format": FORMAT,
        "dag_id": dag.dag_id,
        "fileloc": dag.fileloc,
        "compat": dag.compat,
        "timezone": dag.timezone_name,
        "schedule": _schedule(dag),
        "catchup": bool(dag.catchup),
        "max_active_runs": dag.max_active_runs,
        "max_active_tasks": dag.max_active_tasks,
        "max_active_tasks_scope": "dag" if dag.compat == 2 else "run",
    }
    if dag.relative_fileloc:
        doc["relative_fileloc"] = dag.relative_fileloc
    if dag.dag_display_name != dag.dag_id:
        doc["display_name"] = dag.dag_display_name
    for name in ("description", "doc_md"):
        value = getattr(dag, name)
        if value:
            doc[name] = str(value)
    for name in ("start_date", "end_date"):
        if getattr(dag, name) is not None:
            doc[name] = _instant(getattr(dag, name))
    if dag.default_args.get("start_date") is not None:
        doc["default_start_date"] = _instant(dag.default_args["start_date"])
    if dag.max_consecutive_failed_dag_runs:
        doc["max_consecutive_failed_dag_runs"] = dag.max_consecutive_failed_dag_runs
    if dag.dagrun_timeout is not None:
        doc["dagrun_timeout"] = _seconds(dag.dagrun_timeout)
    if dag.rerun_with_latest_version is not None:
        doc["rerun_with_latest_version"] = bool(dag.rerun_with_latest_version)
    if dag.fail_fast:
        doc["fail_fast"] = True
    if dag.is_paused_upon_creation is not None:
        doc["is_paused_upon_creation"] = bool(dag.is_paused_upon_creation)
    if dag.tags:
        doc["tags"] = sorted(str(t) for t in dag.tags)
    owners = sorted({str(t.owner) for t in dag.tasks if t.owner})
    if owners:
        doc["owners"] = owners
    if dag.owner_links:
        doc["owner_links"] = dict(dag.owner_links)
    params = params_document(dag.params)
    if params:
        doc["params"] = params
    if dag.render_template_as_native_obj:
        doc["render_native"] = True
    if dag.template_searchpath:
        doc["template_searchpath"] = list(dag.template_searchpath)
    if python_templates:
        doc["python_templates"] = True
    from tradewind.listeners import get_listener_manager

    heard = [hook[3:] for hook in _RUN_HOOKS if get_listener_manager().hears(hook)]
    if heard:
        doc["listeners"] = heard
    callbacks = [
        name
        for name, value in (
            ("success", dag.on_success_callback or "dag_run_success" in heard),
            ("failure", dag.on_failure_callback or "dag_run_failed" in heard),
            ("sla_miss", dag.sla_miss_callback),
        )
        if value
    ]
    if callbacks:
        doc["callbacks"] = callbacks
    deadlines = _deadlines(dag.deadline)
    if deadlines:
        doc["deadlines"] = deadlines
    if dag.access_control:
        doc["access_control"] = _access(dag.access_control)
    if dag.default_view != "grid":
        doc["default_view"] = dag.default_view
    if dag.orientation != "LR":
        doc["orientation"] = dag.orientation
    if dag.allowed_run_types is not None:
        doc["allowed_run_types"] = [str(encode(t)) for t in dag.allowed_run_types]
    if unsafe_to_fork:
        doc["unsafe_to_fork"] = True
    doc["tasks"] = [task_document(t, python_templates) for t in dag.tasks]
    groups = group_documents(dag)
    if groups:
        doc["groups"] = groups
    labels = [
        {"from": up, "to": down, "label": info["label"]}
        for up, downs in sorted(dag.edge_info.items())
        for down, info in sorted(downs.items())
        if info.get("label")
    ]
    if labels:
        doc["edge_labels"] = labels
    assets = asset_documents(dag)
    if assets:
        doc["assets"] = assets
    dependencies = dependency_documents(dag)
    if dependencies:
        doc["dependencies"] = dependencies
    return doc


def _access(value: Any) -> Any:
    """Role → permissions, or role → resource → permissions; sets become sorted lists."""
    if isinstance(value, Mapping):
        return {str(k): _access(v) for k, v in value.items()}
    if isinstance(value, (set, frozenset, list, tuple)):
        return sorted(str(encode(v)) for v in value)
    return encode(value)


def _schedule(dag: Any) -> dict[str, Any]:
    timetable = dag.timetable
    if hasattr(timetable, "to_document"):
        doc = timetable.to_document()
        if doc["type"] == "custom":
            doc["classpath"] = re.sub(r"^unusual_prefix_[0-9a-f]+_", "", doc["classpath"])
            doc["data"] = encode(doc["data"])
        return doc
    cls = type(timetable)
    return {
        "type": "custom",
        "classpath": f"{cls.__module__}.{cls.__qualname__}",
        "data": encode(timetable.serialize()),
    }


def document_hash(document: Mapping[str, Any]) -> str:
    """The version: SHA-256 of the document without the keys that say where it came from."""
    import hashlib

    body = {k: v for k, v in document.items() if k not in ("fileloc", "relative_fileloc", "unsafe_to_fork")}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
