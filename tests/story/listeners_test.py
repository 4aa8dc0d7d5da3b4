"""Plugins that listen: to runs, to what happens to assets, to files that do not load."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine import Engine, wait_until

PLUGIN = """
import json
from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

def note(**line):
    with open({out!r}, "a") as f:
        f.write(json.dumps(line) + "\\n")

class Ears:
    @hookimpl
    def on_dag_run_running(self, dag_run, msg):
        note(hook="running", run=dag_run.run_id, dag=dag_run.dag_id, state=str(dag_run.state), msg=msg)

    @hookimpl
    def on_dag_run_success(self, dag_run, msg):
        note(hook="success", run=dag_run.run_id, type=str(dag_run.run_type), msg=msg)

    @hookimpl
    def on_dag_run_failed(self, dag_run, msg):
        note(hook="failed", run=dag_run.run_id, msg=msg)
        raise RuntimeError("a listener that breaks")

    @hookimpl
    def on_asset_changed(self, asset):
        note(hook="changed", asset=asset.name)

    @hookimpl
    def on_asset_event_emitted(self, asset_event):
        note(hook="emitted", uri=asset_event.asset.uri, task=asset_event.source_task_id, extra=asset_event.extra)

    @hookimpl
    def on_new_dag_import_error(self, filename, stacktrace):
        note(hook="new", file=filename.rsplit("/", 1)[-1], text=stacktrace.splitlines()[-1])

    @hookimpl
    def on_existing_dag_import_error(self, filename, stacktrace):
        note(hook="existing", file=filename.rsplit("/", 1)[-1])

class Plugin(AirflowPlugin):
    name = "ears"
    listeners = [Ears()]
"""

DAGS = """
from airflow.sdk import DAG, Asset
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
with DAG("good", schedule=None):
    BashOperator(task_id="a", bash_command="true")
with DAG("bad", schedule=None):
    BashOperator(task_id="a", bash_command="exit 1")
with DAG("slow", schedule=None):
    BashOperator(task_id="a", bash_command="sleep 600")
with DAG("makes", schedule=None):
    EmptyOperator(task_id="a", outlets=[Asset("thing", "s3://bucket/thing")])
"""


def heard(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []


def test_listeners_hear_of_runs_assets_and_files(engine: Engine) -> None:
    out = engine.home.parent / "heard.jsonl"
    (engine.home / "plugins").mkdir()
    (engine.home / "plugins" / "ears.py").write_text(PLUGIN.format(out=str(out)))
    engine.write("dags.py", DAGS)
    broken = engine.write("broken.py", "from airflow import DAG\nraise ValueError('one')\n")
    engine.up()
    engine.start("dag-processor")
    wait_until(lambda: [line["hook"] for line in heard(out)] == ["new", "existing"], 40, "nobody heard of the broken file")
    assert heard(out)[0] == {"hook": "new", "file": "broken.py", "text": "ValueError: one"}
    broken.unlink()
    out.unlink()

    good, bad, makes = (engine.trigger(dag) for dag in ("good", "bad", "makes"))
    assert [engine.finish(*x) for x in (("good", good), ("bad", bad), ("makes", makes))] == ["success", "failed", "success"]
    slow = engine.trigger("slow")
    wait_until(lambda: engine.states("slow", slow) == {"a": "running"}, 30, "it does not run")
    engine.kill("scheduler")
    engine.start("scheduler")
    engine.serve()
    assert engine.ask("PATCH", f"/api/v2/dags/slow/dagRuns/{slow}", {"state": "failed"})[0] == 200
    assert engine.finish("slow", slow) == "failed"
    wait_until(lambda: len(heard(out)) >= 10, 40, f"{heard(out)}")
    said = {(line["hook"], line.get("run")): line for line in heard(out) if "run" in line}
    assert set(said) == {
        ("running", good), ("running", bad), ("running", makes), ("running", slow),
        ("success", good), ("success", makes), ("failed", bad), ("failed", slow),
    }  # fmt: skip
    assert said["running", good] == {"hook": "running", "run": good, "dag": "good", "state": "running", "msg": "started"}
    assert said["success", good]["msg"] == "success" and said["success", good]["type"].endswith("manual")
    assert said["failed", bad]["msg"] == "task_failure" and said["failed", slow]["msg"] == ""
    assert [line for line in heard(out) if line["hook"] in ("changed", "emitted")] == [
        {"hook": "changed", "asset": "thing"},
        {"hook": "emitted", "uri": "s3://bucket/thing", "task": "a", "extra": {}},
    ]  # fmt: skip
    assert len(heard(out)) == 10
