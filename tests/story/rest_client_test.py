"""The real client package asks this engine what it asked real Airflow (tests/compat/rest): the answers must be the same."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from engine import Engine, wait_until

REST = Path(__file__).resolve().parents[1] / "compat" / "rest"
sys.path.insert(0, str(REST))

from checks import all_checks  # noqa: E402
from promise import Promise, contract, plausible  # noqa: E402
from talk import Talk  # noqa: E402

# Their models do not fit Airflow's own answers either: the package takes a task instance for two models at once.
MISFITS = {"clear run, dry", "clear runs, dry"}


def unnumbered(value: Any) -> Any:
    """Assets are numbered as the files with them were read, which is in any order."""
    return re.sub(r"asset_id: `\d+`", "asset_id: `N`", value) if isinstance(value, str) else value


def unlike(want: Any, have: Any, path: str = "") -> list[tuple[str, str]]:
    """(path, what differs) of two answers."""
    if isinstance(want, dict) and isinstance(have, dict):
        found = []
        for key in sorted(want.keys() | have.keys()):
            at = f"{path}.{key}" if path else key
            if key not in have:
                found.append((at, "is missing"))
            elif key not in want:
                found.append((at, f"is too much: {have[key]!r}"))
            else:
                found += unlike(want[key], have[key], at)
        return found
    if isinstance(want, list) and isinstance(have, list) and len(want) == len(have):
        return [d for n, (w, h) in enumerate(zip(want, have)) for d in unlike(w, h, f"{path}.{n}")]
    return [] if type(want) is type(have) and unnumbered(want) == unnumbered(have) else [(path, f"{have!r}, not {want!r}")]


def all_healthy(engine: Engine) -> bool:
    health = engine.get("/api/v2/monitor/health")
    return all(part["status"] == "healthy" for part in health.values())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Talk]]:
    """An engine that has been asked everything, and the conversation."""
    engine = Engine(tmp_path_factory.mktemp("rest"))
    engine.env["TRADEWIND__CORE__DAGS_ARE_PAUSED_AT_CREATION"] = "True"
    for file in (REST / "dags").glob("*.py"):
        shutil.copy(file, engine.dags)
    try:
        engine.up()
        engine.start("dag-processor")
        engine.start("triggerer")
        engine.serve()
        wait_until(lambda: all_healthy(engine), 30, "not every daemon is healthy")
        talk = Talk(f"http://127.0.0.1:{engine.port}")
        all_checks(talk)
        yield engine, talk
    finally:
        engine.stop()


@pytest.fixture(scope="module")
def promise(world: tuple[Engine, Talk]) -> Promise:
    return Promise(world[0].get("/openapi.json"))


def test_answers_are_airflows(world: tuple[Engine, Talk], tmp_path: Path) -> None:
    _, talk = world
    golden = json.loads((REST / "golden.json").read_text())
    explained = json.loads((REST / "differences.json").read_text())
    assert len(talk.answers) >= 2000
    assert talk.answers.keys() == golden.keys()
    used: set[int] = set()
    wrong = []
    for name, want in golden.items():
        if want["status"] >= 500:  # Airflow's failures are not ours to have
            assert talk.answers[name]["status"] < 500, name
            continue
        for path, what in unlike(want, talk.answers[name]):
            hits = [n for n, d in enumerate(explained) if fnmatch(name, d["check"]) and fnmatch(path, d["path"])]
            used.update(hits)
            if not hits:
                wrong.append(f"{name}: {path} {what}")
    (tmp_path / "answers.json").write_text(json.dumps(talk.answers, indent=1, sort_keys=True))
    assert not wrong, f"{len(wrong)} differences\n" + "\n".join(wrong)
    assert {m.split(":")[0] for m in talk.misfits} == MISFITS, talk.misfits
    idle = [d for n, d in enumerate(explained) if n not in used]
    assert not idle, f"these differences are no more: {idle}"


def test_answers_are_as_described(world: tuple[Engine, Talk], promise: Promise) -> None:
    """Ours, and Airflow's own, too: a client made from our description reads both."""
    _, talk = world
    golden = json.loads((REST / "golden.json").read_text())
    wrong = []
    for name, (operation, status, media, text) in talk.sent.items():
        operation = promise.named(operation) if " " in operation else operation
        if operation is None:  # a path that is none
            continue
        body = json.loads(text) if text and media == "application/json" else text
        wrong += [f"{name}: {what}" for what in promise.unlike(operation, status, body, media or "application/json")]
        theirs = golden[name]
        if name.startswith("deep: "):  # of these only a part is kept
            continue
        if media == "application/json" or not media:
            found = promise.unlike(operation, theirs["status"], plausible(theirs["body"]))
            wrong += [f"{name}, of Airflow: {what}" for what in found]
    assert not wrong, f"{len(wrong)} answers\n" + "\n".join(wrong)


# Asked elsewhere, or with nothing that can fail.
NEVER_WELL = {
    "get_config": "configured_test", "get_config_value": "configured_test", "test_connection": "connection_try_test",
    "enqueue_connection_test": "connection_try_test", "get_connection_test": "connection_try_test", "reparse_dag_file": "below",
    "get_external_log_url": "no log is kept elsewhere", "create_token_all_admins": "auth_test", "login_all_admins": "auth_test",
    "create_token": "auth_test", "create_token_cli": "auth_test", "login": "auth_test", "logout": "auth_test",
    "create_default_connections": "below",
}  # fmt: skip
NEVER_ILL = {"get_dag_stats", "get_health", "get_version", "import_errors", "create_default_connections", "logout", "login", "login_all_admins"}
NEVER_ILL |= {"create_token_all_admins", "create_token", "create_token_cli"}


def test_every_operation_is_asked_well_and_ill(world: tuple[Engine, Talk], promise: Promise) -> None:
    """Each operation of Airflow's API has an answer that is good, and one that is not, which real Airflow gave as well."""
    _, talk = world
    well, ill = set(), set()
    for operation, status, _media, _text in talk.sent.values():
        name = promise.named(operation) if " " in operation else operation
        (well if status < 400 else ill).add(name)
    names = {operation for _, path, operation, _ in contract() if "/fab/" not in path}
    assert sorted(names - well - NEVER_WELL.keys()) == []
    assert sorted(names - ill - NEVER_ILL) == []


def test_the_description_is_whole(promise: Promise) -> None:
    schemas = promise.document["components"]["schemas"]
    for schema in schemas.values():
        promise.validator(schema).check_schema(schema)
    text = json.dumps(promise.document)
    named = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert named <= schemas.keys()
    for operation in promise.operations.values():
        assert operation.said["tags"] and operation.said["responses"]


def test_all_of_airflows_parameters_are_described(promise: Promise) -> None:
    for method, path, operation, names in contract():
        ours = promise.operations[operation]
        assert (ours.method, ours.path) == (method, path)
        assert set(names) <= ours.parameters("query").keys(), operation


def test_a_file_is_read_again_when_asked(world: tuple[Engine, Talk]) -> None:
    engine, _ = world
    before = engine.get("/api/v2/dags/rest_main/details")
    assert engine.ask("PUT", f"/api/v2/parseDagFile/{before['file_token']}") == (201, None)

    def parsed() -> bool:
        return engine.get("/api/v2/dags/rest_main/details")["last_parsed_time"] > before["last_parsed_time"]

    wait_until(parsed, 20, "the file is not read again")


def test_default_connections(world: tuple[Engine, Talk]) -> None:
    engine, _ = world
    for _ in range(2):  # those that are there stay
        assert engine.ask("POST", "/api/v2/connections/defaults") == (204, None)
    found = engine.get("/api/v2/connections?limit=100")
    assert {"aws_default", "fs_default", "spark_default"} <= {c["connection_id"] for c in found["connections"]}
    assert engine.get("/api/v2/connections/ftp_default")["port"] == 21


# Filters that have nothing to narrow here, and why.
UNMOVED = {
    ("get_dag_runs", "partition_date_gte"): "no run of the world has a partition's date; told of one DAG only",
    ("get_dag_runs", "partition_date_lte"): "no run of the world has a partition's date; told of one DAG only",
    ("get_dags", "exclude_stale"): "no DAG of the world is stale",
    ("get_dags", "tags_match_mode"): "says how `tags` counts",
    ("get_assets", "only_active"): "no asset of the world is inactive",
    ("get_dag_runs", "cursor"): "a page, not a filter",
    ("get_task_instances", "cursor"): "a page, not a filter",
    ("get_xcom_entries", "map_index"): "narrowed by its answers below",
}
NOWHERE = {"string": "nowhere-to-be-found", "integer": "424242", "number": "424242"}
RANGE = re.compile(r"(.+)_(gte|gt|lte|lt)$")


def nothing_fits(name: str, schema: dict[str, Any]) -> list[str]:
    """Values of a parameter that no row has; of a truth both, one of which leaves rows out."""
    kind = schema.get("type")
    bound = RANGE.match(name)
    if bound:
        high = bound[2].startswith("g")
        if schema.get("format") == "date-time":
            return ["2999-01-01T00:00:00Z" if high else "1970-01-01T00:00:00Z"]
        if schema.get("format") == "date":
            return ["2999-01-01" if high else "1970-01-01"]
        return ["1e12" if high else "-1"]
    if schema.get("format") == "date-time":
        return ["1970-01-01T00:00:00Z" if name == "before" else "2999-01-01T00:00:00Z"]
    if kind == "boolean":
        return ["true", "false"]
    if kind == "array":
        return nothing_fits(name, schema["items"])
    return [NOWHERE[str(kind)]]


def seldom(schemas: dict[str, Any], schema: dict[str, Any], name: str) -> list[str] | None:
    """The words of a parameter that takes few; one of them leaves rows out."""
    if "$ref" in schema:
        return list(schemas[schema["$ref"].rsplit("/", 1)[1]]["enum"])
    if name == "task_group_id":  # one that is none is refused
        return ["inner"]
    if name == "run_type":
        return list(schemas["DagRunType"]["enum"])
    if name == "excluded_events":
        return ["trigger_dag_run"]
    return ["queued", "failed"] if name in ("state", "dag_run_state") else None


MORE = """
import warnings
from airflow.sdk import DAG, Asset, AssetAlias
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.hitl import ApprovalOperator

warnings.warn("this file is old")
with DAG("more", schedule=None):
    ApprovalOperator(task_id="ask", subject="Go?", body="Look at it")
    BashOperator(task_id="alias", bash_command="true", outlets=[AssetAlias("more_alias")])
with DAG("more_waits", schedule=[Asset("rest_orders", uri="s3://rest/orders"), Asset("more_other")]):
    BashOperator(task_id="never", bash_command="true")
"""


def done(engine: Engine, method: str, path: str, body: Any) -> Any:
    status, answer = engine.ask(method, f"/api/v2{path}", body)
    assert 200 <= status < 300, (method, path, status, answer)
    return answer


@pytest.fixture(scope="module")
def peopled(world: tuple[Engine, Talk]) -> Engine:
    """The same engine with something in each of its lists."""
    engine, _ = world
    engine.write("more.py", MORE)
    wait_until(lambda: engine.ask("GET", "/api/v2/dags/more_waits")[0] == 200, 30, "no DAG more_waits")
    done(engine, "POST", "/variables", {"key": "more", "value": "1"})
    done(engine, "POST", "/connections", {"connection_id": "more", "conn_type": "http"})
    asset = engine.get("/api/v2/assets?name_pattern=rest_orders")["assets"][0]["id"]
    done(engine, "PUT", f"/assets/{asset}/state-store/more", {"value": 1})
    of_task = "/dags/rest_main/dagRuns/run_1/taskInstances/first"
    done(engine, "PUT", f"{of_task}/state-store/more", {"value": 1})
    span = {"from_date": "2024-02-01T00:00:00Z", "to_date": "2024-02-02T00:00:00Z"}
    done(engine, "POST", "/backfills", {"dag_id": "rest_daily", **span})
    for dag in ("more", "more_waits"):
        done(engine, "PATCH", f"/dags/{dag}", {"is_paused": False})
    done(engine, "POST", "/assets/events", {"asset_id": asset})
    done(engine, "POST", "/dags/more/dagRuns", {"dag_run_id": "more", "logical_date": None})
    wait_until(lambda: engine.get("/api/v2/dags/~/dagRuns/~/hitlDetails")["total_entries"], 30, "nobody is asked")
    return engine


def paths_of(engine: Engine, operation: str, path: str) -> str:
    """The path filled in; "~" is everything."""
    known = {"dag_id": "~", "dag_run_id": "~", "task_id": "~"}
    if operation in ("list_task_state_store", "get_mapped_task_instances"):
        task = "first" if "state_store" in operation else "double"
        known = {"dag_id": "rest_main", "dag_run_id": "run_1", "task_id": task}
    if operation == "get_dag_versions":
        known["dag_id"] = "rest_main"
    if operation == "list_asset_state_store":
        known["asset_id"] = str(engine.get("/api/v2/assets?name_pattern=rest_orders")["assets"][0]["id"])
    return re.sub(r"\{(\w+)\}", lambda m: known.get(m[1], "1"), path)


def test_every_route_of_airflow_is_there(world: tuple[Engine, Talk]) -> None:
    engine, _ = world
    absent = []
    for method, path, operation, _names in contract():
        if path == "/auth/token/login" or operation in ("login", "logout", "delete_dag", "clear_dag_runs"):  # asked elsewhere
            continue
        status, body = engine.ask(method, re.sub(r"\{\w+\}", "0", path), {} if method in ("POST", "PUT", "PATCH") else None)
        if status in (0, 405) or status >= 500 or (isinstance(body, dict) and "error" in body):
            absent.append(f"{method} {path}: {status} {body}")
    assert not absent, "\n".join(absent)


def total(engine: Engine, path: str, query: str = "") -> int:
    status, body = engine.ask("GET", f"{path}{'&' if '?' in path else '?'}{query}")
    assert status == 200, (path, query, status, body)
    return body["total_entries"]


def test_every_filter_filters(peopled: Engine, promise: Promise) -> None:
    """With a value that no row has a list is empty, or shorter; and what is not given leaves nothing out."""
    engine = peopled
    schemas = promise.document["components"]["schemas"]
    idle, empty = [], []
    for operation, said in promise.operations.items():
        query = said.parameters("query")
        if said.method != "GET" or "limit" not in query or said.path.startswith("/auth/fab/"):  # fab_test.py asks those
            continue
        path = paths_of(engine, operation, said.path)
        must = "&".join(f"{name}=rest_daily" for name, p in query.items() if p["required"])
        path += f"?{must}" if must else ""
        everything = total(engine, path)
        if not everything:
            empty.append(operation)
            continue
        for name, parameter in query.items():
            if name in ("limit", "offset", "order_by") or parameter["required"] or (operation, name) in UNMOVED:
                continue
            schema = parameter["schema"]
            words = seldom(schemas, schema, name) or nothing_fits(name, schema)
            whole, known = path, everything
            if name == "task_group_id":  # groups are told of one DAG only
                whole = path.replace("/dags/~/", "/dags/rest_main/")
                known = total(engine, whole)
            counts = [total(engine, whole, urlencode({name: word})) for word in words]
            if min(counts) >= known:
                idle.append(f"{operation} {name}: {dict(zip(words, counts))} of {everything}")
    assert not idle, "\n".join(idle)
    assert set(empty) == {"get_plugins", "get_api_tokens"}  # the world has none


def test_the_reference_needs_nobody_else(world: tuple[Engine, Talk]) -> None:
    engine, _ = world
    for path, kind in (("/docs", "text/html"), ("/docs/reference.js", "text/javascript"), ("/docs/reference.css", "text/css")):
        with urlopen(f"http://127.0.0.1:{engine.port}{path}", timeout=20) as r:
            text, headers = r.read().decode(), r.headers
        assert headers.get_content_type() == kind
        assert "//" not in re.sub(r"/\*.*?\*/", "", text, flags=re.S), "it names another host"
        assert kind != "text/html" or "default-src 'none'; script-src 'self'" in headers["Content-Security-Policy"]


def test_another_method_is_told_which_there_are(world: tuple[Engine, Talk]) -> None:
    engine, _ = world
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(f"http://127.0.0.1:{engine.port}/api/v2/dags", b"", method="DELETE"), timeout=20)
    assert refused.value.code == 405
    assert refused.value.headers["Allow"] == "GET, HEAD, PATCH"
