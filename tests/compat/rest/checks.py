"""The questions. The same for every server; see talk.py for what is kept of the answers."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import deep_acts
import deep_lists
from airflow_client.client import api, models
from talk import Talk

MAIN = "rest_main"
RUN = "run_1"
DAY = datetime(2024, 2, 1, tzinfo=timezone.utc)


def trigger(**more: Any) -> models.TriggerDAGRunPostBody:
    return models.TriggerDAGRunPostBody(**{"logical_date": None, **more})


def ended(t: Talk, dag_id: str, run_id: str) -> None:
    runs = api.DagRunApi(t.client)
    t.until(f"the end of {dag_id} {run_id}", lambda: runs.get_dag_run(dag_id, run_id).state in ("success", "failed"))


def prepare(t: Talk) -> None:
    """Runs that the questions are about."""
    dags, runs = api.DAGApi(t.client), api.DagRunApi(t.client)
    names = ["rest_main", "rest_fails", "rest_daily", "rest_cron", "rest_delta", "rest_producer", "rest_consumer"]
    for name in names:
        t.until(f"DAG {name}", lambda name=name: dags.get_dag(name))
    t.until("the import error", lambda: api.ImportErrorApi(t.client).get_import_errors().total_entries)


def monitor(t: Talk) -> None:
    t.ask("health", api.MonitorApi(t.client).get_health)
    config = api.ConfigApi(t.client)
    t.ask("config hidden", config.get_config, section="core")
    t.ask("config value hidden", config.get_config_value, "core", "parallelism")
    jobs = api.JobApi(t.client)
    t.ask("jobs of no type", jobs.get_jobs, job_type="Nothing")
    t.ask("jobs bad order", jobs.get_jobs, order_by=["nonsense"])
    t.ask("plugins none", api.PluginApi(t.client).get_plugins, limit=0)
    t.ask("plugin import errors", api.PluginApi(t.client).import_errors)


def dags(t: Talk) -> None:
    d = api.DAGApi(t.client)
    rest = {"dag_id_prefix_pattern": "rest_"}
    t.ask("dags", d.get_dags, **rest)
    t.ask("dags first page", d.get_dags, limit=2, **rest)
    t.ask("dags second page", d.get_dags, limit=2, offset=2, **rest)
    t.ask("dags none", d.get_dags, limit=0, **rest)
    t.ask("dags down", d.get_dags, order_by=["-dag_id"], **rest)
    t.ask("dags by display name", d.get_dags, order_by=["dag_display_name"], **rest)
    t.ask("dags by tag", d.get_dags, tags=["alpha"])
    t.ask("dags by tags, any", d.get_dags, tags=["alpha", "beta"], tags_match_mode="any", **rest)
    t.ask("dags by tags, all", d.get_dags, tags=["rest", "beta"], tags_match_mode="all")
    t.ask("dags by owner", d.get_dags, owners=["bert"])
    t.ask("dags by pattern", d.get_dags, dag_id_pattern="%_da_ly")
    t.ask("dags by either pattern", d.get_dags, dag_id_pattern="rest_cron|rest_delta")
    t.ask("dags by display pattern", d.get_dags, dag_display_name_pattern="the delta")
    t.ask("dags by display prefix", d.get_dags, dag_display_name_prefix_pattern="The D")
    t.ask("dags paused", d.get_dags, paused=True, order_by=["dag_id"], **rest)
    t.ask("dags not paused", d.get_dags, paused=False, **rest)
    t.ask("dags with import errors", d.get_dags, has_import_errors=True, **rest)
    t.ask("dags of asset schedule", d.get_dags, has_asset_schedule=True, **rest)
    t.ask("dags by asset", d.get_dags, asset_dependency="rest_orders")
    t.ask("dags by bundle", d.get_dags, bundle_name="nowhere")
    t.ask("dags by bundle version", d.get_dags, bundle_version="v9")
    t.ask("dags favourite", d.get_dags, is_favorite=True)
    t.ask("dags by last state, none", d.get_dags, last_dag_run_state=models.DagRunState("failed"), **rest)
    t.ask("dags bad order", d.get_dags, order_by=["nonsense"])
    t.ask("dag", d.get_dag, MAIN)
    t.ask("dag missing", d.get_dag, "nowhere")
    for name in ("rest_main", "rest_daily", "rest_cron", "rest_delta", "rest_consumer"):
        t.ask(f"details of {name}", d.get_dag_details, name)
    t.ask("details missing", d.get_dag_details, "nowhere")
    t.ask("favour", d.favorite_dag, MAIN)
    t.ask("favour again", d.favorite_dag, MAIN)
    t.ask("favourites", d.get_dags, is_favorite=True)
    t.ask("not favourites", d.get_dags, is_favorite=False, dag_id_pattern="rest_main|rest_daily")
    t.ask("favour missing", d.favorite_dag, "nowhere")
    t.ask("unfavour", d.unfavorite_dag, MAIN)
    t.ask("unfavour again", d.unfavorite_dag, MAIN)
    t.ask("unfavour missing", d.unfavorite_dag, "nowhere")
    t.ask("tags", d.get_dag_tags, tag_name_pattern="a")
    t.ask("tags by prefix", d.get_dag_tags, tag_name_prefix_pattern="re")
    t.ask("tags down", d.get_dag_tags, order_by=["-name"], tag_name_pattern="alpha|beta|rest")
    t.ask("unpause", d.patch_dag, MAIN, models.DAGPatchBody(is_paused=False))
    t.ask("unpause by mask", d.patch_dag, "rest_fails", models.DAGPatchBody(is_paused=False), update_mask=["is_paused"])
    t.ask("unpause by wrong mask", d.patch_dag, MAIN, models.DAGPatchBody(is_paused=False), update_mask=["tags"])
    t.ask("unpause missing", d.patch_dag, "nowhere", models.DAGPatchBody(is_paused=False))
    t.ask("unpause many", d.patch_dags, models.DAGPatchBody(is_paused=False), dag_id_pattern="rest_producer")
    t.ask("unpause nobody", d.patch_dags, models.DAGPatchBody(is_paused=False), dag_id_pattern="nowhere")


def documents(t: Talk) -> None:
    tasks = api.TaskApi(t.client)
    t.ask("tasks", tasks.get_tasks, MAIN)
    t.ask("tasks down", tasks.get_tasks, "rest_fails", order_by="-task_id")
    t.ask("tasks bad order", tasks.get_tasks, MAIN, order_by="nonsense")
    t.ask("tasks missing", tasks.get_tasks, "nowhere")
    for name in ("first", "numbers", "double", "inner.say", "inner.last"):
        t.ask(f"task {name}", tasks.get_task, MAIN, name)
    t.ask("task missing", tasks.get_task, MAIN, "nothing")
    versions = api.DagVersionApi(t.client)
    t.ask("versions", versions.get_dag_versions, MAIN)
    t.ask("versions by number", versions.get_dag_versions, MAIN, version_number=9)
    t.ask("versions missing", versions.get_dag_versions, "nowhere")
    t.ask("version", versions.get_dag_version, MAIN, 1)
    t.ask("version missing", versions.get_dag_version, MAIN, 9)
    sources = api.DagSourceApi(t.client)
    t.ask("source", sources.get_dag_source, MAIN, accept="application/json")
    t.ask("source by version", sources.get_dag_source, "rest_fails", version_number=1, accept="application/json")
    t.ask("source missing", sources.get_dag_source, "nowhere", accept="application/json")
    errors = api.ImportErrorApi(t.client)
    found = t.ask("import errors by name", errors.get_import_errors, filename_pattern="rest_broken")
    t.ask("import errors, none", errors.get_import_errors, filename_pattern="nowhere")
    t.ask("import errors by bundle", errors.get_import_errors, bundle_name="nowhere")
    if found and found.import_errors:
        t.ask("import error", errors.get_import_error, found.import_errors[0].import_error_id)
    t.ask("import error missing", errors.get_import_error, 99999)
    warnings = api.DagWarningApi(t.client)
    t.ask("warnings", warnings.list_dag_warnings, dag_id=MAIN)
    t.ask("stats before", api.DagStatsApi(t.client).get_dag_stats, dag_ids=[MAIN, "rest_fails"])
    t.ask("stats missing", api.DagStatsApi(t.client).get_dag_stats, dag_ids=["nowhere"])


def runs(t: Talk) -> None:
    r = api.DagRunApi(t.client)
    t.ask("trigger", r.trigger_dag_run, MAIN, trigger(dag_run_id=RUN, conf={"size": 5}, note="by hand"))
    t.ask("trigger the same", r.trigger_dag_run, MAIN, trigger(dag_run_id=RUN))
    t.ask("trigger missing", r.trigger_dag_run, "nowhere", trigger())
    t.ask("trigger bad conf", r.trigger_dag_run, MAIN, trigger(dag_run_id="bad", conf={"size": 0}))
    t.ask("trigger half an interval", r.trigger_dag_run, MAIN, trigger(data_interval_start=DAY))
    t.ask("trigger for a day", r.trigger_dag_run, "rest_daily", trigger(dag_run_id="day", logical_date=DAY))
    t.ask("trigger for a cron day", r.trigger_dag_run, "rest_cron", trigger(dag_run_id="day", logical_date=DAY))
    t.ask("trigger a failure", r.trigger_dag_run, "rest_fails", trigger(dag_run_id=RUN))
    ended(t, MAIN, RUN)
    ended(t, "rest_fails", RUN)
    t.ask("run", r.get_dag_run, MAIN, RUN)
    t.ask("run that failed", r.get_dag_run, "rest_fails", RUN)
    t.ask("run of a paused dag", r.get_dag_run, "rest_daily", "day")
    t.ask("run missing", r.get_dag_run, MAIN, "nothing")
    t.ask("run of missing dag", r.get_dag_run, "nowhere", RUN)
    t.ask("runs", r.get_dag_runs, MAIN)
    t.ask("runs of missing dag", r.get_dag_runs, "nowhere")
    ours = {"dag_id_prefix_pattern": "rest_", "order_by": ["dag_id", "run_id"]}
    t.ask("runs of all", r.get_dag_runs, "~", **ours)
    t.ask("runs page", r.get_dag_runs, "~", limit=1, offset=1, **ours)
    t.ask("runs none", r.get_dag_runs, MAIN, limit=0)
    t.ask("runs by state", r.get_dag_runs, "~", state=["failed"], **ours)
    t.ask("runs by states", r.get_dag_runs, "~", state=["queued", "failed"], **ours)
    t.ask("runs by bad state", r.get_dag_runs, "~", state=["nonsense"])
    t.ask("runs by type", r.get_dag_runs, "~", run_type=["manual"], **ours)
    t.ask("runs by other type", r.get_dag_runs, "~", run_type=["backfill"], **ours)
    t.ask("runs by bad type", r.get_dag_runs, "~", run_type=["nonsense"])
    t.ask("runs by date", r.get_dag_runs, "~", logical_date_gte=DAY, logical_date_lte=DAY, **ours)
    t.ask("runs before a date", r.get_dag_runs, "~", logical_date_lt=DAY, **ours)
    t.ask("runs by run_after", r.get_dag_runs, "~", run_after_lte=DAY, **ours)
    t.ask("runs by duration", r.get_dag_runs, MAIN, duration_gte=100000.0)
    t.ask("runs by conf", r.get_dag_runs, "~", conf_contains="size", **ours)
    t.ask("runs by id pattern", r.get_dag_runs, MAIN, run_id_pattern="n_1")
    t.ask("runs by id prefix", r.get_dag_runs, "~", run_id_prefix_pattern="da", order_by=["dag_id"])
    t.ask("runs by user", r.get_dag_runs, "~", triggering_user_name_pattern="nobody")
    t.ask("runs by version", r.get_dag_runs, MAIN, dag_version=[1])
    t.ask("runs by other version", r.get_dag_runs, MAIN, dag_version=[7])
    t.ask("runs by partition", r.get_dag_runs, "~", partition_key_pattern="x", **ours)
    t.ask("runs by partition date", r.get_dag_runs, "~", partition_date_gte=DAY.date(), **ours)
    t.ask("runs bad order", r.get_dag_runs, MAIN, order_by=["nonsense"])
    t.ask("runs batch", r.get_list_dag_runs_batch, "~", models.DAGRunsBatchBody(dag_ids=[MAIN, "rest_daily"], order_by="dag_id"))
    t.ask("runs batch by state", r.get_list_dag_runs_batch, "~", models.DAGRunsBatchBody(dag_ids=[MAIN], states=["failed"]))
    t.ask("note", r.patch_dag_run, MAIN, RUN, models.DAGRunPatchBody(note="seen"))
    t.ask("note by mask", r.patch_dag_run, MAIN, RUN, models.DAGRunPatchBody(note="masked"), update_mask=["state"])
    t.ask("patch missing", r.patch_dag_run, MAIN, "nothing", models.DAGRunPatchBody(note="x"))
    t.ask("set failed", r.patch_dag_run, MAIN, RUN, models.DAGRunPatchBody(state="failed"))
    t.ask("set success", r.patch_dag_run, MAIN, RUN, models.DAGRunPatchBody(state="success"))
    t.ask("wait", r.wait_dag_run_until_finished, MAIN, RUN, 1.0, result=["numbers"])
    t.ask("wait for a failure", r.wait_dag_run_until_finished, "rest_fails", RUN, 1.0)
    t.ask("wait missing", r.wait_dag_run_until_finished, MAIN, "nothing", 1.0)
    t.ask("stats", api.DagStatsApi(t.client).get_dag_stats, dag_ids=[MAIN, "rest_fails", "rest_daily"])
    t.ask("upstream events, none", r.get_upstream_asset_events, MAIN, RUN)


def bulk_runs(t: Talk) -> None:
    r = api.DagRunApi(t.client)
    for n in (1, 2):
        r.trigger_dag_run("rest_cron", trigger(dag_run_id=f"bulk_{n}"))

    def body(*actions: dict[str, Any]) -> models.BulkBodyBulkDAGRunBody:
        return models.BulkBodyBulkDAGRunBody.from_dict({"actions": list(actions)})

    one, two, no = {"dag_run_id": "bulk_1"}, {"dag_run_id": "bulk_2"}, {"dag_run_id": "nothing"}
    t.ask("bulk runs create", r.bulk_dag_runs, "rest_cron", body({"action": "create", "entities": [one]}))
    t.ask("bulk runs note", r.bulk_dag_runs, "rest_cron", body({"action": "update", "entities": [{**one, "note": "both"}]}))
    t.ask("bulk runs state", r.bulk_dag_runs, "rest_cron", body({"action": "update", "entities": [{**one, "state": "success"}]}))
    t.ask("bulk runs missing", r.bulk_dag_runs, "rest_cron", body({"action": "update", "entities": [{**no, "note": "x"}]}))
    skip = {"action": "update", "entities": [{**no, "note": "x"}, {**two, "note": "kept"}], "action_on_non_existence": "skip"}
    t.ask("bulk runs skip", r.bulk_dag_runs, "rest_cron", body(skip))
    t.ask("bulk runs anywhere", r.bulk_dag_runs, "~", body({"action": "update", "entities": [{**one, "note": "x"}]}))
    named = {"action": "update", "entities": [{**one, "dag_id": "rest_cron", "note": "named"}]}
    t.ask("bulk runs named", r.bulk_dag_runs, "~", body(named))
    t.ask("bulk run after", r.get_dag_run, "rest_cron", "bulk_1")
    t.ask("clear partitions, no selector", r.clear_dag_run_partitions, "rest_cron", models.ClearPartitionsBody())
    t.ask("clear partitions of a run", r.clear_dag_run_partitions, "rest_cron", models.ClearPartitionsBody(run_id="bulk_1"))
    by_key = models.ClearPartitionsBody(partition_key="x", dry_run=False)
    t.ask("clear partitions of a key", r.clear_dag_run_partitions, "rest_cron", by_key)
    t.ask("clear partitions missing", r.clear_dag_run_partitions, "nowhere", models.ClearPartitionsBody(run_id="x"))
    both = {"action": "delete", "entities": ["bulk_1", two]}
    t.ask("bulk runs delete", r.bulk_dag_runs, "rest_cron", body(both))
    t.ask("bulk runs delete again", r.bulk_dag_runs, "rest_cron", body(both))
    t.ask("bulk runs left", r.get_dag_runs, "rest_cron", order_by=["run_id"])
    t.ask("delete run", r.delete_dag_run, "rest_cron", "day")
    t.ask("delete run again", r.delete_dag_run, "rest_cron", "day")


def instances(t: Talk) -> None:
    i = api.TaskInstanceApi(t.client)
    order = {"order_by": ["task_id", "map_index"]}
    t.ask("instances", i.get_task_instances, MAIN, RUN, order_by=["map_index", "operator", "start_date"])
    t.ask("instances of all", i.get_task_instances, "~", "~", dag_id_prefix_pattern="rest_", state=["failed"], order_by=["map_index"])
    t.ask("instances none", i.get_task_instances, MAIN, RUN, limit=0)
    t.ask("instances by state", i.get_task_instances, "rest_fails", RUN, state=["failed"])
    t.ask("instances by bad state", i.get_task_instances, MAIN, RUN, state=["nonsense"])
    t.ask("instances by task", i.get_task_instances, MAIN, "~", task_id="first")
    t.ask("instances by group", i.get_task_instances, MAIN, RUN, task_group_id="inner", order_by=["start_date"])
    t.ask("instances by pool", i.get_task_instances, MAIN, RUN, pool=["nothing"])
    t.ask("instances by pool pattern", i.get_task_instances, "rest_fails", RUN, pool_name_pattern="default", state=["failed"])
    t.ask("instances by queue", i.get_task_instances, MAIN, RUN, queue=["nothing"])
    t.ask("instances by executor", i.get_task_instances, MAIN, RUN, executor=["nothing"])
    t.ask("instances by operator", i.get_task_instances, MAIN, RUN, operator=["BashOperator"])
    t.ask("instances by operator pattern", i.get_task_instances, MAIN, RUN, operator_name_pattern="bash")
    t.ask("instances by index", i.get_task_instances, MAIN, RUN, map_index=[1])
    t.ask("instances by try", i.get_task_instances, MAIN, RUN, try_number=[9])
    t.ask("instances by version", i.get_task_instances, MAIN, RUN, version_number=[9])
    t.ask("instances by display pattern", i.get_task_instances, MAIN, RUN, task_display_name_pattern="FIRST")
    t.ask("instances by duration", i.get_task_instances, MAIN, RUN, duration_gt=100000.0)
    t.ask("instances bad order", i.get_task_instances, MAIN, RUN, order_by=["nonsense"])
    t.ask("instances of missing run", i.get_task_instances, MAIN, "nothing")
    t.ask("instances of missing dag", i.get_task_instances, "nowhere", "~")
    batch = models.TaskInstancesBatchBody(dag_ids=["rest_fails"], state=["failed"])
    t.ask("instances batch", i.get_task_instances_batch, "~", "~", batch)
    t.ask("instance", i.get_task_instance, MAIN, RUN, "inner.say")
    t.ask("instance never run", i.get_task_instance, "rest_fails", RUN, "after")
    t.ask("instance mapped, plain", i.get_task_instance, MAIN, RUN, "double")
    t.ask("instance missing", i.get_task_instance, MAIN, RUN, "nothing")
    t.ask("instance of missing run", i.get_task_instance, MAIN, "nothing", "first")
    t.ask("instance by index", i.get_mapped_task_instance, MAIN, RUN, "double", 1)
    t.ask("instance by missing index", i.get_mapped_task_instance, MAIN, RUN, "double", 9)
    t.ask("mapped", i.get_mapped_task_instances, MAIN, RUN, "double")
    t.ask("mapped down", i.get_mapped_task_instances, MAIN, RUN, "double", order_by=["-map_index"], limit=1)
    t.ask("mapped of plain", i.get_mapped_task_instances, MAIN, RUN, "first")
    t.ask("mapped missing", i.get_mapped_task_instances, MAIN, RUN, "nothing")
    t.ask("tries", i.get_task_instance_tries, MAIN, RUN, "first")
    t.ask("tries missing", i.get_task_instance_tries, MAIN, RUN, "nothing")
    t.ask("try", i.get_task_instance_try_details, MAIN, RUN, "first", 1)
    t.ask("try missing", i.get_task_instance_try_details, MAIN, RUN, "first", 9)
    t.ask("tries by index", i.get_mapped_task_instance_tries, MAIN, RUN, "double", 0)
    t.ask("try by index", i.get_mapped_task_instance_try_details, MAIN, RUN, "double", 1, 0)
    t.ask("dependencies of ended", i.get_task_instance_dependencies, MAIN, RUN, "first")
    t.ask("dependencies missing", i.get_task_instance_dependencies, MAIN, RUN, "nothing")
    t.ask("links", i.get_extra_links, MAIN, RUN, "first")
    t.ask("links missing", i.get_extra_links, MAIN, RUN, "nothing")
    t.ask("external log", i.get_external_log_url, MAIN, RUN, "first", 1)
    t.ask("questions", i.get_hitl_details, MAIN, RUN)
    t.ask("question missing", i.get_hitl_detail, MAIN, RUN, "first", -1)


def logs(t: Talk) -> None:
    i = api.TaskInstanceApi(t.client)
    t.ask("log of missing task", i.get_log, MAIN, RUN, "nothing", 1, accept="application/json")
    t.ask("log of missing try", i.get_log, MAIN, RUN, "inner.say", 9, accept="application/json")
    t.ask("log bad try", i.get_log, MAIN, RUN, "inner.say", 0, accept="application/json")
    t.ask("log bad token", i.get_log, MAIN, RUN, "inner.say", 1, token="nonsense", accept="application/json")


def changes(t: Talk) -> None:
    i, r = api.TaskInstanceApi(t.client), api.DagRunApi(t.client)

    def to(state: str | None = None, **more: Any) -> models.PatchTaskInstanceBody:
        return models.PatchTaskInstanceBody(**({"new_state": state} if state else {}), **more)

    t.ask("mark, dry", i.patch_task_instance_dry_run, MAIN, RUN, "first", to("failed"))
    t.ask("mark downstream, dry", i.patch_task_instance_dry_run, "rest_fails", RUN, "bad", to("success", include_downstream=True))
    t.ask("mark by index, dry", i.patch_task_instance_dry_run_by_map_index, MAIN, RUN, "double", 1, to("failed"))
    t.ask("mark group, dry", i.patch_task_group_instances_dry_run, MAIN, RUN, "inner", to("failed"))
    t.ask("mark group missing", i.patch_task_group_instances, MAIN, RUN, "outer", to("failed"))
    t.ask("mark the same", i.patch_task_instance, MAIN, RUN, "first", to("success"))
    t.ask("mark missing", i.patch_task_instance, MAIN, RUN, "nothing", to("success"))
    t.ask("mark missing run", i.patch_task_instance, MAIN, "nothing", "first", to("success"))
    t.ask("mark bad", i.patch_task_instance, MAIN, RUN, "first", to("running"))
    t.ask("mark", i.patch_task_instance, MAIN, RUN, "inner.last", to("failed"))
    t.ask("mark back", i.patch_task_instance, MAIN, RUN, "inner.last", to("success", note="again"))
    t.ask("note instance", i.patch_task_instance, MAIN, RUN, "first", to(note="a note"), update_mask=["note"])

    def clear(**body: Any) -> models.ClearTaskInstancesBody:
        return models.ClearTaskInstancesBody.from_dict(body)

    t.ask("clear, dry", i.post_clear_task_instances, MAIN, clear(dag_run_id=RUN, only_failed=False, task_ids=["first"]))
    down = clear(dag_run_id=RUN, only_failed=False, task_ids=["inner.say"], include_downstream=True)
    t.ask("clear downstream, dry", i.post_clear_task_instances, MAIN, down)
    indexed = clear(dag_run_id=RUN, only_failed=False, task_ids=[["double", 1]])
    t.ask("clear index, dry", i.post_clear_task_instances, MAIN, indexed)
    t.ask("clear failed, dry", i.post_clear_task_instances, "rest_fails", clear(dag_run_id=RUN))
    t.ask("clear missing run", i.post_clear_task_instances, MAIN, clear(dag_run_id="nothing"))
    t.ask("clear missing dag", i.post_clear_task_instances, "nowhere", clear())
    t.ask("clear run, dry", r.clear_dag_run, "rest_fails", RUN, models.DAGRunClearBody(dry_run=True))
    t.ask("clear run new, dry", r.clear_dag_run, "rest_fails", RUN, models.DAGRunClearBody(dry_run=True, only_new=True))
    t.ask("clear run missing", r.clear_dag_run, MAIN, "nothing", models.DAGRunClearBody())
    runs_body = models.BulkDAGRunClearBody.from_dict({"dag_runs": [{"dag_run_id": RUN}], "only_failed": True})
    t.ask("clear runs, dry", r.clear_dag_runs, "rest_fails", runs_body)
    t.ask("clear runs, no selector", r.clear_dag_runs, "rest_fails", models.BulkDAGRunClearBody())
    real = clear(dag_run_id=RUN, only_failed=False, dry_run=False, task_ids=["inner.last"])
    i.post_clear_task_instances(MAIN, real)
    ended(t, MAIN, RUN)
    t.ask("tries after clear", i.get_task_instance_tries, MAIN, RUN, "inner.last")

    def body(*actions: dict[str, Any]) -> models.BulkBodyBulkTaskInstanceBody:
        return models.BulkBodyBulkTaskInstanceBody.from_dict({"actions": list(actions)})

    bulk = i.bulk_task_instances
    t.ask("bulk create", bulk, MAIN, RUN, body({"action": "create", "entities": [{"task_id": "first"}]}))
    note = {"action": "update", "entities": [{"task_id": "double", "note": "all", "map_index": 0}]}
    t.ask("bulk note", bulk, MAIN, RUN, body(note))
    same = {"action": "update", "entities": [{"task_id": "first", "new_state": "success"}]}
    t.ask("bulk same state", bulk, MAIN, RUN, body(same))
    failed = {"action": "update", "entities": [{"task_id": "first", "new_state": "failed", "map_index": -1}]}
    t.ask("bulk state", bulk, MAIN, RUN, body(failed))
    missing = {"action": "update", "entities": [{"task_id": "nothing", "new_state": "failed", "map_index": -1}]}
    t.ask("bulk missing", bulk, MAIN, RUN, body(missing))
    t.ask("bulk missing, skip", bulk, MAIN, RUN, body({**missing, "action_on_non_existence": "skip"}))
    t.ask("bulk anywhere", bulk, "~", "~", body(same))
    t.ask("bulk after", i.get_task_instance, MAIN, RUN, "first")
    t.ask("bulk delete", bulk, MAIN, RUN, body({"action": "delete", "entities": ["numbers"]}))
    t.ask("bulk delete missing", bulk, MAIN, RUN, body({"action": "delete", "entities": ["nothing"]}))
    t.ask("delete instance", i.delete_task_instance, MAIN, RUN, "inner.last")
    t.ask("delete instance again", i.delete_task_instance, MAIN, RUN, "inner.last")
    t.ask("instances left", i.get_task_instances, MAIN, RUN, order_by=["map_index", "operator", "start_date"])


def xcoms(t: Talk) -> None:
    x = api.XComApi(t.client)
    t.ask("xcoms", x.get_xcom_entries, MAIN, RUN, "numbers")
    t.ask("xcoms of all", x.get_xcom_entries, MAIN, "~", "~", run_id_pattern=RUN)
    t.ask("xcoms by key", x.get_xcom_entries, MAIN, RUN, "~", xcom_key="nothing")
    t.ask("xcoms by key pattern", x.get_xcom_entries, MAIN, RUN, "double", xcom_key_pattern="return")
    t.ask("xcoms by index", x.get_xcom_entries, MAIN, RUN, "double", map_index=1)
    t.ask("xcom", x.get_xcom_entry, MAIN, "numbers", RUN, "return_value")
    t.ask("xcom as text", x.get_xcom_entry, MAIN, "numbers", RUN, "return_value", stringify=True)
    t.ask("xcom missing", x.get_xcom_entry, MAIN, "numbers", RUN, "nothing")
    t.ask("xcom new", x.create_xcom_entry, MAIN, "first", RUN, models.XComCreateBody(key="k", value={"a": [1, None]}))
    t.ask("xcom new again", x.create_xcom_entry, MAIN, "first", RUN, models.XComCreateBody(key="k", value=1))
    t.ask("xcom new of missing", x.create_xcom_entry, MAIN, "nothing", RUN, models.XComCreateBody(key="k", value=1))
    t.ask("xcom change", x.update_xcom_entry, MAIN, "first", RUN, "k", models.XComUpdateBody(value="two"))
    t.ask("xcom change missing", x.update_xcom_entry, MAIN, "first", RUN, "nothing", models.XComUpdateBody(value=2))
    t.ask("xcom delete", x.delete_xcom_entry, MAIN, "first", RUN, "k")
    t.ask("xcom delete again", x.delete_xcom_entry, MAIN, "first", RUN, "k")


def vault(t: Talk) -> None:
    v, c, p = api.VariableApi(t.client), api.ConnectionApi(t.client), api.PoolApi(t.client)
    body = models.VariableBody
    t.ask("variable new", v.post_variable, body(key="rest_one", value="1", description="d"))
    t.ask("variable new again", v.post_variable, body(key="rest_one", value="1"))
    t.ask("variable secret", v.post_variable, body(key="rest_password", value="hidden"))
    t.ask("variable object", v.post_variable, body(key="rest_json", value={"a": 1, "token": "x"}))
    t.ask("variable too long", v.post_variable, body.model_construct(key="k" * 251, value="1"))
    t.ask("variable", v.get_variable, "rest_one")
    t.ask("variable missing", v.get_variable, "nothing")
    t.ask("variables", v.get_variables, variable_key_prefix_pattern="rest_", order_by=["key"])
    t.ask("variables by pattern", v.get_variables, variable_key_pattern="%one")
    t.ask("variables bad order", v.get_variables, order_by=["nonsense"])
    t.ask("variable change", v.patch_variable, "rest_one", body(key="rest_one", value="2"))
    t.ask("variable change by mask", v.patch_variable, "rest_one", body(key="rest_one", value="3", description="e"), update_mask=["description"])
    t.ask("variable change other key", v.patch_variable, "rest_one", body(key="other", value="3"))
    t.ask("variable change missing", v.patch_variable, "nothing", body(key="nothing", value="3"))
    bulk = models.BulkBodyVariableBody.from_dict
    t.ask("variables bulk", v.bulk_variables, bulk({"actions": [
        {"action": "create", "entities": [{"key": "rest_a", "value": "1"}, {"key": "rest_b", "value": "2"}]},
        {"action": "update", "entities": [{"key": "rest_one", "value": "9"}]},
        {"action": "delete", "entities": ["rest_json"]},
    ]}))
    t.ask("variables bulk again", v.bulk_variables, bulk({"actions": [{"action": "create", "entities": [{"key": "rest_a", "value": "1"}]}]}))
    t.ask("variables bulk skip", v.bulk_variables, bulk({"actions": [{"action": "create", "action_on_existence": "skip", "entities": [{"key": "rest_a", "value": "7"}]}]}))
    t.ask("variables bulk over", v.bulk_variables, bulk({"actions": [{"action": "create", "action_on_existence": "overwrite", "entities": [{"key": "rest_a", "value": "7"}]}]}))
    t.ask("variables bulk missing", v.bulk_variables, bulk({"actions": [{"action": "delete", "entities": ["nothing"]}]}))
    t.ask("variables after bulk", v.get_variables, variable_key_prefix_pattern="rest_", order_by=["key"])
    for key in ("rest_one", "rest_a", "rest_b", "rest_password"):
        t.ask(f"variable delete {key}", v.delete_variable, key)
    t.ask("variable delete again", v.delete_variable, "rest_one")

    conn = models.ConnectionBody
    full = conn(connection_id="rest_c", conn_type="http", host="h", login="l", password="p", schema="s", port=80, extra='{"token": "t", "a": 1}', description="d")
    t.ask("connection new", c.post_connection, full)
    t.ask("connection new again", c.post_connection, full)
    t.ask("connection bad id", c.post_connection, conn.model_construct(connection_id="a b", conn_type="http"))
    t.ask("connection bad extra", c.post_connection, conn(connection_id="rest_d", conn_type="http", extra="{"))
    t.ask("connection", c.get_connection, "rest_c")
    t.ask("connection missing", c.get_connection, "nothing")
    t.ask("connections", c.get_connections, connection_id_prefix_pattern="rest_")
    t.ask("connection change", c.patch_connection, "rest_c", conn(connection_id="rest_c", conn_type="ftp", password="***"), update_mask=["conn_type", "password"])
    t.ask("connection change other id", c.patch_connection, "rest_c", conn(connection_id="other", conn_type="ftp"))
    t.ask("connection change missing", c.patch_connection, "nothing", conn(connection_id="nothing", conn_type="ftp"))
    t.ask("connection test", c.test_connection, conn(connection_id="rest_c", conn_type="sqlite"))
    t.ask("connection test enqueued", c.enqueue_connection_test, models.ConnectionTestRequestBody(connection_id="rest_c", conn_type="sqlite"))
    t.ask("connection test missing", c.get_connection_test, "nothing")
    t.ask("connections bulk", c.bulk_connections, models.BulkBodyConnectionBody.from_dict({"actions": [
        {"action": "create", "entities": [{"connection_id": "rest_e", "conn_type": "http"}]},
        {"action": "delete", "entities": ["rest_c"]},
    ]}))
    t.ask("connections bulk missing", c.bulk_connections, models.BulkBodyConnectionBody.from_dict({"actions": [{"action": "delete", "entities": ["rest_c"]}]}))
    t.ask("connection delete", c.delete_connection, "rest_e")
    t.ask("connection delete again", c.delete_connection, "rest_e")

    pool = models.PoolBody
    t.ask("pool new", p.post_pool, pool(name="rest_p", slots=2, description="d", include_deferred=True))
    t.ask("pool new again", p.post_pool, pool(name="rest_p", slots=2))
    t.ask("pool bad", p.post_pool, pool.model_construct(name="rest_q", slots=-2))
    t.ask("pool", p.get_pool, "rest_p")
    t.ask("pool missing", p.get_pool, "nothing")
    t.ask("pools", p.get_pools, pool_name_pattern="rest|default")
    t.ask("pools down", p.get_pools, order_by=["-slots"], pool_name_pattern="rest|default")
    t.ask("pool change", p.patch_pool, "rest_p", models.PoolPatchBody(slots=5), update_mask=["slots"])
    t.ask("pool change missing", p.patch_pool, "nothing", models.PoolPatchBody(slots=5), update_mask=["slots"])
    t.ask("default pool change", p.patch_pool, "default_pool", models.PoolPatchBody(description="x"), update_mask=["description"])
    t.ask("pools bulk", p.bulk_pools, models.BulkBodyPoolBody.from_dict({"actions": [
        {"action": "create", "entities": [{"name": "rest_r", "slots": 1}]},
        {"action": "delete", "entities": ["rest_p"]},
    ]}))
    t.ask("pool delete", p.delete_pool, "rest_r")
    t.ask("pool delete again", p.delete_pool, "rest_r")
    t.ask("default pool delete", p.delete_pool, "default_pool")


def assets(t: Talk) -> None:
    a, r = api.AssetApi(t.client), api.DagRunApi(t.client)
    listed = t.ask("assets", a.get_assets, name_pattern="rest_")
    found = listed.assets[0].id
    t.ask("assets by uri", a.get_assets, uri_pattern="s3://rest")
    t.ask("assets by uri prefix", a.get_assets, uri_prefix_pattern="s3://other")
    t.ask("assets by dag", a.get_assets, dag_ids=["rest_consumer"])
    t.ask("assets bad order", a.get_assets, order_by=["nonsense"])
    t.ask("asset", a.get_asset, found)
    t.ask("asset missing", a.get_asset, 99999)
    t.ask("aliases", a.get_asset_aliases, name_pattern="nothing")
    t.ask("alias missing", a.get_asset_alias, 99999)
    t.ask("events before", a.get_asset_events, asset_id=found)
    t.ask("queued of asset, none", a.get_asset_queued_events, found)
    t.ask("queued of dag, none", a.get_dag_asset_queued_events, "rest_consumer")
    t.ask("queued one, none", a.get_dag_asset_queued_event, "rest_consumer", found)
    t.ask("event new", a.create_asset_event, models.CreateAssetEventsBody(asset_id=found, extra={"n": 1}))
    t.ask("event of missing asset", a.create_asset_event, models.CreateAssetEventsBody(asset_id=99999))
    t.ask("events", a.get_asset_events, asset_id=found, source_dag_id="nowhere")
    t.ask("materialize missing", a.materialize_asset, 99999)
    t.ask("upstream events missing", r.get_upstream_asset_events, "rest_consumer", "nothing")


def backfills(t: Talk) -> None:
    b = api.BackfillApi(t.client)
    body = models.BackfillPostBody(dag_id="rest_daily", from_date=DAY, to_date=datetime(2024, 2, 3, tzinfo=timezone.utc))
    t.ask("backfill, dry", b.create_backfill_dry_run, body)
    t.ask("backfills", b.list_backfills, "rest_cron")
    t.ask("backfill missing", b.get_backfill, 99999)
    t.ask("backfill pause missing", b.pause_backfill, 99999)
    t.ask("backfill of missing dag", b.create_backfill, models.BackfillPostBody(dag_id="nowhere", from_date=DAY, to_date=DAY))
    t.ask("backfill of none", b.create_backfill, models.BackfillPostBody(dag_id="rest_main", from_date=DAY, to_date=DAY))


def events(t: Talk) -> None:
    e = api.EventLogApi(t.client)
    t.ask("event logs of a dag", e.get_event_logs, dag_id=MAIN, event="trigger_dag_run", limit=1, order_by=["id"])
    t.ask("event logs, none", e.get_event_logs, event="nothing")
    t.ask("event log missing", e.get_event_log, 999999)
    t.ask("event logs bad order", e.get_event_logs, order_by=["nonsense"])


def ends(t: Talk) -> None:
    d = api.DAGApi(t.client)
    t.ask("reparse bad token", api.DAGParsingApi(t.client).reparse_dag_file, "nonsense")
    t.ask("delete dag missing", d.delete_dag, "nowhere")
    t.ask("pause again", d.patch_dags, models.DAGPatchBody(is_paused=True), dag_id_pattern="rest_main")


def all_checks(t: Talk) -> None:
    prepare(t)
    for part in (monitor, dags, documents, runs, bulk_runs, instances, logs, xcoms, vault, assets, backfills, events, changes, ends):
        part(t)
    t.chapter = "deep: "
    for part in (*deep_acts.BEFORE, *deep_lists.PARTS, *deep_acts.AFTER):
        part(t)
