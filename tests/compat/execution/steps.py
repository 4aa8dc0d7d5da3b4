"""The questions: every route of Airflow's Execution API, by every version's caller, with right and wrong tokens.

`world` is either side: it starts runs, queues task instances (each with an id of its own) and asks. What it is told is kept by name.
"""

from __future__ import annotations

from typing import Any, Protocol
from urllib.parse import quote

VERSIONS = (
    "2025-04-11",
    "2025-04-28",
    "2025-05-20",
    "2025-08-10",
    "2025-09-23",
    "2025-10-27",
    "2025-11-05",
    "2026-04-06",
    "2026-06-30",
)
NOBODY = "01890000-0000-7000-8000-000000000000"
HOST = {"hostname": "far", "unixname": "worker", "pid": 4711}
START = "2026-02-01T00:00:00Z"
END = "2026-02-01T00:00:10Z"


class World(Protocol):
    def run(self, dag_id: str, run_id: str, logical_date: str) -> None: ...
    def begun(self, dag_id: str, run_id: str) -> None: ...  # where a scheduler begins runs by itself, it has
    def queued(self, run_id: str, task_id: str, map_index: int = -1) -> str: ...
    def resumed(self, ti: str) -> None: ...
    def retried(self, run_id: str, task_id: str) -> str: ...
    def token(self, sub: str, scope: str | None = "execution", **claims: Any) -> str: ...
    def ask(self, name: str, method: str, path: str, body: Any = None, token: str | None = None, version: str | None = None, **headers: str) -> Any: ...


def run_body(**more: Any) -> dict[str, Any]:
    return {"state": "running", **HOST, "start_date": START, **more}


def xcom(task: str, key: str, run: str = "r2", dag: str = "ex_main") -> str:
    return f"/xcoms/{dag}/{run}/{task}/{quote(key, safe='/')}"


def asks_of(ti: str) -> list[tuple[str, str, Any]]:
    """Each route once, so that it does no harm: method, path, body. The instance is `ti` where the path names one."""
    t = f"/task-instances/{ti}"
    return [
        ("GET", "/assets/by-name?name=a1", None),
        ("GET", "/assets/by-uri?uri=s3://bucket/a1", None),
        ("GET", "/assets/by-alias?alias_name=nope", None),
        ("GET", "/asset-events/by-asset?name=a1&uri=", None),
        ("GET", "/asset-events/by-asset-alias?name=nope", None),
        ("GET", "/connections/c1", None),
        ("GET", "/dag-runs/ex_main/r1", None),
        ("GET", "/dag-runs/ex_main/r1/state", None),
        ("GET", "/dag-runs/count?dag_id=ex_main", None),
        ("GET", "/dag-runs/previous?dag_id=ex_main&logical_date=2026-01-02T00:00:00Z", None),
        ("GET", "/dag-runs/ex_main/previous?logical_date=2026-01-02T00:00:00Z", None),
        ("POST", "/dag-runs/nope/x", {}),
        ("POST", "/dag-runs/nope/x/clear", None),
        ("GET", "/dags/ex_main", None),
        ("GET", "/task-instances/count?dag_id=ex_main&run_ids=r1&task_ids=stays", None),
        ("GET", "/task-instances/previous/ex_main/life?logical_date=2026-01-02T00:00:00Z", None),
        ("GET", "/task-instances/states?dag_id=ex_main&task_ids=stays&run_ids=r2", None),
        ("GET", "/task-instances/breadcrumbs?dag_id=ex_main&run_id=nope", None),
        ("PATCH", f"{t}/run", run_body()),
        ("PATCH", f"{t}/state", {"state": "running"}),
        ("PATCH", f"{t}/skip-downstream", {"tasks": []}),
        ("PUT", f"{t}/heartbeat", {"hostname": "far", "pid": 4711}),
        ("PUT", f"{t}/rtif", {"bash_command": "true"}),
        ("PATCH", f"{t}/rendered-map-index", "label"),
        ("GET", f"{t}/previous-successful-dagrun", None),
        ("GET", f"{t}/validate-inlets-and-outlets", None),
        ("GET", f"/task-reschedules/{ti}/start_date", None),
        ("GET", "/variables/keys?prefix=v", None),
        ("GET", "/variables/v1", None),
        ("PUT", "/variables/v2", {"val": "x"}),
        ("DELETE", "/variables/v2", None),
        ("POST", xcom("stays", "k"), {"a": [1, None, "é"]}),
        ("HEAD", xcom("stays", "k"), None),
        ("GET", xcom("stays", "k"), None),
        ("GET", xcom("stays", "k/item/0"), None),
        ("GET", xcom("stays", "k/slice"), None),
        ("DELETE", xcom("stays", "k"), None),
        ("GET", f"/hitlDetails/{ti}", None),
        ("POST", f"/hitlDetails/{ti}", {}),
        ("PATCH", f"/hitlDetails/{ti}", {}),
        ("GET", f"/store/ti/{ti}/k", None),
        ("PUT", f"/store/ti/{ti}/k", {"value": {"a": 1}}),
        ("DELETE", f"/store/ti/{ti}/k", None),
        ("DELETE", f"/store/ti/{ti}", None),
        ("GET", "/store/asset/by-name/value?name=a1&key=k", None),
        ("PUT", "/store/asset/by-name/value?name=a1&key=k", {"value": 1}),
        ("DELETE", "/store/asset/by-name/value?name=a1&key=k", None),
        ("DELETE", "/store/asset/by-name/clear?name=a1", None),
        ("GET", "/store/asset/by-uri/value?uri=s3://bucket/a1&key=k", None),
        ("PUT", "/store/asset/by-uri/value?uri=s3://bucket/a1&key=k", {"value": 1}),
        ("DELETE", "/store/asset/by-uri/value?uri=s3://bucket/a1&key=k", None),
        ("DELETE", "/store/asset/by-uri/clear?uri=s3://bucket/a1", None),
        ("GET", "/health", None),
    ]


def called(path: str, ti: str) -> str:
    return path.replace(ti, "TI")


def doors(w: World, ti: str) -> None:
    """Each route, and who may not."""
    tokens = {
        "no token": None,
        "no jwt": "abc",
        "another key": w.token(ti, key="k" * 64),
        "expired": w.token(ti, iat=1000, nbf=1000, exp=2000),
        "another audience": w.token(ti, aud="apache-airflow"),
        "no exp": w.token(ti, exp=None),
        "no iat": w.token(ti, iat=None),
        "a name": w.token("anna"),
        "unknown scope": w.token(ti, "admin"),
        "workload": w.token(ti, "workload"),
        "another instance": w.token(NOBODY),
    }
    for name, token in tokens.items():
        few = asks_of(ti) if name in ("no token", "workload", "another instance", "expired") else asks_of(ti)[21:29]
        for method, path, body in few:
            if name == "workload" and path.endswith("/run"):
                continue
            w.ask(f"{name}: {method} {called(path, ti)}", method, path, body, token)


def versions(w: World, ti: str) -> None:
    """Each route, by each version's caller."""
    token = w.token(ti)
    for version in VERSIONS:
        for method, path, body in asks_of(ti):
            w.ask(f"{version}: {method} {called(path, ti)}", method, path, body, token, version)
    for version in ("2024-01-01", "2025-07-01", "2030-01-01", "soon", "2025-13-01"):
        w.ask(f"version {version}", "GET", "/variables/v1", None, token, version)
    w.ask("no version", "GET", "/variables/v1", None, token)
    w.ask("correlation", "GET", "/variables/v1", None, token, correlation_id="abc")
    w.ask("waning token", "GET", "/variables/v1", None, w.token(ti, ttl=20))
    w.ask("no scope", "GET", "/variables/v1", None, w.token(ti, None))
    w.ask("no such path", "GET", "/nothing/here", None, token)
    w.ask("another method", "POST", "/variables/v1", None, token)


def lives(w: World) -> None:
    """One attempt for each way to end."""
    life = w.queued("r2", "life")
    mine = w.token(life)
    path = f"/task-instances/{life}"
    for body in ({}, {"state": "queued", **HOST, "start_date": START}, run_body(more=1), run_body(pid="x"), run_body(start_date="2026-01-01"), [], None):
        w.ask(f"run {body}", "PATCH", f"{path}/run", body, mine)
    w.ask("state of a queued one", "PATCH", f"{path}/state", {"state": "success", "end_date": END}, mine)
    w.ask("heartbeat of a queued one", "PUT", f"{path}/heartbeat", {"hostname": "far", "pid": 4711}, mine)
    w.ask("run", "PATCH", f"{path}/run", run_body(), w.token(life, "workload"))
    w.ask("run again", "PATCH", f"{path}/run", run_body(), mine)
    w.ask("run elsewhere", "PATCH", f"{path}/run", run_body(pid=1), mine)
    for version in VERSIONS:
        w.ask(f"{version}: run again", "PATCH", f"{path}/run", run_body(), mine, version)
    w.ask("heartbeat", "PUT", f"{path}/heartbeat", {"hostname": "far", "pid": 4711}, mine)
    w.ask("heartbeat elsewhere", "PUT", f"{path}/heartbeat", {"hostname": "far", "pid": 1}, mine)
    w.ask("heartbeat nonsense", "PUT", f"{path}/heartbeat", {"hostname": 1, "x": 2}, mine)
    w.ask("rtif", "PUT", f"{path}/rtif", {"bash_command": "echo", "env": None, "list": [1, {"a": 2}]}, mine)
    w.ask("rtif nonsense", "PUT", f"{path}/rtif", [1], mine)
    w.ask("label", "PATCH", f"{path}/rendered-map-index", "the label", mine)
    w.ask("empty label", "PATCH", f"{path}/rendered-map-index", "", mine)
    w.ask("label of another kind", "PATCH", f"{path}/rendered-map-index", 5, mine)
    w.ask("success", "PATCH", f"{path}/state", {"state": "success", "end_date": END, "task_outlets": [], "outlet_events": []}, mine)
    w.ask("success again", "PATCH", f"{path}/state", {"state": "success", "end_date": END}, mine)
    w.ask("failed after success", "PATCH", f"{path}/state", {"state": "failed", "end_date": END}, mine)
    w.ask("run after success", "PATCH", f"{path}/run", run_body(), mine)
    w.ask("heartbeat after success", "PUT", f"{path}/heartbeat", {"hostname": "far", "pid": 4711}, mine)

    marked = w.queued("r2", "marked")
    w.ask("run of one that is told nonsense", "PATCH", f"/task-instances/{marked}/run", run_body(), w.token(marked))
    w.ask("no state", "PATCH", f"/task-instances/{marked}/state", {}, w.token(marked))
    w.ask("bad success", "PATCH", f"/task-instances/{marked}/state", {"state": "success", "x": 1}, w.token(marked))
    w.ask("bad terminal", "PATCH", f"/task-instances/{marked}/state", {"state": "failed"}, w.token(marked))
    w.ask("bad retry", "PATCH", f"/task-instances/{marked}/state", {"state": "up_for_retry", "end_date": "x"}, w.token(marked))
    w.ask("bad reschedule", "PATCH", f"/task-instances/{marked}/state", {"state": "up_for_reschedule", "end_date": END}, w.token(marked))
    w.ask("2025-04-11: label in success", "PATCH", f"/task-instances/{marked}/state", {"state": "success", "end_date": END, "rendered_map_index": "x"}, w.token(marked), "2025-04-11")
    w.ask("2026-04-06: retry reason", "PATCH", f"/task-instances/{marked}/state", {"state": "up_for_retry", "end_date": END, "retry_reason": "x"}, w.token(marked), "2026-04-06")
    w.ask("bad deferral", "PATCH", f"/task-instances/{marked}/state", {"state": "deferred"}, w.token(marked))

    fails = w.queued("r2", "fails")
    w.ask("run of one that fails", "PATCH", f"/task-instances/{fails}/run", run_body(), w.token(fails))
    w.ask("failed", "PATCH", f"/task-instances/{fails}/state", {"state": "failed", "end_date": END}, w.token(fails))

    skips = w.queued("r2", "skips")
    w.ask("run of one that skips", "PATCH", f"/task-instances/{skips}/run", run_body(), w.token(skips))
    w.ask("skip others", "PATCH", f"/task-instances/{skips}/skip-downstream", {"tasks": ["nope", ["nope", 1]]}, w.token(skips))
    w.ask("skip nonsense", "PATCH", f"/task-instances/{skips}/skip-downstream", {"tasks": [1]}, w.token(skips))
    w.ask("skipped", "PATCH", f"/task-instances/{skips}/state", {"state": "skipped", "end_date": END}, w.token(skips))

    again = w.queued("r2", "again")
    w.ask("run of one with tries", "PATCH", f"/task-instances/{again}/run", run_body(), w.token(again))
    w.ask("up for retry", "PATCH", f"/task-instances/{again}/state", {"state": "up_for_retry", "end_date": END, "retry_reason": "x", "retry_delay_seconds": 0.0}, w.token(again))
    for name, method, part, body in (
        ("run", "PATCH", "run", run_body()),
        ("state", "PATCH", "state", {"state": "success", "end_date": END}),
        ("heartbeat", "PUT", "heartbeat", {"hostname": "far", "pid": 4711}),
        ("rtif", "PUT", "rtif", {"a": 1}),
        ("label", "PATCH", "rendered-map-index", "x"),
        ("skip", "PATCH", "skip-downstream", {"tasks": []}),
        ("previous", "GET", "previous-successful-dagrun", None),
        ("inlets", "GET", "validate-inlets-and-outlets", None),
    ):
        w.ask(f"{name} of a replaced one", method, f"/task-instances/{again}/{part}", body, w.token(again))
        w.ask(f"{name} of nobody", method, f"/task-instances/{NOBODY}/{part}", body, w.token(NOBODY))
    second = w.retried("r2", "again")
    w.ask("run of a second try", "PATCH", f"/task-instances/{second}/run", run_body(), w.token(second))
    w.ask("success of a second try", "PATCH", f"/task-instances/{second}/state", {"state": "success", "end_date": END}, w.token(second))


def waits(w: World) -> None:
    """Deferred, put off, and asking a person."""
    ti = w.queued("r2", "waits")
    mine = w.token(ti)
    w.ask("run of one that waits", "PATCH", f"/task-instances/{ti}/run", run_body(), mine)
    kwargs = {
        "moment": {"__classname__": "datetime.datetime", "__version__": 2, "__data__": {"timestamp": 1767225600.0, "tz": None}},
        "pair": {"__classname__": "builtins.tuple", "__version__": 1, "__data__": [1, "b"]},
        "plain": {"a": [1, 2]},
        "delta": {"__classname__": "datetime.timedelta", "__version__": 2, "__data__": 90.0},
    }
    w.ask(
        "deferred",
        "PATCH",
        f"/task-instances/{ti}/state",
        {
            "state": "deferred",
            "classpath": "airflow.providers.standard.triggers.temporal.DateTimeTrigger",
            "trigger_kwargs": {
                "moment": {
                    "__classname__": "datetime.datetime",
                    "__version__": 2,
                    "__data__": {"timestamp": 1767225600.0, "tz": {"__classname__": "builtins.tuple", "__version__": 1, "__data__": ["UTC", "pendulum.tz.timezone.Timezone", 1, True]}},
                },
                "end_from_trigger": False,
            },
            "trigger_timeout": "PT5M",
            "next_method": "execute_complete",
            "next_kwargs": kwargs,
        },
        mine,
    )
    w.resumed(ti)
    w.ask("run of a resumed one", "PATCH", f"/task-instances/{ti}/run", run_body(start_date="2026-02-02T00:00:00Z"), mine)
    for version in VERSIONS:
        w.ask(f"{version}: run of a resumed one", "PATCH", f"/task-instances/{ti}/run", run_body(start_date="2026-02-02T00:00:00Z"), mine, version)
    w.ask("success of a resumed one", "PATCH", f"/task-instances/{ti}/state", {"state": "success", "end_date": END}, mine)

    ti = w.queued("r2", "sleeps")
    mine = w.token(ti)
    w.ask("run of one that is put off", "PATCH", f"/task-instances/{ti}/run", run_body(), mine)
    w.ask("not put off yet", "GET", f"/task-reschedules/{ti}/start_date", None, mine)
    w.ask("put off", "PATCH", f"/task-instances/{ti}/state", {"state": "up_for_reschedule", "reschedule_date": "2036-01-01T00:00:00Z", "end_date": END}, mine)
    w.ask("since when", "GET", f"/task-reschedules/{ti}/start_date?try_number=1", None, mine)

    ti = w.queued("r2", "asks")
    mine = w.token(ti)
    question = {"ti_id": ti, "options": ["yes", "no"], "subject": "Well?", "body": "Look", "defaults": ["yes"], "multiple": False, "params": {"n": 1}, "assigned_users": [{"id": "anna", "name": "Anna"}]}
    w.ask("run of one that asks", "PATCH", f"/task-instances/{ti}/run", run_body(), mine)
    w.ask("question", "POST", f"/hitlDetails/{ti}", question, mine)
    w.ask("question of nothing", "POST", f"/hitlDetails/{ti}", {**question, "options": []}, mine)
    w.ask("no answer yet", "GET", f"/hitlDetails/{ti}", None, mine)
    w.ask("answer of nothing", "PATCH", f"/hitlDetails/{ti}", {"ti_id": ti, "chosen_options": []}, mine)
    w.ask("answer", "PATCH", f"/hitlDetails/{ti}", {"ti_id": ti, "chosen_options": ["yes"], "params_input": {"n": 2}}, mine)
    w.ask("answer again", "PATCH", f"/hitlDetails/{ti}", {"ti_id": ti, "chosen_options": ["no"]}, mine)
    w.ask("the answer", "GET", f"/hitlDetails/{ti}", None, mine)
    w.ask("success of one that asks", "PATCH", f"/task-instances/{ti}/state", {"state": "success", "end_date": END}, mine)


def values(w: World, ti: str) -> None:
    """XComs, Variables, what is kept."""
    mine = w.token(ti)
    numbers = w.queued("r2", "numbers")
    w.ask("run of numbers", "PATCH", f"/task-instances/{numbers}/run", run_body(), w.token(numbers))
    for name, value in (("text", "a"), ("none", None), ("list", [1, 2]), ("false", False), ("deep", {"__classname__": "builtins.set", "__version__": 1, "__data__": [1]})):
        w.ask(f"push {name}", "POST", xcom("numbers", name), value, mine)
        w.ask(f"pull {name}", "GET", xcom("numbers", name), None, mine)
    w.ask("push no JSON", "POST", xcom("numbers", "bad"), None, mine)
    w.ask("pull no JSON", "GET", xcom("numbers", "bad"), None, mine)
    w.ask("push under a/b c", "POST", xcom("numbers", "a/b c"), 1, mine)
    w.ask("pull a/b c", "GET", xcom("numbers", "a/b c"), None, mine)
    w.ask("push with length", "POST", xcom("numbers", "return_value") + "?mapped_length=2", [1, 2], mine)
    w.ask("push too much", "POST", xcom("numbers", "return_value") + "?mapped_length=5000", [1, 2], mine)
    w.ask("push to nowhere", "POST", xcom("numbers", "x", run="nope"), 1, mine)
    w.ask("push nonsense", "POST", xcom("numbers", "x") + "?map_index=a&mapped_length=b", 1, mine)
    for index, value in enumerate((10, None, 30, 40)):
        w.ask(f"push {index} of mapped", "POST", xcom("each", "k") + f"?map_index={index}", value, mine)
    w.ask("count of mapped", "HEAD", xcom("each", "k"), None, mine)
    w.ask("count of none", "HEAD", xcom("each", "nope"), None, mine)
    w.ask("count of one", "HEAD", xcom("each", "k") + "?map_index=1", None, mine)
    for query in ("", "?map_index=2", "?map_index=9", "?offset=1", "?offset=-1", "?offset=9", "?offset=x", "?include_prior_dates=true", "?map_index=0&include_prior_dates=maybe"):
        w.ask(f"pull mapped {query}", "GET", xcom("each", "k") + query, None, mine)
    for item in ("0", "1", "-1", "9", "-9", "x"):
        w.ask(f"item {item}", "GET", xcom("each", f"k/item/{item}"), None, mine)
    for query in ("", "start=1", "stop=2", "start=-2", "stop=-1", "start=1&stop=3", "start=-3&stop=-1", "step=2", "step=-1", "start=3&stop=0&step=-1", "start=1&stop=-1", "start=9", "start=x"):
        w.ask(f"slice {query}", "GET", xcom("each", "k/slice") + f"?{query}", None, mine)
    w.ask("drop", "DELETE", xcom("each", "k") + "?map_index=1", None, mine)
    w.ask("drop what is not there", "DELETE", xcom("each", "nope"), None, mine)
    w.ask("count after drop", "HEAD", xcom("each", "k"), None, mine)
    w.ask("success of numbers", "PATCH", f"/task-instances/{numbers}/state", {"state": "success", "end_date": END}, w.token(numbers))

    for name, body in (("value", {"val": "1", "description": "d"}), ("null", {"val": None}), ("no value", {}), ("more", {"val": "1", "x": 1}), ("number", {"val": 1})):
        w.ask(f"set variable: {name}", "PUT", "/variables/new/key", body, mine)
    w.ask("get variable with slash", "GET", "/variables/new/key", None, mine)
    w.ask("get no variable", "GET", "/variables/nope", None, mine)
    w.ask("delete no variable", "DELETE", "/variables/nope", None, mine)
    w.ask("delete variable", "DELETE", "/variables/new/key", None, mine)
    for query in ("", "prefix=v&limit=1", "offset=1", "limit=0", "limit=20000", "offset=-1", "limit=x"):
        w.ask(f"variable keys {query}", "GET", f"/variables/keys?{query}", None, mine)
    w.ask("no connection", "GET", "/connections/nope", None, mine)

    state = f"/store/ti/{ti}"
    for number, (method, path, body) in enumerate((
        ("GET", "/a", None),
        ("PUT", "/a", {"value": [1]}),
        ("GET", "/a", None),
        ("PUT", "/a/b", {"value": "x", "expires_at": "2036-01-01T00:00:00Z"}),
        ("GET", "/a/b", None),
        ("PUT", "/a", {}),
        ("PUT", "/a", {"value": 1, "x": 1}),
        ("DELETE", "/a", None),
        ("DELETE", "/a", None),
        ("DELETE", "", None),
        ("GET", "/a/b", None),
    )):
        w.ask(f"state store {number}: {method} {path} {body}", method, state + path, body, mine)
    for which in ("name=a1", "name=nope", "name="):
        for number, (method, path, body) in enumerate((("PUT", "value", {"value": {"x": 1}}), ("GET", "value", None), ("DELETE", "value", None), ("GET", "value", None), ("DELETE", "clear", None))):
            key = "&key=k" if path == "value" else ""
            w.ask(f"asset store {which} {number}: {method} {path}", method, f"/store/asset/by-name/{path}?{which}{key}", body, mine)


def questions(w: World, ti: str) -> None:
    """About runs, instances, DAGs and assets."""
    mine = w.token(ti)
    for path in (
        "/dag-runs/ex_main/nope",
        "/dag-runs/ex_main/nope/state",
        "/dag-runs/count",
        "/dag-runs/count?dag_id=ex_main&run_ids=r1&run_ids=nope",
        "/dag-runs/count?dag_id=ex_main&logical_dates=2026-01-01T00:00:00Z&logical_dates=2026-01-05T00:00:00Z",
        "/dag-runs/count?dag_id=ex_main&logical_dates=x",
        "/dag-runs/count?dag_id=ex_main&states=running",
        "/dag-runs/count?dag_id=nope",
        "/dag-runs/previous?dag_id=ex_main",
        "/dag-runs/previous?dag_id=ex_main&logical_date=2026-01-01T00:00:00Z",
        "/dag-runs/previous?dag_id=ex_main&logical_date=2026-01-02T00:00:00Z&state=failed",
        "/dag-runs/previous?dag_id=ex_main&logical_date=2026-01-02T00:00:00Z&state=nope",
        "/dag-runs/previous?dag_id=ex_main&logical_date=2026-01-02T00:00:00",
        "/dags/nope",
        "/dags/ex_other",
        "/task-instances/count",
        "/task-instances/count?dag_id=ex_main&task_ids=life&task_ids=fails",
        "/task-instances/count?dag_id=ex_main&run_ids=r2&task_group_id=group",
        "/task-instances/count?dag_id=ex_main&run_ids=r2&task_group_id=nope",
        "/task-instances/count?dag_id=ex_main&run_ids=r2&task_ids=life&states=success",
        "/task-instances/count?dag_id=ex_main&run_ids=r2&task_ids=life&map_index=0",
        "/task-instances/count?dag_id=ex_main&map_index=x",
        "/task-instances/count?dag_id=nope",
        "/task-instances/states?dag_id=ex_main&run_ids=r2&task_ids=life&task_ids=fails&task_ids=skips",
        "/task-instances/states?dag_id=ex_main&logical_dates=2026-01-02T00:00:00Z&task_ids=life",
        "/task-instances/states?dag_id=ex_main&run_ids=nope",
        "/task-instances/states?dag_id=ex_main&run_ids=r2&task_group_id=nope",
        "/task-instances/previous/ex_main/life",
        "/task-instances/previous/ex_main/life?logical_date=2026-01-02T00:00:00Z&state=success",
        "/task-instances/previous/ex_main/life?logical_date=2026-01-02T00:00:00Z&state=nope",
        "/task-instances/previous/ex_main/nope",
        "/task-instances/breadcrumbs?dag_id=ex_main",
        "/assets/by-name",
        "/assets/by-name?name=nope",
        "/assets/by-uri?uri=nope",
        "/assets/by-alias",
        "/asset-events/by-asset",
        "/asset-events/by-asset?name=&uri=",
        "/asset-events/by-asset?name=nope&uri=",
        "/asset-events/by-asset?name=a1&uri=&limit=x&ascending=maybe&after=y",
        f"/task-instances/{ti}/previous-successful-dagrun",
        f"/task-instances/{ti}/validate-inlets-and-outlets",
    ):
        w.ask(f"GET {called(path, ti)}", "GET", path, None, mine)
    for name, run, body in (
        ("trigger", "t1", {"conf": {"a": 1}, "logical_date": "2026-03-01T00:00:00Z", "note": "n"}),
        ("trigger again", "t1", {}),
        ("trigger the same date", "t2", {"logical_date": "2026-03-01T00:00:00Z"}),
        ("trigger with more", "t3", {"x": 1}),
        ("trigger with a bad date", "t3", {"logical_date": "2026-03-01"}),
        ("trigger with conf that is none", "t3", {"conf": 1}),
        ("trigger by a bad id", "a%20b", {}),
        ("trigger bare", "t4", {"reset_dag_run": True}),
        ("trigger a partition", "t5", {"partition_key": "p"}),
    ):
        w.ask(name, "POST", f"/dag-runs/ex_other/{run}", body, mine)
    w.ask("2025-11-05: trigger with note", "POST", "/dag-runs/ex_other/t6", {"note": "n"}, mine, "2025-11-05")
    w.begun("ex_other", "t1")
    w.ask("the triggered run", "GET", "/dag-runs/ex_other/t1", None, mine)
    w.ask("clear no run", "POST", "/dag-runs/ex_other/nope/clear", None, mine)
    w.ask("clear", "POST", "/dag-runs/ex_other/t1/clear", None, mine)

    tells = w.queued("r2", "tells")
    its = w.token(tells)
    w.ask("run of one that tells", "PATCH", f"/task-instances/{tells}/run", run_body(), its)
    w.ask("inlets of one that tells", "GET", f"/task-instances/{tells}/validate-inlets-and-outlets", None, its)
    w.ask(
        "success of one that tells",
        "PATCH",
        f"/task-instances/{tells}/state",
        {
            "state": "success",
            "end_date": END,
            "task_outlets": [{"name": "a1", "uri": "s3://bucket/a1", "type": "Asset"}],
            "outlet_events": [{"dest_asset_key": {"name": "a1", "uri": "s3://bucket/a1"}, "extra": {"rows": 5}}],
        },
        its,
    )
    for version in VERSIONS:
        w.ask(f"{version}: events", "GET", "/asset-events/by-asset?name=a1&uri=", None, mine, version)
    for query in ("name=a1&uri=s3://bucket/a1", "name=&uri=s3://bucket/a1&ascending=false&limit=1", "name=a1&uri=&after=2036-01-01T00:00:00Z", "name=a1&uri=&before=2036-01-01T00:00:00Z"):
        w.ask(f"events {query}", "GET", f"/asset-events/by-asset?{query}", None, mine)


def all_steps(w: World) -> None:
    w.run("ex_main", "r1", "2026-01-01T00:00:00+00:00")
    w.run("ex_main", "r2", "2026-01-02T00:00:00+00:00")
    stays = w.queued("r2", "stays")
    doors(w, stays)
    w.ask("run of one that stays", "PATCH", f"/task-instances/{stays}/run", run_body(), w.token(stays, "workload"))
    versions(w, stays)
    lives(w)
    waits(w)
    values(w, stays)
    questions(w, stays)
