"""DAGs written in YAML that need Python: what they become, and what their mistakes are called."""

from __future__ import annotations

import pytest

from tradewind.dagbag import DagBag
from tradewind.parse import parse_file

HELPERS = """
from airflow.sdk import BaseOperator

def extract(n=1):
    return list(range(n))

def choose():
    return "left"

def tell(context, prefix=""):
    print(prefix, context["ti"].task_id)

class Own(BaseOperator):
    template_fields = ("text",)
    def __init__(self, *, text, times=1, **kwargs):
        super().__init__(**kwargs)
        self.text, self.times = text, times
    def execute(self, context):
        return self.text * self.times
"""

FULL = """
dag_id: full
schedule: {cron: ["0 6 * * *", "0 18 * * 1"], timezone: Europe/Berlin}
timezone: Europe/Berlin
start_date: 2026-01-01
tags: [b, a]
max_active_runs: 2
dagrun_timeout: {hours: 1}
on_failure_callback: {callback: yaml_helpers.tell, prefix: dag}
params:
  region: {type: string, default: eu, enum: [eu, us]}
  rows: 3
default_args:
  owner: ann
  retries: 2
  retry_delay_sec: 30
  on_failure_callback: yaml_helpers.tell
groups:
  load:
    tooltip: into the warehouse
    depends_on: extract
tasks:
  extract:
    operator: python
    python_callable: yaml_helpers.extract
    op_kwargs: {n: 2}
  one:
    operator: yaml_helpers.Own
    group: load
    text: "{{ ds }}"
    times: 2
    execution_timeout: {minutes: 5}
  each:
    operator: python
    group: load
    depends_on: one
    python_callable: yaml_helpers.extract
    expand:
      op_args: {$xcom: extract}
  choose:
    operator: branch_python
    python_callable_file: yaml_helpers.py
    python_callable_name: choose
    depends_on: [load]
    trigger_rule: none_failed
  left: {operator: empty, depends_on: choose}
  right: {operator: empty, depends_on: choose, outlets: ["s3://b/x"]}
  make: {operator: bash, bash_command: "true", is_setup: true}
  drop: {operator: bash, bash_command: "true", is_teardown: true, setups: make}
"""


@pytest.fixture
def parse(tmp_path, monkeypatch):
    (tmp_path / "yaml_helpers.py").write_text(HELPERS)
    monkeypatch.syspath_prepend(str(tmp_path))

    def run(text: str) -> dict:
        path = tmp_path / "d.yaml"
        path.write_text(text)
        return parse_file(str(path), str(tmp_path))

    return run


def only(parsed: dict) -> dict:
    assert parsed["errors"] == []
    return parsed["documents"][0]


def test_a_whole_dag(parse):
    doc = only(parse(FULL))
    tasks = {t["task_id"]: t for t in doc["tasks"]}
    assert doc["timezone"] == "Europe/Berlin" and doc["start_date"] == "2025-12-31T23:00:00+00:00"
    assert doc["schedule"]["type"] == "multiple_cron"
    assert doc["tags"] == ["a", "b"] and doc["dagrun_timeout"] == 3600 and doc["callbacks"] == ["failure"]
    assert doc["params"]["region"]["schema"]["enum"] == ["eu", "us"] and doc["params"]["rows"]["value"] == 3
    assert sorted(tasks) == ["choose", "drop", "extract", "left", "load.each", "load.one", "make", "right"]
    assert tasks["load.one"]["operator"]["class"] == "Own" and tasks["load.one"]["upstream"] == ["extract"]
    assert tasks["load.one"]["args"] == {"text": "{{ ds }}"} and tasks["load.one"]["execution_timeout"] == 300
    assert tasks["load.each"]["map"]["over"] == [
        {"arg": "op_args", "value": {"xcom": {"task": "extract", "key": "return_value"}}}
    ]
    assert tasks["choose"]["upstream"] == ["load.each"] and tasks["choose"]["skip_kind"] == "branch"
    assert tasks["extract"]["retry_delay"] == 30 and tasks["extract"]["owner"] == "ann"
    assert tasks["extract"]["callbacks"] == ["failure"]
    assert tasks["right"]["outlets"] == [{"asset": "s3://b/x"}]
    assert tasks["make"]["is_setup"] and tasks["drop"]["is_teardown"] and "make" in tasks["drop"]["upstream"]


@pytest.mark.parametrize(
    ("schedule", "type_"),
    [
        ("null", "null"),
        ("'@daily'", "cron_trigger"),
        ("3600", "delta_trigger"),
        ("{hours: 2}", "delta_trigger"),
        ("{delta: {days: 1}}", "delta_trigger"),
        ("['s3://a', 's3://b']", "asset"),
        ("{any: ['s3://a', named]}", "asset"),
        ("{assets: ['s3://a'], cron: '@daily'}", "asset_or_time"),
        (
            "{timetable: airflow.timetables.interval.CronDataIntervalTimetable, cron: '@daily', timezone: UTC}",
            "cron_interval",
        ),
    ],
)
def test_schedules_of_all_kinds(parse, schedule, type_):
    text = f"dag_id: d\nschedule: {schedule}\nstart_date: 2026-01-01\ntasks: {{a: {{operator: python, python_callable: yaml_helpers.extract}}}}\n"
    assert only(parse(text))["schedule"]["type"].startswith(type_)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "dag_id: d\ntasks:\n  a:\n    operator: bash\n    bash_comand: x\n",
            "d.yaml:5: dag 'd': task 'a': bash_comand: ",
        ),
        (
            "dag_id: d\ntasks:\n  a:\n    operator: bash\n",
            "d.yaml:4: dag 'd': task 'a': bash_command: it is missing",
        ),
        (
            "dag_id: d\ntasks:\n  a: {operator: nope}\n",
            "d.yaml:3: dag 'd': task 'a': operator: expected a path like",
        ),
        (
            "dag_id: d\ntasks:\n  a: {operator: no.such.Op}\n",
            "d.yaml:3: dag 'd': task 'a': operator: cannot import no.such.Op",
        ),
        ("dag_id: d\ntasks:\n  a: {operator: os.path.join}\n", "os.path.join is not an operator"),
        (
            "dag_id: d\ncatchupp: true\ntasks:\n  a: {operator: empty}\n",
            "d.yaml:2: dag 'd': catchupp: a DAG knows no such key",
        ),
        (
            "dag_id: d\ntasks:\n  a: {operator: empty, depends_on: b}\n",
            "d.yaml:3: dag 'd': task 'a': depends_on: there is no task or group 'b'",
        ),
        (
            "dag_id: d\ntasks:\n  a: {operator: empty}\n  a: {operator: empty}\n",
            "d.yaml:4:3: the key 'a' is there twice",
        ),
        ("dag_id: d\ntasks:\n  a: [\n", "d.yaml:4:1: "),
        (
            "dag_id: d\ntimezone: Nowhere/X\ntasks: {a: {operator: empty}}\n",
            "d.yaml:2: dag 'd': timezone: there is no time zone",
        ),
        (
            "dag_id: d\nstart_date: soon\ntasks: {a: {operator: empty}}\n",
            "d.yaml:2: dag 'd': start_date: expected a date",
        ),
        (
            "dag_id: d\nschedule: every day\nstart_date: 2026-01-01\ntasks: {a: {operator: empty}}\n",
            "d.yaml:2: dag 'd': schedule: Exactly 5",
        ),
        (
            "dag_id: d\ntasks: {a: {operator: empty, group: g}}\ngroups: {g: {group: g}}\n",
            "a group inside of itself",
        ),
        (
            "dag_id: [x]\ntasks: {a: {operator: empty}}\n",
            "d.yaml:1: dag '['x']': dag_id: expected the DAG's id",
        ),
        ("- dag_id\n- tasks\n", "expected a mapping with dag_id and tasks"),
        (
            "dag_id: d\ntasks: {a: {operator: python}}\n",
            "d.yaml:2: dag 'd': task 'a': python_callable: it is missing",
        ),
        ("dag_id: d\nparams: [1]\ntasks: {}\n", "d.yaml:2: dag 'd': params: expected names and values"),
        (
            "dag_id: d\nfail_fast: perhaps\ntasks: {}\n",
            "d.yaml:2: dag 'd': fail_fast: expected true or false",
        ),
        (
            "dag_id: d\nmax_active_runs: many\ntasks: {}\n",
            "d.yaml:2: dag 'd': max_active_runs: expected a number",
        ),
        (
            "dag_id: d\nschedule:\n  cron: []\ntasks: {}\n",
            "d.yaml:3: dag 'd': schedule: cron: expected cron text",
        ),
        (
            "dag_id: d\nschedule:\n  cron: '@daily'\n  timezone: Mars\ntasks: {}\n",
            "d.yaml:4: dag 'd': schedule: timezone: there is no time zone 'Mars'",
        ),
        (
            "dag_id: d\ntasks:\n  a:\n    operator: empty\n    on_failure_callback:\n      callback: no.such\n",
            "d.yaml:6: dag 'd': task 'a': on_failure_callback: callback: cannot import no.such",
        ),
        ("dag_id: d\ntasks: 3\n", "tasks: expected a mapping of ids"),
        (
            "dag_id: d\ntasks: {a: {operator: python, python_callable: yaml_helpers.nope}}\n",
            "there is no 'nope' in yaml_helpers",
        ),
    ],
)
def test_mistakes_name_file_line_and_field(parse, text, message):
    errors = parse(text)["errors"]
    assert len(errors) == 1 and message in errors[0]["trace"], errors
    assert "Traceback" not in errors[0]["trace"]


def test_empty_mappings_and_ids_that_are_numbers(parse):
    doc = only(
        parse(
            "dag_id: d\ndefault_args: {}\nparams: {o: {type: object, default: {}}}\ntasks:\n"
            "  1: {operator: empty, params: {}}\n  b: {operator: bash, bash_command: x, env: {}, depends_on: 1}\n"
        )
    )
    assert doc["params"]["o"]["value"] == {}
    assert [t.get("upstream", []) for t in doc["tasks"]] == [[], ["1"]]


def test_the_dagbag_has_them(tmp_path):
    (tmp_path / "a.yml").write_text("dag_id: in_yaml\ntasks: {a: {operator: empty}}\n")
    (tmp_path / "config.yaml").write_text("just: data\n")
    bag = DagBag(str(tmp_path), include_examples=False)
    assert not bag.import_errors and list(bag.dags) == ["in_yaml"]
    assert bag.get_dag("in_yaml").task_ids == ["a"]


def test_the_published_schema_knows_what_is_written_here():
    import json
    from pathlib import Path

    jsonschema = pytest.importorskip("jsonschema")
    import yaml

    schema = json.loads((Path(__file__).parents[2] / "docs" / "yaml-dags.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    document = yaml.safe_load(FULL.replace("2026-01-01", "'2026-01-01'"))
    jsonschema.validate(document, schema)
    document["groups"]["load"]["tooltipp"] = "x"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)
