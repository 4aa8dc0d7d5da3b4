"""The command line: what people type, and what programs read of it."""

from __future__ import annotations

import csv
import json
import os
import re
import sqlite3
import subprocess
from pathlib import Path

import pytest

from engine import BINARY, ROOT, Engine, wait_until

DAG = """
from datetime import datetime, timedelta
from airflow.decorators import dag, task
from airflow.operators.bash import BashOperator


@dag(schedule="@daily", start_date=datetime(2026, 1, 1), catchup=False, tags=["b", "a"], max_active_runs=3)
def example():
    @task
    def numbers():
        return [1, 2, 3]

    @task
    def double(x):
        return x * 2

    @task
    def total(xs, dag_run=None):
        print("the total is", sum(xs) + dag_run.conf.get("more", 0))
        return sum(xs)

    again = BashOperator(
        task_id="again",
        bash_command="echo {{ ds }}; test {{ ti.try_number }} = 2",
        retries=1,
        retry_delay=timedelta(seconds=0),
    )
    total(double.expand(x=numbers())) >> again


example()
"""

FAILING = """
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator

with DAG("failing", schedule=None, start_date=datetime(2026, 1, 1)) as dag:
    BashOperator(task_id="breaks", bash_command="exit 3") >> EmptyOperator(task_id="never")
    dag.get_task("breaks") >> EmptyOperator(task_id="cleans", trigger_rule="all_done")
"""


def lines(text: str) -> list[str]:
    return text.rstrip("\n").split("\n")


# -- the shape of every command ------------------------------------------------------------------------


def test_help_and_faults(engine: Engine) -> None:
    assert engine.run(check=False).returncode == 2
    assert engine.run("--help").stdout.startswith("usage: tradewind")
    for words in (
        ["nope"],
        ["dags", "nope"],
        ["dags"],
        ["dags", "list", "--nope"],
        ["dags", "state"],
        ["pools", "list", "-o", "x"],
    ):
        done = engine.run(*words, check=False)
        assert done.returncode == 2, words
        assert done.stdout == "" and "usage:" in done.stderr, words
    assert "-o, --output" in engine.run("dags", "list", "-h").stdout
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*\n", engine.run("version").stdout)


def test_every_verb_has_help(engine: Engine) -> None:
    sheet = engine.run("cheat-sheet").stdout
    verbs = [
        line.split("|")[0].split()[1:]
        for line in lines(sheet)
        if line.startswith("tradewind ")
    ]
    assert len(verbs) > 70
    for verb in verbs:
        if verb == ["python"]:
            continue
        done = engine.run(*verb, "-h")
        assert done.stdout.startswith(f"usage: tradewind {' '.join(verb)}"), verb


def test_without_a_metastore_commands_say_what_to_do(engine: Engine) -> None:
    done = engine.run("dags", "list", check=False)
    assert done.returncode == 1
    assert done.stdout == "" and "db migrate" in done.stderr
    assert engine.run("db", "check-migrations", "-t", "0", check=False).returncode == 1


def test_the_schema_can_be_looked_at_and_dropped(engine: Engine, tmp_path: Path) -> None:
    sql = engine.run("db", "migrate", "--show-sql-only").stdout
    assert "create table dag_run" in sql and engine.run("db", "check-migrations", "-t", "0", check=False).returncode == 1
    by_hand = sqlite3.connect(tmp_path / "by_hand.db")
    by_hand.executescript(sql)
    engine.run("db", "migrate", "-r", "abc", "-m")
    assert engine.run("db", "migrate", "-s").stdout == ""
    tables = "select name from sqlite_master where type = 'table' order by name"
    with sqlite3.connect(engine.home / "tradewind.db") as db:
        assert set(db.execute(tables)) - set(by_hand.execute(tables)) == {("tradewind_schema",)}
    engine.run("db", "reset", "-y", "--skip-init")
    with sqlite3.connect(engine.home / "tradewind.db") as db:
        assert [t for (t,) in db.execute(tables) if not t.startswith("sqlite_")] == []
    engine.run("db", "reset", "-y")
    engine.run("db", "check-migrations", "-t", "0")


def test_completion_and_manual(engine: Engine, tmp_path: Path) -> None:
    script = tmp_path / "completion.bash"
    script.write_text(engine.run("completion", "bash").stdout)

    def complete(*words: str) -> list[str]:
        line = " ".join(f"'{w}'" for w in words)
        text = f"source {script}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _tradewind; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        return subprocess.run(
            ["bash", "-c", text], capture_output=True, text=True, check=True
        ).stdout.split()

    assert {"dags", "tasks", "db", "version"} <= set(complete("tradewind", ""))
    assert complete("tradewind", "dags", "trig") == ["trigger"]
    assert complete("tradewind", "dags", "list", "-o", "") == [
        "table",
        "json",
        "yaml",
        "plain",
    ]
    assert "--run-id" in complete("tradewind", "dags", "trigger", "--")
    assert engine.run("completion", "zsh").stdout.startswith("#compdef tradewind")
    assert "complete -c tradewind" in engine.run("completion", "fish").stdout
    assert engine.run("completion", "tcsh", check=False).returncode == 2
    assert engine.run("man").stdout.startswith(".TH TRADEWIND 1")


def test_the_reference_is_up_to_date(engine: Engine) -> None:
    assert (
        engine.run("help", "--markdown").stdout
        == (ROOT / "docs" / "cli.md").read_text()
    )


# -- the metastore -------------------------------------------------------------------------------------


def test_database(engine: Engine) -> None:
    assert "migrated" in engine.run("db", "migrate").stdout
    assert "migrated" in engine.run("db", "upgrade").stdout
    assert engine.run("db", "check").stdout == "Connection successful.\n"
    engine.run("db", "check-migrations")
    engine.run("variables", "set", "a", "1")
    assert engine.run("db", "reset", check=False).returncode == 1
    assert engine.run("variables", "get", "a").stdout == "1\n"
    engine.run("db", "reset", "-y")
    assert engine.run("variables", "get", "a", check=False).returncode == 1
    assert [p["pool"] for p in engine.json("pools", "list")] == ["default_pool"]
    engine.run("db", "clean", "--clean-before-timestamp", "2020-01-01", "--dry-run")
    assert (
        engine.run("db", "check", "--retry", "1", "--retry-delay", "0").returncode == 0
    )
    failed = engine.run("db", "downgrade", "--to-version", "2.11.0", check=False)
    assert failed.returncode == 1 and "only go forward" in failed.stderr
    assert engine.run("jobs", "check", check=False).returncode == 1


def test_archives_are_exported_as_csv(engine: Engine, tmp_path: Path) -> None:
    engine.run("db", "migrate")
    with sqlite3.connect(engine.home / "tradewind.db") as db:
        db.execute("insert into log (dttm, event, extra) values ('2026-01-01', 'said', 'so, \"thus\"')")
    none = engine.run("db", "export-archived", "--output-path", str(tmp_path))
    assert "no archived tables" in none.stdout
    absent = engine.run("db", "clean", "--clean-before-timestamp", "2099-01-01", "-t", "log,session", "-y")
    assert "no table session here" in absent.stderr
    done = engine.run("db", "export-archived", "--output-path", str(tmp_path), "--drop-archives", "-y")
    [path] = done.stdout.split()[:1]
    with open(path, newline="") as f:
        [head, row] = list(csv.reader(f))
    found = dict(zip(head, row, strict=True))
    assert Path(path).name.startswith("_airflow_deleted__log__") and found["extra"] == 'so, "thus"'
    assert found["dag_id"] == "" and "no archived tables" in engine.run("db", "drop-archived", "-y").stdout
    assert engine.run("db", "export-archived", "--output-path", str(tmp_path / "absent"), check=False).returncode == 0


def test_variables(engine: Engine, tmp_path: Path) -> None:
    engine.run("db", "migrate")
    assert (
        engine.run("variables", "set", "plain", "some text").stdout
        == "Variable plain created\n"
    )
    engine.run(
        "variables", "set", "object", '{"a": [1, true]}', "--description", "what for"
    )
    engine.run("variables", "set", "--json", "text", "x y")
    assert engine.run("variables", "get", "plain").stdout == "some text\n"
    assert engine.run("variables", "get", "text").stdout == '"x y"\n'
    assert engine.run("variables", "get", "nope", "--default", "d").stdout == "d\n"
    missing = engine.run("variables", "get", "nope", check=False)
    assert (missing.returncode, missing.stdout) == (1, "")
    assert engine.json("variables", "list") == [
        {"key": "object"},
        {"key": "plain"},
        {"key": "text"},
    ]
    assert engine.json("variables", "list", "--show-values")[1] == {
        "key": "plain",
        "val": "some text",
    }
    path = tmp_path / "v.json"
    engine.run("variables", "export", str(path))
    assert json.loads(path.read_text()) == {
        "object": {"a": [1, True]},
        "plain": "some text",
        "text": "x y",
    }
    assert path.stat().st_mode & 0o077 == 0
    engine.run("variables", "delete", "plain")
    engine.run("variables", "set", "object", "mine")
    engine.run("variables", "import", str(path), "-a", "skip")
    assert engine.run("variables", "get", "object").stdout == "mine\n"
    assert engine.run("variables", "get", "plain").stdout == "some text\n"
    assert (
        engine.run(
            "variables", "import", str(path), "-a", "fail", check=False
        ).returncode
        == 1
    )
    engine.run("variables", "import", str(path))
    assert json.loads(engine.run("variables", "get", "object").stdout) == {
        "a": [1, True]
    }
    (tmp_path / "bad.json").write_text("[1")
    assert (
        engine.run(
            "variables", "import", str(tmp_path / "bad.json"), check=False
        ).returncode
        == 1
    )


def test_secrets_are_stored_encrypted(engine: Engine) -> None:
    engine.run("db", "migrate")
    engine.run("variables", "set", "key", "a-value-to-look-for")
    engine.run(
        "connections",
        "add",
        "c",
        "--conn-uri",
        "http://user:a-password-to-look-for@host",
    )
    engine.run("rotate-fernet-key")
    for path in engine.home.glob("tradewind.db*"):
        data = path.read_bytes()
        assert (
            b"a-value-to-look-for" not in data and b"a-password-to-look-for" not in data
        )
    assert engine.run("variables", "get", "key").stdout == "a-value-to-look-for\n"
    assert (engine.home / "fernet.key").stat().st_mode & 0o777 == 0o600


def test_connections(engine: Engine, tmp_path: Path) -> None:
    engine.run("db", "migrate")
    added = engine.run(
        "connections",
        "add",
        "pg",
        "--conn-uri",
        "postgresql://u:p%40ss@h:5432/db?sslmode=require",
    )
    assert "Successfully added `conn_id`=pg" in added.stdout
    engine.run(
        "connections",
        "add",
        "web",
        "--conn-json",
        '{"conn_type": "http", "host": "h", "extra": {"a": 1}}',
    )
    engine.run(
        "connections",
        "add",
        "parts",
        "--conn-type",
        "ssh",
        "--conn-host",
        "h",
        "--conn-login",
        "me",
        "--conn-port",
        "22",
    )
    assert (
        engine.run(
            "connections", "add", "pg", "--conn-type", "x", check=False
        ).returncode
        == 1
    )
    assert engine.run("connections", "add", "none", check=False).returncode == 1
    for words, why in {
        ("an id!", "--conn-type", "http"): "conn_id 'an id!' has to be made of alphanumeric characters",
        ("odd", "--conn-type", "http", "--conn-extra", "{bad"): "the extra of connection odd is no JSON: line 1, column 2",
        ("odd", "--conn-type", "http", "--conn-extra", "[1]"): "the extra of connection odd must be a JSON object",
    }.items():
        refused = engine.run("connections", "add", *words, check=False)
        assert refused.returncode == 1 and why in refused.stderr, refused.stderr
    hidden = engine.run("connections", "add", "api", "--conn-type", "http", "--conn-extra", '{"api_key": "s3", "n": 1}')
    assert "s3" not in hidden.stdout and '"n": 1' in hidden.stdout
    engine.run("connections", "delete", "api")
    assert (
        engine.run(
            "connections", "add", "bad", "--conn-uri", "no uri", check=False
        ).returncode
        == 1
    )
    row = engine.json("connections", "get", "pg")[0]
    assert (row["conn_type"], row["login"], row["password"], row["port"]) == (
        "postgres",
        "u",
        "p@ss",
        "5432",
    )
    assert row["extra_dejson"] == {"sslmode": "require"}
    assert {tuple(r) for r in engine.json("connections", "list")} == {
        ("conn_id", "conn_type")
    }
    assert engine.json("connections", "list", "--conn-id", "pg") == [{"conn_id": "pg", "conn_type": "postgres"}]
    assert engine.json("connections", "list", "--conn-id", "none") == []
    hidden = engine.json("connections", "list", "--show-values", "--hide-sensitive")[1]
    assert hidden["conn_id"] == "pg" and hidden["password"] == "***"
    for name in ("c.json", "c.yaml", "c.env"):
        path = tmp_path / name
        engine.run("connections", "export", str(path))
        for conn_id in ("pg", "web", "parts"):
            engine.run("connections", "delete", conn_id)
        assert engine.json("connections", "list") == []
        engine.run("connections", "import", str(path))
        assert engine.json("connections", "get", "pg")[0]["password"] == "p@ss", name
        assert engine.json("connections", "get", "web")[0]["extra_dejson"] == {
            "a": "1"
        }, name
    again = engine.run("connections", "import", str(tmp_path / "c.json"))
    assert "already exists" in again.stdout
    missing = engine.run("connections", "delete", "nope", check=False)
    assert missing.returncode == 1 and "Did not find" in missing.stderr
    assert engine.run("connections", "get", "nope", check=False).returncode == 1


def test_pools(engine: Engine, tmp_path: Path) -> None:
    engine.run("db", "migrate")
    assert (
        engine.run("pools", "set", "etl", "4", "for loads").stdout
        == "Pool etl created\n"
    )
    engine.run("pools", "set", "deferred", "-1", "", "--include-deferred")
    assert engine.json("pools", "get", "etl") == [
        {
            "pool": "etl",
            "slots": "4",
            "description": "for loads",
            "include_deferred": "False",
            "team_name": None,
        }
    ]
    assert engine.run("pools", "set", "etl", "many", "x", check=False).returncode == 2
    path = tmp_path / "pools.json"
    engine.run("pools", "export", str(path))
    assert json.loads(path.read_text())["deferred"] == {
        "slots": -1,
        "description": "",
        "include_deferred": True,
    }
    engine.run("pools", "delete", "etl")
    assert engine.run("pools", "get", "etl", check=False).returncode == 1
    assert engine.run("pools", "delete", "default_pool", check=False).returncode == 1
    assert engine.run("pools", "import", str(path)).stdout == "Uploaded 3 pool(s)\n"
    assert engine.json("pools", "get", "etl")[0]["slots"] == "4"
    path.write_text('{"good": {"slots": 1, "description": ""}, "bad": {"slots": "x"}}')
    assert engine.run("pools", "import", str(path), check=False).returncode == 1
    assert engine.run("pools", "get", "good", check=False).returncode == 1


def test_output_formats(engine: Engine) -> None:
    engine.run("db", "migrate")
    table = lines(engine.run("pools", "list").stdout)
    assert [c.strip() for c in table[0].split("|")] == [
        "pool",
        "slots",
        "description",
        "include_deferred",
        "team_name",
    ]
    assert set(table[1]) == {"=", "+"}
    assert table[2].split()[0] == "default_pool"
    plain = lines(engine.run("pools", "list", "-o", "plain").stdout)
    assert plain[0].split() == [
        "pool",
        "slots",
        "description",
        "include_deferred",
        "team_name",
    ]
    assert engine.json("pools", "list")[0]["include_deferred"] == "False"
    assert "  slots: '128'\n" in engine.run("pools", "list", "--output", "yaml").stdout
    assert engine.run("variables", "list").stdout == "No data found\n"
    assert engine.run("variables", "list", "-o", "json").stdout == "[]\n"


# -- configuration -------------------------------------------------------------------------------------


def test_configuration(engine: Engine) -> None:
    (engine.home / "airflow.cfg").write_text(
        "[core]\nparallelism = 7\nno_such_option = 1\n"
    )
    assert engine.run("config", "get-value", "core", "parallelism").stdout == "7\n"
    engine.env["AIRFLOW__CORE__PARALLELISM"] = "9"
    assert engine.run("config", "get-value", "core", "parallelism").stdout == "9\n"
    assert (
        engine.run("config", "get-value", "core", "nope", check=False).returncode == 1
    )
    listed = engine.run(
        "config", "list", "--section", "core", "--show-values", "-s"
    ).stdout
    assert (
        "[core]\n" in listed
        and "\nparallelism = 9\n" in listed
        and "AIRFLOW__CORE__PARALLELISM" in listed
    )
    assert (
        "# parallelism = \n" in engine.run("config", "list", "--section", "core").stdout
    )
    assert "no_such_option" in engine.run("config", "lint").stdout
    assert (
        "no_such_option"
        not in engine.run("config", "lint", "--ignore-option", "no_such_option").stdout
    )
    assert (
        engine.run("config", "list", "--section", "nope", check=False).returncode == 1
    )
    engine.env["AIRFLOW__CORE__PARALLELISM"] = "many"
    wrong = (
        engine.run("version", check=False),
        engine.run("config", "lint", check=False),
    )
    assert (
        wrong[0].returncode == 0
        and wrong[1].returncode == 1
        and "parallelism" in wrong[1].stderr
    )


def test_about_the_installation(engine: Engine) -> None:
    parts = engine.json("info")
    assert [next(iter(p)) for p in parts] == [
        "tradewind",
        "system_info",
        "tools_info",
        "paths_info",
        "providers_info",
    ]
    assert (
        engine.run(
            "python", "-c", "import airflow, sys; print(sys.argv[1])", "-x"
        ).stdout
        == "-x\n"
    )
    assert (
        engine.run("python", "-c", "raise SystemExit(3)", check=False).returncode == 3
    )
    engine.run("providers", "list")
    assert engine.run("providers", "get", "no-such", check=False).returncode == 1
    plugins = engine.home / "plugins"
    plugins.mkdir()
    (plugins / "mine.py").write_text(
        "from airflow.plugins_manager import AirflowPlugin\n\nclass Mine(AirflowPlugin):\n    name = 'mine'\n"
    )
    assert engine.json("plugins")[0]["name"] == "mine"


# -- DAGs ----------------------------------------------------------------------------------------------


def test_dags(engine: Engine, tmp_path: Path) -> None:
    path = engine.write("example.py", DAG)
    engine.write(
        "broken.py", "from airflow import DAG\nraise ValueError('broken on purpose')\n"
    )
    engine.parse()
    rows = engine.json("dags", "list")
    assert rows == [
        {
            "dag_id": "example",
            "fileloc": str(path),
            "owners": ["airflow"],
            "is_paused": "False",
            "bundle_name": "dags-folder",
            "bundle_version": None,
        }
    ]
    assert engine.json("dags", "list", "--columns", "is_paused,dag_id") == [
        {"is_paused": "False", "dag_id": "example"}
    ]
    odd = engine.run("dags", "list", "--columns", "nope,dag_id,tags", "-o", "json")
    assert json.loads(odd.stdout) == [{"dag_id": "example", "tags": ["a", "b"]}]
    assert "unknown column 'nope' is left out; there are: dag_id" in odd.stderr
    errors = engine.run("dags", "list-import-errors", "-o", "json", check=False)
    assert "broken on purpose" in json.loads(errors.stdout)[0]["error"]
    details = engine.json("dags", "details", "example")[0]
    assert (
        details["tags"],
        details["max_active_runs"],
        details["timetable_summary"],
    ) == (["b", "a"], "3", "0 0 * * *") or (details["tags"] == ["a", "b"])
    assert engine.run("dags", "details", "nope", check=False).returncode == 1
    told = engine.run("dags", "details", "example").stdout.splitlines()
    assert told[0].split() == ["property_name", "|", "property_value"]
    assert ["max_active_runs", "3"] in [[w.strip() for w in line.split("|")] for line in told]
    none = engine.run("dags", "list-runs", "nope", check=False)
    assert none.returncode == 1 and none.stderr.strip() == "error: there is no dag 'nope'"
    assert lines(engine.run("tasks", "list", "example").stdout) == [
        "again",
        "double",
        "numbers",
        "total",
    ]
    assert engine.json("dags", "report")[0]["task_num"] == "4"
    engine.run("dags", "pause", "example")
    assert engine.json("dags", "list")[0]["is_paused"] == "True"
    engine.run("dags", "unpause", "ex.*", "--treat-dag-id-as-regex")
    assert engine.json("dags", "list")[0]["is_paused"] == "False"
    assert engine.run("dags", "pause", "nope", check=False).returncode == 1


def test_drawing(engine: Engine, tmp_path: Path) -> None:
    engine.write("example.py", DAG)
    engine.parse()
    text = engine.run("dags", "show", "example").stdout
    assert (
        "numbers [@task]\n└── double [@task] mapped\n    └── total [@task]\n        └── again [BashOperator]"
        in text
    )
    dot, svg = tmp_path / "d.dot", tmp_path / "d.svg"
    engine.run("dags", "show", "example", "--save", str(dot))
    assert '"numbers" -> "double"' in dot.read_text()
    engine.run("dags", "show", "example", "-s", str(svg))
    import xml.etree.ElementTree as ET

    root = ET.fromstring(svg.read_text())
    texts = [t.text for t in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"numbers", "double", "total", "again"} <= set(texts)
    assert len([p for p in root.iter("{http://www.w3.org/2000/svg}path")]) == 3
    assert (
        engine.run("dags", "show", "example", "--save", "d.png", check=False).returncode
        == 1
    )
    assert engine.run("dags", "show", "nope", check=False).returncode == 1


def test_next_execution(engine: Engine) -> None:
    engine.write("example.py", DAG)
    engine.parse()
    found = engine.run(
        "dags",
        "next-execution",
        "example",
        "-n",
        "2",
        "--now",
        "2026-03-04T05:00:00+00:00",
    ).stdout
    assert lines(found) == ["2026-03-04T00:00:00+00:00", "2026-03-05T00:00:00+00:00"]


# -- runs in this process ------------------------------------------------------------------------------


def test_dags_test_needs_no_metastore(engine: Engine) -> None:
    engine.write("example.py", DAG)
    done = engine.run("dags", "test", "example", "2026-01-05", "-c", '{"more": 100}')
    assert "the total is 112" in done.stdout
    assert "2026-01-05" in done.stdout
    assert "ended as success" in lines(done.stdout)[-1]
    assert not (engine.home / "tradewind.db").exists()


def test_dags_test_decides_as_the_scheduler_does(engine: Engine) -> None:
    engine.write("failing.py", FAILING)
    done = engine.run("dags", "test", "failing", "--show-dagrun", check=False)
    assert done.returncode == 1
    assert {"breaks: failed", "never: upstream_failed", "cleans: success"} <= set(
        lines(done.stdout)
    )
    skipped = engine.run(
        "dags", "test", "failing", "--mark-success-pattern", "breaks", "--show-dagrun"
    )
    assert {"breaks: success", "never: success", "cleans: success"} <= set(
        lines(skipped.stdout)
    )
    missing = engine.run("dags", "test", "nope", check=False)
    assert missing.returncode == 1 and "could not be found" in missing.stderr
    assert engine.run("dags", "test", "failing", "-c", "{", check=False).returncode == 1


def test_tasks_test_and_render(engine: Engine) -> None:
    engine.write("example.py", DAG)
    done = engine.run("tasks", "test", "example", "numbers", "2026-01-05")
    assert "ended as success" in done.stdout
    failed = engine.run("tasks", "test", "example", "again", "2026-01-05", check=False)
    assert failed.returncode == 1 and "2026-01-05" in failed.stdout
    rendered = engine.run("tasks", "render", "example", "again", "2026-02-03").stdout
    assert "echo 2026-02-03; test 1 = 2" in rendered
    assert engine.run("tasks", "test", "example", "nope", check=False).returncode == 1


def test_python_files_test_themselves(engine: Engine, tmp_path: Path) -> None:
    text = DAG.replace(
        "\nexample()\n",
        "\nd = example()\nif __name__ == '__main__':\n    run = d.test()\n    print('>>', run.state)\n",
    )
    path = engine.write("example.py", text)
    engine.env["TRADEWIND_BINARY"] = BINARY
    assert lines(engine.run("python", str(path)).stdout)[-1] == ">> success"


# -- with a scheduler ----------------------------------------------------------------------------------


def test_runs(engine: Engine) -> None:
    engine.write("example.py", DAG)
    engine.write("failing.py", FAILING)
    engine.up()
    row = engine.json(
        "dags",
        "trigger",
        "example",
        "-r",
        "one",
        "-l",
        "2026-01-05",
        "-c",
        '{"more": 1}',
    )[0]
    assert (row["dag_run_id"], row["state"], row["run_type"], row["conf"]) == (
        "one",
        "queued",
        "manual",
        {"more": "1"},
    )
    assert engine.run("runs", "wait", "example", "one").returncode == 0
    assert engine.run("dags", "state", "example", "one").stdout == "success\n"
    assert (
        engine.run(
            "tasks", "state", "example", "double", "one", "--map-index", "1"
        ).stdout
        == "success\n"
    )
    states = engine.json("tasks", "states-for-dag-run", "example", "one")
    assert sum(r["task_id"] == "double" for r in states) == 3
    assert (
        engine.run("dags", "trigger", "example", "-r", "one", check=False).returncode
        == 1
    )
    assert (
        engine.run(
            "dags", "trigger", "failing", "-r", "f", "--wait", check=False
        ).returncode
        == 1
    )
    assert engine.states("failing", "f") == {
        "breaks": "failed",
        "never": "upstream_failed",
        "cleans": "success",
    }
    listed = engine.json("dags", "list-runs", "failing")
    assert [(r["run_id"], r["state"]) for r in listed] == [("f", "failed")]
    assert list(listed[0]) == [
        "dag_id",
        "run_id",
        "state",
        "run_after",
        "logical_date",
        "start_date",
        "end_date",
    ]
    assert engine.json("dags", "list-runs", "-d", "failing", "--state", "success") == []
    engine.run("tasks", "clear", "failing", "-t", "cleans", "-y")
    engine.finish("failing", "f")
    engine.run("jobs", "check", "--job-type", "SchedulerJob", "--local")
    assert {
        r["job_type"] for r in engine.json("dags", "list-jobs", "--state", "running")
    } >= {"SchedulerJob"}
    engine.run("runs", "delete", "failing", "f", "-y")
    assert engine.run("dags", "state", "failing", "f", check=False).stdout != "failed\n"
    done = engine.run("tasks", "run", "example", "numbers", "one")
    assert done.stdout == "success\n"
    # As 2.x spelled it.
    assert engine.run("tasks", "run", "-f", "example", "numbers", "one").stdout == "success\n"
    assert engine.run("tasks", "run", "-m", "-j", "5", "example", "numbers", "one").stdout == "success\n"
    engine.run("tasks", "clear", "example", "-X", "-x", "-t", "numbers", "-s", "2040-01-01", "-y")
    engine.run("dags", "trigger", "example", "-e", "2026-03-04T05:06:07.8", "-r", "dated")
    assert [r["logical_date"][:19] for r in engine.json("dags", "list-runs", "example") if r["run_id"] == "dated"] == ["2026-03-04T05:06:07"]


def test_why_a_task_does_not_run(engine: Engine) -> None:
    engine.write("example.py", DAG)
    engine.parse()
    engine.run("dags", "pause", "example")
    engine.run("dags", "trigger", "example", "-r", "one")
    engine.start("scheduler")
    told = engine.run("tasks", "failed-deps", "example", "numbers", "one").stdout
    assert told.startswith("Task instance dependencies not met:\n") and "paused" in told


PAST = """
from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator

with DAG("past", schedule=None):
    BashOperator(task_id="a", bash_command="exit 1", depends_on_past=True, retries=0)
    BashOperator(task_id="b", bash_command="true", pool="tiny", pool_slots=3)
"""


def test_why_names_the_run_before_and_what_is_missing(engine: Engine) -> None:
    engine.write("past.py", PAST)
    engine.parse()
    engine.run(
        "dags", "trigger", "past", "-r", "one", "-l", "2026-01-01T00:00:00+00:00"
    )
    told = engine.run("tasks", "failed-deps", "past", "b", "one").stdout
    assert "no scheduler is running" in told
    engine.run("pools", "set", "tiny", "2", "small")
    engine.run("dags", "unpause", "past")
    engine.start("scheduler")
    wait_until(
        lambda: (
            "failed"
            in engine.run("tasks", "state", "past", "a", "one", check=False).stdout
        ),
        30,
        "a has not failed",
    )
    engine.run(
        "dags", "trigger", "past", "-r", "two", "-l", "2026-01-02T00:00:00+00:00"
    )
    told = ""

    def says() -> bool:
        nonlocal told
        told = engine.run(
            "tasks", "failed-deps", "past", "a", "two", check=False
        ).stdout
        return "previous run" in told

    wait_until(says, 30, "it does not say so")
    assert (
        "depends_on_past: 'a' is failed in the previous run, 'one', and neither success nor skipped"
        in told
    )
    assert "no scheduler" not in told
    told = engine.run("tasks", "failed-deps", "past", "b", "one").stdout
    assert "it needs 3 slots and pool 'tiny' has only 2" in told


def test_dags_delete(engine: Engine) -> None:
    engine.write("example.py", DAG)
    engine.parse()
    assert engine.run("dags", "delete", "example", check=False).returncode == 1
    engine.run("dags", "delete", "example", "-y")
    assert engine.json("dags", "list") == []
    assert engine.run("dags", "delete", "example", "-y", check=False).returncode == 1


if __name__ == "__main__":
    raise SystemExit(pytest.main([os.path.abspath(__file__)]))


# -- what programs read ---------------------------------------------------------------------------------

PRODUCER = """
from airflow.sdk import DAG, Asset, AssetAlias
from airflow.providers.standard.operators.bash import BashOperator

with DAG("makes", schedule=None) as dag:
    BashOperator(task_id="a", bash_command="true", outlets=[Asset(name="k", uri="s3://b/k"), AssetAlias("al")])
"""

CONNECTION = "id conn_id conn_type description host schema login password port is_encrypted is_extra_encrypted extra_dejson get_uri"
# The keys of `-o json`, which are the columns of the other formats: those of Airflow 3.3.2.
KEYS = {
    "dags list": "dag_id fileloc owners is_paused bundle_name bundle_version",
    "dags list --columns dag_id,description,tags": "dag_id description tags",
    "dags list-import-errors": "bundle_name filepath error",
    "dags list-import-errors -l": "filepath error",
    "dags list-runs makes": "dag_id run_id state run_after logical_date start_date end_date",
    "dags report": "file duration dag_num task_num dags",
    "dags details makes": "dag_id dag_display_name is_paused is_stale last_parsed_time last_parse_duration last_expired bundle_name"
    " bundle_version relative_fileloc fileloc description timetable_summary timetable_description timetable_partitioned"
    " timetable_periodic tags max_active_tasks max_active_runs max_consecutive_failed_dag_runs has_task_concurrency_limits"
    " has_import_errors next_dagrun_logical_date next_dagrun_data_interval_start next_dagrun_data_interval_end"
    " next_dagrun_run_after allowed_run_types owners is_backfillable version_number",
    "tasks states-for-dag-run makes r": "dag_id logical_date task_id state start_date end_date",
    "assets list": "name uri group extra",
    "assets list --alias": "name group",
    "assets details --name k": "id name uri group extra created_at updated_at scheduled_dags producing_tasks consuming_tasks aliases"
    " watchers last_asset_event",
    "assets details --alias --name al": "id name group",
    "variables list": "key",
    "connections list": "conn_id conn_type",
    "connections list --show-values": CONNECTION,
    "connections get c": CONNECTION,
    "pools list": "pool slots description include_deferred team_name",
    "pools get default_pool": "pool slots description include_deferred team_name",
    "assets materialize --name k": "dag_run_id dag_id logical_date queued_at start_date end_date duration data_interval_start"
    " data_interval_end run_after last_scheduling_decision run_type state triggered_by triggering_user_name conf note"
    " dag_versions bundle_version dag_display_name partition_key partition_date",
}


def test_the_keys_of_each_list(engine: Engine) -> None:
    engine.write("makes.py", PRODUCER)
    engine.write("broken.py", "# airflow DAG\nimport no_such_thing\n")
    engine.up()
    engine.run("variables", "set", "v", "1")
    engine.run("connections", "add", "c", "--conn-uri", "postgres://u:p@h/d?x=y")
    engine.finish("makes", engine.trigger("makes", "-r", "r"))
    for verb, keys in KEYS.items():
        done = engine.run(*verb.split(), "-o", "json", check="import-errors" not in verb)
        assert list(json.loads(done.stdout)[0]) == keys.split(), verb
        for form in ("table", "plain", "yaml"):
            if "materialize" not in verb:
                assert keys.split()[0] in engine.run(*verb.split(), "-o", form, check=False).stdout, (verb, form)


def test_default_connections_are_made_once(engine: Engine) -> None:
    engine.run("db", "migrate")
    engine.run("connections", "add", "http_default", "--conn-uri", "http://mine")
    assert " connections created, 1 were there" in engine.run("connections", "create-default-connections").stdout
    assert engine.run("connections", "create-default-connections").stdout.startswith("0 connections created")
    found = {c["conn_id"]: c for c in engine.json("connections", "list", "--show-values")}
    assert found["http_default"]["host"] == "mine" and found["postgres_default"]["schema"] == "airflow"
    assert len(found) > 60 and found["fs_default"]["extra_dejson"] == {"path": "/"}


def test_a_connection_is_tried_with_its_hook(engine: Engine) -> None:
    engine.run("db", "migrate")
    engine.run("connections", "add", "c", "--conn-uri", "own://u:right@h")
    refused = engine.run("connections", "test", "c", check=False)
    assert refused.returncode == 1 and "test_connection = Enabled" in refused.stderr
    engine.env["AIRFLOW__CORE__TEST_CONNECTION"] = "Enabled"
    unknown = engine.run("connections", "test", "c", check=False)
    assert unknown.returncode == 1 and "the connection 'c' failed: Unknown hook type" in unknown.stderr
    missing = engine.run("connections", "test", "none", check=False)
    assert missing.returncode == 1 and "`none` isn't defined" in missing.stderr


def test_what_cannot_be_used_is_refused_with_what_to_do(engine: Engine) -> None:
    """Not taken as something else: a database in another place for each process, a port out of range, a name that is none."""
    engine.run("db", "migrate")
    engine.write("waits.py", "from airflow.sdk import DAG\nfrom airflow.operators.empty import EmptyOperator\nwith DAG('waits'):\n    EmptyOperator(task_id='t')\n")
    engine.run("dag-processor", "--num-runs", "1")
    engine.run("dags", "trigger", "waits", "-r", "one")
    engine.run("dags", "pause", "waits")
    database = "TRADEWIND__DATABASE__SQL_ALCHEMY_CONN"
    for words, env, why in (
        (("db", "check"), {database: "sqlite:///rel.db"}, "sqlite:////absolute/path"),
        (("db", "check"), {database: "postgres:u:secret"}, "sql_alchemy_conn is no URL"),
        (("api-server", "-p", "99999"), {}, "99999 is no port"),
        (("scheduler",), {"AIRFLOW__CORE__DEFAULT_TIMEZONE": "Mars/X"}, "[core] default_timezone: unknown time zone 'Mars/X'"),
        (("variables", "set", "", "x"), {}, "1 to 250 bytes"),
        (("variables", "set", "x" * 251, "x"), {}, "1 to 250 bytes"),
        (("connections", "add", "c", "--conn-json", '{"conn_type": 3}'), {}, '"conn_type"'),
        (("tasks", "run", "waits", "t", "one"), {}, "dag 'waits' is paused"),
    ):
        refused = engine.run(*words, check=False, env=env)
        assert refused.returncode == 1 and why in refused.stderr and "secret" not in refused.stderr, refused.stderr


def test_a_port_is_one_servers_until_it_ends(engine: Engine) -> None:
    """Two would share the requests; one that follows at once is served although old connections linger."""
    engine.run("db", "migrate")
    engine.serve()
    second = engine.run("api-server", check=False)
    assert second.returncode == 1 and "is another server there?" in second.stderr
    engine.kill("api-server")
    engine.serve()
