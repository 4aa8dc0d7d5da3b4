#!/usr/bin/env python3
"""Record what real Airflow makes of DAG files. Run it with the Python of an installed Airflow (2.11 or 3.x):

    AIRFLOW_HOME=/tmp/x …/bin/python tests/compat/parse/make_golden.py OUT.json FOLDER…

For each file: its DAGs' essential facts, or the last line of its import error. `check.py` compares Tradewind's documents with it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import os
import sys
import warnings

os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
os.environ.setdefault("AIRFLOW__CORE__UNIT_TEST_MODE", "False")
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


def iso(value):
    return None if value is None else value.isoformat().replace("Z", "+00:00")


def digest(text):
    """Texts are compared by their digest: nobody's prose is kept here."""
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text else None


def seconds(value):
    return value.total_seconds() if isinstance(value, dt.timedelta) else value


def schedule(timetable):
    """Class and what it was made with."""
    out = {"class": type(timetable).__name__}
    for name in ("_expression", "expression"):
        if hasattr(timetable, name):
            out["expression"] = getattr(timetable, name)
            break
    zone = getattr(timetable, "_timezone", None) or getattr(timetable, "timezone", None)
    if zone is not None and "expression" in out:
        out["timezone"] = getattr(zone, "name", None) or getattr(zone, "key", None) or str(zone)
    delta = getattr(timetable, "_delta", None) or getattr(timetable, "delta", None)
    if isinstance(delta, dt.timedelta):
        out["delta"] = delta.total_seconds()
    return out


def is_mapped(task):
    return type(task).__name__ in ("MappedOperator", "DecoratedMappedOperator")


def mapped_over(task):
    source = getattr(task, "op_kwargs_expand_input", None) or getattr(task, "expand_input", None)
    if type(task).__name__ == "DecoratedMappedOperator":
        source = task.op_kwargs_expand_input
    if source is None:
        return None
    value = source.value
    return sorted(value) if isinstance(value, dict) else "kwargs"


def of_task(task):
    kind = getattr(task, "operator_class", type(task))
    out = {
        "upstream": sorted(task.upstream_task_ids),
        "trigger_rule": str(getattr(task.trigger_rule, "value", task.trigger_rule)),
        "class": kind.__name__ if isinstance(kind, type) else str(kind),
        "name": task.operator_name,
        "template_fields": list(task.template_fields),
        "retries": task.retries or 0,
        "retry_delay": seconds(task.retry_delay),
        "pool": task.pool,
        "owner": task.owner,
        "depends_on_past": bool(task.depends_on_past),
        "priority_weight": task.priority_weight,
        "weight_rule": type(task.weight_rule).__name__
        if not isinstance(task.weight_rule, str)
        else str(getattr(task.weight_rule, "value", task.weight_rule)),
        "is_setup": bool(task.is_setup),
        "is_teardown": bool(task.is_teardown),
        "on_failure_fail_dagrun": bool(task.on_failure_fail_dagrun),
        "group": task.task_group.group_id if task.task_group is not None else None,
        "start_date": iso(task.start_date),
        "execution_timeout": seconds(task.execution_timeout),
        "multiple_outputs": bool(getattr(task, "multiple_outputs", False)),
        "do_xcom_push": bool(getattr(task, "do_xcom_push", True))
        if not is_mapped(task)
        else bool(task.partial_kwargs.get("do_xcom_push", True)),
        "label": task.label,
        "mapped": mapped_over(task) if is_mapped(task) else None,
        "inlets": len(task.inlets or []),
        "outlets": len(task.outlets or []),
        "doc": bool(task.doc_md or task.doc or task.doc_rst or task.doc_json or task.doc_yaml),
    }
    return out


def of_group(group):
    return {
        "parent": group.parent_group.group_id if group.parent_group is not None else None,
        "tooltip": digest(group.tooltip),
        "mapped": type(group).__name__ == "MappedTaskGroup",
    }


def of_dag(dag):
    groups = {k: of_group(g) for k, g in dag.task_group.get_task_group_dict().items() if k}
    return {
        "tasks": {t.task_id: of_task(t) for t in dag.tasks},
        "groups": groups,
        "schedule": schedule(dag.timetable),
        "catchup": bool(dag.catchup),
        "max_active_runs": dag.max_active_runs,
        "max_active_tasks": dag.max_active_tasks,
        "start_date": iso(dag.start_date),
        "end_date": iso(dag.end_date),
        "tags": sorted(dag.tags),
        "description": digest(dag.description),
        "doc_md": digest(dag.doc_md),
        "params": {
            k: (p.value if p.has_value else None)
            for k, p in ((k, dag.params.get_param(k)) for k in dag.params)
        },
        "dagrun_timeout": seconds(dag.dagrun_timeout),
        "render_native": bool(dag.render_template_as_native_obj),
        "fail_fast": bool(getattr(dag, "fail_fast", getattr(dag, "fail_stop", False))),
        "timezone": getattr(dag.timezone, "name", None) or str(dag.timezone),
        "display_name": dag.dag_display_name,
        "edge_labels": sorted(
            [u, d, i["label"]] for u, ds in dag.edge_info.items() for d, i in ds.items() if i.get("label")
        ),
    }


def main():
    out_path, folders = sys.argv[1], sys.argv[2:]
    try:
        from airflow.dag_processing.dagbag import DagBag
    except ImportError:
        from airflow.models.dagbag import DagBag
    import airflow

    result = {"airflow": airflow.__version__, "folders": {}}
    for folder in folders:
        files = {}
        for root, _, names in sorted(os.walk(folder)):
            for name in sorted(names):
                if not name.endswith(".py"):
                    continue
                path = os.path.join(root, name)
                if folder not in sys.path:
                    sys.path.insert(0, folder)
                bag = DagBag(path)
                entry = {}
                if bag.import_errors:
                    entry["error"] = next(iter(bag.import_errors.values())).strip().splitlines()[-1]
                if bag.dags:
                    entry["dags"] = {
                        k: of_dag(d)
                        for k, d in sorted(bag.dags.items())
                        if not getattr(d, "is_subdag", False)
                    }
                files[os.path.relpath(path, folder)] = entry
        result["folders"][
            os.path.basename(os.path.dirname(os.path.abspath(folder)))
            + "/"
            + os.path.basename(os.path.abspath(folder))
        ] = files
    with open(out_path, "w") as f:
        json.dump(result, f, indent=0, sort_keys=True, default=str)
        f.write("\n")


main()
