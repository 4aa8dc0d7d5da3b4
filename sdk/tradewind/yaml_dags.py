"""DAGs written in YAML (docs/yaml-dags.md), as DAG objects."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import importlib
import importlib.util
import inspect
import os
import re
import types
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tradewind.exceptions import AirflowException

SHORT = {
    "bash": "airflow.providers.standard.operators.bash.BashOperator",
    "empty": "airflow.providers.standard.operators.empty.EmptyOperator",
    "python": "airflow.providers.standard.operators.python.PythonOperator",
    "branch_python": "airflow.providers.standard.operators.python.BranchPythonOperator",
    "short_circuit": "airflow.providers.standard.operators.python.ShortCircuitOperator",
    "virtualenv": "airflow.providers.standard.operators.python.PythonVirtualenvOperator",
    "external_python": "airflow.providers.standard.operators.python.ExternalPythonOperator",
    "latest_only": "airflow.providers.standard.operators.latest_only.LatestOnlyOperator",
    "trigger_dagrun": "airflow.providers.standard.operators.trigger_dagrun.TriggerDagRunOperator",
    "external_task": "airflow.providers.standard.sensors.external_task.ExternalTaskSensor",
    "python_sensor": "airflow.providers.standard.sensors.python.PythonSensor",
    "bash_sensor": "airflow.providers.standard.sensors.bash.BashSensor",
    "file_sensor": "airflow.providers.standard.sensors.filesystem.FileSensor",
    "time_delta": "airflow.providers.standard.sensors.time_delta.TimeDeltaSensor",
}

_SECONDS = (
    "retry_delay",
    "max_retry_delay",
    "execution_timeout",
    "sla",
    "dagrun_timeout",
    "delta",
    "execution_delta",
)
_CALLABLES = (
    "python_callable",
    "execution_date_fn",
    "response_check",
    "response_filter",
    "pre_execute",
    "post_execute",
)
_DATES = ("start_date", "end_date")
_DAG_ONLY = (
    "dag_id",
    "schedule",
    "schedule_interval",
    "timezone",
    "tasks",
    "groups",
    "task_groups",
    "default_args",
    "params",
    "display_name",
)
_TASK_ONLY = (
    "task_id",
    "operator",
    "depends_on",
    "dependencies",
    "group",
    "task_group_name",
    "expand",
    "expand_kwargs",
    "partial",
)
_DAG_TYPES = {
    "catchup": (bool, "true or false"),
    "fail_fast": (bool, "true or false"),
    "is_paused_upon_creation": (bool, "true or false"),
    "render_template_as_native_obj": (bool, "true or false"),
    "max_active_runs": (int, "a number"),
    "max_active_tasks": (int, "a number"),
    "max_consecutive_failed_dag_runs": (int, "a number"),
    "owner_links": (dict, "owners and links"),
    "tags": (list, "a list of texts"),
}
_GROUP_KEYS = (
    "group_id",
    "depends_on",
    "dependencies",
    "group",
    "parent_group_name",
    "tooltip",
    "default_args",
    "prefix_group_id",
    "group_display_name",
    "ui_color",
    "ui_fgcolor",
)
_UPSTREAM = ("depends_on", "dependencies")


def _id(value: Any) -> Any:
    """An id that reads as a number is a text all the same."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


class YamlError(AirflowException):
    """Mistakes in a YAML DAG, each a text that names file, line and field."""

    def __init__(self, *mistakes: str):
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class _Told(YamlError):
    """It cannot be made because of a mistake that is known already."""


class Mapping(dict):
    """A mapping that knows where it and its keys stand."""

    line = 0

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.lines: dict[Any, int] = {}


@functools.lru_cache(maxsize=1)
def _loader() -> Any:
    """YAML 1.2's core schema, as the engine reads it: dates and yes/no stay text."""
    import yaml

    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers: dict[str, Any] = {}

        def __init__(self, stream: Any):
            super().__init__(stream)
            self.mistakes: list[tuple[Any, str]] = []

    for tag, pattern, first in (
        ("null", r"^(?:~|null|Null|NULL|)$", "~nN\0"),
        ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
        ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
        ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
        ("merge", r"^<<$", "<"),
    ):
        Loader.add_implicit_resolver(
            f"tag:yaml.org,2002:{tag}",
            re.compile(pattern),
            [*first.replace("\0", ""), ""] if "\0" in first else list(first),
        )

    def mapping(loader: Any, node: Any) -> Any:
        found = Mapping()
        yield found
        found.line = node.start_mark.line + 1
        own = Counter(k.value for k, _ in node.value if isinstance(k, yaml.ScalarNode) and k.value != "<<")
        loader.flatten_mapping(node)
        for key_node, value_node in node.value:
            key = loader.construct_object(key_node, deep=True)
            if not isinstance(key, (str, int, float, bool, type(None))):
                loader.mistakes.append((key_node.start_mark, "a key must be plain text"))
                continue
            if own[key_node.value] > 1 and key in found.lines:
                loader.mistakes.append((key_node.start_mark, f"the key '{key}' is there twice"))
            found.lines[key] = key_node.start_mark.line + 1
            found[key] = loader.construct_object(value_node, deep=True)

    Loader.add_constructor("tag:yaml.org,2002:map", mapping)
    return Loader


def is_candidate(source: bytes) -> bool:
    """Whether a YAML file may be a DAG. What is no YAML is looked at, too, unless it is a template that becomes some."""
    if b"dag_id" in source and b"tasks" in source:
        return True
    if b"dag_id" not in source and (b"{{" in source or b"{%" in source):
        return False
    try:
        import yaml
    except ImportError:
        return False
    try:
        for _ in yaml.parse(source, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            pass
    except yaml.YAMLError:
        return True
    return False


def module(path: str, text: str | None = None) -> types.ModuleType:
    """The file's DAGs, as the names of a module. text: instead of what stands in the file."""
    try:
        import yaml
    except ImportError:
        raise YamlError(
            f"{os.path.basename(path)}: DAGs in YAML need the package pyyaml (pip install pyyaml)"
        ) from None

    found = types.ModuleType("yaml_dags")
    mistakes: list[str] = []
    try:
        if text is None:
            with open(path, encoding="utf-8") as f:
                text = f.read()
        documents = _documents(path, text, mistakes)
    except yaml.MarkedYAMLError as e:
        raise YamlError(_at(path, e.problem_mark or e.context_mark, e.problem or e.context)) from None
    except (yaml.YAMLError, RecursionError, ValueError) as e:
        raise YamlError(f"{os.path.basename(path)}: not YAML: {e}") from None
    for n, document in enumerate(documents):
        if isinstance(document, Mapping) and not {"dag_id", "tasks"} & set(document):
            continue  # somebody's own settings, with these words further down
        try:
            setattr(found, f"dag_{n}", _File(path, document).dag())
        except YamlError as e:
            mistakes += e.mistakes
    if mistakes:
        raise YamlError(*sorted(mistakes, key=_line))
    return found


def _at(path: str, mark: Any, why: str) -> str:
    line = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
    return f"{os.path.basename(path)}{line}: {why}"


def _line(mistake: str) -> int:
    at = re.match(r"[^\s:]+:(\d+)", mistake)
    return int(at.group(1)) if at else 0


def _documents(path: str, text: str, mistakes: list[str]) -> list[Any]:
    loader = _loader()(text)
    try:
        found = []
        while loader.check_data():
            document = loader.get_data()
            if document is not None:
                found.append(document)
        mistakes += [_at(path, mark, why) for mark, why in loader.mistakes]
        return found
    finally:
        loader.dispose()


class _File:
    """One document of a file. A mistake is noted and the rest is looked at, so that all are told at once."""

    def __init__(self, path: str, document: Any):
        self.path = path
        self.at: list[str] = []
        if not isinstance(document, Mapping):
            raise YamlError(f"{os.path.basename(path)}: expected a mapping with dag_id and tasks")
        self.doc = document
        self.tasks: dict[str, Any] = {}
        self.groups: dict[str, Any] = {}
        self.made: dict[str, Any] = {}
        self.making: list[str] = []
        self.broken: set[str] = set()  # ids of tasks and groups that cannot be made
        self.mistakes: list[str] = []
        self.skipped = 0  # what could not be made, for whatever reason
        self.ids_unsure = self.defaults_unsure = False  # not all of them could be read

    @contextlib.contextmanager
    def going_on(self) -> Iterator[None]:
        try:
            yield
        except YamlError as e:
            self.skipped += 1
            if not isinstance(e, _Told):
                self.mistakes += e.mistakes

    def bad(self, where: Any, key: Any, why: str, *at: str) -> YamlError:
        line = where.lines.get(key, where.line) if isinstance(where, Mapping) else 0
        parts = [f"dag '{self.doc.get('dag_id', '')}'", *at]
        if key is not None:
            parts.append(str(key))
        return YamlError(f"{os.path.basename(self.path)}:{line}: {': '.join(parts)}: {why}")

    # -- values -------------------------------------------------------------------------------------

    def imported(self, text: Any, where: Any, key: Any, *at: str) -> Any:
        """`pkg.mod.name`, or `file.py:name` beside this file."""
        if not isinstance(text, str) or not re.fullmatch(r"[\w./-]+(:\w+)?", text) or "." not in text:
            raise self.bad(where, key, f"expected a path like package.module.name, not {text!r}", *at)
        file, _, name = text.partition(":")
        try:
            if name:
                return getattr(self._beside(file), name)
            module_name, _, name = text.rpartition(".")
            return getattr(importlib.import_module(module_name), name)
        except ImportError as e:
            raise self.bad(where, key, f"cannot import {text}: {e}", *at) from None
        except AttributeError:
            raise self.bad(
                where, key, f"there is no '{name}' in {file if ':' in text else text.rpartition('.')[0]}", *at
            ) from None

    def _beside(self, file: str) -> Any:
        path = os.path.join(os.path.dirname(self.path), file)
        name = "yaml_dags_" + re.sub(r"\W", "_", path)
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None or not os.path.isfile(path):
            raise ImportError(f"{path} is not there")
        found = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(found)
        return found

    def duration(self, value: Any, where: Any, key: Any, *at: str) -> Any:
        if value is None or isinstance(value, dt.timedelta):
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return dt.timedelta(seconds=value)
        if isinstance(value, Mapping):
            try:
                return dt.timedelta(**value)
            except TypeError:
                from dateutil.relativedelta import relativedelta

                try:
                    return relativedelta(**value)
                except TypeError as e:
                    raise self.bad(where, key, str(e), *at) from None
        raise self.bad(where, key, "expected seconds, or a mapping like {minutes: 5}", *at)

    def value(self, value: Any, where: Any, key: Any, *at: str) -> Any:
        """A plain value, or what `$import` and `$xcom` stand for."""
        if isinstance(value, list):
            return [self.value(v, where, key, *at) for v in value]
        if not isinstance(value, Mapping):
            return value
        if "$import" in value:
            found = self.imported(value["$import"], value, "$import", *at)
            args = {k: self.value(v, value, k, *at) for k, v in value.items() if k != "$import"}
            if inspect.isclass(found):
                return self.made_of(found, args, value, *at, key)
            return functools.partial(found, **args) if args else found
        if "$xcom" in value:
            output = self.task(_id(value["$xcom"]), value, "$xcom", *at).output
            return output[value["key"]] if "key" in value else output
        return {k: self.value(v, value, k, *at) for k, v in value.items()}

    def callback(self, value: Any, where: Any, key: Any, *at: str) -> Any:
        if isinstance(value, list):
            return [self.callback(v, where, key, *at) for v in value]
        if isinstance(value, Mapping) and "callback" in value:
            args = {k: self.value(v, value, k, *at, key) for k, v in value.items() if k != "callback"}
            found = self.imported(value["callback"], value, "callback", *at, key)
            if inspect.isclass(found):
                return self.made_of(found, args, value, *at, key)
            return functools.partial(found, **args) if args else found
        if isinstance(value, str):
            return self.imported(value, where, key, *at)
        return self.value(value, where, key, *at)

    def asset(self, value: Any, where: Any, key: Any, *at: str) -> Any:
        from tradewind.assets import Asset, AssetAll, AssetAny

        if isinstance(value, str):
            return Asset(value) if "://" in value or value.startswith("/") else Asset(name=value)
        if isinstance(value, Mapping) and len(value) == 1 and next(iter(value)) in ("all", "any"):
            word, members = next(iter(value.items()))
            return (AssetAll if word == "all" else AssetAny)(
                *[self.asset(m, value, word, *at) for m in members]
            )
        if isinstance(value, Mapping) and ("name" in value or "uri" in value):
            return Asset(**value)
        raise self.bad(where, key, "expected an asset's URI or name, or {any: […]}, {all: […]}", *at)

    def argument(self, key: str, value: Any, where: Any, *at: str) -> Any:
        """An argument of a DAG, of default_args or of an operator."""
        if key in _SECONDS:
            return self.duration(value, where, key, *at)
        if key in _DATES and isinstance(value, str):
            from tradewind import timezone

            try:
                return timezone.parse(value, timezone=self.zone)
            except ValueError:
                raise self.bad(where, key, f"expected a date like 2026-01-31, not {value!r}", *at) from None
        if key.endswith("_callback") and value is not None:
            return self.callback(value, where, key, *at)
        if (key in _CALLABLES or key.endswith("_callable")) and isinstance(value, str):
            return self.imported(value, where, key, *at)
        if key in ("inlets", "outlets") and value is not None:
            return [self.asset(v, where, key, *at) for v in (value if isinstance(value, list) else [value])]
        return self.value(value, where, key, *at)

    def arguments(self, where: Any, leave: Any, *at: str) -> dict[str, Any]:
        found = {}
        for key, value in where.items():
            if key in leave:
                continue
            with self.going_on():
                if not isinstance(key, str):
                    raise self.bad(where, key, "a key must be text", *at)
                name = re.sub(r"_secs?$", "", key)
                if name != key and name in _SECONDS:  # retry_delay_sec
                    found[name] = self.duration(value, where, key, *at)
                else:
                    found[key] = self.argument(key, value, where, *at)
        return found

    # -- the DAG ------------------------------------------------------------------------------------

    def schedule(self) -> Any:
        key = "schedule" if "schedule" in self.doc else "schedule_interval"
        value = self.doc.get(key)
        if value is None or isinstance(value, str):
            return None if value in (None, "None", "none", "") else value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return dt.timedelta(seconds=value)
        if isinstance(value, list):
            return [self.asset(v, self.doc, key) for v in value]
        if not isinstance(value, Mapping):
            raise self.bad(self.doc, key, "expected cron text, a preset, seconds, assets or a timetable")
        return self._schedule_of(value)

    def _schedule_of(self, value: Mapping) -> Any:
        from tradewind import timetables

        zone = value.get("timezone") or self.zone_name
        self.zone_of(zone, value, "schedule")
        if "timetable" in value:
            cls = self.imported(value["timetable"], value, "timetable", "schedule")
            args = {k: self.argument(k, v, value, "schedule") for k, v in value.items() if k != "timetable"}
            return self.made_of(cls, args, value, "schedule")
        when: Any = None
        if "cron" in value:
            crons = value["cron"] if isinstance(value["cron"], list) else [value["cron"]]
            if not crons or not all(isinstance(c, str) for c in crons):
                raise self.bad(value, "cron", "expected cron text, or a list of them", "schedule")
            if len(crons) > 1:
                when = timetables.MultipleCronTriggerTimetable(*crons, timezone=zone)
            elif "timezone" in value or "assets" in value:
                when = timetables.CronTriggerTimetable(crons[0], timezone=zone)
            else:
                when = crons[0]
        elif "assets" not in value and set(value) & {"all", "any", "name", "uri"}:
            return self.asset(value, self.doc, "schedule")
        elif "assets" not in value:
            return self.duration(value.get("delta", value), self.doc, "schedule")
        if "assets" not in value:
            return when
        assets = value["assets"]
        listed = (
            [self.asset(a, value, "assets") for a in assets]
            if isinstance(assets, list)
            else self.asset(assets, value, "assets")
        )
        return timetables.AssetOrTimeSchedule(timetable=when, assets=listed) if when is not None else listed

    def params(self, where: Any, *at: str) -> dict[str, Any]:
        params = where.get("params") or Mapping()
        if not isinstance(params, Mapping):
            raise self.bad(where, "params", "expected names and values", *at)
        found = {}
        for name, value in params.items():
            with self.going_on():
                found[name] = self.param(name, value, params, *at)
        return found

    def param(self, name: Any, value: Any, params: Mapping, *at: str) -> Any:
        from tradewind.params import Param

        try:
            if isinstance(value, Mapping) and ({"schema", "value"} & set(value)):
                extra = {"value": 0, "schema": 0, "description": 0, "required": 0}.keys()
                if set(value) - extra:
                    raise self.bad(
                        value,
                        min(set(value) - extra),
                        "a param has value, schema and description",
                        *at,
                        "params",
                    )
                args = [value["value"]] if "value" in value else []
                return Param(*args, description=value.get("description"), **dict(value.get("schema") or {}))
            if isinstance(value, Mapping) and "type" in value:
                args = [value["default"]] if "default" in value else []
                return Param(*args, **{k: v for k, v in value.items() if k != "default"})
        except (TypeError, ValueError) as e:
            raise self.bad(params, name, str(e), *at, "params") from None
        return self.value(value, params, name, *at, "params")

    def zone_of(self, name: Any, where: Any, *at: str) -> Any:
        from tradewind import timezone

        try:
            return timezone.zone(name)
        except Exception:
            raise self.bad(where, "timezone", f"there is no time zone {name!r}", *at) from None

    def dag(self) -> Any:
        from tradewind import timezone

        self.zone_name = self.doc.get("timezone") or timezone.default_timezone_name()
        self.zone = timezone.zone("UTC")
        with self.going_on():
            self.zone = self.zone_of(self.zone_name, self.doc)
        if self.skipped:
            self.zone_name = "UTC"
        dag = self.dag_alone()
        with dag:
            self.fill()
        if self.mistakes:
            raise YamlError(*self.mistakes)
        self.valid(dag)
        return dag

    def valid(self, dag: Any) -> None:
        try:
            dag.validate()
        except Exception as e:
            key = "schedule" if type(e).__name__ == "AirflowTimetableInvalid" else None
            raise self.bad(self.doc, key, str(e)) from None

    def dag_alone(self) -> Any:
        """Without its tasks; one that stands for it when it cannot be made, so that these are looked at all the same."""
        from tradewind.dag import DAG

        dag = None
        args = self.dag_arguments()
        with self.going_on():
            args["schedule"] = self.schedule()
        with self.going_on():
            if self.skipped:
                raise _Told
            dag = self.made_of(DAG, {"dag_id": self.doc["dag_id"], **args}, self.doc, None)
            dag._timezone_name, dag._timezone = self.zone_name, self.zone
        if dag is None:
            dag = self.stand_in(args)
        dag.fileloc = self.path
        return dag

    def stand_in(self, args: dict[str, Any]) -> Any:
        from tradewind.dag import DAG

        name = re.sub(r"[^\w.-]", "_", str(self.doc.get("dag_id") or "dag"))
        with self.going_on():
            self.valid(self.made_of(DAG, {"dag_id": name, "schedule": args.get("schedule")}, self.doc))
        return DAG(name, schedule=None, default_args=args["default_args"])

    def dag_arguments(self) -> dict[str, Any]:
        from tradewind.dag import DAG

        if not isinstance(self.doc.get("dag_id"), str):
            with self.going_on():
                raise self.bad(self.doc, "dag_id", "expected the DAG's id")
        args = self.arguments(self.doc, _DAG_ONLY)
        if "display_name" in self.doc:
            args["dag_display_name"] = self.doc["display_name"]
        before, args["default_args"] = self.skipped, {}
        with self.going_on():
            args["default_args"] = self.defaults(self.doc, "default_args")
        self.defaults_unsure = self.skipped > before
        with self.going_on():
            args["params"] = self.params(self.doc)
        if "start_date" not in args and "start_date" not in args["default_args"] and self.zone_name != "UTC":
            args["start_date"] = None
        known = set(inspect.signature(DAG.__init__).parameters) - {"self", "kwargs", "timetable"}
        for key in args:
            type_, what = _DAG_TYPES.get(key, (object, ""))
            with self.going_on():
                if key not in known:
                    raise self.bad(self.doc, key, "a DAG knows no such key")
                if args[key] is not None and (
                    not isinstance(args[key], type_) or (type_ is int and isinstance(args[key], bool))
                ):
                    raise self.bad(self.doc, key, f"expected {what}, not {args[key]!r}")
        return args

    def made_of(self, cls: Any, args: dict[str, Any], where: Any, *at: Any) -> Any:
        try:
            return cls(**args)
        except YamlError:
            raise
        except Exception as e:
            missing = re.search(r"missing .*", str(e))
            names = re.findall(r"'(\w+)'", missing.group()) if missing else []
            if names and self.defaults_unsure:
                raise _Told from None
            if names:
                own = [self.bad(where, n, "it is missing", *[a for a in at if a]) for n in names]
                raise YamlError(*[m for e in own for m in e.mistakes]) from None
            named = re.search(r"'(\w+)'", str(e))
            key = named.group(1) if named and isinstance(where, Mapping) and named.group(1) in where else None
            if key is None and isinstance(where, Mapping):
                key = next((k for k in where if re.search(rf"\b{re.escape(str(k))}\b", str(e))), None)
            raise self.bad(where, key, f"{type(e).__name__}: {e}", *[a for a in at if a]) from None

    def defaults(self, where: Any, key: str, *at: str) -> dict[str, Any]:
        value = where.get(key) or Mapping()
        if not isinstance(value, Mapping):
            raise self.bad(where, key, "expected keys and values", *at)
        return self.arguments(value, (), *at, key)

    # -- tasks and groups ---------------------------------------------------------------------------

    def listed(self, key: str, id_key: str) -> dict[str, Any]:
        """A mapping of id to item, or a list of items that have their id."""
        value = self.doc.get(key) or Mapping()
        if isinstance(value, list):
            items: dict[str, Any] = {}
            for item in value:
                with self.going_on():
                    if not isinstance(item, Mapping) or not isinstance(item.get(id_key), str):
                        self.ids_unsure = True
                        where = item if isinstance(item, Mapping) else self.doc
                        raise self.bad(where, key, f"each needs a {id_key}")
                    if item[id_key] in items:
                        raise self.bad(item, id_key, f"'{item[id_key]}' is there twice")
                    items[item[id_key]] = item
            return items
        if not isinstance(value, Mapping):
            self.ids_unsure = True
            raise self.bad(self.doc, key, f"expected a mapping of ids, or a list of items with a {id_key}")
        for name, item in value.items():
            if item is None:
                value[name] = item = Mapping()
            with self.going_on():
                if not isinstance(item, Mapping):
                    self.broken.add(str(name))
                    raise self.bad(value, name, "expected keys and values", key)
        return {str(name): item for name, item in value.items() if isinstance(item, Mapping)}

    def fill(self) -> None:
        self.group_items: dict[str, Any] = {}
        for key, id_key, into in (
            ("tasks", "task_id", self.tasks),
            ("groups", "group_id", self.group_items),
            ("task_groups", "group_id", self.group_items),
        ):
            with self.going_on():
                into.update(self.listed(key, id_key))
        for name in self.group_items:
            with self.going_on():
                self.group(name, self.doc, "groups")
        for name in self.tasks:
            with self.going_on():
                self.task(name, self.doc, "tasks")
        for name, item in {**self.group_items, **self.tasks}.items():
            self.arrows(name, item)

    def arrows(self, name: str, item: Mapping) -> None:
        me = self.made.get(name) or self.groups.get(name)
        for key in _UPSTREAM:
            ups = item.get(key)
            for up in map(_id, [] if ups is None else ups if isinstance(ups, list) else [ups]):
                other = self.made.get(up) or self.groups.get(up) if isinstance(up, str) else None
                if other is not None and me is not None:
                    me.set_upstream(other)
                elif other is None and up not in self.broken and not self.ids_unsure:
                    with self.going_on():
                        raise self.bad(item, key, f"there is no task or group {up!r}", f"task '{name}'")

    def group(self, name: Any, where: Any, key: Any, *at: str) -> Any:
        if name in self.groups:
            return self.groups[name]
        if name in self.broken:
            raise _Told
        if name not in self.group_items or name in self.making:
            why = "a group inside of itself" if name in self.making else f"there is no group {name!r}"
            raise self.bad(where, key, why, *at)
        try:
            self.groups[name] = self._group(name, self.group_items[name], f"group '{name}'")
        except YamlError:
            self.broken.add(name)
            raise
        return self.groups[name]

    def _group(self, name: Any, item: Mapping, own: str) -> Any:
        from tradewind.taskgroup import TaskGroup

        before, parent = self.skipped, None
        for k in item:
            with self.going_on():
                if k not in _GROUP_KEYS:
                    raise self.bad(item, k, "a group knows no such key", own)
        self.making.append(name)
        parent_key = next((k for k in ("group", "parent_group_name") if item.get(k)), None)
        if parent_key:
            with self.going_on():
                parent = self.group(_id(item[parent_key]), item, parent_key, own)
        self.making.pop()
        left = ("group_id", "group", "parent_group_name", "default_args", *_UPSTREAM)
        args = {k: v for k, v in item.items() if k not in left}
        defaults = self.defaults(item, "default_args", own)
        if self.skipped > before:
            raise _Told
        return self.made_of(
            TaskGroup, {"group_id": name, "parent_group": parent, "default_args": defaults, **args}, item, own
        )

    def task(self, name: Any, where: Any, key: Any, *at: str) -> Any:
        if name in self.made:
            return self.made[name]
        if name in self.broken:
            raise _Told
        if name not in self.tasks or name in self.making:
            why = (
                "these tasks need each other's results"
                if name in self.making
                else f"there is no task {name!r}"
            )
            raise self.bad(where, key, why, *at)
        item = self.tasks[name]
        self.making.append(name)
        try:
            self.made[name] = self._task(name, item, f"task '{name}'")
        except YamlError:
            self.broken.add(name)
            raise
        finally:
            self.making.remove(name)
        return self.made[name]

    def _task(self, name: str, item: Mapping, own: str) -> Any:
        cls, before = None, self.skipped
        with self.going_on():
            cls = self.operator_of(item, own)
        args = self.task_arguments(name, item, own)
        known = (
            {name for c in cls.__mro__ for name in inspect.signature(c.__init__).parameters} if cls else None
        )
        for key in args:
            with self.going_on():
                if known is not None and key not in known and key not in ("task_group", "task_id"):
                    raise self.bad(item, key, "this operator knows no such key", own)
        if self.skipped > before:
            raise _Told
        task = self._mapped(cls, args, item, own) or self.made_of(cls, args, item, own)
        if item.get("is_teardown"):
            setups = item.get("setups") or []
            named = setups if isinstance(setups, list) else [setups]
            task.as_teardown(setups=[self.task(_id(s), item, "setups", own) for s in named])
        elif item.get("is_setup"):
            task.as_setup()
        return task

    def operator_of(self, item: Mapping, own: str) -> Any:
        word = item.get("operator", "bash")
        cls = self.imported(SHORT.get(word, word), item, "operator", own)
        if not (inspect.isclass(cls) and hasattr(cls, "partial")):
            raise self.bad(item, "operator", f"{word} is not an operator", own)
        return cls

    def task_arguments(self, name: str, item: Mapping, own: str) -> dict[str, Any]:
        left = (
            *_TASK_ONLY,
            "params",
            "is_setup",
            "is_teardown",
            "setups",
            "python_callable_file",
            "python_callable_name",
        )
        args = {"task_id": name, **self.arguments(item, left, own)}
        if isinstance(item.get("partial"), Mapping):
            args.update(self.arguments(item["partial"], (), own, "partial"))
        with self.going_on():
            if "params" in item:
                args["params"] = self.params(item, own)
        with self.going_on():
            if "python_callable_name" in item:
                file = item.get("python_callable_file")
                path = f"{file}:{item['python_callable_name']}" if file else item["python_callable_name"]
                args["python_callable"] = self.imported(path, item, "python_callable_name", own)
        if "display_name" in args:
            args["task_display_name"] = args.pop("display_name")
        group_key = next((k for k in ("group", "task_group_name") if item.get(k)), None)
        with self.going_on():
            if group_key:
                args["task_group"] = self.group(_id(item[group_key]), item, group_key, own)
        return args

    def _mapped(self, cls: Any, args: dict[str, Any], item: Mapping, own: str) -> Any:
        def source(value: Any, where: Any, key: Any) -> Any:
            if isinstance(value, str) and value.endswith(".output") and value[:-7] in self.tasks:
                return self.task(value[:-7], where, key, own).output
            return self.value(value, where, key, own)

        if "expand_kwargs" in item:
            value = source(item["expand_kwargs"], item, "expand_kwargs")
            return self.made_of(lambda **k: cls.partial(**k).expand_kwargs(value), args, item, own)
        if "expand" not in item:
            return None
        if not isinstance(item["expand"], Mapping) or not item["expand"]:
            raise self.bad(item, "expand", "expected arguments to map over", own)
        over = {k: source(v, item["expand"], k) for k, v in item["expand"].items()}
        return self.made_of(lambda **k: cls.partial(**k).expand(**over), args, item, own)
