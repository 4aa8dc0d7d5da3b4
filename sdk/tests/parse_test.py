"""From a file to documents: what is recorded, what is an error, what is found."""

from __future__ import annotations

import json
import textwrap
import zipfile
from pathlib import Path

import pytest

from tradewind.dagbag import DagBag, find_dag_files
from tradewind.parse import parse_file

HERE = Path(__file__).resolve().parent


@pytest.fixture
def folder(tmp_path):
    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    write.path = tmp_path
    return write


def parse(path, folder):
    return parse_file(str(path), str(folder.path))


def test_dags_are_found_however_they_are_made(folder):
    path = folder(
        "f.py",
        """
        from airflow.sdk import DAG, dag
        a = DAG("a")
        with DAG("b"):
            pass
        @dag
        def c(): pass
        c()
        for i in range(2):
            globals()[f"x{i}"] = DAG(f"d{i}")
        with DAG("hidden", auto_register=False):
            pass
        def inner():
            DAG("lost")
        inner()
        """,
    )
    result = parse(path, folder)
    assert not result["errors"]
    assert {d["dag_id"] for d in result["documents"]} == {"a", "b", "c", "d0", "d1", "hidden"} - {"hidden"}
    assert result["documents"][0]["relative_fileloc"] == "f.py"


def test_a_document_does_not_change_from_parse_to_parse(folder):
    path = folder(
        "f.py",
        """
        from airflow.sdk import DAG, task
        from airflow.operators.python import PythonOperator
        class Thing: pass
        with DAG("a", tags={"z", "y", "x"}, params={"s": {"b", "a"}}):
            PythonOperator(task_id="p", python_callable=print, op_kwargs={"t": Thing(), "f": lambda: 1, "s": {3, 1, 2}})
        """,
    )
    one, two = (json.dumps(parse(path, folder)["documents"]) for _ in range(2))
    assert one == two and "0x" not in one


@pytest.mark.parametrize(
    "text, last",
    [
        ("from airflow import DAG\n1/0\n", "ZeroDivisionError: division by zero"),
        ("from airflow import DAG\nimport sys; sys.exit(3)\n", "SystemExit: 3"),
        ("from airflow import DAG\ndef f(:\n", "SyntaxError"),
        ("from airflow.providers.google.x import dag\n", "apache-airflow-providers-google"),
        ("from airflow import DAG\nraise BaseException('x')\n", "BaseException: x"),
        (
            "from airflow import DAG\nfrom airflow.operators.empty import EmptyOperator as E\n"
            "with DAG('d'):\n    a, b = E(task_id='a'), E(task_id='b'); a >> b >> a\n",
            "AirflowDagCycleException: Cycle detected in DAG: d",
        ),
        (
            "from airflow import DAG\nDAG('d', schedule='99 * * * *')\nx = DAG('e', schedule='nope')\n",
            "columns",
        ),
    ],
)
def test_errors_are_tracebacks_of_the_file(folder, text, last):
    path = folder("bad.py", text)
    result = parse(path, folder)
    assert len(result["errors"]) == 1 and not result["documents"]
    trace = result["errors"][0]["trace"]
    assert last in trace.splitlines()[-1]
    assert "dagfile.py" not in trace


def test_one_bad_dag_leaves_the_others(folder):
    path = folder("f.py", "from airflow import DAG\na = DAG('a')\nb = DAG('b', schedule='61 * * * *')\n")
    result = parse(path, folder)
    assert [d["dag_id"] for d in result["documents"]] == ["a"] and len(result["errors"]) == 1


def test_a_failed_file_does_not_disturb_the_next(folder):
    bad = folder(
        "bad.py", "from airflow.sdk import DAG, TaskGroup\nwith DAG('a'):\n  with TaskGroup('g'):\n    1/0\n"
    )
    good = folder(
        "good.py",
        "from airflow import DAG\nfrom airflow.operators.empty import EmptyOperator\nEmptyOperator(task_id='free')\nd = DAG('d')\n",
    )
    assert parse(bad, folder)["errors"]
    result = parse(good, folder)
    assert not result["errors"] and result["documents"][0]["tasks"] == []


def test_inputs_are_recorded(folder, monkeypatch):
    monkeypatch.setenv("AIRFLOW_VAR_COLOUR", "blue")
    folder("helpers/__init__.py", "")
    folder("helpers/tools.py", "X = 1\n")
    folder("conf.yaml", "a: 1\n")
    folder("sql/q.sql", "select 1\n")
    path = folder(
        "f.py",
        """
        import os
        from airflow import DAG
        from airflow.models import Variable
        from helpers.tools import X
        here = os.path.dirname(__file__)
        open(os.path.join(here, "conf.yaml")).read()
        os.listdir(os.path.join(here, "sql"))
        open(os.devnull, "w").close()
        Variable.get("colour")
        d = DAG("d")
        """,
    )
    result = parse(path, folder)
    assert not result["errors"], result["errors"]
    names = {Path(i["path"]).relative_to(folder.path).as_posix() for i in result["inputs"]}
    assert names == {"f.py", "helpers/__init__.py", "helpers/tools.py", "conf.yaml", "sql"}
    assert result["variables"] == ["colour"] and set(result["modules"]) >= {"helpers.tools"}
    assert all(i["mtime_ns"] > 0 for i in result["inputs"])


def test_safe_mode(folder):
    path = folder("plain.py", "raise RuntimeError('must not be imported')\n")
    assert parse(path, folder)["documents"] == [] and not parse(path, folder)["errors"]
    assert parse_file(str(path), str(folder.path), safe_mode=False)["errors"]


def test_zip(folder):
    archive = folder.path / "a.zip"
    with zipfile.ZipFile(archive, "w") as z:
        z.writestr("one.py", "from airflow import DAG\nimport other_of_zip\nd = DAG('in_zip')\n")
        z.writestr("other_of_zip.py", "VALUE = 1\n")
        z.writestr("broken.py", "from airflow import DAG\n1/0\n")
    result = parse(archive, folder)
    assert [d["relative_fileloc"] for d in result["documents"]] == ["a.zip/one.py"]
    assert result["errors"][0]["file"].endswith("a.zip/broken.py")


def test_warnings_of_the_file(folder):
    path = folder(
        "f.py",
        "from airflow import DAG\nimport warnings\nwarnings.warn('old', DeprecationWarning)\nd = DAG('d')\n",
    )
    warnings = parse(path, folder)["warnings"]
    assert len(warnings) == 1 and warnings[0].endswith("f.py:3: DeprecationWarning: old")


def test_threads_are_told(folder):
    path = folder(
        "f.py",
        "from airflow import DAG\nimport threading\ne = threading.Event()\nt = threading.Thread(target=e.wait, daemon=True)\nt.start()\nd = DAG('d')\n",
    )
    result = parse(path, folder)
    assert result["threads"] == 1 and result["documents"][0]["unsafe_to_fork"] is True
    import sys

    next(m for n, m in sys.modules.items() if n.endswith("_f") and hasattr(m, "e")).e.set()


def test_dagbag(folder):
    folder("good.py", "from airflow import DAG\nd = DAG('good')\n")
    folder("bad.py", "from airflow import DAG\nraise ValueError('broken')\n")
    folder("skip/me.py", "from airflow import DAG\nd = DAG('skipped')\n")
    folder(".airflowignore", "skip/\n")
    bag = DagBag(dag_folder=folder.path, include_examples=False)
    assert bag.dag_ids == ["good"] and bag.size() == 1
    assert [Path(f).name for f in bag.import_errors] == ["bad.py"]
    assert bag.get_dag("good").fileloc.endswith("good.py")
    assert bag.process_file(str(folder.path / "good.py"), only_if_updated=False)[0].dag_id == "good"
    assert "Number of DAGs: 1" in bag.dagbag_report()


def test_airflowignore(folder):
    for name in ("a.py", "sub/b.py", "sub/keep.py", "deep/x/c.py", "d_test.py"):
        folder(name, "# airflow dag\n")
    folder(".airflowignore", "# comment\n*_test.py\nsub/*\n!sub/keep.py\ndeep/**/c.py\n")
    found = {Path(p).relative_to(folder.path).as_posix() for p in find_dag_files(str(folder.path))}
    assert found == {"a.py", "sub/keep.py"}


def test_native_operators(folder):
    path = folder(
        "f.py",
        """
        from airflow.sdk import DAG
        from airflow.operators.bash import BashOperator
        from airflow.operators.empty import EmptyOperator
        class Mine(BashOperator): pass
        class Nothing(EmptyOperator): pass
        with DAG("d"):
            BashOperator(task_id="plain", bash_command="x", env={"A": "1"})
            Mine(task_id="sub", bash_command="x")
            BashOperator(task_id="callback", bash_command="x", on_failure_callback=print)
            BashOperator(task_id="processor", bash_command="x", output_processor=str)
            BashOperator(task_id="object", bash_command="x", env={"A": object()})
            BashOperator.partial(task_id="mapped").expand(bash_command=["a"])
            EmptyOperator(task_id="empty")
            Nothing(task_id="nothing")
            EmptyOperator(task_id="empty_callback", on_success_callback=print)
        with DAG("m", user_defined_macros={"f": len}):
            BashOperator(task_id="macro", bash_command="{{ f('x') }}")
        """,
    )
    documents = parse(path, folder)["documents"]
    native = {t["task_id"]: t.get("native") for d in documents for t in d["tasks"]}
    assert native == {
        "plain": "bash",
        "sub": None,
        "callback": None,
        "processor": None,
        "object": None,
        "mapped": "bash",
        "empty": "empty",
        "nothing": "empty",
        "empty_callback": None,
        "macro": None,
    }
    assert documents[1]["python_templates"] is True


def test_same_as_airflow():
    import sys

    sys.path.insert(0, str(HERE.parents[1] / "tests" / "compat" / "parse"))
    from check import check

    base = HERE.parents[1] / "tests" / "compat" / "parse"
    for name, compat in (("golden-3.3.json", 3), ("golden-2.11.json", 2)):
        dags, differences = check(base / name, compat, {"parse/dags": str(base / "dags")})
        assert dags > 10 and not differences
