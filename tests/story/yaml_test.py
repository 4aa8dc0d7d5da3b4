"""DAGs written in YAML are DAGs as any other: they run, are tested, rendered, versioned and read again when an input changes."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

from engine import Engine, wait_until

HELPERS = """
def rows(n):
    return list(range(n))

def count(found):
    assert found == [0, 1, 2], found
    return len(found)

def told(context):
    print("told of", context["ti"].task_id)
"""

PLAIN = """
dag_id: plain
tasks:
  a: {operator: bash, bash_command: "echo {{ ds }}"}
  b: {operator: empty, depends_on: a}
"""

MORE = """
dag_id: more
start_date: 2026-01-01
groups:
  work: {depends_on: rows}
tasks:
  rows: {operator: python, python_callable: helpers.rows, op_kwargs: {n: 3}}
  count:
    operator: airflow.operators.python.PythonOperator
    group: work
    python_callable: helpers.count
    op_args: [{$xcom: rows}]
    on_success_callback: helpers.told
  each:
    operator: bash
    group: work
    expand: {bash_command: ["echo one {{ run_id }}", "echo two"]}
  end: {operator: empty, depends_on: work}
"""


def files(engine: Engine) -> None:
    engine.write("helpers.py", HELPERS)
    engine.write("plain.yaml", PLAIN)
    engine.write("more.yml", MORE)


def test_they_run(engine: Engine) -> None:
    files(engine)
    engine.parse()
    assert [d["dag_id"] for d in engine.json("dags", "list")] == ["more", "plain"]
    engine.start("scheduler")
    for dag in ("plain", "more"):
        engine.run("dags", "trigger", dag, "-r", "r", "-l", "2026-01-02T00:00:00+00:00")
    for dag in ("plain", "more"):
        assert engine.finish(dag, "r") == "success"
    rows = engine.json("tasks", "states-for-dag-run", "more", "r")
    assert sorted(r["task_id"] for r in rows) == ["end", "rows", "work.count", "work.each", "work.each"]


def test_they_are_tested_and_rendered_like_any_other(engine: Engine) -> None:
    files(engine)
    for dag in ("plain", "more"):
        done = engine.run("dags", "test", dag, "2026-01-02", check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "2026-01-02" in engine.run("tasks", "test", "plain", "a", "2026-01-02").stdout
    assert "echo 2026-01-02" in engine.run("tasks", "render", "plain", "a", "2026-01-02").stdout


def test_a_mistake_is_an_import_error_of_that_file(engine: Engine) -> None:
    engine.write("bad.yaml", "dag_id: bad\ntasks:\n  a:\n    operator: bash\n    bash_comand: x\n")
    engine.write("good.yaml", PLAIN)
    engine.parse()
    errors = json.loads(engine.run("dags", "list-import-errors", "-o", "json", check=False).stdout)
    assert [e["filepath"] for e in errors] == ["bad.yaml"]
    assert errors[0]["error"] == "bad.yaml:5: dag 'bad': task 'a': bash_comand: this operator knows no such key"


def test_what_is_broken_is_told_and_what_is_somebody_elses_is_left_alone(engine: Engine) -> None:
    (engine.dags / "whole.zip").write_bytes(zipped := _zip("from airflow import DAG\nd = DAG('zipped')\n"))
    (engine.dags / "cut.zip").write_bytes(zipped[: len(zipped) // 2])
    engine.write("text.zip", "no archive\n")
    engine.write("open.yaml", "dag_id: x\ntasks: [a, b\n")
    engine.write("half.yaml", "dag_id: x\n  schedule: [1\n")
    (engine.dags / "bytes.yml").write_bytes(b"\x00\x01\xff")
    engine.write("settings.yaml", "jobs:\n- dag_id: made_elsewhere\n  tasks: [a]\n---\na: 1\n")
    engine.write("pod.yaml", "metadata:\n  name: {{ name }}\n{% if x %}\n  y: {{ z }}\n{% endif %}\n")
    engine.write("none.yaml", "")
    engine.parse()
    told = json.loads(engine.run("dags", "list-import-errors", "-o", "json", check=False).stdout)
    errors = {e["filepath"]: e["error"] for e in told}
    assert sorted(errors) == ["bytes.yml", "cut.zip", "half.yaml", "open.yaml", "text.zip"]
    assert errors["text.zip"] == "text.zip: no readable zip archive: File is not a zip file"
    assert errors["open.yaml"].startswith("open.yaml:3:1: ") and errors["bytes.yml"].startswith("bytes.yml")
    assert [d["dag_id"] for d in engine.json("dags", "list")] == ["zipped"]


def _zip(text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("member.py", text)
    return out.getvalue()


def import_errors(engine: Engine) -> list[str]:
    done = engine.run("dags", "list-import-errors", "-o", "json", check=False)
    return [e["error"] for e in json.loads(done.stdout)] if done.stdout.startswith("[") else []


def test_a_python_file_that_it_names_is_an_input(engine: Engine) -> None:
    files(engine)
    engine.write("beside.yaml", "dag_id: beside\ntasks: {a: {operator: python, python_callable: 'sub/steps.py:go'}}\n")
    engine.write("sub/steps.py", "def go(): pass\n")
    engine.run("db", "migrate")
    engine.start("dag-processor")
    wait_until(lambda: len(engine.json("dags", "list")) == 3, 30, "the DAGs are not there")
    engine.write("sub/steps.py", "def went(): pass\n")
    engine.write("helpers.py", HELPERS.replace("def rows", "def lines"))
    wait_until(lambda: len(import_errors(engine)) == 2, 30, "what the YAML files read has changed")
    assert sorted(import_errors(engine)) == [
        "beside.yaml:2: dag 'beside': task 'a': python_callable: there is no 'go' in sub/steps.py",
        "more.yml:7: dag 'more': task 'rows': python_callable: there is no 'rows' in helpers",
    ]
    engine.write("sub/steps.py", "def go(): pass\n")
    engine.write("helpers.py", HELPERS)
    wait_until(lambda: not import_errors(engine), 30, "the errors stay")


def test_each_change_of_what_ran_is_a_version(engine: Engine) -> None:
    files(engine)
    engine.up()
    engine.finish("more", engine.trigger("more"))
    engine.write("more.yml", MORE.replace("  end:", "  last:"))
    engine.run("dag-processor", "--num-runs", "1")
    engine.finish("more", engine.trigger("more"))
    engine.start("api-server")
    wait_until(lambda: engine.ask("GET", "/api/v2/version")[0] == 200, 30, "the API does not answer")
    assert [v["version_number"] for v in engine.ask("GET", "/api/v2/dags/more/dagVersions")[1]["dag_versions"]] == [1, 2]


def test_the_example_runs(engine: Engine) -> None:
    examples = Path(__file__).parents[2] / "examples" / "dags"
    for name in ("orders_yaml.yaml", "orders_yaml_steps.py"):
        engine.write(name, (examples / name).read_text())
    engine.up()
    run = engine.trigger("orders_yaml")
    assert engine.finish("orders_yaml", run) == "success"
    states = engine.states("orders_yaml", run)
    assert states["per_shop.count[2]"] == "success" and (states["many"], states["few"]) == ("success", "skipped")
