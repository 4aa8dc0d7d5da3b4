#!/usr/bin/env python3
"""Compare Tradewind's documents with what real Airflow made of the same files (`make_golden.py`).

    tests/compat/parse/check.py [--examples-3 FOLDER] [--examples-2 FOLDER]

Without folders only `dags/` here is compared. Differences are printed; the exit code is 1 if there are any.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from parse_examples import Parser  # noqa: E402

SCHEDULES = {
    "NullTimetable": "null",
    "OnceTimetable": "once",
    "ContinuousTimetable": "continuous",
    "CronTriggerTimetable": "cron_trigger",
    "CronDataIntervalTimetable": "cron_interval",
    "DeltaTriggerTimetable": "delta_trigger",
    "DeltaDataIntervalTimetable": "delta_interval",
    "MultipleCronTriggerTimetable": "multiple_cron",
    "CronPartitionTimetable": "cron_partition",
    "EventsTimetable": "events",
    "AssetTriggeredTimetable": "asset",
    "DatasetTriggeredTimetable": "asset",
    "AssetOrTimeSchedule": "asset_or_time",
    "DatasetOrTimeSchedule": "asset_or_time",
    "PartitionedAssetTimetable": "partitioned_asset",
    "PartitionedAtRuntime": "partitioned_at_runtime",
}
PRESETS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
}
#: names of classes that mean the same
SAME_CLASS = {"BranchPythonDecoratedOperator": "_BranchPythonDecoratedOperator"}
#: files that need what the golden run lacked, or that differ for a reason that is written here
SKIP = {
    "example_subdag_operator.py": "a sub-DAG becomes a task group here",
    "example_branch_operator.py": "2.11's run had no virtualenv package: the file then defines nothing",
    "example_branch_operator_decorator.py": "same",
    "example_python_decorator.py": "same",
    "example_python_operator.py": "same",
    "tutorial_taskflow_api_virtualenv.py": "same",
    "tutorial_objectstorage.py": "2.11 does not load it with today's universal-pathlib",
}


def digest(text: str | None) -> str | None:
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text else None


def facts_of_task(task: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    mapping = task.get("map")
    mapped = None
    if mapping:
        mapped = sorted(o["arg"] for o in mapping["over"]) if mapping["kind"] == "expand" else "kwargs"
    return {
        "upstream": task.get("upstream", []),
        "trigger_rule": task.get("trigger_rule", "all_success"),
        "class": task["operator"]["class"],
        "name": task["operator"]["name"],
        "template_fields": task["template_fields"],
        "retries": task.get("retries", 0),
        "retry_delay": task.get("retry_delay", 300),
        "pool": task.get("pool", "default_pool"),
        "owner": task["owner"],
        "depends_on_past": task.get("depends_on_past", False),
        "priority_weight": task.get("priority_weight", 1),
        "weight_rule": task.get("weight_rule", "downstream"),
        "is_setup": task.get("is_setup", False),
        "is_teardown": task.get("is_teardown", False),
        "on_failure_fail_dagrun": task.get("on_failure_fail_dagrun", False),
        "group": task.get("group"),
        "start_date": task.get("start_date"),
        "execution_timeout": task.get("execution_timeout"),
        "multiple_outputs": task.get("multiple_outputs", False),
        "do_xcom_push": task.get("do_xcom_push", True),
        "label": task.get("display_name") or task.get("label", task["task_id"]),
        "mapped": mapped,
        "inlets": len(task.get("inlets", [])),
        "outlets": len(task.get("outlets", [])),
        "doc": bool(task.get("doc")),
    }


def facts_of_dag(document: dict[str, Any]) -> dict[str, Any]:
    schedule = document["schedule"]
    plain: dict[str, Any] = {"class": schedule["type"]}
    if schedule["type"] in ("cron_trigger", "cron_interval", "cron_partition"):
        plain["expression"] = PRESETS.get(schedule["expression"], schedule["expression"])
        plain["timezone"] = schedule["timezone"]
    if isinstance(schedule.get("delta"), (int, float)):
        plain["delta"] = schedule["delta"]
    return {
        "tasks": {t["task_id"]: facts_of_task(t, document) for t in document["tasks"]},
        "groups": {
            g["group_id"]: {
                "parent": g["parent"],
                "tooltip": digest(g.get("tooltip")),
                "mapped": bool(g.get("map")),
            }
            for g in document.get("groups", [])
        },
        "schedule": plain,
        "catchup": document["catchup"],
        "max_active_runs": document["max_active_runs"],
        "max_active_tasks": document["max_active_tasks"],
        "start_date": document.get("start_date"),
        "end_date": document.get("end_date"),
        "tags": document.get("tags", []),
        "description": digest(document.get("description")),
        "doc_md": digest(document.get("doc_md")),
        "params": {k: p["value"] for k, p in document.get("params", {}).items()},
        "dagrun_timeout": document.get("dagrun_timeout"),
        "render_native": document.get("render_native", False),
        "fail_fast": document.get("fail_fast", False),
        "timezone": document["timezone"],
        "display_name": document.get("display_name", document["dag_id"]),
    }


def expected(golden: dict[str, Any]) -> dict[str, Any]:
    """The golden facts in our words."""
    out = json.loads(json.dumps(golden))
    schedule = out["schedule"]
    schedule["class"] = SCHEDULES.get(schedule["class"], "custom")
    if schedule["class"] not in ("cron_trigger", "cron_interval", "cron_partition"):
        schedule.pop("expression", None)
        schedule.pop("timezone", None)
    out.pop("edge_labels")  # Airflow keeps labels at groups' join nodes, we keep them at tasks
    for task in out["tasks"].values():
        task["class"] = SAME_CLASS.get(task["class"], task["class"])
        rule = task["weight_rule"].replace("_", "").lower().replace("priorityweightstrategy", "")
        task["weight_rule"] = rule
        task["retry_delay"] = float(task["retry_delay"])
        if task["trigger_rule"] == "dummy":
            task["trigger_rule"] = "always"
    return out


def compare(where: str, want: Any, got: Any, out: list[str]) -> None:
    if isinstance(want, dict) and isinstance(got, dict):
        for key in sorted(set(want) | set(got)):
            if key not in want:
                out.append(f"{where}: {key} is not expected")
            elif key not in got:
                out.append(f"{where}: {key} is missing")
            else:
                compare(f"{where}.{key}", want[key], got[key], out)
    elif where.endswith(".weight_rule") and isinstance(got, dict):
        return
    elif where.endswith(".template_fields"):
        if not set(want) - {"execution_date"} <= set(got):  # 3.x renders more fields
            out.append(f"{where}: want {sorted(want)}, got {sorted(got)}")
    elif want != got:
        out.append(f"{where}: want {want!r}, got {got!r}")


def check(golden_path: Path, compat: int, folders: dict[str, str]) -> tuple[int, list[str]]:
    golden = json.loads(golden_path.read_text())
    parser = Parser()
    differences: list[str] = []
    dags = 0
    for name, folder in folders.items():
        for file, entry in golden["folders"].get(name, {}).items():
            result = parser.parse(os.path.join(folder, file), os.path.abspath(folder), compat)
            documents = {d["dag_id"]: d for d in result["documents"]}
            where = f"{compat}.x {file}"
            if compat == 2 and file in SKIP:
                continue
            if entry.get("error") and not entry.get("dags"):
                old_name = any(
                    w in entry["error"] for w in ("No module named", "unexpected keyword", "cannot import")
                )
                if not result["errors"] and not old_name:
                    differences.append(f"{where}: Airflow says {entry['error']!r}, we load it")
                continue
            if result["errors"]:
                differences.append(f"{where}: {result['errors'][0]['trace'].strip().splitlines()[-1]}")
            for dag_id, facts in entry.get("dags", {}).items():
                dags += 1
                if dag_id not in documents:
                    differences.append(f"{where}: DAG {dag_id} is missing")
                    continue
                compare(f"{where} {dag_id}", expected(facts), facts_of_dag(documents[dag_id]), differences)
            for dag_id in sorted(set(documents) - set(entry.get("dags", {}))):
                differences.append(f"{where}: DAG {dag_id} is not expected")
    return dags, differences


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--examples-3")
    arguments.add_argument("--examples-2")
    options = arguments.parse_args()
    failed = 0
    for golden, compat, examples in (
        ("golden-3.3.json", 3, options.examples_3),
        ("golden-2.11.json", 2, options.examples_2),
    ):
        folders = {"parse/dags": str(HERE / "dags")}
        if examples:
            folders["airflow/example_dags"] = examples
        dags, differences = check(HERE / golden, compat, folders)
        for line in differences:
            print(line)
        print(f"{golden}: {dags} DAGs compared, {len(differences)} differences")
        failed += len(differences)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
