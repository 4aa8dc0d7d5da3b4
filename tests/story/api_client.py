"""The client package for Airflow's REST API asks this engine; every answer must fit its models.

python api_client.py http://127.0.0.1:8080
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from airflow_client import client
from airflow_client.client import api, models


def main(host: str) -> int:
    failed = 0

    def ask(name: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        nonlocal failed
        try:
            return call(*args, **kwargs)
        except (client.ApiException, ValueError, TypeError, AttributeError) as e:
            failed += 1
            print(f"not ok {name}: {type(e).__name__}: {str(e)[:400]}")
            return None

    with client.ApiClient(client.Configuration(host=host)) as c:
        dags, runs, tis = api.DAGApi(c), api.DagRunApi(c), api.TaskInstanceApi(c)
        ask("health", api.MonitorApi(c).get_health)
        ask("version", api.VersionApi(c).get_version)
        ask("dags", dags.get_dags, limit=5, tags=["story"], order_by=["-dag_id"])
        ask("dag", dags.get_dag, "demo")
        ask("details", dags.get_dag_details, "demo")
        ask("tags", dags.get_dag_tags)
        ask("pause", dags.patch_dag, "demo", models.DAGPatchBody(is_paused=False), update_mask=["is_paused"])
        run = ask("trigger", runs.trigger_dag_run, "demo", models.TriggerDAGRunPostBody(logical_date=None))
        rid = run.dag_run_id
        while runs.get_dag_run("demo", rid).state not in ("success", "failed"):
            time.sleep(0.1)
        ask("runs", runs.get_dag_runs, "~", limit=2)
        ask("batch of runs", runs.get_list_dag_runs_batch, "~", models.DAGRunsBatchBody(dag_ids=["demo"]))
        ask("note", runs.patch_dag_run, "demo", rid, models.DAGRunPatchBody(note="seen"))
        ask("instances", tis.get_task_instances, "demo", rid)
        ask("instance", tis.get_task_instance, "demo", rid, "first")
        ask("tries", tis.get_task_instance_tries, "demo", rid, "first")
        ask("try", tis.get_task_instance_try_details, "demo", rid, "first", 1)
        ask("batch", tis.get_task_instances_batch, "~", "~", models.TaskInstancesBatchBody(dag_ids=["demo"]))
        ask("log", tis.get_log, "demo", rid, "first", 1)
        ask("links", tis.get_extra_links, "demo", rid, "first")
        clear = models.ClearTaskInstancesBody(dry_run=True, only_failed=False)
        ask("clear", tis.post_clear_task_instances, "demo", clear)
        mark = models.PatchTaskInstanceBody(new_state="success")
        ask("mark dry", tis.patch_task_instance_dry_run, "demo", rid, "second", mark)
        ask("mark", tis.patch_task_instance, "demo", rid, "second", mark)
        for name, call in {
            "versions": lambda: api.DagVersionApi(c).get_dag_versions("demo"),
            "source": lambda: api.DagSourceApi(c).get_dag_source("demo"),
            "stats": lambda: api.DagStatsApi(c).get_dag_stats(),
            "warnings": lambda: api.DagWarningApi(c).list_dag_warnings(),
            "import errors": lambda: api.ImportErrorApi(c).get_import_errors(),
            "jobs": lambda: api.JobApi(c).get_jobs(),
            "tasks": lambda: api.TaskApi(c).get_tasks("demo"),
            "task": lambda: api.TaskApi(c).get_task("demo", "first"),
            "events": lambda: api.EventLogApi(c).get_event_logs(limit=3),
            "providers": lambda: api.ProviderApi(c).get_providers(),
            "plugins": lambda: api.PluginApi(c).get_plugins(),
            "xcoms": lambda: api.XComApi(c).get_xcom_entries("demo", rid, "first"),
            "variable": lambda: api.VariableApi(c).post_variable(models.VariableBody(key="story", value="v")),
            "variables": lambda: api.VariableApi(c).get_variables(),
            "variable gone": lambda: api.VariableApi(c).delete_variable("story"),
            "pool": lambda: api.PoolApi(c).post_pool(models.PoolBody(name="story", slots=2)),
            "pools": lambda: api.PoolApi(c).get_pools(),
            "pool gone": lambda: api.PoolApi(c).delete_pool("story"),
            "connection": lambda: api.ConnectionApi(c).post_connection(
                models.ConnectionBody(
                    connection_id="story", conn_type="http", password="x", extra='{"token": "y"}'
                )
            ),
            "connections": lambda: api.ConnectionApi(c).get_connections(),
            "connection gone": lambda: api.ConnectionApi(c).delete_connection("story"),
            "run gone": lambda: runs.delete_dag_run("demo", rid),
        }.items():
            ask(name, call)
    print(f"{failed} answers did not fit")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
