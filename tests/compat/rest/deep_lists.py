"""Lists asked in every way that they allow, and in ways that they do not: orders, pages, ranges, patterns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from talk import Talk

FLOW = "/api/v2/dags/~/dagRuns?dag_id_prefix_pattern=deep_flow"
OF_FLOW = "/api/v2/dags/deep_flow/dagRuns"
OF_RUN = f"{OF_FLOW}/f1/taskInstances"
OF_TASKS = "/api/v2/dags/~/dagRuns/~/taskInstances?dag_id_prefix_pattern=deep_flow"


def only(rows: str, *keys: str) -> Callable[[Any], Any]:
    """How much of a list is kept: which rows, in which order, and how many there are."""

    def keep(body: Any) -> Any:
        return {"total": body.get("total_entries"), "rows": [[row[k] for k in keys] for row in body[rows]]}

    return keep


def sets(rows: str, *keys: str) -> Callable[[Any], Any]:
    """The same without an order."""

    def keep(body: Any) -> Any:
        return {"total": body.get("total_entries"), "rows": sorted([row[k] for k in keys] for row in body[rows])}

    return keep


RUN_IDS = only("dag_runs", "dag_run_id")
TASK_IDS = only("task_instances", "dag_run_id", "task_id", "map_index")
TASK_SETS = sets("task_instances", "dag_run_id", "task_id", "map_index")
DAG_IDS = only("dags", "dag_id")


def orders(t: Talk) -> None:
    for key in ("id", "state", "dag_id", "run_id", "dag_run_id", "logical_date", "run_after", "start_date", "end_date", "updated_at", "conf", "partition_date"):
        for way in ("", "-"):
            t.http(f"runs by {way}{key}", "GET", f"{FLOW}&order_by={way}{key}", keep=RUN_IDS)
    for key in ("id", "state", "start_date", "run_id", "conf", "duration", "dag_run_id"):
        t.http(f"runs batch by {key}", "POST", "/api/v2/dags/~/dagRuns/list", {"dag_ids": ["deep_flow"], "order_by": key}, keep=RUN_IDS if key != "duration" else lambda _: "any")
    for words in ("state&order_by=-run_id", "-state&order_by=run_after", "", "-", "--state", "%2Bstate", "State", "state,run_id", "&order_by=".join(["state"] * 11), "note", "run_type", "bundle_version"):
        t.http(f"runs by {words}", "GET", f"{FLOW}&order_by={words}", keep=RUN_IDS)
    for key in ("map_index", "-map_index", "logical_date", "-run_after", "rendered_map_index", "-rendered_map_index", "operator", "-operator", "state", "try_number", "data_interval_start", "-data_interval_end", "task_id", "pool", "unixname", "queued_dttm", "hostname"):
        t.http(f"instances by {key}", "GET", f"{OF_TASKS}&order_by={key}&order_by=map_index&limit=100", keep=TASK_SETS if key in ("state", "operator", "-operator", "try_number") else sets("task_instances", "dag_run_id", "task_id", "map_index"))
    for key in ("rendered_map_index", "-rendered_map_index", "map_index", "-map_index", "-logical_date", "nonsense", "task_id"):
        t.http(f"mapped by {key}", "GET", f"{OF_RUN}/each/listMapped?order_by={key}", keep=TASK_IDS)
    for key in ("state", "duration", "-map_index", "nonsense", "try_number", "operator"):
        t.http(f"instances batch by {key}", "POST", "/api/v2/dags/~/dagRuns/~/taskInstances/list", {"dag_ids": ["deep_flow"], "order_by": key}, keep=TASK_SETS)
    deep = "/api/v2/dags?dag_id_prefix_pattern=deep_"
    for key in ("dag_id", "-dag_id", "dag_display_name", "-dag_display_name", "next_dagrun", "-next_dagrun", "last_run_state", "-last_run_state", "last_run_start_date", "-last_run_start_date", "is_paused", "owners", "start_date", "state"):
        t.http(f"dags by {key}", "GET", f"{deep}&order_by={key}", keep=DAG_IDS if "dag_id" in key or "name" in key else sets("dags", "dag_id"))
    for key in ("task_id", "-task_id", "task_display_name", "owner", "operator_name", "pool", "-priority_weight", "queue", "retries", "trigger_rule", "wait_for_downstream", "depends_on_past", "is_mapped", "start_date", "downstream_task_ids", "", "-", "class_ref", "weight_rule", "pool_slots", "execution_timeout", "ui_color"):
        t.http(f"tasks by {key}", "GET", f"/api/v2/dags/deep_flow/tasks?order_by={key}", keep=only("tasks", "task_id"))
    for key in ("id", "-name", "uri", "-created_at", "updated_at", "group", "nonsense"):
        t.http(f"assets by {key}", "GET", f"/api/v2/assets?name_pattern=deep_&order_by={key}", keep=only("assets", "name") if key in ("id", "-name", "uri") else sets("assets", "name"))
    for key in ("id", "-name", "uri"):
        t.http(f"aliases by {key}", "GET", f"/api/v2/assets/aliases?name_pattern=deep&order_by={key}")
    for key in ("name", "-name", "dag_id"):
        t.http(f"tags by {key}", "GET", f"/api/v2/dagTags?tag_name_pattern=alpha|beta|deep&order_by={key}")
    for key in ("id", "version_number", "-version_number", "bundle_name", "bundle_version", "created_at"):
        t.http(f"versions by {key}", "GET", f"/api/v2/dags/deep_two/dagVersions?order_by={key}")
    for key in ("id", "-import_error_id", "timestamp", "filename", "stacktrace", "bundle_name", "stack_trace"):
        t.http(f"import errors by {key}", "GET", f"/api/v2/importErrors?order_by={key}", keep=only("import_errors", "bundle_name"))
    for key in ("dag_id", "warning_type", "message", "timestamp", "nonsense"):
        t.http(f"warnings by {key}", "GET", f"/api/v2/dagWarnings?dag_id=nowhere&order_by={key}")
    for key in ("id", "when", "-when", "dttm", "event_log_id", "dag_id", "task_id", "run_id", "event", "logical_date", "owner", "extra", "map_index"):
        t.http(f"event logs by {key}", "GET", f"/api/v2/eventLogs?limit=0&order_by={key}", keep=lambda _: "any")
    for key in ("id", "dag_id", "state", "job_type", "start_date", "end_date", "latest_heartbeat", "executor_class", "hostname", "unixname", "job_state"):
        t.http(f"jobs by {key}", "GET", f"/api/v2/jobs?limit=0&job_type=Nothing&order_by={key}")
    for key in ("ti_id", "subject", "responded_at", "created_at", "responded_by_user_id", "responded_by_user_name", "dag_id", "run_id", "task_display_name", "run_after", "rendered_map_index", "task_instance_operator", "task_instance_state", "task_id", "body"):
        t.http(f"questions by {key}", "GET", f"/api/v2/dags/~/dagRuns/~/hitlDetails?dag_id_pattern=nowhere&order_by={key}")
    for key in ("dag_id", "task_id", "run_id", "map_index", "key", "-key", "timestamp", "value"):
        t.http(f"xcoms by {key}", "GET", f"{OF_RUN}/~/xcomEntries?order_by={key}", keep=sets("xcom_entries", "task_id", "map_index", "key"))
    for key in ("source_task_id", "source_dag_id", "source_run_id", "source_map_index", "-timestamp", "asset_id", "id"):
        t.http(f"events by {key}", "GET", f"/api/v2/assets/events?limit=0&order_by={key}", keep=lambda _: "any")


def pages(t: Talk) -> None:
    for words in ("limit=-1", "limit=", "limit=abc", "limit=1.5", "limit=1.0", "limit=%2B2", "limit=1e2", "limit=9223372036854775807", "limit=9223372036854775808", "limit=99999999999999999999", "limit=1000", "limit=01", "limit=1_0", "limit=%201", "limit=1&limit=2", "limit=2&limit=x", "offset=-1", "offset=x", "offset=3", "offset=1000000", "offset=9223372036854775807", "offset=9223372036854775808", "limit=0&offset=2", "limit=2&offset=3", "Limit=1", "unknown=1", "limit=null", "limit=true", "cursor=nonsense", "cursor=&order_by=nonsense", "cursor=&offset=1"):
        t.http(f"runs page {words}", "GET", f"{FLOW}&{words}", keep=RUN_IDS)
    for words in ("limit=-1", "limit=99999999999999999999", "offset=-1", "offset=9223372036854775807", "offset=99999999999999999999", "limit=0"):
        for path, rows in (("dags", "dags"), ("connections", "connections"), ("pools", "pools"), ("variables", "variables"), ("assets", "assets"), ("eventLogs", "event_logs"), ("importErrors", "import_errors"), ("providers", "providers"), ("plugins", "plugins"), ("jobs", "jobs"), ("dagTags", "tags"), ("dagWarnings", "dag_warnings"), ("assets/events", "asset_events")):
            t.http(f"{path} page {words}", "GET", f"/api/v2/{path}?{words}", keep=lambda body, rows=rows, words=words: len(body[rows]) if words == "limit=0" or "offset" in words else "any")
    for words in ({"page_limit": 1}, {"page_limit": 1, "page_offset": 1}, {"page_limit": -1}, {"page_offset": -1}, {"page_limit": "1"}, {"page_limit": 1.5}, {"page_limit": 0}, {"page_limit": 1000}, {"page_limit": None}, {"limit": 1}, {"nonsense": 1}, {"order_by": ["run_id"]}, {"order_by": None}, {"order_by": "nonsense"}):
        t.http(f"runs batch page {words}", "POST", "/api/v2/dags/~/dagRuns/list", {"dag_ids": ["deep_flow"], **words}, keep=lambda b: [b["total_entries"], len(b["dag_runs"])])
        t.http(f"instances batch page {words}", "POST", "/api/v2/dags/~/dagRuns/~/taskInstances/list", {"dag_ids": ["deep_flow"], **words}, keep=lambda b: [b["total_entries"], len(b["task_instances"])])


INSTANTS = (
    "2024-03-02T00:00:00Z", "2024-03-02T00:00:00%2B01:00", "2024-03-02T00:00:00", "2024-03-02", "2024-03-02 00:00:00Z", "2024-03-02T00:00:00.000001Z", "2024-03-02T00:00Z", "2024-03-02T00:00:00.1234567Z",
    "2024-03-02T24:00:00Z", "2024-13-02T00:00:00Z", "2024-02-30T00:00:00Z", "nonsense", "", "1709337600", "1709337600000", "20240302T000000Z", "2024-03-02T00:00:00z", "2024-03-02t00:00:00Z", "2024-03-02T00:00:60Z", "2024-W09-6", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "10000-01-01T00:00:00Z", "-1", "2024-03-02T00:00:00 01:00", "2024-03-02T00:00:00-00:00", "2024-03-02T00:00:00%2B0100", "2024-03-02T00:00:00%2B25:00", "2024-3-2T00:00:00Z", "2024-03-02T00:00:00,5Z", "null", "now",
)  # fmt: skip


def ranges(t: Talk) -> None:
    for text in INSTANTS:
        t.http(f"runs from {text}", "GET", f"{FLOW}&logical_date_gte={text}&order_by=run_id", keep=RUN_IDS)
    for end in ("gt", "lt", "gte", "lte"):
        for name in ("run_after", "logical_date"):
            t.http(f"runs {name}_{end}", "GET", f"{FLOW}&{name}_{end}=2024-03-02T00:00:00Z&order_by=run_id", keep=RUN_IDS)
            t.http(f"instances {name}_{end}", "GET", f"{OF_TASKS}&{name}_{end}=2024-03-02T00:00:00Z&task_id=a", keep=TASK_SETS)
            t.http(f"xcoms {name}_{end}", "GET", f"/api/v2/dags/deep_flow/dagRuns/~/taskInstances/each/xcomEntries?{name}_{end}=2024-03-02T00:00:00Z", keep=sets("xcom_entries", "run_id", "map_index"))
            t.http(f"runs batch {name}_{end}", "POST", "/api/v2/dags/~/dagRuns/list", {"dag_ids": ["deep_flow"], f"{name}_{end}": "2024-03-02T00:00:00Z", "order_by": "run_id"}, keep=RUN_IDS)
            t.http(f"instances batch {name}_{end}", "POST", "/api/v2/dags/~/dagRuns/~/taskInstances/list", {"dag_ids": ["deep_flow"], "task_ids": ["a"], f"{name}_{end}": "2024-03-02T00:00:00Z"}, keep=TASK_SETS)
        for name in ("start_date", "end_date", "updated_at", "duration"):
            value = "1" if name == "duration" else "2024-03-02T00:00:00Z"
            value = "100000" if name == "duration" else value
            t.http(f"runs {name}_{end}", "GET", f"{FLOW}&{name}_{end}={value}&order_by=run_id", keep=RUN_IDS)
            t.http(f"instances {name}_{end}", "GET", f"{OF_TASKS}&{name}_{end}={value}&task_id=b", keep=TASK_SETS)
        t.http(f"events timestamp_{end}", "GET", f"/api/v2/assets/events?timestamp_{end}=2024-03-02T00:00:00Z&name_pattern=nowhere")
    for text in ("-1", "x", "", "0x10"):
        t.http(f"runs longer than {text}", "GET", f"{FLOW}&duration_gte={text}&order_by=run_id", keep=RUN_IDS)
    for day in ("2024-03-02", "2024-03-02T00:00:00Z", "x", "2024-3-2"):
        t.http(f"runs of partition {day}", "GET", f"{OF_FLOW}?partition_date_gte={day}&order_by=run_id", keep=RUN_IDS)


PATTERNS = ("f%", "F1", "_1", "%", "_", "f1|f2", "f1|", "f1||f2", " f1 | f2 ", "f\\_1", "\\", "~", "", "%%", "f[12]", "*", "f.", "1$", "'", '"', "é", "f1%|%2")
PREFIXES = ("f", "F", "f1|f2", "%", "_", "", "~", "|", "f%", "\\", "f1", "f1_", "f|f_")


def patterns(t: Talk) -> None:
    for text in PATTERNS:
        t.http(f"runs like {text}", "GET", f"{FLOW}&run_id_pattern={quote(text)}&order_by=run_id", keep=RUN_IDS)
    for text in PREFIXES:
        t.http(f"runs with prefix {text}", "GET", f"{FLOW}&run_id_prefix_pattern={quote(text)}&order_by=run_id", keep=RUN_IDS)
        t.http(f"dags with prefix {text}", "GET", f"/api/v2/dags?dag_id_pattern=deep_two|deep_day&dag_id_prefix_pattern={quote(text)}&order_by=dag_id", keep=DAG_IDS)
    for text in ("code", "CODE", '"code": 1', "%", "_", "1", "", "{", "{}", "é"):
        t.http(f"runs with conf {text}", "GET", f"{FLOW}&conf_contains={quote(text)}&order_by=run_id", keep=RUN_IDS)
    for words in ("state=success&state=failed", "state=none", "state=null", "state=", "state=FAILED", "state=success,failed", "run_type=manual&run_type=scheduled", "run_type=", "run_type=MANUAL", "dag_version=1&dag_version=2", "dag_version=x", "dag_version=-1", "bundle_version=x", "triggering_user_name_pattern=", "triggering_user_name_prefix_pattern=a", "partition_key_prefix_pattern=p", "consuming_asset_pattern=x", "consuming_asset_prefix_pattern=x"):
        t.http(f"runs {words}", "GET", f"{FLOW}&{words}&order_by=run_id", keep=RUN_IDS)
    for words in ("state=success", "state=none", "state=no_status", "state=null", "state=", "state=none&state=failed", "pool=default_pool", "pool=default_pool&pool=x", "pool_name_prefix_pattern=def", "queue=default", "queue_name_pattern=default", "queue_name_prefix_pattern=d", "executor=", "executor=LocalExecutor", "version_number=1", "version_number=x", "try_number=0", "try_number=1", "try_number=-1", "operator=EmptyOperator&operator=BashOperator", "operator=", "operator_name_prefix_pattern=Emp", "operator_name_prefix_pattern=emp", "map_index=-1", "map_index=0&map_index=1", "map_index=x", "rendered_map_index_pattern=item", "rendered_map_index_pattern=1", "rendered_map_index_prefix_pattern=item-2", "rendered_map_index_prefix_pattern=0", "task_display_name_prefix_pattern=g.", "task_id=g", "task_id=g.x", "task_group_id=g", "task_group_id=nothing", "task_group_id=", "dag_id_pattern=flow", "run_id_pattern=f1|f2", "run_id_prefix_pattern=f3", "run_id_prefix_pattern=F3"):
        t.http(f"instances {words}", "GET", f"{OF_TASKS}&{words}&limit=100", keep=TASK_SETS)
        if "=" in words and not words.startswith(("dag_id", "run_id")):
            t.http(f"instances of one {words}", "GET", f"{OF_RUN}?{words}&limit=100", keep=TASK_SETS)
    for words in ("state=success", "map_index=1", "rendered_map_index_pattern=20", "operator=x", "try_number=1", "pool=x", "duration_gte=0", "run_after_gte=2024-01-01T00:00:00Z"):
        t.http(f"mapped {words}", "GET", f"{OF_RUN}/each/listMapped?{words}", keep=TASK_IDS)
    for words in ("tags=deep", "tags=deep&tags=alpha&tags_match_mode=all", "tags=deep&tags=alpha&tags_match_mode=any", "tags=deep&tags=alpha", "tags_match_mode=x", "tags=", "tags_match_mode=all", "owners=airflow", "owners=air", "owners=airflow&owners=anna", "paused=true", "paused=1", "paused=yes", "paused=x", "paused=", "exclude_stale=false", "has_import_errors=true", "has_import_errors=false", "has_asset_schedule=true", "has_asset_schedule=false", "asset_dependency=deep_one", "asset_dependency=s3", "is_favorite=true", "is_favorite=false", "last_dag_run_state=success", "last_dag_run_state=x", "last_dag_run_state=", "bundle_name=dags-folder", "dag_run_state=failed", "dag_run_state=x", "dag_run_start_date_gte=2024-01-01T00:00:00Z", "dag_run_end_date_lte=2024-01-01T00:00:00Z", "dag_run_start_date_lt=2024-01-01T00:00:00Z", "timetable_type=x"):
        t.http(f"dags {words}", "GET", f"/api/v2/dags?dag_id_prefix_pattern=deep_&{words}&order_by=dag_id", keep=DAG_IDS)
    for words in ("dag_id=deep_flow", "task_id=b", "run_id=f1", "map_index=1", "try_number=1", "owner=nobody", "event=trigger_dag_run", "excluded_events=trigger_dag_run", "included_events=trigger_dag_run&included_events=x", "before=2024-01-01T00:00:00Z", "after=2999-01-01T00:00:00Z", "before=x", "dag_id_pattern=deep_flow", "run_id_pattern=f1|f2", "event_pattern=TRIGGER", "event_prefix_pattern=trigger", "owner_pattern=%"):
        t.http(f"event logs {words}", "GET", f"/api/v2/eventLogs?dag_id=deep_flow&event=trigger_dag_run&{words}&order_by=id", keep=only("event_logs", "dag_id", "run_id", "event"))
    for words in ("xcom_key=return_value", "xcom_key_pattern=RETURN", "xcom_key_prefix_pattern=ret", "xcom_key_prefix_pattern=RET", "map_index=0", "map_index=-1", "map_index=-2", "map_index_filter=1", "map_index_filter=x", "task_id_pattern=ea", "task_id_prefix_pattern=ea", "run_id_pattern=f1", "run_id_prefix_pattern=f2", "dag_display_name_pattern=flow", "dag_display_name_prefix_pattern=deep"):
        t.http(f"xcoms {words}", "GET", f"{OF_RUN}/~/xcomEntries?{words}", keep=sets("xcom_entries", "task_id", "map_index", "key"))
    for words in ("dag_ids=deep_use", "dag_ids=deep_use&dag_ids=deep_make", "uri_pattern=S3://deep", "name_prefix_pattern=deep", "name_prefix_pattern=Deep", "only_active=false", "only_active=x"):
        t.http(f"assets {words}", "GET", f"/api/v2/assets?name_pattern=deep_&{words}&order_by=name", keep=only("assets", "name", "uri", "group"))
    for words in ("dag_ids=deep_flow", "dag_ids=deep_flow&dag_ids=deep_two", "dag_ids=deep_flow&dag_ids=nowhere", "dag_ids="):
        t.http(f"stats {words}", "GET", f"/api/v2/dagStats?{words}")
    for body in ({"dag_ids": ["deep_flow"], "states": ["failed"]}, {"dag_ids": []}, {"dag_ids": ["deep_flow", "nowhere"]}, {"states": ["nonsense"]}, {"states": [None], "dag_ids": ["deep_flow"]}, {"dag_ids": "deep_flow"}, {"dag_ids": ["deep_flow"], "conf_contains": "code"}, {"dag_ids": ["deep_flow"], "start_date_gte": "2024-03-02"}, {"dag_ids": ["deep_flow"], "duration_gte": -1}, []):
        t.http(f"runs batch {body}", "POST", "/api/v2/dags/~/dagRuns/list", body, keep=sets("dag_runs", "dag_run_id") if body != {"dag_ids": []} else lambda _: "all")
    for dag in ("deep_flow", "nowhere"):
        t.http(f"runs batch of {dag}", "POST", f"/api/v2/dags/{dag}/dagRuns/list", {"dag_ids": ["deep_flow"]}, keep=sets("dag_runs", "dag_run_id"))
        t.http(f"instances batch of {dag}", "POST", f"/api/v2/dags/{dag}/dagRuns/~/taskInstances/list", {"dag_ids": ["deep_flow"]}, keep=TASK_SETS)
    t.http("instances batch of a run", "POST", "/api/v2/dags/deep_flow/dagRuns/f1/taskInstances/list", {"dag_ids": ["deep_flow"]}, keep=TASK_SETS)
    for body in ({"state": ["failed"]}, {"state": ["none"]}, {"state": [None]}, {"state": ["nonsense"]}, {"task_ids": ["a"], "dag_run_ids": ["f1"]}, {"task_ids": ["each"], "dag_run_ids": ["f1"], "pool": ["default_pool"]}, {"queue": ["x"]}, {"executor": ["x"]}, {"dag_ids": None}, {"task_ids": ["g.x"], "duration_gte": 0}, {"operator": ["x"]}):
        t.http(f"instances batch {body}", "POST", "/api/v2/dags/~/dagRuns/~/taskInstances/list", {"dag_ids": ["deep_flow"], **body} if "dag_ids" not in body else body, keep=TASK_SETS if body != {"dag_ids": None} else lambda _: "all")


def vaults(t: Talk) -> None:
    """Variables, connections and pools with names that are hard to find, and each order."""
    for n, name in enumerate(("deep_a", "deep_B", "deep%c", "deep d", "deép/e")):
        t.http(f"variable {name} new", "POST", "/api/v2/variables", {"key": name, "value": str(n), "description": "d" if n % 2 else None})
        t.http(f"pool {name} new", "POST", "/api/v2/pools", {"name": name, "slots": n, "include_deferred": False})
        t.http(f"connection {name} new", "POST", "/api/v2/connections", {"connection_id": name, "conn_type": "http" if n % 2 else "ftp", "host": f"h{9 - n}", "port": n})
    for text in ("deep", "DEEP", "deep%", "deep_a|deep_B", "deep%%c", "é", "d", "/"):
        t.http(f"variables like {text}", "GET", f"/api/v2/variables?variable_key_pattern={quote(text)}&order_by=key", keep=only("variables", "key"))
        t.http(f"pools like {text}", "GET", f"/api/v2/pools?pool_name_pattern={quote(text)}&order_by=name", keep=only("pools", "name"))
        t.http(f"connections like {text}", "GET", f"/api/v2/connections?connection_id_pattern={quote(text)}&order_by=connection_id", keep=only("connections", "connection_id"))
    for text in ("deep", "DEEP", "deep%", "deep_", "deep_a|deep_B", "deé"):
        t.http(f"variables with prefix {text}", "GET", f"/api/v2/variables?variable_key_prefix_pattern={quote(text)}&order_by=key", keep=only("variables", "key"))
        t.http(f"pools with prefix {text}", "GET", f"/api/v2/pools?pool_name_prefix_pattern={quote(text)}&order_by=name", keep=only("pools", "name"))
        t.http(f"connections with prefix {text}", "GET", f"/api/v2/connections?connection_id_prefix_pattern={quote(text)}&order_by=connection_id", keep=only("connections", "connection_id"))
    for key in ("id", "key", "-key", "is_encrypted", "description"):
        t.http(f"variables by {key}", "GET", f"/api/v2/variables?variable_key_prefix_pattern=dee&order_by={key}", keep=only("variables", "key") if key in ("id", "key", "-key") else sets("variables", "key"))
    for key in ("connection_id", "-connection_id", "conn_id", "conn_type", "description", "host", "-host", "port", "-port", "id", "-id", "login"):
        t.http(f"connections by {key}", "GET", f"/api/v2/connections?connection_id_prefix_pattern=dee&order_by={key}", keep=sets("connections", "connection_id") if key in ("description") else only("connections", "connection_id"))
    for key in ("id", "name", "-name", "pool", "description", "occupied_slots"):
        t.http(f"pools by {key}", "GET", f"/api/v2/pools?pool_name_prefix_pattern=dee&order_by={key}", keep=only("pools", "name"))


PARTS = (orders, pages, ranges, patterns, vaults)
