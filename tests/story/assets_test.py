"""Assets: what one DAG's task makes starts another DAG; by tasks, by people, by triggers; over the death of the scheduler."""

from __future__ import annotations

import json
import sqlite3
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from engine import Engine

FIRST = """
from airflow.sdk import DAG, Asset, AssetAlias, Metadata, task
from airflow.providers.standard.operators.bash import BashOperator

orders, prices = Asset("s3://shop/orders"), Asset(name="prices", uri="s3://shop/prices")
late = AssetAlias("late")

with DAG("makes", schedule=None):

    @task(outlets=[orders])
    def make_orders(*, outlet_events):
        outlet_events[orders].extra = {"rows": 3}

    @task(outlets=[late])
    def make_late(*, outlet_events):
        outlet_events[late].add(Asset("s3://shop/late"), extra={"found": "here"})

    prices_made = BashOperator(task_id="make_prices", bash_command="true", outlets=[prices])
    make_orders() >> prices_made >> make_late()
"""

SECOND = """
from airflow.sdk import DAG, Asset, AssetAlias, task

orders, prices = Asset("s3://shop/orders"), Asset(name="prices", uri="s3://shop/prices")

def consumer(dag_id, schedule, **kwargs):
    with DAG(dag_id, schedule=schedule, **kwargs) as dag:

        @task(inlets=[orders])
        def look(*, triggering_asset_events, inlet_events):
            events = [e for of_one in triggering_asset_events.values() for e in of_one]
            return {
                "by": sorted({e.asset.uri for e in events}),
                "extra": [e.extra for e in events if e.extra],
                "source": sorted({f"{e.source_dag_id}.{e.source_task_id}" for e in events}),
                "before": [e.extra for e in inlet_events[orders]],
                "last": inlet_events[orders][-1].extra if len(inlet_events[orders]) else None,
            }

        look()
    return dag

for name, schedule in {
    "needs_both": [orders, prices],
    "needs_any": orders | prices,
    "needs_ref": Asset.ref(name="prices"),
    "needs_late": AssetAlias("late"),
}.items():
    globals()[name] = consumer(name, schedule)
consumer_paused = consumer("needs_paused", [orders], is_paused_upon_creation=True)
"""


@pytest.fixture
def engine(tmp_path: Path):
    e = Engine(tmp_path)
    yield e
    e.stop()


def rows(engine: Engine, question: str, *args: object) -> list[tuple]:
    with sqlite3.connect(
        f"file:{engine.home / 'tradewind.db'}?mode=ro", uri=True, timeout=20
    ) as db:
        return db.execute(question, args).fetchall()


def until(what, seconds: float = 60):
    deadline = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < deadline, f"it never came: {what}"
        time.sleep(0.02)


def ended(engine: Engine, dag_id: str, n: int = 1) -> list[tuple]:
    """The DAG's runs, when so many have ended and all did well."""
    question = "SELECT run_id, state, run_type, run_after FROM dag_run WHERE dag_id = ? ORDER BY run_after"
    found = rows(engine, question, dag_id)
    return found if len([r for r in found if r[1] == "success"]) >= n else []


def returned(engine: Engine, dag_id: str) -> dict:
    ((value,),) = rows(
        engine,
        "SELECT value FROM xcom WHERE dag_id = ? AND key = 'return_value'",
        dag_id,
    )
    return json.loads(value)


def test_what_one_makes_starts_the_others(engine: Engine) -> None:
    engine.write("first.py", FIRST)
    engine.write("second.py", SECOND)
    engine.up()
    engine.run("dags", "trigger", "makes")
    for dag_id, n in {
        "needs_both": 1,
        "needs_any": 2,
        "needs_ref": 1,
        "needs_late": 1,
    }.items():
        runs = until(lambda d=dag_id, n=n: ended(engine, d, n))
        assert [r[2] for r in runs] == ["asset_triggered"] * n
        assert all(r[0].startswith("asset_triggered__20") for r in runs)
    both = returned(engine, "needs_both")
    assert both["by"] == ["s3://shop/orders", "s3://shop/prices"]
    assert both["source"] == ["makes.make_orders", "makes.make_prices"]
    assert both["before"] == [{"rows": 3}]
    assert both["last"] == {"rows": 3}
    late = returned(engine, "needs_late")
    assert late["by"] == ["s3://shop/late"] and {"found": "here"} in late["extra"]
    assert returned(engine, "needs_ref")["by"] == ["s3://shop/prices"]
    assert rows(
        engine, "SELECT count(*) FROM dag_run WHERE dag_id = 'needs_paused'"
    ) == [(0,)]
    assert rows(engine, "SELECT count(*) FROM asset_dag_run_queue") == [(0,)]
    # from the end of the task that makes the asset to the start of the run that waited for it
    question = """SELECT (julianday(d.start_date) - julianday(t.end_date)) * 86400 FROM dag_run d, task_instance t
        WHERE d.dag_id = 'needs_both' AND t.task_id = 'make_prices'"""
    assert rows(engine, question)[0][0] < 1
    names = [row["name"] for row in engine.json("assets", "list")]
    assert names == sorted(["s3://shop/orders", "prices", "s3://shop/late"])
    (details,) = engine.json("assets", "details", "--name", "prices")
    assert [r["dag_id"] for r in details["scheduled_dags"]] == [
        "needs_any",
        "needs_both",
    ]
    assert [r["task_id"] for r in details["producing_tasks"]] == ["make_prices"]
    (run,) = engine.json("assets", "materialize", "--uri", "s3://shop/orders")
    assert run["dag_id"] == run["dag_display_name"] == "makes" and run["partition_date"] is None
    assert run["dag_run_id"].startswith("asset_materialization__")
    [version] = run["dag_versions"]
    assert version["version_number"] == "1" and version["bundle_name"] == "dags-folder" and version["bundle_url"] is None


def test_marks_outlive_the_scheduler(engine: Engine) -> None:
    engine.write("first.py", FIRST.replace(" >> prices_made >> make_late()", ""))
    engine.write("second.py", SECOND)
    engine.up()
    engine.run("dags", "trigger", "makes")
    until(lambda: ended(engine, "makes"))
    marks = rows(engine, "SELECT target_dag_id FROM asset_dag_run_queue")
    assert marks == []  # make_prices ran beside: both are there
    assert len(until(lambda: ended(engine, "needs_both"))) == 1
    engine.write(
        "first.py",
        FIRST.replace(" >> prices_made >> make_late()", "").replace(
            'bash_command="true"', 'bash_command="sleep 600"'
        ),
    )
    engine.run("dag-processor", "--num-runs", "1")
    engine.run("dags", "trigger", "makes")
    until(
        lambda: rows(
            engine,
            "SELECT 1 FROM asset_dag_run_queue WHERE target_dag_id = 'needs_both'",
        )
    )
    engine.kill("scheduler")
    engine.start("scheduler")
    running = "SELECT dag_id, run_id FROM task_instance WHERE task_id = 'make_prices' AND state = 'running'"
    until(lambda: rows(engine, running))
    with sqlite3.connect(engine.home / "tradewind.db", timeout=20) as db:
        (asset_id,) = db.execute(
            "SELECT id FROM asset WHERE name = 'prices'"
        ).fetchone()
        db.execute(
            "INSERT INTO asset_event (asset_id, extra, timestamp) VALUES (?, '{}', '2026-01-01 00:00:00.000000')",
            (asset_id,),
        )
        (event_id,) = db.execute("SELECT max(id) FROM asset_event").fetchone()
        db.execute(
            "INSERT INTO inbox (posted_at, kind, payload) VALUES ('2026-01-01 00:00:00.000000', 'asset_event', ?)",
            (json.dumps({"event_id": event_id}),),
        )
    assert len(until(lambda: ended(engine, "needs_both", 2), 90)) == 2


WATCHES = """
from airflow.sdk import DAG, Asset, AssetWatcher, task
from airflow.providers.standard.triggers.file import FileDeleteTrigger

bell = Asset("bell", watchers=[AssetWatcher(name="door", trigger=FileDeleteTrigger(filepath={path!r}, poke_interval=0.2))])

with DAG("rings", schedule=[bell]):

    @task
    def answer(*, triggering_asset_events):
        return [e.extra for e in triggering_asset_events[bell]]

    answer()
"""


def test_a_trigger_watches_an_asset(engine: Engine, tmp_path: Path) -> None:
    bell = tmp_path / "bell"
    engine.write("watches.py", WATCHES.format(path=str(bell)))
    engine.up()
    engine.start("triggerer")
    until(lambda: rows(engine, "SELECT 1 FROM asset_watcher"))
    bell.write_text("ring")
    runs = until(lambda: ended(engine, "rings"))
    assert runs[0][2] == "asset_triggered"
    (extra,) = returned(engine, "rings")
    assert extra["from_trigger"] is True
    assert not bell.exists()
    bell.write_text("again")  # it watches on
    until(lambda: ended(engine, "rings", 2))
    engine.run("dags", "pause", "rings")
    until(lambda: not rows(engine, "SELECT 1 FROM asset_watcher"))


CLASH = """
from airflow.sdk import DAG, Asset, task

with DAG("{name}", schedule=None):

    @task(outlets=[Asset(name="{asset}", uri="s3://one/place")])
    def make():
        pass

    make()
"""


def test_an_inactive_asset_fails_its_task(engine: Engine) -> None:
    engine.write("a.py", CLASH.format(name="had_it_first", asset="first"))
    engine.up()
    engine.write("b.py", CLASH.format(name="came_second", asset="second"))
    engine.run("dag-processor", "--num-runs", "1")
    for dag_id in ("had_it_first", "came_second"):
        engine.run("dags", "trigger", dag_id)
    until(lambda: ended(engine, "had_it_first"))
    until(
        lambda: rows(
            engine,
            "SELECT 1 FROM dag_run WHERE dag_id = 'came_second' AND state = 'failed'",
        )
    )
    ((why,),) = rows(
        engine, "SELECT state_reason FROM task_instance WHERE dag_id = 'came_second'"
    )
    assert (
        "inactive assets" in why and "Asset(name='second', uri='s3://one/place')" in why
    )
    ((message,),) = rows(
        engine, "SELECT message FROM dag_warning WHERE warning_type = 'asset conflict'"
    )
    assert message.endswith("uri is already associated to 'first'")


STATES = """
from airflow.sdk import DAG, Asset, task

stock = Asset("stock")

with DAG("counts", schedule=None):

    @task(outlets=[stock])
    def count(*, asset_state_store, task_state_store):
        seen = asset_state_store[stock].get("seen", 0)
        asset_state_store[stock].set("seen", seen + 1)
        task_state_store.set("mine", {"n": seen})
        return [seen, task_state_store.get("mine"), task_state_store.get("nothing", "default")]

    count()
"""


def test_states_are_kept(engine: Engine) -> None:
    engine.write("states.py", STATES)
    engine.up()
    engine.run("dags", "trigger", "counts", "--run-id", "one")
    until(lambda: ended(engine, "counts"))
    engine.run("dags", "trigger", "counts", "--run-id", "two")
    until(lambda: ended(engine, "counts", 2))
    found = rows(
        engine,
        "SELECT run_id, value FROM xcom WHERE key = 'return_value' ORDER BY run_id",
    )
    assert [(r, json.loads(v)) for r, v in found] == [
        ("one", [0, {"n": 0}, "default"]),
        ("two", [1, {"n": 1}, "default"]),
    ]
    ((by, value),) = rows(
        engine, "SELECT last_updated_by_kind, value FROM asset_state_store"
    )
    assert (by, value) == ("task", "2")


def test_through_the_api(engine: Engine) -> None:
    engine.write("first.py", FIRST)
    engine.write("second.py", SECOND)
    engine.up()
    engine.start("api-server")

    def call(method: str, path: str, body: object = None) -> tuple[int, dict]:
        asked = urllib.request.Request(f"http://127.0.0.1:{engine.port}/api/v2{path}", method=method)
        asked.add_header("Content-Type", "application/json")
        data = json.dumps(body).encode() if body is not None else None
        try:
            with urllib.request.urlopen(asked, data, timeout=20) as answer:
                return answer.status, json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as e:
            return e.code, json.loads(e.read())

    def answers() -> bool:
        try:
            return call("GET", "/assets")[0] == 200
        except OSError:
            return False

    until(answers)
    _, listed = call("GET", "/assets?order_by=-name")
    assert [a["name"] for a in listed["assets"]] == ["s3://shop/orders", "prices"]
    orders, prices = listed["assets"]
    assert sorted(d["dag_id"] for d in orders["scheduled_dags"]) == ["needs_any", "needs_both", "needs_paused"]
    assert orders["producing_tasks"][0]["task_id"] == "make_orders"
    assert orders["last_asset_event"] == {"id": None, "timestamp": None}
    assert call("GET", f"/assets/{prices['id']}")[1] == prices
    assert call("GET", "/assets/99") == (404, {"detail": "The Asset with ID: `99` was not found"})
    assert [a["name"] for a in call("GET", "/assets?uri_pattern=price")[1]["assets"]] == ["prices"]
    of_ref = call("GET", "/assets?dag_ids=needs_ref")[1]["assets"]  # by its inlet; Asset.ref is no asset of its own
    assert [a["name"] for a in of_ref] == ["s3://shop/orders"]
    assert [a["name"] for a in call("GET", "/assets/aliases")[1]["asset_aliases"]] == ["late"]
    assert call("GET", "/assets/aliases/7")[0] == 404

    status, event = call("POST", "/assets/events", {"asset_id": orders["id"], "extra": {"from": "test"}})
    assert status == 200 and event["extra"] == {"from": "test", "from_rest_api": True}
    assert [r["dag_id"] for r in event["created_dagruns"]] == ["needs_any"]
    assert event["source_dag_id"] is None and event["source_map_index"] == -1
    assert call("POST", "/assets/events", {"asset_id": 99})[0] == 404
    assert call("POST", "/assets/events", {"asset_id": "x"})[0] == 422
    (waits,) = call("GET", "/dags/needs_both/assets/queuedEvents")[1]["queued_events"]
    assert (waits["asset_id"], waits["dag_display_name"]) == (orders["id"], "needs_both")
    assert call("GET", f"/dags/needs_both/assets/{orders['id']}/queuedEvents")[1] == waits
    assert call("GET", f"/assets/{orders['id']}/queuedEvents")[1]["total_entries"] == 1
    assert call("DELETE", f"/dags/needs_both/assets/{orders['id']}/queuedEvents")[0] == 204
    assert call("DELETE", "/dags/needs_both/assets/queuedEvents")[0] == 404
    call("POST", "/assets/events", {"asset_id": prices["id"]})
    until(lambda: ended(engine, "needs_any", 2))
    assert not rows(engine, "SELECT 1 FROM dag_run WHERE dag_id = 'needs_both'")

    run_id = ended(engine, "needs_any")[0][0].replace("+", "%2B")
    upstream = call("GET", f"/dags/needs_any/dagRuns/{run_id}/upstreamAssetEvents")[1]
    assert [e["id"] for e in upstream["asset_events"]] == [event["id"]]
    assert upstream["asset_events"][0]["created_dagruns"][0]["triggering"] is True
    assert call("GET", "/assets/events?name_pattern=prices")[1]["total_entries"] == 1
    assert call("GET", "/dags/~/dagRuns?consuming_asset_pattern=PRICES")[1]["total_entries"] == 2
    assert call("GET", "/dags?has_asset_schedule=false")[1]["dags"][0]["dag_id"] == "makes"
    assert call("GET", "/dags?asset_dependency=prices")[1]["total_entries"] == 2
    assert call("GET", "/dags/needs_both/details")[1]["asset_expression"]["all"][1] == {
        "asset": {"uri": "s3://shop/prices", "name": "prices", "group": "asset"}
    }
    status, run = call("POST", f"/assets/{prices['id']}/materialize")
    assert status == 200 and run["run_type"] == "asset_materialization" and run["dag_id"] == "makes"

    store = f"/assets/{prices['id']}/state-store"
    assert call("PUT", f"{store}/a/b", {"value": {"n": 1}})[0] == 204
    assert call("PUT", f"{store}/a", {"value": None})[0] == 422
    (kept,) = call("GET", store)[1]["asset_state_store"]
    assert (kept["key"], kept["value"], kept["last_updated_by"]["kind"]) == ("a/b", {"n": 1}, "api")
    assert call("DELETE", f"{store}/a/b")[0] == 204 and call("GET", f"{store}/a/b")[0] == 404
    of_task = f"/dags/needs_any/dagRuns/{run_id}/taskInstances/look/state-store"
    assert call("PUT", f"{of_task}/k", {"value": [1], "expires_at": None})[0] == 204
    assert call("PATCH", f"{of_task}/k", {"value": [2]}) == (200, None)  # as Airflow answers
    assert call("GET", f"{of_task}/k")[1]["value"] == [2]
    assert call("GET", of_task)[1]["task_state_store"][0]["expires_at"] is None
    assert call("DELETE", of_task)[0] == 204 and call("GET", of_task)[1]["total_entries"] == 0
    assert call("PUT", f"{of_task.replace('look', 'nobody')}/k", {"value": 1})[0] == 404


PARTITIONS = """
from airflow.sdk import (
    DAG, Asset, IdentityMapper, PartitionedAssetTimetable, PartitionedAtRuntime, ProductMapper, StartOfDayMapper, task,
)

sales = Asset(uri="file://sales/regional.csv", name="sales")

with DAG("sells", schedule=PartitionedAtRuntime()):

    @task(outlets=[sales])
    def sell(*, outlet_events):
        for region in ("us", "eu"):
            outlet_events[sales].add_partitions(f"{region}|2026-06-14T03:00:00")

    sell()

by_region_and_day = ProductMapper(IdentityMapper(), StartOfDayMapper())
with DAG("sums", schedule=PartitionedAssetTimetable(assets=sales, default_partition_mapper=by_region_and_day)):

    @task
    def add(*, dag_run, partition_key, triggering_asset_events):
        return [dag_run.partition_key, partition_key, [e.partition_key for e in triggering_asset_events[sales]]]

    add()

with DAG("hears_no_keys", schedule=[sales]):

    @task
    def never():
        pass

    never()
"""


def test_partitions(engine: Engine) -> None:
    engine.write("partitions.py", PARTITIONS)
    engine.up()
    engine.run("dags", "trigger", "sells")
    until(lambda: ended(engine, "sums", 2))
    found = rows(engine, "SELECT value FROM xcom WHERE dag_id = 'sums' AND key = 'return_value' ORDER BY value")
    assert [json.loads(v) for (v,) in found] == [
        [f"{region}|2026-06-14", f"{region}|2026-06-14", [f"{region}|2026-06-14T03:00:00"]] for region in ("eu", "us")
    ]
    kept = rows(engine, "SELECT partition_key, created_dag_run_id IS NOT NULL FROM asset_partition_dag_run ORDER BY partition_key")
    assert kept == [("eu|2026-06-14", 1), ("us|2026-06-14", 1)]
    assert not rows(engine, "SELECT 1 FROM dag_run WHERE dag_id = 'hears_no_keys'")


DATED = """
from datetime import datetime
from airflow.sdk import DAG, Asset, CronPartitionTimetable, PartitionedAssetTimetable, StartOfMonthMapper, task

day = Asset("day")

with DAG(
    "daily", start_date=datetime(2026, 6, 10), end_date=datetime(2026, 6, 12), catchup=True,
    schedule=CronPartitionTimetable("0 0 * * *", timezone="Asia/Seoul", key_format="%Y-%m-%d"),
):

    @task(outlets=[day])
    def make(*, dag_run, partition_date):
        return [dag_run.partition_key, str(partition_date), str(dag_run.partition_date)]

    make()

def consumer(dag_id, schedule):
    with DAG(dag_id, schedule=schedule):

        @task
        def take(*, partition_key, partition_date):
            return [partition_key, str(partition_date)]

        take()

consumer("as_it_is", PartitionedAssetTimetable(assets=day))
by_month = StartOfMonthMapper(timezone="Asia/Seoul", input_format="%Y-%m-%d")
consumer("by_month", PartitionedAssetTimetable(assets=day, default_partition_mapper=by_month))
"""


def test_runs_know_when_their_partition_begins(engine: Engine) -> None:
    engine.write("dated.py", DATED)
    engine.up()
    engine.start("api-server")

    def call(method: str, path: str, body: object = None) -> tuple[int, dict]:
        return engine.ask(method, f"/api/v2{path}", body)

    def said(dag: str) -> list[list[str]]:
        return sorted(json.loads(v) for (v,) in rows(engine, f"SELECT value FROM xcom WHERE dag_id = '{dag}' AND key = 'return_value'"))

    until(lambda: call("GET", "/version")[0] == 200)
    until(lambda: ended(engine, "daily", 2) and ended(engine, "as_it_is", 2) and len(said("by_month")))
    days = [[f"2026-06-{d}", f"2026-06-{d - 1} 15:00:00+00:00"] for d in (11, 12)]
    assert said("daily") == [[key, date, date] for key, date in days]
    assert said("as_it_is") == days, "the identity carries what the producer was of"
    assert {tuple(r) for r in said("by_month")} == {("2026-06", "2026-05-31 15:00:00+00:00")}

    of = "/dags/daily/dagRuns?order_by=partition_date"
    found = {r["partition_key"]: r["partition_date"] for r in call("GET", of)[1]["dag_runs"]}
    assert found == {"2026-06-11": "2026-06-10T15:00:00Z", "2026-06-12": "2026-06-11T15:00:00Z"}
    for ask, keys in (("gte=2026-06-12", ["2026-06-12"]), ("lte=2026-06-11", ["2026-06-11"]), ("gte=2026-06-13", [])):
        assert [r["partition_key"] for r in call("GET", f"{of}&partition_date_{ask}")[1]["dag_runs"]] == keys, "days of the DAG's zone"

    body = {"logical_date": None, "partition_key": "2026-01-05"}
    assert call("POST", "/dags/daily/dagRuns", body)[1]["partition_date"] == "2026-01-04T15:00:00Z"
    until(lambda: ended(engine, "daily", 3))
    status, why = call("POST", "/dags/daily/dagRuns", {"logical_date": None, "partition_key": "fifth"})
    assert status == 400 and "does not match the timetable's key_format '%Y-%m-%d'" in why["detail"]
    status, why = call("POST", "/dags/by_month/dagRuns", {"logical_date": None, "partition_key": "fifth"})
    assert status == 400 and "is invalid for this timetable's mappers" in why["detail"]

    # A bound is wall time of the DAG's zone, whatever offset it is written with.
    window = {"partition_date_start": "2026-06-12T00:00:00Z", "partition_date_end": "2026-06-12T00:00:00Z", "dry_run": False}
    assert call("POST", "/dags/daily/clearPartitions", window)[1]["dag_runs_cleared"] == 1
    gone = [r for r in call("GET", of)[1]["dag_runs"] if r["partition_key"] is None]
    assert [r["partition_date"] for r in gone] == [None] and "2026-06-12" in gone[0]["dag_run_id"]
    again = {"partition_date_end": "2026-06-11T00:00:00+09:00", "dry_run": True}
    cleared = call("POST", "/dags/daily/clearDagRuns", again)
    assert cleared[0] == 200 and {t["dag_run_id"] for t in cleared[1]["task_instances"]} == {r["dag_run_id"] for r in call("GET", of)[1]["dag_runs"] if r["partition_date"]}, cleared


def test_old_events_are_cleaned_away(engine: Engine) -> None:
    engine.write("first.py", FIRST)
    engine.write("second.py", SECOND)
    engine.up()
    engine.run("dags", "trigger", "makes")
    until(lambda: ended(engine, "needs_late"))
    assert rows(engine, "SELECT count(*) FROM asset_event") == [(3,)]
    engine.run("db", "clean", "--clean-before-timestamp", "2099-01-01", "--tables", "asset_event", "--skip-archive", "-y")
    for table in ("asset_event", "dagrun_asset_event", "asset_alias_asset_event"):
        assert rows(engine, f"SELECT count(*) FROM {table}") == [(0,)]
