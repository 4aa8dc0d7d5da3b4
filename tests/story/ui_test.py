"""The UI's files as the api-server hands them out, and what its pages ask for. The pages themselves: tests/browser."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from engine import Engine, wait_until

DAG = """
from datetime import datetime
from airflow.sdk import DAG, Label, TaskGroup, task
from airflow.providers.standard.operators.bash import BashOperator

with DAG("shop", schedule=None, start_date=datetime(2026, 1, 1), tags=["sales"]):
    first = BashOperator(task_id="first", bash_command="echo 1")
    with TaskGroup("inner", tooltip="inside") as inner:
        a = BashOperator(task_id="a", bash_command="echo a")
        b = BashOperator(task_id="b", bash_command="exit 1")

    @task
    def many(x):
        return x

    first >> Label("good ones") >> inner
    inner >> many.expand(x=[1, 2, 3])
"""


class Api:
    def __init__(self, base: str) -> None:
        self.base = base

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)) as r:
            return json.load(r)

    def get(self, path: str) -> Any:
        return self.ask("GET", path)

    def post(self, path: str, body: Any) -> Any:
        return self.ask("POST", path, body)

    def alive(self) -> bool:
        try:
            self.get("/api/v2/version")
            return True
        except OSError:
            return False


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Any:
    engine = Engine(tmp_path_factory.mktemp("ui"))
    engine.write("shop.py", DAG)
    engine.up()
    engine.start("api-server")
    api = Api(f"http://127.0.0.1:{engine.port}")
    wait_until(api.alive, 60, "the api-server does not answer")
    try:
        yield api
    finally:
        engine.stop()


def fetch(api: Api, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(api.base + path, headers=headers)) as r:
            return r.status, {k.lower(): v for k, v in r.headers.items()}, r.read()
    except urllib.error.HTTPError as e:
        return e.code, {k.lower(): v for k, v in e.headers.items()}, e.read()


def test_page_for_every_path_a_person_may_have(api: Api) -> None:
    _, _, first = fetch(api, "/")
    assert b'<div id="root">' in first, "the UI is not in this build: run script/build-ui, then build again"
    for path in ("/dags", "/dags/shop", "/dags/shop/runs/r/tasks/t", "/dags/a%2Fb", "/variables", "/login", "/assets/1"):
        status, headers, body = fetch(api, path)
        assert (status, body) == (200, first), path
        assert headers["content-type"].startswith("text/html")
        assert headers["cache-control"] == "no-cache"
        policy = headers["content-security-policy"]
        assert "script-src 'self';" in policy and "frame-ancestors 'none'" in policy
    assert b"<script>" not in first, "no script may stand in the page"


def test_what_is_no_page_stays_an_error(api: Api) -> None:
    for path in ("/api/v2/nothing", "/ui/nothing", "/static/nothing.js", "/static/../index.html", "/nothing"):
        status, headers, _ = fetch(api, path)
        assert status == 404 and headers["content-type"].startswith("application/json"), path


def test_a_browser_that_is_lost_gets_the_page_that_says_so(api: Api) -> None:
    _, _, first = fetch(api, "/")
    html = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
    status, headers, body = fetch(api, "/no/such/page", **html)
    assert (status, body) == (404, first)
    assert headers["content-type"].startswith("text/html") and "script-src 'self';" in headers["content-security-policy"]
    for path in ("/api/v2/nothing", "/ui/nothing", "/static/nothing.js", "/auth/nothing", "/execution/nothing"):
        status, headers, _ = fetch(api, path, **html)
        assert status == 404 and headers["content-type"].startswith("application/json"), path


def test_files_are_packed_and_kept(api: Api) -> None:
    _, _, page = fetch(api, "/")
    names = re.findall(r'(?:src|href)="\./(static/[^"]+)"', page.decode())
    script = next(n for n in names if n.endswith(".js"))
    plain_status, headers, packed = fetch(api, f"/{script}", **{"Accept-Encoding": "gzip"})
    assert plain_status == 200
    assert headers["content-encoding"] == "gzip" and headers["vary"] == "Accept-Encoding"
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["content-type"].startswith("text/javascript")
    assert len(gzip.decompress(packed)) > 2 * len(packed)
    _, headers, _ = fetch(api, f"/{script}", **{"Accept-Encoding": "gzip, deflate, br"})
    assert headers["content-encoding"] == "br"
    _, headers, _ = fetch(api, f"/{script}", **{"Accept-Encoding": "br;q=0, gzip"})
    assert headers["content-encoding"] == "gzip"


def test_first_load_is_small(api: Api) -> None:
    """What the browser must have before the list of DAGs is there, packed with gzip: the page, and all that its script imports at once."""
    _, _, page = fetch(api, "/")
    total, seen = len(page), set()
    todo = re.findall(r'(?:src|href)="\./(static/[^"]+)"', page.decode())
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        _, headers, data = fetch(api, f"/{name}", **{"Accept-Encoding": "gzip"})
        total += len(data)
        text = (gzip.decompress(data) if headers.get("content-encoding") == "gzip" else data).decode(errors="replace")
        if name.endswith(".js"):
            todo += [f"static/{n}" for n in re.findall(r'(?:from|import)\s*"\./([\w.-]+\.js)"', text)]
            if "/index-" in f"/{name}":
                todo += [f"static/{n}" for n in re.findall(r'"\./((?:dags|table|trigger)-[\w-]+\.js)"', text)]
    assert total < 400 * 1024, f"{total // 1024} KiB for the first page"
    assert total > 100 * 1024, "the count has missed something"


def test_structure_has_groups_labels_and_arrows(api: Api) -> None:
    s = api.get("/ui/dags/shop/structure")
    tasks = {t["id"]: t for t in s["tasks"]}
    assert set(tasks) == {"first", "inner.a", "inner.b", "many"}
    assert tasks["inner.a"]["group"] == "inner" and tasks["many"]["mapped"]
    assert [s["tasks"][i]["id"] for i in tasks["inner.a"]["upstream"]] == ["first"]
    assert s["groups"] == [{"id": "inner", "label": "inner", "parent": None, "tooltip": "inside", "mapped": False}]
    assert {"from": "first", "to": "inner.a", "label": "good ones"} in s["edge_labels"]
    assert sorted(s["order"]) == [0, 1, 2, 3]
    assert fetch(api, "/ui/dags/none/structure")[0] == 404
    assert fetch(api, "/ui/dags/shop/structure?version_number=99")[0] == 404


def test_grid_has_runs_and_what_became_of_each_task(api: Api) -> None:
    run = api.post("/api/v2/dags/shop/dagRuns", {"logical_date": None, "dag_run_id": "one"})
    wait_until(lambda: api.get("/api/v2/dags/shop/dagRuns/one")["state"] == "failed", 60, "the run does not end")
    grid = api.get("/ui/dags/shop/grid?limit=5")
    assert [r["run_id"] for r in grid["runs"]] == [run["dag_run_id"]]
    cells = {c[0]: c for c in grid["runs"][0]["tasks"]}
    assert cells["first"][1] == "success" and cells["inner.b"][1] == "failed"
    assert cells["first"][2] <= cells["first"][3] and cells["first"][4] == 1
    assert cells["many"][1] == "upstream_failed" and cells["many"][5] == {"upstream_failed": cells["many"][5]["upstream_failed"]}
    columns = api.get("/ui/dags/shop/cells?run_id=one&run_id=none&run_id=one")
    one, none, again = columns["runs"]
    for i, task in enumerate(one["tasks"]):
        _, state, start, end, tries, *counts = cells[task]
        assert columns["states"][ord(one["state"][i]) - ord("a")] == state
        assert one["start"][i] == (-1 if start is None else pytest.approx((start - one["at"]) * 1000, abs=0.01))
        assert one["took"][i] == (-1 if end is None or start is None else pytest.approx((end - start) * 1000, abs=0.01))
        assert one["tries"][i] == tries and [one["many"][str(i)] for _ in counts] == counts
    assert set(one["tasks"]) == set(cells) and none["state"] == "" and again["state"] == one["state"]
    alone = api.get("/ui/dags/shop/cells?run_id=one&task_id=inner.b")["runs"][0]
    assert alone["tasks"] == ["inner.b"] and len(alone["state"]) == 1
    assert api.get("/ui/dags/shop/grid?state=success")["runs"] == []
    assert "tasks" not in api.get("/ui/dags/shop/grid?cells=false")["runs"][0]
    recent = api.get("/ui/dags/recent?dag_id=shop&dag_id=none")
    assert [r["state"] for r in recent["shop"]] == ["failed"] and recent["none"] == []
    assert [(h["state"], h["n"]) for h in api.get("/ui/hours")] == [("failed", 1)]
    assert [(d["state"], d["n"]) for d in api.get("/ui/dags/shop/days")] == [("failed", 1)]
    assert fetch(api, "/ui/dags/shop/grid?limit=x")[0] == 422


def run_of_shop(api: Api, name: str, conf: dict[str, Any] | None = None) -> None:
    """It fails in inner.b; marked as success there it ends well, and so counts as one that others are measured by."""
    api.post("/api/v2/dags/shop/dagRuns", {"logical_date": None, "dag_run_id": name, "conf": conf or {}})
    path = f"/api/v2/dags/shop/dagRuns/{name}"
    wait_until(lambda: api.get(path)["state"] == "failed", 60, "the run does not end")
    api.ask("PATCH", f"{path}/taskInstances/inner.b", {"new_state": "success"})
    api.post("/api/v2/dags/shop/clearTaskInstances", {"dry_run": False, "dag_run_id": name, "task_ids": ["many"], "only_failed": True})
    wait_until(lambda: api.get(path)["state"] == "success", 60, "the run does not end in success")


def test_what_a_run_hangs_on_and_how_long_it_takes_as_a_rule(api: Api) -> None:
    for name in ("usual1", "usual2"):
        run_of_shop(api, name)
    f = api.get("/ui/dags/shop/runs/usual2/forecast")
    assert [s["task_id"] for s in f["path"]] == ["many"], "what had ended before it was cleared decides nothing"
    failed = api.get("/ui/dags/shop/runs/one/forecast")
    # inner.b's failure decides `many`, before inner.a has ended, with it or behind: the path ends with what ended last.
    ends = {t[0]: t[3] for t in next(r for r in api.get("/ui/dags/shop/grid?limit=9")["runs"] if r["run_id"] == "one")["tasks"]}
    late = ["first", "inner.a"] if ends["inner.a"] >= ends["many"] else None
    assert [s["task_id"] for s in failed["path"]] in (["first", "inner.a", "many"], ["first", "inner.b", "many"], late)
    assert failed["usual"] is None
    assert all(s["ready"] <= s["end"] and not s["expected"] for s in f["path"])
    assert f["usual"]["n"] == 1 and f["usual"]["p50"] > 0
    assert f["slow"] is None and f["end"] is None, "one run is no custom"
    assert (f["ended"], f["open"]) == (4, 0)
    assert fetch(api, "/ui/dags/shop/runs/none/forecast")[0] == 404

    durations = api.get("/ui/dags/shop/durations?limit=2&state=success")
    assert [r["dag_run_id"] for r in durations["runs"]] == ["usual2", "usual1"]
    tasks = {t["task_id"]: t for t in durations["tasks"]}
    assert set(tasks) == {"first", "inner.a", "inner.b", "many"}
    assert len(tasks["first"]["seconds"]) == 2 and tasks["first"]["band"]["n"] == 2


def test_two_runs_side_by_side(api: Api) -> None:
    run_of_shop(api, "left", {"day": "monday"})
    api.post("/api/v2/dags/shop/dagRuns", {"logical_date": None, "dag_run_id": "right"})
    wait_until(lambda: api.get("/api/v2/dags/shop/dagRuns/right")["state"] == "failed", 60, "the run does not end")
    c = api.get("/ui/dags/shop/compare?a=left&b=right")
    assert [r["dag_run_id"] for r in c["runs"]] == ["left", "right"]
    assert c["runs"][0]["conf"] == {"day": "monday"} and c["runs"][1]["conf"] == {}
    pairs = {(p["task_id"], p["map_index"]): (p["a"] and p["a"]["state"], p["b"] and p["b"]["state"]) for p in c["tasks"]}
    assert pairs["first", -1] == ("success", "success")
    assert pairs["inner.b", -1] == ("success", "failed")
    assert pairs["many", 2][0] == "success"
    xcoms = {(x["task_id"], x["map_index"]): (x["a"], x["b"]) for x in c["xcoms"]}
    assert xcoms["many", 0] == ("1", None), "only one of them has it"
    assert ("first", -1) not in xcoms, "what is the same is not told"
    assert c["rendered"] == []
    assert fetch(api, "/ui/dags/shop/compare?a=left&b=none")[0] == 404
    assert fetch(api, "/ui/dags/shop/compare?a=left")[0] == 404


def test_days_begin_where_the_reader_is(api: Api) -> None:
    """Runs beside midnight of Seoul (UTC+9), Kolkata (UTC+5:30) and Kathmandu (UTC+5:45)."""
    day = (datetime.now(UTC) - timedelta(days=10)).date()
    api.ask("PATCH", "/api/v2/dags/shop", {"is_paused": True})  # so that they are queued, whenever one looks
    for at in ("14:59:59", "15:00:00", "18:14:59", "18:15:00", "18:29:59", "18:30:00"):
        api.post("/api/v2/dags/shop/dagRuns", {"logical_date": None, "dag_run_id": f"at_{at}", "run_after": f"{day}T{at}Z"})

    def counts(zone: str) -> list[int]:
        days = {d["day"]: d["n"] for d in api.get(f"/ui/dags/shop/days?zone={zone}") if d["state"] == "queued"}
        return [days.get(str(day), 0), days.get(str(day + timedelta(days=1)), 0)]

    assert counts("UTC") == [6, 0]
    assert counts("Asia/Seoul") == [1, 5]
    assert counts("Asia/Kolkata") == [5, 1]
    assert counts("Asia/Kathmandu") == [3, 3]
    status, _, body = fetch(api, "/ui/dags/shop/days?zone=Mars/Base")
    assert status == 422 and b"Mars/Base" in body


def test_who_asks(api: Api) -> None:
    me = api.get("/ui/auth/me")
    assert me["username"] == "Anonymous" and not me["can_sign_out"]
    assert {"read", "edit"} <= set(me["permissions"]["Pools"])


def test_script_finds_the_same_files(tmp_path: Path) -> None:
    """Without a built UI the table is empty and compiles all the same."""
    root = Path(__file__).resolve().parents[2]
    out = tmp_path / "out"
    out.mkdir()
    subprocess.run([sys.executable, root / "script" / "ui_files.py", tmp_path / "missing", out], check=True)
    assert "tw_ui_nfiles = 0" in (out / "ui_files.c").read_text()
