"""What the `tradewind` binary leaves to Python: `python -m tradewind.commands WORDS…` (engine/cli/python.h).

`dags-test`, `dags-next`, `tasks-test` and `tasks-render` get one JSON object; `plugins` and `providers …` print JSON rows.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import re
import subprocess
import sys
from typing import Any


class Problem(Exception):
    """Something the user can mend: printed without a traceback."""


# -- DAGs and tasks -----------------------------------------------------------------------------------


def find_dag(request: dict[str, Any]) -> Any:
    """The DAG object: in its file if that is known, else somewhere in the DAG folder."""
    from tradewind.dagbag import DagBag, find_dag_files

    dag_id, file, folder = request["dag_id"], request.get("fileloc"), request["dags_folder"]
    bag = DagBag(folder, collect_dags=False)
    if file and os.path.isdir(file):
        folder, file = file, None
    if file and not os.path.isfile(file):
        raise Problem(f"{file} is not there")
    for path in [file] if file else find_dag_files(folder, True):
        if not file and not _mentions(path, dag_id):
            continue
        bag.process_file(path, safe_mode=False)
        if dag_id in bag.dags:
            return bag.dags[dag_id]
    if not file:  # its id may be put together in the file
        for path in find_dag_files(folder, True):
            bag.process_file(path)
            if dag_id in bag.dags:
                return bag.dags[dag_id]
    for path, error in bag.import_errors.items():
        print(f"{path}:\n{error}", file=sys.stderr)
    raise Problem(f"Dag '{dag_id}' could not be found; either it does not exist or it failed to parse")


def _mentions(path: str, dag_id: str) -> bool:
    try:
        with open(path, "rb") as f:
            return path.endswith(".zip") or dag_id.encode() in f.read()
    except OSError:
        return False


def dags_test(request: dict[str, Any]) -> int:
    from tradewind.dagtest import run_dag
    from tradewind.execution.dagrun import instant

    run = run_dag(
        find_dag(request),
        logical_date=instant(request.get("logical_date")),
        run_conf=request.get("conf"),
        mark_success_pattern=request.get("mark_success_pattern"),
    )
    if request.get("show_dagrun"):
        for ti in run.task_instances:
            index = "" if ti.map_index < 0 else f"[{ti.map_index}]"
            print(f"{ti.task_id}{index}: {ti.state}")
    print(f"DagRun {run.run_id} ended as {run.state}")
    return 0 if str(run.state) == "success" else 1


def _workload(request: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    from tradewind.dagtest import task_workload
    from tradewind.execution.dagrun import instant

    dag, task_id = find_dag(request), request["task_id"]
    if task_id not in dag.task_dict:
        raise Problem(f"task '{task_id}' is not in DAG '{dag.dag_id}'")
    index = int(request.get("map_index", -1))
    if getattr(dag.task_dict[task_id], "is_mapped", False) and index < 0:
        raise Problem(f"task '{task_id}' is mapped: --map-index says which instance is meant")
    if request.get("task_params"):
        dag.task_dict[task_id].params.update(request["task_params"])
    when = instant(request.get("logical_date"))
    return dag, task_workload(dag, task_id, request.get("run"), when, request.get("run_id"), index)


def dags_next(request: dict[str, Any]) -> dict[str, Any]:
    """What a timetable of the user's own says: the coming runs, those between two dates, or a manual interval."""
    import traceback

    from tradewind import comms
    from tradewind.execution import coming
    from tradewind.local import LocalSupervisor

    comms.set_supervisor(LocalSupervisor())
    dag = find_dag(request)
    try:
        return coming.answer(dag, request)
    except Exception as e:
        traceback.print_exc()
        raise Problem(f"the timetable of dag '{dag.dag_id}' failed: {type(e).__name__}: {e}") from e


def tasks_test(request: dict[str, Any]) -> int:
    from tradewind.dagtest import run_task
    from tradewind.local import LocalSupervisor

    os.environ.update({k: str(v) for k, v in (request.get("env_vars") or {}).items()})
    dag, workload = _workload(request)
    if request.get("post_mortem"):
        _debug_failures()
    finished = run_task(dag, workload, LocalSupervisor())
    print(f"Task {workload['task_id']} ended as {finished['state']}")
    return 1 if finished["state"].startswith("failed") else 0


def _debug_failures() -> None:
    """--post-mortem: the debugger opens where the task raised."""
    from tradewind.execution import outcome

    told = outcome.Attempt.failed

    def failed(self: Any, error: BaseException) -> dict[str, Any]:
        import pdb

        pdb.post_mortem(error.__traceback__)
        return told(self, error)

    outcome.Attempt.failed = failed  # type: ignore[method-assign]


def tasks_render(request: dict[str, Any]) -> int:
    from tradewind import comms, jinja
    from tradewind.execution import rendered
    from tradewind.execution.ti import RuntimeTaskInstance
    from tradewind.local import LocalSupervisor

    supervisor = LocalSupervisor()
    comms.set_supervisor(supervisor)
    dag, workload = _workload(request)
    supervisor.workload = workload
    ti = RuntimeTaskInstance(workload, dag, dag.task_dict[workload["task_id"]])
    context = ti.get_template_context()
    if ti.is_mapped:
        ti.task = ti.task.unmap(context, indexes=None)
    task = ti.task.prepare_for_execution()
    task.render_template_fields(context, jinja.environment_of(dag))
    for name in task.template_fields:
        print("# ----------------------------------------------------------")
        print(f"# property: {name}")
        print("# ----------------------------------------------------------")
        value = rendered.fields_of(task).get(name)
        print(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        print()
    return 0


# -- plugins and providers ----------------------------------------------------------------------------


def plugins() -> list[dict[str, Any]]:
    from tradewind import plugins_manager

    plugins_manager.ensure_plugins_loaded()
    kinds = [k for k, v in vars(plugins_manager.AirflowPlugin).items() if isinstance(v, list)]
    return [
        {
            "name": plugin.name,
            "source": str(plugin.source),
            **{kind: [_name(item) for item in getattr(plugin, kind, None) or []] for kind in kinds},
        }
        for plugin in plugins_manager.plugins or ()
    ]


def _name(item: Any) -> str:
    if isinstance(item, dict):
        return str(item.get("name") or item.get("label") or item)
    return getattr(item, "__qualname__", None) or getattr(item, "__name__", None) or type(item).__qualname__


def _installed() -> list[dict[str, Any]]:
    from importlib import metadata

    from tradewind import providers

    told = {package.lower(): info.get("description") or "" for package, _, info in providers.infos()}
    found = {}
    for dist in metadata.distributions():
        name = (dist.metadata["Name"] or "").lower()
        if name.startswith("apache-airflow-providers-"):
            summary = " ".join(told.get(name, "").split()) or dist.metadata["Summary"] or ""
            found[name] = {"package_name": name, "description": summary, "version": dist.version}
    return [found[name] for name in sorted(found)]


def _hooks() -> list[dict[str, Any]]:
    from tradewind import providers
    from tradewind.module_loading import import_string

    rows = []
    for package, _, info in providers.infos():
        for item in info.get("connection-types") or ():
            row = {
                "connection_type": item.get("connection-type"),
                "class": item.get("hook-class-name"),
                "conn_id_attribute_name": None,
                "package_name": package,
                "hook_name": item.get("hook-name"),
            }
            try:
                hook = import_string(item["hook-class-name"])
                row["conn_id_attribute_name"] = getattr(hook, "conn_name_attr", None)
                row["hook_name"] = getattr(hook, "hook_name", row["hook_name"])
            except Exception as e:  # a hook whose own libraries are missing
                logging.getLogger(__name__).debug("%s: %s", item.get("hook-class-name"), e)
            rows.append(row)
    return sorted(rows, key=lambda row: str(row["connection_type"]))


#: verb → (key of a provider's description, name of the column)
_LISTS = {
    "links": ("extra-links", "extra_link_class_name"),
    "logging": ("logging", "task_logging_handler_class_name"),
    "secrets": ("secrets-backends", "secrets_backend_class_name"),
    "executors": ("executors", "executor_class_names"),
    "notifications": ("notifications", "notification_class_name"),
    "queues": ("queues", "queue_class_name"),
    "auth-managers": ("auth-managers", "auth_manager_module"),
    "auth": ("auth-managers", "auth_manager_module"),
}


def providers_rows(verb: str, words: list[str]) -> list[dict[str, Any]]:
    from tradewind import providers

    if verb == "list":
        return _installed()
    if verb == "hooks":
        return _hooks()
    if verb == "get":
        return _provider(words[0], words[1:] == ["full"])
    rows: list[dict[str, Any]] = []
    for package, _, info in providers.infos():
        if verb in _LISTS:
            key, column = _LISTS[verb]
            rows += [{column: _text(item)} for item in info.get(key) or ()]
        elif verb == "triggers":
            for item in info.get("triggers") or ():
                rows += [
                    {
                        "package_name": package,
                        "class": name,
                        "integration_name": item.get("integration-name"),
                    }
                    for name in item.get("python-modules") or ()
                ]
        elif verb == "configs":
            rows += [{"provider_config": section} for section in info.get("config") or ()]
        elif verb == "behaviours":
            rows += [
                {"field_behaviours": item["connection-type"]}
                for item in info.get("connection-types") or ()
                if item.get("ui-field-behaviour")
            ]
        elif verb == "widgets":
            for item in info.get("connection-types") or ():
                for field, about in (item.get("conn-fields") or {}).items():
                    rows.append(
                        {
                            "connection_parameter_name": f"extra__{item['connection-type']}__{field}",
                            "class": item.get("hook-class-name"),
                            "package_name": package,
                            "field_type": (about.get("schema") or {}).get("type"),
                        }
                    )
    return rows


def _text(item: Any) -> str:
    return str(item.get("name") or item.get("class-name") or item) if isinstance(item, dict) else str(item)


def _provider(name: str, full: bool) -> list[dict[str, Any]]:
    from tradewind import providers

    known = {row["package_name"]: row for row in _installed()}
    if name not in known:
        raise Problem(f"No such provider installed: {name}")
    if not full:
        return [{"Provider": name, "Version": known[name]["version"]}]
    for package, version, info in providers.infos():
        if package.lower() == name:
            return [{**json.loads(json.dumps(info, default=str)), "version": version}]
    return [dict(known[name])]


#: small packages that providers import without asking for them: they come with Airflow
_FROM_AIRFLOW = ("packaging", "deprecated", "typing-extensions", "tenacity")


def install(names: list[str]) -> int:
    """Install providers with all they need but Airflow itself, whose place the SDK takes."""
    from importlib import metadata

    try:
        from packaging.requirements import Requirement
    except ImportError:
        try:
            from pip._vendor.packaging.requirements import Requirement  # type: ignore[assignment]
        except ImportError:
            raise Problem("pip is not installed in this Python") from None
    todo = [_package(name) for name in names]
    for name, spec in zip(names, todo):
        try:
            Requirement(spec)
        except ValueError:
            raise Problem(
                f"{name!r} is no name of a provider; write it as postgres or 'postgres>=6'"
            ) from None
    missing = [name for name in _FROM_AIRFLOW if importlib.util.find_spec(name.replace("-", "_")) is None]
    if missing and _pip("install", *missing):
        return 1
    done: set[str] = set()
    while todo:
        spec = todo.pop(0)
        name = Requirement(spec).name.lower().replace("_", "-")
        if name in done:
            continue
        done.add(name)
        if _pip("install", "--no-deps", spec):
            return 1
        others = []
        for text in metadata.requires(name) or ():
            requirement = Requirement(text)
            wanted = requirement.name.lower().replace("_", "-")
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
                continue
            if wanted.startswith("apache-airflow-providers-"):
                todo.append(f"{requirement.name}{requirement.specifier}")
            elif not wanted.startswith("apache-airflow"):
                others.append(f"{_with_extras(requirement)}{requirement.specifier}")
        if others and _pip("install", "--no-warn-conflicts", *others):
            return 1
    return 0


def _with_extras(requirement: Any) -> str:
    extras = ",".join(sorted(requirement.extras))
    return f"{requirement.name}[{extras}]" if extras else str(requirement.name)


def _package(name: str) -> str:
    """`postgres` and `cncf.kubernetes` are short for the whole name; a version may follow: `postgres>=6.2`."""
    if name.startswith("apache-airflow-providers-"):
        return name
    short, rest = re.match(r"([\w.-]*)(.*)", name, re.DOTALL).groups()  # type: ignore[union-attr]
    return "apache-airflow-providers-" + short.replace(".", "-").replace("_", "-") + rest


def _pip(*words: str) -> int:
    return subprocess.call([sys.executable, "-m", "pip", *words])


def connections_test(conn_id: str) -> int:
    from tradewind.connection import Connection

    print(f"Testing the connection '{conn_id}' …", flush=True)
    good, message = Connection.get(conn_id).test_connection()
    if not good:
        raise Problem(f"the connection '{conn_id}' failed: {message}")
    print(f"Connection success! {message}")
    return 0


# -- the words ----------------------------------------------------------------------------------------

_RUNS = {"dags-test": dags_test, "tasks-test": tasks_test, "tasks-render": tasks_render}


def main(argv: list[str]) -> int:
    from tradewind.dagtest import CoreError
    from tradewind.exceptions import AirflowException

    verb, words = argv[0], argv[1:]
    try:
        if verb in _RUNS:
            return _RUNS[verb](json.loads(words[0]))
        if verb == "connections-test":
            return connections_test(words[0])
        if verb == "providers" and words[0] == "install":
            return install(words[1:])
        if verb == "dags-next":
            json.dump(dags_next(json.loads(words[0])), sys.stdout, ensure_ascii=False)
            return 0
        rows = plugins() if verb == "plugins" else providers_rows(words[0], words[1:])
    except (Problem, CoreError) as e:
        print(f"error: {e}", file=sys.stderr)
        return 1
    except AirflowException as e:
        print(f"error: {type(e).__name__}: {e}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    json.dump(rows, sys.stdout, ensure_ascii=False, default=str)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
