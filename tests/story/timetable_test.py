"""Timetables of the users' own, written in Python: scheduled, asked for by hand, broken, looked ahead."""

from __future__ import annotations

import json

from engine import Engine, wait_until

FILE = """
import pendulum
from datetime import timedelta
from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.timetables.base import DagRunInfo, DataInterval, Timetable

class Hourly(Timetable):
    def infer_manual_data_interval(self, *, run_after):
        return DataInterval(run_after - timedelta(hours=1), run_after)

    def next_dagrun_info(self, *, last_automated_data_interval, restriction):
        start = last_automated_data_interval.end if last_automated_data_interval else restriction.earliest
        if not restriction.catchup:
            start = max(start, pendulum.now("UTC").start_of("hour").subtract(hours=1))
        if restriction.latest and start > restriction.latest:
            return None
        return DagRunInfo.interval(start, start.add(hours=1))

class Broken(Hourly):
    def next_dagrun_info(self, **kwargs):
        raise RuntimeError("no calendar today")

START = pendulum.datetime(2026, 1, 1)
with DAG("catching", schedule=Hourly(), start_date=START, end_date=START.add(hours=70), catchup=True):
    EmptyOperator(task_id="a")
with DAG("present", schedule=Hourly(), start_date=START, catchup=False):
    EmptyOperator(task_id="a")
with DAG("broken", schedule=Broken(), start_date=START):
    EmptyOperator(task_id="a")
"""


def test_a_timetable_of_ones_own_schedules_its_dag(engine: Engine) -> None:
    engine.write("custom.py", FILE)
    engine.up()
    engine.serve()

    def runs(dag_id: str) -> list[dict]:
        return engine.json("dags", "list-runs", dag_id)

    # 71 runs: more than Python is asked for at once.
    wait_until(lambda: sum(r["state"] == "success" for r in runs("catching")) == 71, 60, "it did not catch up")
    dates = sorted(r["logical_date"] for r in runs("catching"))
    assert dates[0] == "2026-01-01T00:00:00+00:00" and dates[-1] == "2026-01-03T22:00:00+00:00"
    assert runs("catching")[0]["run_id"] == "scheduled__2026-01-03T23:00:00+00:00"
    wait_until(lambda: len(runs("present")) == 1, 60, "the present hour's run did not come")

    wait_until(lambda: engine.get("/api/v2/dagWarnings?dag_id=broken")["total_entries"], 60, "nobody was warned")
    (warning,) = engine.get("/api/v2/dagWarnings?dag_id=broken")["dag_warnings"]
    warned = engine.get("/api/v2/dags?has_warnings=true")["dags"]
    assert [d["dag_id"] for d in warned] == ["broken"]
    assert "broken" not in [d["dag_id"] for d in engine.get("/api/v2/dags?has_warnings=false")["dags"]]
    assert "RuntimeError: no calendar today" in warning["message"]
    assert 'custom.py", line' in warning["message"] and "tradewind/" not in warning["message"]
    assert engine.get("/api/v2/dags/broken")["next_dagrun_run_after"] is None


def test_a_run_by_hand_has_the_interval_that_it_infers(engine: Engine) -> None:
    engine.write("custom.py", FILE)
    engine.parse()
    run = engine.json("dags", "trigger", "broken", "--logical-date", "2026-03-01T05:30:00Z")[0]
    assert run["data_interval_start"] and run["data_interval_start"] != run["data_interval_end"]
    engine.start("scheduler")
    engine.serve()
    status, made = engine.ask("POST", "/api/v2/dags/broken/dagRuns", {"logical_date": "2026-03-01T07:30:00Z"})
    assert status == 200
    run_id = made["dag_run_id"]
    assert engine.finish("broken", run_id) == "success"
    found = engine.get(f"/api/v2/dags/broken/dagRuns/{run_id.replace('+', '%2B')}")
    assert (found["data_interval_start"], found["data_interval_end"]) == ("2026-03-01T06:30:00Z", "2026-03-01T07:30:00Z")


def test_the_coming_runs_at_any_instant(engine: Engine) -> None:
    engine.write("custom.py", FILE)
    engine.parse()
    rows = engine.json("dags", "next-execution", "present", "-n", "2", "--now", "2031-05-06T07:08:09Z")
    assert [r["run_after"] for r in rows] == ["2031-05-06T07:00:00+00:00", "2031-05-06T08:00:00+00:00"]
    assert rows[0]["data_interval_start"] == "2031-05-06T06:00:00+00:00"
    done = engine.run("dags", "next-execution", "catching", "-n", "100", "-o", "json")
    assert len(json.loads(done.stdout)) == 71 and "no other run follows: its timetable gives none" in done.stderr
    done = engine.run("dags", "next-execution", "broken", check=False)
    assert done.returncode == 1 and "RuntimeError: no calendar today" in done.stderr
