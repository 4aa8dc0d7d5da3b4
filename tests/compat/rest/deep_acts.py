"""What people do to runs, instances, backfills, assets and XComs, with every option and its faults; and the logs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow_client.client import api
from deep_lists import TASK_SETS, sets
from talk import Talk

FLOW = "/api/v2/dags/deep_flow"
RUNS = f"{FLOW}/dagRuns"
CLEAR = f"{FLOW}/clearTaskInstances"


def over(t: Talk, dag_id: str, run_id: str) -> None:
    runs = api.DagRunApi(t.client)
    t.until(f"the end of {dag_id} {run_id}", lambda: runs.get_dag_run(dag_id, run_id).state in ("success", "failed"))


def deep(t: Talk) -> None:
    """DAGs, paused as they came or not, and three runs of deep_flow of which two failed."""
    dags, runs = api.DAGApi(t.client), api.DagRunApi(t.client)
    names = ["flow", "two", "day", "past", "ask", "make", "use", "either", "log"]
    for name in names:
        t.until(f"DAG deep_{name}", lambda name=name: dags.get_dag(f"deep_{name}"))
    for name in ("flow", "ask", "make", "log"):
        t.http(f"unpause deep_{name}", "PATCH", f"/api/v2/dags/deep_{name}", {"is_paused": False})
    for n, code in ((1, 1), (2, 0), (3, 1)):
        body = {"dag_run_id": f"f{n}", "logical_date": f"2024-03-0{n}T00:00:00Z", "conf": {"code": code}, "note": f"run {n}"}
        t.http(f"flow {n}", "POST", RUNS, body)
        over(t, "deep_flow", f"f{n}")
    del runs
    t.http("flow instances", "GET", f"{RUNS}/f1/taskInstances?limit=100", keep=by_task)


def settled(run: Any) -> Any:
    """A run without what changes as soon as a scheduler sees it."""
    return {k: v for k, v in run.items() if k not in ("state", "start_date", "queued_at", "last_scheduling_decision")}


def by_task(body: Any) -> Any:
    body["task_instances"].sort(key=lambda ti: (ti["task_id"], ti["map_index"], ti["dag_run_id"]))
    return body


def states(body: Any) -> Any:
    """The instances' states alone."""
    rows = [[ti["dag_run_id"], ti["task_id"], ti["map_index"], ti["state"]] for ti in body["task_instances"]]
    return {"total": body.get("total_entries"), "rows": sorted(rows)}


CHOICES: tuple[dict[str, Any], ...] = (
    {},
    {"only_failed": False},
    {"only_running": True},
    {"only_running": True, "only_failed": True},
    {"dag_run_id": "f1"},
    {"dag_run_id": "f1", "only_failed": False},
    {"dag_run_id": "f1", "task_ids": ["b"]},
    {"dag_run_id": "f1", "task_ids": ["b"], "include_downstream": True},
    {"dag_run_id": "f1", "task_ids": ["b"], "include_downstream": True, "only_failed": False},
    {"dag_run_id": "f1", "task_ids": ["c"], "include_upstream": True, "only_failed": False},
    {"dag_run_id": "f1", "task_ids": ["each"], "include_upstream": True, "include_downstream": True, "only_failed": False},
    {"dag_run_id": "f2", "task_ids": ["b"], "include_future": True},
    {"dag_run_id": "f2", "task_ids": ["b"], "include_past": True},
    {"dag_run_id": "f2", "task_ids": ["b"], "include_past": True, "include_future": True, "only_failed": False},
    {"dag_run_id": "f1", "task_ids": [["each", 1]], "only_failed": False},
    {"dag_run_id": "f1", "task_ids": [["each", 0], ["each", 1]], "only_failed": False},
    {"dag_run_id": "f1", "task_ids": [["each", 9]], "only_failed": False},
    {"dag_run_id": "f1", "task_ids": [["a", -1]], "only_failed": False},
    {"dag_run_id": "f1", "task_ids": [["a", 0]], "only_failed": False},
    {"dag_run_id": "f1", "task_ids": [["each", 1], "a"], "only_failed": False},
    {"dag_run_id": "f1", "task_ids": [["each", 1]], "include_downstream": True, "only_failed": False},
    {"dag_run_id": "f1", "task_ids": ["each", ["each", 1]], "only_failed": False},
    {"dag_run_id": "f1", "task_ids": ["g"], "only_failed": False},
    {"dag_run_id": "f1", "task_ids": ["g.x"], "only_failed": False},
    {"dag_run_id": "f1", "task_ids": ["nothing"], "only_failed": False},
    {"dag_run_id": "f1", "task_ids": ["nothing", "a"], "only_failed": False},
    {"dag_run_id": "f1", "task_ids": []},
    {"dag_run_id": "f1", "task_ids": None},
    {"dag_run_id": "f1", "task_ids": [1]},
    {"dag_run_id": "f1", "task_ids": [["each"]]},
    {"dag_run_id": "f1", "task_ids": [["each", "x"]]},
    {"dag_run_id": "f1", "task_ids": [["each", "1"]], "only_failed": False},
    {"dag_run_id": "f1", "task_ids": "a"},
    {"start_date": "2024-03-02T00:00:00Z"},
    {"end_date": "2024-03-02T00:00:00Z"},
    {"start_date": "2024-03-02T00:00:00Z", "end_date": "2024-03-03T00:00:00Z", "only_failed": False, "task_ids": ["b"]},
    {"start_date": "2024-03-03T00:00:00Z", "end_date": "2024-03-02T00:00:00Z"},
    {"start_date": "2024-03-02T00:00:00Z", "end_date": "2024-03-02T00:00:00Z"},
    {"start_date": "2024-03-02"},
    {"start_date": "2024-03-02T00:00:00"},
    {"start_date": None, "end_date": None, "dag_run_id": "f1"},
    {"dag_run_id": "f1", "start_date": "2024-03-02T00:00:00Z"},
    {"dag_run_id": "f1", "include_future": True, "end_date": "2024-03-02T00:00:00Z"},
    {"dag_run_id": "f1", "include_past": True, "start_date": "2024-03-02T00:00:00Z"},
    {"include_future": True},
    {"include_past": True},
    {"dag_run_id": None, "include_future": True},
    {"dag_run_id": "nothing"},
    {"dag_run_id": ""},
    {"dag_run_id": 1},
    {"nonsense": 1},
    {"dag_run_id": "f1", "run_on_latest_version": True},
    {"dag_run_id": "f1", "prevent_running_task": True},
    {"dag_run_id": "f1", "only_new": True},
    {"dag_run_id": "f1", "note": "x" * 1001},
    {"dag_run_id": "f1", "reset_dag_runs": False},
    {"dag_run_id": "f1", "only_failed": "yes"},
    {"dag_run_id": "f1", "only_failed": None},
    {"dag_run_id": "f1", "only_failed": 2},
    {"dag_run_id": "f1", "task_group_id": "g", "only_failed": False},
)


def clears(t: Talk) -> None:
    for choice in CHOICES:
        t.http(f"clear dry {choice}", "POST", CLEAR, choice, keep=TASK_SETS)
    for text in ([], None, "x"):
        t.http(f"clear with body {text}", "POST", CLEAR, text)
    done = {"dry_run": False, "dag_run_id": "f1"}
    t.http("clear one", "POST", CLEAR, {**done, "task_ids": ["b"], "note": "cleared"}, keep=TASK_SETS)
    over(t, "deep_flow", "f1")
    t.http("after clear one", "GET", f"{RUNS}/f1/taskInstances?limit=100", keep=by_task)
    t.http("tries after clear one", "GET", f"{RUNS}/f1/taskInstances/b/tries")
    t.http("run after clear one", "GET", f"{RUNS}/f1")
    t.http("clear kept", "POST", CLEAR, {**done, "task_ids": ["a"], "only_failed": False, "reset_dag_runs": False}, keep=TASK_SETS)
    t.http("run after clear kept", "GET", f"{RUNS}/f1")
    t.http("instance after clear kept", "GET", f"{RUNS}/f1/taskInstances/a")
    t.http("clear index", "POST", CLEAR, {"dry_run": False, "dag_run_id": "f2", "task_ids": [["each", 1]], "only_failed": False}, keep=TASK_SETS)
    over(t, "deep_flow", "f2")
    t.http("after clear index", "GET", f"{RUNS}/f2/taskInstances?task_id=each", keep=states)
    t.http("clear future", "POST", CLEAR, {"dry_run": False, "dag_run_id": "f2", "task_ids": ["c"], "only_failed": False, "include_future": True}, keep=TASK_SETS)
    over(t, "deep_flow", "f2")
    over(t, "deep_flow", "f3")
    t.http("after clear future", "GET", "/api/v2/dags/deep_flow/dagRuns/~/taskInstances?task_id=c&limit=100", keep=states)
    for body in ({}, {"dry_run": True}, {"dry_run": True, "only_failed": True}, {"dry_run": True, "only_new": True}, {"dry_run": True, "only_failed": True, "only_new": True}, {"dry_run": "x"}, {"nonsense": 1}, {"dry_run": True, "run_on_latest_version": True}, {"dry_run": True, "note": "n"}, {"dry_run": True, "note": "x" * 1001}):
        t.http(f"clear run dry {body}", "POST", f"{RUNS}/f3/clear", body, keep=TASK_SETS)
    t.http("clear run", "POST", f"{RUNS}/f3/clear", {"dry_run": False, "only_failed": True, "note": "again"}, keep=settled)
    over(t, "deep_flow", "f3")
    t.http("after clear run", "GET", f"{RUNS}/f3/taskInstances?limit=100", keep=states)
    t.http("run after clear run", "GET", f"{RUNS}/f3")
    for body in ({"dag_runs": [{"dag_run_id": "f1"}, {"dag_run_id": "f3"}]}, {"dag_runs": [{"dag_run_id": "nothing"}]}, {"dag_runs": []}, {"dag_runs": [{}]}, {"dag_runs": [{"dag_run_id": "f1"}], "only_failed": True}, {"dag_runs": [{"dag_run_id": "f1"}], "only_new": True}, {"dag_runs": [{"dag_run_id": "f1", "dag_id": "deep_two"}]}, {"dag_runs": [{"dag_run_id": "f1"}], "nonsense": 1}, {"dag_runs": ["f1"]}):
        t.http(f"clear runs dry {body}", "POST", f"{FLOW}/clearDagRuns", {"dry_run": True, **body}, keep=TASK_SETS)
    t.http("clear runs", "POST", f"{FLOW}/clearDagRuns", {"dry_run": False, "dag_runs": [{"dag_run_id": "f1"}], "only_failed": True}, keep=sets("dag_runs", "dag_run_id"))
    over(t, "deep_flow", "f1")


def marks(t: Talk) -> None:
    one = f"{RUNS}/f2/taskInstances"
    for body in ({}, {"new_state": "success"}, {"new_state": "failed"}, {"new_state": "skipped"}, {"new_state": "nonsense"}, {"new_state": None}, {"new_state": "queued"}, {"note": "n"}, {"note": None}, {"note": 1}, {"note": "x" * 1001}, {"new_state": "failed", "include_downstream": True}, {"new_state": "failed", "include_upstream": True}, {"new_state": "failed", "include_future": True}, {"new_state": "failed", "include_past": True}, {"new_state": "failed", "include_past": True, "include_future": True, "include_upstream": True, "include_downstream": True}, {"nonsense": 1}, {"new_state": "failed", "include_downstream": "x"}, []):
        for task in ("b", "each", "g.y"):
            t.http(f"mark {task} dry {body}", "PATCH", f"{one}/{task}/dry_run", body, keep=TASK_SETS)
        t.http(f"mark index dry {body}", "PATCH", f"{one}/each/1/dry_run", body, keep=TASK_SETS)
        t.http(f"mark group dry {body}", "PATCH", f"{RUNS}/f2/taskGroupInstances/g/dry_run", body, keep=TASK_SETS)
    for words in ("update_mask=note", "update_mask=new_state", "update_mask=nonsense", "update_mask=note&update_mask=new_state", "update_mask="):
        t.http(f"mark dry {words}", "PATCH", f"{one}/b/dry_run?{words}", {"new_state": "failed", "note": "n"}, keep=TASK_SETS)
        t.http(f"note {words}", "PATCH", f"{one}/a?{words}", {"note": f"by {words}"}, keep=states)
        t.http(f"note after {words}", "GET", f"{one}/a", keep=lambda b: b["note"])
    for task in ("b", "each", "g.y"):
        t.http(f"mark {task}", "PATCH", f"{one}/{task}", {"new_state": "skipped", "note": "why"}, keep=by_task)
    t.http("mark index", "PATCH", f"{one}/each/1", {"new_state": "failed", "note": "one"}, keep=by_task)
    t.http("mark by query", "PATCH", f"{one}/each?map_index=0", {"new_state": "success"}, keep=by_task)
    t.http("mark by missing query", "PATCH", f"{one}/each?map_index=7", {"new_state": "success"}, keep=by_task)
    t.http("mark missing index", "PATCH", f"{one}/each/7", {"new_state": "success"}, keep=by_task)
    t.http("mark bad index", "PATCH", f"{one}/each/x", {"new_state": "success"}, keep=by_task)
    t.http("note of all", "PATCH", f"{one}/each", {"note": "all of them"}, keep=by_task)
    t.http("mark group", "PATCH", f"{RUNS}/f2/taskGroupInstances/g", {"new_state": "failed"}, keep=by_task)
    t.http("mark group missing run", "PATCH", f"{RUNS}/nothing/taskGroupInstances/g", {"new_state": "failed"})
    t.http("mark group of task", "PATCH", f"{RUNS}/f2/taskGroupInstances/a", {"new_state": "failed"})
    over(t, "deep_flow", "f2")
    t.http("after marks", "GET", f"{one}?limit=100", keep=by_task)
    t.http("run after marks", "GET", f"{RUNS}/f2")
    bulk = f"{RUNS}/f2/taskInstances"
    for entity in ({"task_id": "a", "new_state": "success"}, {"task_id": "each", "new_state": "success", "map_index": 1}, {"task_id": "each", "map_index": 9, "new_state": "failed"}, {"task_id": "nothing", "new_state": "failed"}, {"task_id": "a", "note": "bulk"}, {"task_id": "a"}, {}, {"task_id": "a", "new_state": "nonsense"}, {"task_id": "a", "dag_id": "deep_flow", "dag_run_id": "f1", "note": "other"}, {"task_id": "a", "nonsense": 1}, "a"):
        t.http(f"bulk instances of {entity}", "PATCH", bulk, {"actions": [{"action": "update", "entities": [entity]}]})
    for body in ({}, {"actions": []}, {"actions": [{}]}, {"actions": [{"action": "nonsense", "entities": []}]}, {"actions": [{"action": "update", "entities": []}]}, {"actions": [{"action": "delete", "entities": ["nothing"]}]}, {"actions": [{"action": "delete", "entities": ["nothing"], "action_on_non_existence": "skip"}]}, {"actions": [{"action": "delete", "entities": [{"task_id": "each", "map_index": 0}]}]}, {"actions": [{"action": "delete", "entities": ["g.y"]}]}, {"actions": [{"action": "create", "entities": [{"task_id": "a"}], "action_on_existence": "skip"}]}, {"actions": "x"}, {"actions": [{"action": "update", "entities": [{"task_id": "a", "note": "m"}], "update_mask": ["note"]}]}, {"actions": [{"action": "update", "entities": [{"task_id": "a", "note": "m"}], "update_mask": ["nonsense"]}]}):
        t.http(f"bulk instances {body}", "PATCH", bulk, body)
    t.http("after bulk", "GET", f"{one}?limit=100", keep=states)
    t.http("bulk anywhere", "PATCH", "/api/v2/dags/~/dagRuns/~/taskInstances", {"actions": [{"action": "update", "entities": [{"task_id": "a", "note": "x"}]}]})
    t.http("bulk anywhere named", "PATCH", "/api/v2/dags/~/dagRuns/~/taskInstances", {"actions": [{"action": "update", "entities": [{"task_id": "a", "dag_id": "deep_flow", "dag_run_id": "f2", "note": "x"}]}]})
    for words in ("map_index=0", "map_index=1", "map_index=x"):
        t.http(f"delete instance {words}", "DELETE", f"{one}/each?{words}")
    for body in ({}, {"state": "queued"}, {"state": "running"}, {"state": "nonsense"}, {"state": None}, {"note": None}, {"note": "x" * 1001}, {"note": "x" * 1000}, {"note": ""}, {"nonsense": 1}, {"state": "success", "note": "both"}, []):
        t.http(f"change run {body if len(str(body)) < 100 else len(str(body))}", "PATCH", f"{RUNS}/f2", body, keep=lambda b: b["note"])
    for words in ("update_mask=state", "update_mask=note", "update_mask=nonsense", "update_mask=state&update_mask=note", "update_mask="):
        t.http(f"change run by {words}", "PATCH", f"{RUNS}/f3?{words}", {"state": "success", "note": words}, keep=lambda b: [b["state"], b["note"]])


def triggers(t: Talk) -> None:
    two = "/api/v2/dags/deep_two/dagRuns"
    for body in ({}, [], {"logical_date": "x"}, {"logical_date": "2024-02-01"}, {"logical_date": "2024-02-01T00:00:00"}, {"logical_date": None, "dag_run_id": 1}, {"logical_date": None, "dag_run_id": ""}, {"logical_date": None, "dag_run_id": "a/b"}, {"logical_date": None, "dag_run_id": "a b"}, {"logical_date": None, "dag_run_id": "x" * 251}, {"logical_date": None, "dag_run_id": "~"}, {"logical_date": None, "dag_run_id": "../x"}, {"logical_date": None, "dag_run_id": "scheduled__2024-02-01T00:00:00+00:00"}, {"logical_date": None, "dag_run_id": "backfill__x"}, {"logical_date": None, "dag_run_id": "manual__x"}, {"logical_date": None, "conf": []}, {"logical_date": None, "conf": "x"}, {"logical_date": None, "conf": None, "dag_run_id": "no conf"}, {"logical_date": None, "note": 1}, {"logical_date": None, "note": "x" * 1001}, {"logical_date": None, "nonsense": 1}, {"logical_date": None, "data_interval_start": "2024-02-01T00:00:00Z", "data_interval_end": "2024-01-01T00:00:00Z", "dag_run_id": "backwards"}, {"logical_date": "2024-02-05T00:00:00Z", "data_interval_start": "2024-02-01T00:00:00Z", "data_interval_end": "2024-02-02T00:00:00Z", "dag_run_id": "interval"}, {"logical_date": "2024-02-05T00:00:00Z", "dag_run_id": "the same date"}, {"logical_date": "2024-02-06T00:00:00+09:00", "dag_run_id": "zone"}, {"logical_date": None, "run_after": "2024-02-07T00:00:00Z"}, {"logical_date": None, "run_after": "2024-02-07T00:00:00Z", "dag_run_id": "after"}, {"logical_date": "2024-02-08T00:00:00.123456Z"}, {"logical_date": None, "partition_key": "p1", "dag_run_id": "part"}, {"logical_date": "2020-01-01T00:00:00Z", "dag_run_id": "early"}):
        t.http(f"trigger {str(body)[:120]}", "POST", two, body)
    t.http("triggered", "GET", f"{two}?order_by=run_id", keep=sets("dag_runs", "dag_run_id", "run_type", "logical_date", "state", "triggered_by"))
    t.http("stats of two", "GET", "/api/v2/dagStats?dag_ids=deep_two")
    t.http("delete queued run", "DELETE", f"{two}/after")
    t.http("delete queued run again", "DELETE", f"{two}/after")
    t.http("delete run of missing dag", "DELETE", "/api/v2/dags/nowhere/dagRuns/x")
    for body in ({"actions": [{"action": "delete", "entities": ["interval", "nothing"]}]}, {"actions": [{"action": "delete", "entities": ["nothing"], "action_on_non_existence": "skip"}]}, {"actions": [{"action": "update", "entities": [{"dag_run_id": "zone", "note": "n", "state": "failed"}]}]}, {"actions": [{"action": "update", "entities": [{"dag_run_id": "zone", "state": "nonsense"}]}]}, {"actions": [{"action": "update", "entities": [{"dag_run_id": "zone", "note": "m"}], "update_mask": ["note"]}]}, {"actions": [{"action": "delete", "entities": [{"dag_run_id": "zone"}, {"dag_run_id": "early"}]}]}, {}):
        t.http(f"bulk runs {body}", "PATCH", two, body)
    t.http("past runs", "POST", "/api/v2/dags/deep_past/dagRuns", {"logical_date": "2024-02-01T00:00:00Z", "dag_run_id": "p"})
    t.http("cron date", "POST", "/api/v2/dags/deep_past/dagRuns", {"logical_date": "2024-02-02T05:00:00Z", "dag_run_id": "between"})
    for words in ("interval=0", "interval=-1", "interval=x", "", "interval=1&result=nothing", "interval=0.5&result=each&result=a", "interval=1&result=each", "interval=1e-3"):
        t.http(f"wait {words}", "GET", f"{RUNS}/f3/wait?{words}", accept="application/x-ndjson")


def xcoms(t: Talk) -> None:
    at = f"{RUNS}/f3/taskInstances"
    values = (1, None, "text", 1.5, True, [1, [2]], {"a": {"b": None}}, "", [], {}, 12345678901234567890, 1e308, "é☃", {"__classname__": "x", "__version__": 1, "__data__": "d"}, {"__type": "set", "__var": [1]})
    for n, value in enumerate(values):
        t.http(f"xcom {value!r} new", "POST", f"{at}/a/xcomEntries", {"key": f"k{n}", "value": value})
        for words in ("", "stringify=true", "deserialize=true", "deserialize=true&stringify=true"):
            t.http(f"xcom {value!r} {words}", "GET", f"{at}/a/xcomEntries/k{n}?{words}")
        t.http(f"xcom {value!r} change", "PATCH", f"{at}/a/xcomEntries/k{n}", {"value": [value]})
    t.http("xcoms after", "GET", f"{at}/a/xcomEntries?order_by=key")
    for body in ({}, {"key": "k"}, {"value": 1}, {"key": "", "value": 1}, {"key": "x" * 513, "value": 1}, {"key": 1, "value": 1}, {"key": "i", "value": 1, "map_index": 0}, {"key": "i", "value": 1, "map_index": 9}, {"key": "i", "value": 1, "map_index": -2}, {"key": "i", "value": 1, "nonsense": 1}, {"key": "a/b", "value": 1}, {"key": "d", "value": 1, "dag_id": "x"}, {"key": "n", "value": None, "map_index": -1}):
        t.http(f"xcom new {str(body)[:80]}", "POST", f"{at}/a/xcomEntries", body)
        t.http(f"xcom of mapped new {str(body)[:80]}", "POST", f"{at}/each/xcomEntries", body)
    for body in ({}, {"value": 1}, {"value": 1, "map_index": 1}, {"value": 1, "map_index": 9}, {"value": None}, {"value": 1, "nonsense": 1}):
        t.http(f"xcom change {body}", "PATCH", f"{at}/each/xcomEntries/return_value", body)
    for words in ("", "map_index=0", "map_index=1", "map_index=9", "map_index=-2", "map_index=x", "deserialize=x", "map_index=0&stringify=1"):
        t.http(f"xcom at {words}", "GET", f"{at}/each/xcomEntries/return_value?{words}")
        t.http(f"xcoms at {words}", "GET", f"{at}/each/xcomEntries?{words}", keep=sets("xcom_entries", "map_index", "key"))
    for n, words in enumerate(("map_index=9", "map_index=1", "map_index=1", "")):
        t.http(f"xcom delete {words} {n}", "DELETE", f"{at}/each/xcomEntries/return_value?{words}")
    t.http("xcom of missing run", "GET", f"{RUNS}/nothing/taskInstances/a/xcomEntries/k")
    t.http("xcom of missing dag", "GET", "/api/v2/dags/nowhere/dagRuns/f3/taskInstances/a/xcomEntries/k")
    t.http("xcoms of missing task", "GET", f"{at}/nothing/xcomEntries")
    t.http("xcoms of missing run", "GET", f"{RUNS}/nothing/taskInstances/a/xcomEntries")
    t.http("xcoms of missing dag", "GET", "/api/v2/dags/nowhere/dagRuns/f3/taskInstances/a/xcomEntries")


def backfills(t: Talk) -> None:
    at, day = "/api/v2/backfills", {"dag_id": "deep_day"}
    span = {**day, "from_date": "2024-02-01T00:00:00Z", "to_date": "2024-02-03T00:00:00Z"}
    bodies: tuple[Any, ...] = (span, {**span, "run_backwards": True}, {**span, "to_date": "2024-02-01T00:00:00Z"}, {**span, "to_date": "2024-01-01T00:00:00Z"}, {**span, "from_date": "2030-01-01T00:00:00Z", "to_date": "2030-01-02T00:00:00Z"}, {**span, "from_date": "2023-01-01T00:00:00Z", "to_date": "2023-01-02T00:00:00Z"}, {**span, "from_date": "2024-05-31T00:00:00Z", "to_date": "2024-06-05T00:00:00Z"}, {**span, "from_date": "2024-02-01T05:00:00Z", "to_date": "2024-02-01T06:00:00Z"}, {**span, "from_date": "2024-02-01"}, {**span, "from_date": "2024-02-01T00:00:00"}, {**span, "max_active_runs": 0}, {**span, "max_active_runs": -1}, {**span, "max_active_runs": 1}, {**span, "reprocess_behavior": "nonsense"}, {**span, "reprocess_behavior": "none"}, {**span, "reprocess_behavior": "failed"}, {**span, "reprocess_behavior": "completed"}, {**span, "dag_run_conf": {"a": 1}}, {**span, "dag_run_conf": None}, {**span, "dag_run_conf": "x"}, {**span, "run_on_latest_version": False}, {**span, "nonsense": 1}, {"dag_id": "deep_day"}, {**span, "dag_id": "nowhere"}, {**span, "dag_id": "deep_two"}, {**span, "dag_id": "deep_use"}, {**span, "dag_id": "deep_past"}, {**span, "dag_id": "deep_past", "run_backwards": True}, {})  # fmt: skip
    for body in bodies:
        t.http(f"backfill dry {body}", "POST", f"{at}/dry_run", body)
    for body in bodies:
        if "nonsense" in body or not body or body.get("dag_id") != "deep_day" or "from_date" not in body or body["from_date"][:4] == "2030":
            t.http(f"backfill refused {body}", "POST", at, body)
    made = t.http("backfill", "POST", at, {**span, "max_active_runs": 1, "dag_run_conf": {"a": 1}})
    number = made["id"] if isinstance(made, dict) and "id" in made else 0
    t.http("backfill again", "POST", at, span)
    t.http("backfill dry while", "POST", f"{at}/dry_run", span)
    t.http("backfills", "GET", f"{at}?dag_id=deep_day")
    t.http("backfills of nobody", "GET", at)
    t.http("backfills bad order", "GET", f"{at}?dag_id=deep_day&order_by=dag_id")
    t.http("backfill one", "GET", f"{at}/{number}")
    t.http("backfill bad number", "GET", f"{at}/x")
    t.http("backfill runs", "GET", "/api/v2/dags/deep_day/dagRuns?order_by=logical_date&run_type=backfill")
    for n, act in enumerate(("pause", "pause", "unpause", "unpause", "pause", "cancel", "cancel", "pause", "unpause")):
        t.http(f"backfill {act} {n}", "PUT", f"{at}/{number}/{act}", keep=lambda b: {**b, "completed_at": bool(b["completed_at"])})
    t.http("backfill after", "GET", f"{at}/{number}")
    t.http("backfill runs after", "GET", "/api/v2/dags/deep_day/dagRuns?order_by=logical_date&run_type=backfill", keep=sets("dag_runs", "dag_run_id", "state", "run_type", "triggered_by"))
    for act in ("pause", "unpause", "cancel"):
        t.http(f"backfill {act} missing", "PUT", f"{at}/999999/{act}")
        t.http(f"backfill {act} bad number", "PUT", f"{at}/x/{act}")
    t.http("backfill again dry", "POST", f"{at}/dry_run", span)
    t.http("backfill again dry, failed", "POST", f"{at}/dry_run", {**span, "reprocess_behavior": "failed"})
    t.http("backfill again dry, completed", "POST", f"{at}/dry_run", {**span, "reprocess_behavior": "completed"})


def questions(t: Talk) -> None:
    at = "/api/v2/dags/deep_ask/dagRuns/q/taskInstances"
    t.http("ask", "POST", "/api/v2/dags/deep_ask/dagRuns", {"logical_date": None, "dag_run_id": "q"})
    i = api.TaskInstanceApi(t.client)
    t.until("questions", lambda: i.get_hitl_details("deep_ask", "q").total_entries == 4)
    waits = ("deferred", "awaiting_input")
    for task in ("choose", "approve", "enter"):
        t.until("awaiting", lambda task=task: i.get_task_instance("deep_ask", "q", task).state in waits)
    t.until("the late one", lambda: i.get_task_instance("deep_ask", "q", "late").state == "success")
    listed = "/api/v2/dags/deep_ask/dagRuns/q/hitlDetails"

    def rows(body: Any) -> Any:
        return {"total": body["total_entries"], "rows": sorted([h["task_instance"]["task_id"], h["subject"]] for h in body["hitl_details"])}

    for words in ("", "response_received=true", "response_received=false", "response_received=x", "state=deferred", "state=awaiting_input", "state=success", "subject_search=which", "subject_search=?", "body_search=look", "responded_by_user_id=x", "responded_by_user_name=x", "task_id=choose", "task_id_pattern=ap", "task_id_prefix_pattern=ent", "map_index=-1", "map_index=0", "created_at_gte=2024-01-01T00:00:00Z", "created_at_lt=2024-01-01T00:00:00Z", "dag_id_pattern=ask", "dag_id_prefix_pattern=deep", "limit=1&order_by=subject", "limit=1&order_by=-subject", "order_by=task_display_name"):
        t.http(f"questions {words}", "GET", f"{listed}?{words}", keep=rows)
    for task in ("choose", "approve", "enter", "late"):
        t.http(f"question {task}", "GET", f"{at}/{task}/-1/hitlDetails")
    t.http("questions of missing run", "GET", "/api/v2/dags/deep_ask/dagRuns/nothing/hitlDetails")
    t.http("questions of missing dag", "GET", "/api/v2/dags/nowhere/dagRuns/~/hitlDetails")
    t.http("question bad index", "GET", f"{at}/choose/x/hitlDetails")
    t.http("question missing index", "GET", f"{at}/choose/0/hitlDetails")
    t.http("question missing run", "GET", "/api/v2/dags/deep_ask/dagRuns/nothing/taskInstances/choose/-1/hitlDetails")
    for body in ({}, {"chosen_options": []}, {"chosen_options": ["blue"]}, {"chosen_options": "red"}, {"chosen_options": ["red", "blue"]}, {"chosen_options": [1]}, {"chosen_options": ["red"], "params_input": "x"}, []):
        t.http(f"answer {body}", "PATCH", f"{at}/choose/-1/hitlDetails", body)
    t.http("answer", "PATCH", f"{at}/choose/-1/hitlDetails", {"chosen_options": ["red", "green"], "params_input": {"n": 5}, "nonsense": 1})
    t.http("answer again", "PATCH", f"{at}/choose/-1/hitlDetails", {"chosen_options": ["red"]})
    t.http("answer two", "PATCH", f"{at}/approve/-1/hitlDetails", {"chosen_options": ["Approve", "Reject"]})
    t.http("approve", "PATCH", f"{at}/approve/-1/hitlDetails", {"chosen_options": ["Approve"]})
    t.http("enter", "PATCH", f"{at}/enter/-1/hitlDetails", {"chosen_options": ["OK"], "params_input": {"n": 7}})
    t.http("answer late", "PATCH", f"{at}/late/-1/hitlDetails", {"chosen_options": ["a"]})
    t.http("answer missing", "PATCH", f"{at}/nothing/-1/hitlDetails", {"chosen_options": ["a"]})
    t.http("answer missing run", "PATCH", "/api/v2/dags/deep_ask/dagRuns/nothing/taskInstances/choose/-1/hitlDetails", {"chosen_options": ["a"]})
    t.until("the end of choose", lambda: i.get_task_instance("deep_ask", "q", "choose").state == "success")
    t.http("question answered", "GET", f"{at}/choose/-1/hitlDetails")
    t.http("question late answered", "GET", f"{at}/late/-1/hitlDetails")
    t.http("question try", "GET", f"{at}/choose/-1/hitlDetails/tries/1")
    t.http("question try missing", "GET", f"{at}/choose/-1/hitlDetails/tries/9")
    t.http("question try bad", "GET", f"{at}/choose/-1/hitlDetails/tries/x")
    t.http("xcom of choose", "GET", f"{at}/choose/xcomEntries/return_value", keep=without_people)
    t.http("xcom of late", "GET", f"{at}/late/xcomEntries/return_value", keep=without_people)
    t.http("questions answered", "GET", f"{listed}?response_received=true", keep=rows)


def without_people(body: Any) -> Any:
    return {**body, "value": body["value"]}


def assets(t: Talk) -> None:
    a = api.AssetApi(t.client)
    by_name = {x.name: x.id for x in (a.get_assets(name_pattern="deep_").assets or [])}
    one, two = by_name["deep_one"], by_name["deep_two"]
    t.http("asset one", "GET", f"/api/v2/assets/{one}")
    t.http("asset two", "GET", f"/api/v2/assets/{two}")
    t.http("unpause deep_use", "PATCH", "/api/v2/dags/deep_use", {"is_paused": False}, keep=lambda b: b["is_paused"])
    alias = t.http("aliases deep", "GET", "/api/v2/assets/aliases?name_prefix_pattern=deep_")["asset_aliases"][0]["id"]
    t.ask("alias deep", a.get_asset_alias, alias)
    for body in ({}, {"asset_id": "x"}, {"asset_id": one, "extra": "x"}, {"asset_id": one, "nonsense": 1}, {"asset_id": None}, {"asset_id": -1}, [], {"asset_id": one, "extra": {"from_rest_api": False}}, {"asset_id": one, "extra": {}}, {"asset_id": one}):
        told = {**body, "asset_id": "known"} if isinstance(body, dict) and body.get("asset_id") == one else body
        t.http(f"event {told}", "POST", "/api/v2/assets/events", body)
    t.http("queued of use", "GET", "/api/v2/dags/deep_use/assets/queuedEvents", keep=lambda b: b["total_entries"])
    t.http("queued of either", "GET", "/api/v2/dags/deep_either/assets/queuedEvents", keep=lambda b: b["total_entries"])
    t.http("queued of flow", "GET", "/api/v2/dags/deep_flow/assets/queuedEvents")
    t.http("queued of missing", "GET", "/api/v2/dags/nowhere/assets/queuedEvents")
    for path in (f"assets/{one}/queuedEvents", f"dags/deep_use/assets/{one}/queuedEvents", "dags/deep_use/assets/queuedEvents"):
        said = path.replace(str(one), "1")
        t.http(f"queued at {said} before", "GET", f"/api/v2/{path}?before=2024-01-01T00:00:00Z")
        t.http(f"queued at {said} bad before", "GET", f"/api/v2/{path}?before=x")
        t.http(f"queued at {said} all", "GET", f"/api/v2/{path}?before=2999-01-01T00:00:00Z", keep=lambda b: b.get("total_entries", b))
        t.http(f"queued at {said} delete none", "DELETE", f"/api/v2/{path}?before=2024-01-01T00:00:00Z")
        t.http(f"queued at {said} delete bad", "DELETE", f"/api/v2/{path}?before=x")
        t.http(f"queued at {said} delete", "DELETE", f"/api/v2/{path}")
        t.http(f"queued at {said} delete again", "DELETE", f"/api/v2/{path}")
        t.http("event for the next" + said, "POST", "/api/v2/assets/events", {"asset_id": one})
    for path in ("assets/999999/queuedEvents", "dags/nowhere/assets/1/queuedEvents", "dags/nowhere/assets/queuedEvents", "dags/deep_use/assets/999999/queuedEvents", "assets/x/queuedEvents"):
        for method in ("GET", "DELETE"):
            t.http(f"queued {method} {path}", method, f"/api/v2/{path}")
    for words in ("name_pattern=deep_one", "name_prefix_pattern=deep_", "source_map_index=-1", "source_task_id=make", "source_run_id=x", "asset_id=x"):
        t.http(f"events {words}", "GET", f"/api/v2/assets/events?name_prefix_pattern=deep_&{words}&order_by=timestamp", keep=lambda b: [b["total_entries"], [[e["name"], e["uri"], e["extra"], e["source_dag_id"], e["source_map_index"]] for e in b["asset_events"]]])
    for n, body in enumerate((None, {}, {"dag_run_id": "m1", "logical_date": None, "conf": {"x": 1}, "note": "made"}, {"nonsense": 1}, {"dag_run_id": "m1"}, {"conf": "x"})):
        t.http(f"materialize {body} {n}", "POST", f"/api/v2/assets/{one}/materialize", body, keep=lambda b: {k: v for k, v in settled(b).items() if k != "dag_run_id"})
    t.http("materialize bad id", "POST", "/api/v2/assets/x/materialize")
    over(t, "deep_make", "m1")
    t.http("made events", "GET", "/api/v2/assets/events?source_run_id=m1&order_by=timestamp", keep=lambda b: sorted([e["name"], e["source_task_id"], e["source_run_id"], e["source_map_index"]] for e in b["asset_events"]))
    runs = api.DagRunApi(t.client)
    t.until("a run of deep_use", lambda: runs.get_dag_runs("deep_use").total_entries)
    made = runs.get_dag_runs("deep_use").dag_runs[0].dag_run_id
    over(t, "deep_use", made)
    t.http("run of use", "GET", "/api/v2/dags/deep_use/dagRuns?order_by=id&limit=1", keep=lambda b: [{k: v for k, v in r.items() if k != "dag_run_id"} for r in b["dag_runs"]])
    t.http("upstream events", "GET", f"/api/v2/dags/deep_use/dagRuns/{made.replace('+', '%2B')}/upstreamAssetEvents", keep=lambda b: sorted({e["name"] for e in b["asset_events"]}))
    for consuming in ("consuming_asset_pattern=deep_one", "consuming_asset_pattern=nowhere", "consuming_asset_prefix_pattern=deep_"):
        t.http(f"runs {consuming} used", "GET", f"/api/v2/dags/~/dagRuns?dag_id_pattern=deep_use&{consuming}", keep=lambda b: b["total_entries"] > 0)


# What Airflow adds to the lines of loggers, and what is of the file alone.
OF_LINES = {"dag_id", "run_id", "task_id", "map_index", "ti_id", "try_number", "lineno", "filename"}


def said(body: Any) -> Any:
    """Of a log the lines that the DAG's own code says; Airflow has those of print where they happened to come."""
    lines = body["content"] if isinstance(body, dict) else body or []
    kept = []
    for line in lines:
        text = line["event"] if isinstance(line, dict) else line
        if isinstance(text, str) and "say: " in text and "Running command" not in text:
            kept.append({k: v for k, v in line.items() if k not in OF_LINES} if isinstance(line, dict) else line)
    kept.sort(key=lambda line: str(line["event"] if isinstance(line, dict) else line))
    return {"lines": kept, "token": body.get("continuation_token") if isinstance(body, dict) else "none"}


def logs(t: Talk) -> None:
    t.http("log run", "POST", "/api/v2/dags/deep_log/dagRuns", {"logical_date": None, "dag_run_id": "l"}, keep=lambda b: b["dag_run_id"])
    over(t, "deep_log", "l")
    at = "/api/v2/dags/deep_log/dagRuns/l/taskInstances"
    for task in ("talk", "fails", "shell"):
        for accept in ("application/json", "application/x-ndjson", "*/*", "text/plain", "text/html", "application/json, text/plain"):
            t.http(f"log {task} as {accept}", "GET", f"{at}/{task}/logs/1", accept=accept, keep=said)
    for words in ("map_index=0", "map_index=1", "map_index=7", "", "map_index=x"):
        t.http(f"log mapped {words}", "GET", f"{at}/mapped/logs/1?{words}", keep=said)
    for n in ("2", "3", "0", "-1", "x"):
        t.http(f"log of try {n}", "GET", f"{at}/fails/logs/{n}", keep=said)
    for words in ("full_content=true", "full_content=x", "token=", "token=x.y.z", "full_content=false"):
        t.http(f"log {words}", "GET", f"{at}/talk/logs/1?{words}", keep=said)
    t.http("log of nothing", "GET", f"{at}/nothing/logs/1", keep=lambda b: said(b)["lines"])
    t.http("log of nothing, lines", "GET", f"{at}/nothing/logs/1", accept="application/x-ndjson", keep=said)
    t.http("log of missing run", "GET", "/api/v2/dags/deep_log/dagRuns/nothing/taskInstances/talk/logs/1")
    t.http("log of missing dag", "GET", "/api/v2/dags/nowhere/dagRuns/l/taskInstances/talk/logs/1")
    t.http("log of missing task", "GET", f"{at}/nowhere/logs/1")
    t.http("log clear", "POST", "/api/v2/dags/deep_log/clearTaskInstances", {"dry_run": False, "dag_run_id": "l", "task_ids": ["fails"]}, keep=lambda b: b["total_entries"])
    over(t, "deep_log", "l")
    for n in (1, 2, 3, 4, 5):
        t.http(f"log after clear {n}", "GET", f"{at}/fails/logs/{n}", keep=said)
    t.http("tries of fails", "GET", f"{at}/fails/tries", keep=lambda b: [[x["try_number"], x["state"], x["max_tries"]] for x in b["task_instances"]])
    for n in ("1", "9", "x"):
        t.http(f"external log {n}", "GET", f"{at}/talk/externalLogUrl/{n}")
    t.http("links of shell", "GET", f"{at}/shell/links")
    t.http("links of mapped", "GET", f"{at}/mapped/links?map_index=1")
    for task in ("talk", "nothing", "nowhere"):
        t.http(f"dependencies of {task}", "GET", f"{at}/{task}/dependencies")
    t.http("dependencies of index", "GET", f"{at}/mapped/1/dependencies")
    t.http("dependencies of missing index", "GET", f"{at}/mapped/9/dependencies")


def documents(t: Talk) -> None:
    source: Callable[[Any], Any] = lambda b: b["dag_id"] if isinstance(b, dict) else [x for x in b if "deep_flow" in x][:2]
    for accept in ("application/json", "text/plain", "*/*", "text/html", "application/xml", "application/json;q=0.5"):
        t.http(f"source as {accept}", "GET", "/api/v2/dagSources/deep_flow", accept=accept, keep=source)
        t.http(f"config as {accept}", "GET", "/api/v2/config?section=core", accept=accept)
        t.http(f"config value as {accept}", "GET", "/api/v2/config/section/core/option/parallelism", accept=accept)
    for words in ("version_number=1", "version_number=9", "version_number=x", "version_number=0", "version_number=-1"):
        t.http(f"source {words}", "GET", f"/api/v2/dagSources/deep_flow?{words}", keep=source)
    for name in ("deep_flow", "deep_day", "deep_ask", "deep_either", "deep_make"):
        t.http(f"details of {name}", "GET", f"/api/v2/dags/{name}/details")
        t.http(f"tasks of {name}", "GET", f"/api/v2/dags/{name}/tasks")
    for path in ("dags/deep_flow/tasks/g", "dags/deep_flow/tasks/each", "dags/deep_flow/dagVersions/1", "dags/deep_flow/dagVersions/x", "dags/~/dagVersions?limit=0", "dags/deep_flow/dagVersions?bundle_name=x", "dags/deep_flow/dagVersions?version_number=1", "dags/deep_flow/dagVersions?bundle_version=x"):
        t.http(f"GET {path}", "GET", f"/api/v2/{path}", keep=(lambda b: "any") if "~" in path else None)
    for body in ({}, {"is_paused": None}, {"is_paused": "x"}, {"is_paused": 1}, {"is_paused": True, "nonsense": 1}, {"nonsense": 1}, []):
        t.http(f"change dag {body}", "PATCH", "/api/v2/dags/deep_two", body, keep=lambda b: b["is_paused"])
        t.http(f"change dags {body}", "PATCH", "/api/v2/dags?dag_id_pattern=deep_two", body, keep=lambda b: [x["is_paused"] for x in b["dags"]])
    for words in ("update_mask=is_paused", "update_mask=nonsense", "update_mask=", "update_mask=is_paused&update_mask=tags"):
        t.http(f"change dag by {words}", "PATCH", f"/api/v2/dags/deep_two?{words}", {"is_paused": True}, keep=lambda b: b["is_paused"])
        t.http(f"change dags by {words}", "PATCH", f"/api/v2/dags?dag_id_pattern=deep_two&{words}", {"is_paused": True}, keep=lambda b: [x["is_paused"] for x in b["dags"]])
    for path in ("/api/v2/nothing", "/api/v2", "/api/v2/", "/api/v2/dags/", "/api/v1/dags", "/api/v2//dags", "/api/v2/dags/deep_two/nothing", "/api/v2/dags/deep_two/dagRuns/x/y/z", "/api/v2/DAGS", "/api/v2/dags/deep_two%2Fdetails", "/api/v2/dags/deep%5Ftwo"):
        t.http(f"path {path}", "GET", path, keep=lambda b: b.get("dag_id", sorted(b)) if isinstance(b, dict) else "text")
    for method, path in (("POST", "/api/v2/dags"), ("PUT", "/api/v2/dags/deep_two"), ("DELETE", "/api/v2/version"), ("PATCH", "/api/v2/monitor/health"), ("POST", "/api/v2/dags/deep_two/tasks"), ("PUT", "/api/v2/pools"), ("OPTIONS", "/api/v2/dags")):
        t.http(f"{method} {path}", method, path)


def vault(t: Talk) -> None:
    for kind, key, good in (("variables", "key", {"value": "1"}), ("pools", "name", {"slots": 1, "include_deferred": False}), ("connections", "connection_id", {"conn_type": "http"})):
        at = f"/api/v2/{kind}"
        for name in ("", " ", "a/b", "a b", "x" * 250, "x" * 251, "x" * 257, "é", "deep\nline", "~", "..", "%", "'"):
            t.http(f"{kind} {name!r:.40} {len(name)} new", "POST", at, {key: name, **good})
        for body in ({}, [], {key: 1, **good}, {key: None, **good}, {key: "deep_n", **good, "nonsense": 1}, {key: "deep_m"}):
            t.http(f"{kind} new {body}", "POST", at, body)
        entity = {key: "deep_k", **good}
        t.http(f"{kind} kept new", "POST", at, entity)
        for action in (
            {"action": "create", "entities": [entity]}, {"action": "create", "entities": [entity], "action_on_existence": "overwrite"}, {"action": "create", "entities": [entity], "action_on_existence": "skip"}, {"action": "create", "entities": [entity], "action_on_existence": "nonsense"},
            {"action": "update", "entities": [{**entity, "description": "d"}]}, {"action": "update", "entities": [{**entity, key: "nothing"}]}, {"action": "update", "entities": [{**entity, key: "nothing"}], "action_on_non_existence": "skip"}, {"action": "update", "entities": [{**entity, "description": "masked"}], "update_mask": ["description"]}, {"action": "update", "entities": [{**entity, "description": "masked"}], "update_mask": ["nonsense"]},
            {"action": "delete", "entities": ["nothing"]}, {"action": "delete", "entities": ["nothing"], "action_on_non_existence": "skip"}, {"action": "delete", "entities": [entity]}, {"action": "delete", "entities": []}, {"action": "nonsense", "entities": []}, {"action": "create"}, {"entities": []}, {"action": "create", "entities": [{}]}, {"action": "create", "entities": "x"},
        ):  # fmt: skip
            t.http(f"{kind} bulk {action}", "PATCH", at, {"actions": [action]})
        t.http(f"{kind} bulk none", "PATCH", at, {"actions": []})
        t.http(f"{kind} bulk empty", "PATCH", at, {})
        t.http(f"{kind} again new", "POST", at, {**entity, key: "deep_u"})
        for words in ("", "update_mask=description", "update_mask=nonsense", "update_mask=", f"update_mask={key}"):
            for body in ({key: "deep_u", "description": "e"}, {key: "other", **good}, {}, {key: "deep_u", **good, "description": None}, {key: "deep_u", **good, "nonsense": 1}):
                t.http(f"{kind} change {words} {body}", "PATCH", f"{at}/deep_u?{words}", body)
        t.http(f"{kind} changed", "GET", f"{at}/deep_u")
        t.http(f"{kind} gone", "DELETE", f"{at}/deep_u")
    v, c = "/api/v2/variables", "/api/v2/connections"
    for n, value in enumerate(("", None, 1, 1.5, True, [1], {"a": 1}, "é", "x" * 70000, {"password": "p"}, "{\"password\": \"p\"}")):
        t.http(f"variable value {value!r:.40} new", "POST", v, {"key": f"deep_v{n}", "value": value}, keep=lambda b: b if len(str(b)) < 1000 else len(b["value"]))
        t.http(f"variable value {value!r:.40}", "GET", f"{v}/deep_v{n}", keep=lambda b: b if len(str(b)) < 1000 else len(b["value"]))
        t.http(f"variable value {value!r:.40} gone", "DELETE", f"{v}/deep_v{n}")
    for n, name in enumerate(("api_key", "my_token", "apikey", "access_token", "passphrase", "private_key", "keyfile_dict", "service_account", "PASSWD", "authorization", "secretive", "tokenize", "connection_string")):
        t.http(f"variable {name} new", "POST", v, {"key": f"deep_{n}_{name}", "value": "hush"})
        t.http(f"variable {name} gone", "DELETE", f"{v}/deep_{n}_{name}")
    for n, more in enumerate(({"port": 0}, {"port": -1}, {"port": 65536}, {"port": "80"}, {"port": "x"}, {"extra": "{}"}, {"extra": "[]"}, {"extra": "1"}, {"extra": ""}, {"extra": {"a": 1}}, {"extra": "{\"password\": \"p\", \"nested\": {\"token\": \"t\", \"x\": [1]}}"}, {"password": ""}, {"password": "p", "login": "l", "schema": "s"}, {"host": "h" * 501}, {"description": "d" * 5001}, {"conn_type": ""}, {"conn_type": "x" * 501}, {"team_name": "t"})):
        t.http(f"connection {str(more)[:60]} new", "POST", c, {"connection_id": f"deep_c{n}", "conn_type": "http", **more}, keep=lambda b: b if len(str(b)) < 1500 else "long")
        t.http(f"connection {str(more)[:60]}", "GET", f"{c}/deep_c{n}", keep=lambda b: b if len(str(b)) < 1500 else "long")
        t.http(f"connection {str(more)[:60]} gone", "DELETE", f"{c}/deep_c{n}")
    for n, more in enumerate(({"slots": 0}, {"slots": -1}, {"slots": -2}, {"slots": "3"}, {"slots": 1.5}, {"slots": 2147483648}, {"slots": None}, {"slots": 1, "include_deferred": None}, {"slots": 1, "include_deferred": "x"}, {"slots": 1, "description": 1}, {"slots": 1, "team_name": "t"})):
        t.http(f"pool {more} new", "POST", "/api/v2/pools", {"name": f"deep_p{n}", **more})
        t.http(f"pool {more} gone", "DELETE", f"/api/v2/pools/deep_p{n}")
    for words, body in (("update_mask=slots", {"slots": 64}), ("", {"slots": 64, "include_deferred": False}), ("update_mask=include_deferred", {"include_deferred": True}), ("update_mask=include_deferred", {"include_deferred": False}), ("update_mask=name", {"pool": "other"}), ("", {})):
        t.http(f"default pool {words} {body}", "PATCH", f"/api/v2/pools/default_pool?{words}", body)
    t.http("default pool", "GET", "/api/v2/pools/default_pool")


def states_kept(t: Talk) -> None:
    """The stores of assets and tasks."""
    one = {x.name: x.id for x in (api.AssetApi(t.client).get_assets(name_pattern="deep_").assets or [])}["deep_one"]
    at = f"/api/v2/assets/{one}/state-store"
    task = f"{RUNS}/f1/taskInstances/a/state-store"
    for base, what in ((at, "asset"), (task, "task")):
        t.http(f"store of {what} empty", "GET", base)
        for n, body in enumerate(({"value": 1}, {"value": {"a": [None]}}, {"value": None}, {}, {"value": "x", "nonsense": 1}, {"value": "x" * 100}, [])):
            t.http(f"store of {what} put {n}", "PUT", f"{base}/k{n}", body)
            t.http(f"store of {what} get {n}", "GET", f"{base}/k{n}")
        t.http(f"store of {what} put again", "PUT", f"{base}/k0", {"value": 2})
        t.http(f"store of {what}", "GET", base)
        t.http(f"store of {what} page", "GET", f"{base}?limit=1&offset=1")
        t.http(f"store of {what} long key", "PUT", f"{base}/{'k' * 600}", {"value": 2})
        t.http(f"store of {what} delete", "DELETE", f"{base}/k0")
        t.http(f"store of {what} delete again", "DELETE", f"{base}/k0")
        t.http(f"store of {what} get deleted", "GET", f"{base}/k0")
        t.http(f"store of {what} clear", "DELETE", base)
        t.http(f"store of {what} cleared", "GET", base)
    t.http("store of task put for patch", "PUT", f"{task}/p", {"value": 1})
    for body in ({}, {"expires_at": None}, {"expires_at": "2999-01-01T00:00:00Z"}, {"expires_at": "x"}, {"nonsense": 1}):
        t.http(f"store of task patch {body}", "PATCH", f"{task}/p", body)
    t.http("store of task patched", "GET", f"{task}/p")
    t.http("store of task patch missing", "PATCH", f"{task}/nothing", {"expires_at": None})
    for words in ("map_index=0", "map_index=-2", "map_index=x"):
        t.http(f"store of task {words}", "GET", f"{task}?{words}")
    t.http("store of missing asset", "GET", "/api/v2/assets/999999/state-store")
    t.http("store of missing asset put", "PUT", "/api/v2/assets/999999/state-store/k", {"value": 1})
    t.http("store of missing asset clear", "DELETE", "/api/v2/assets/999999/state-store")
    t.http("store of missing task", "GET", f"{RUNS}/f1/taskInstances/nothing/state-store")
    t.http("store of missing task put", "PUT", f"{RUNS}/f1/taskInstances/nothing/state-store/k", {"value": 1})
    t.http("store of missing task clear", "DELETE", f"{RUNS}/f1/taskInstances/nothing/state-store")
    t.http("store of missing run", "GET", f"{RUNS}/nothing/taskInstances/a/state-store")


def others(t: Talk) -> None:
    """What nothing above asks well, or ill."""
    at = f"{RUNS}/f1/taskInstances"
    number = t.http("event log number", "GET", "/api/v2/eventLogs?limit=1", keep=lambda _: "some")["event_logs"][0]["event_log_id"]
    t.http("event log", "GET", f"/api/v2/eventLogs/{number}", keep=sorted)
    t.http("version", "GET", "/api/v2/version", keep=sorted)
    t.http("kept by a task", "PUT", f"{at}/a/state-store/q", {"value": 1})
    t.http("kept by a task changed", "PATCH", f"{at}/a/state-store/q", {"value": [2]})
    t.http("kept by a task read", "GET", f"{at}/a/state-store/q")
    t.http("kept by a missing asset deleted", "DELETE", "/api/v2/assets/999999/state-store/q")
    t.http("kept by a missing task deleted", "DELETE", f"{at}/nothing/state-store/q")
    t.http("tries of missing index", "GET", f"{at}/each/9/tries")
    t.http("try of missing index", "GET", f"{at}/each/9/tries/1")
    t.http("try of missing number", "GET", f"{at}/each/0/tries/9")
    for words in ("", "dag_ids=x&dag_ids=y", "nonsense=1"):
        t.http(f"stats of {words}", "GET", f"/api/v2/dagStats?{words}", keep=lambda _: "any")


def ends(t: Talk) -> None:
    t.http("dag deleted", "DELETE", "/api/v2/dags/deep_either")
    t.http("run deleted", "DELETE", f"{RUNS}/f3")
    t.http("instances of deleted run", "GET", f"{RUNS}/f3/taskInstances")


BEFORE = (deep,)
AFTER = (documents, clears, marks, xcoms, triggers, vault, backfills, questions, assets, states_kept, logs, others, ends)
