"""The template context against real Airflow 3.3.2 (golden_context.json), and 2.x's names on top."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone
from typing import Any

import pytest

from tradewind import comms, jinja
from tradewind.dag import DAG
from tradewind.execution.ti import RuntimeTaskInstance
from tradewind.operator import BaseOperator

HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(HERE, "golden_context.json")) as f:
    GOLDEN = json.load(f)


class Answers:
    def request(self, do: str, args: dict[str, Any]) -> Any:
        assert do == "previous_successful"
        return GOLDEN["previous"]

    def notify(self, do: str, args: dict[str, Any]) -> None:
        pass


@pytest.fixture(autouse=True)
def supervisor():
    before = comms.set_supervisor(Answers())
    yield
    comms.set_supervisor(before)


class Op(BaseOperator):
    template_fields = ("text",)

    def __init__(self, text: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.text = text


def render(template: Any, run: dict[str, Any], native: bool = False) -> Any:
    dag = DAG(
        "d",
        schedule=None,
        start_date=datetime(2024, 1, 1, tzinfo=timezone.utc),
        params={"a": 1, "b": "text"},
        tags=["t", "s"],
        render_template_as_native_obj=native,
    )
    task = Op(task_id="t", text=template, dag=dag, owner="me")
    workload = {"dag_id": "d", "task_id": "t", "run_id": run["run_id"], "try_number": 1, "run": run}
    ti = RuntimeTaskInstance(workload, dag, task)
    task.render_template_fields(ti.get_template_context(), jinja.environment_of(dag))
    return task.text


CASES = [
    pytest.param(
        case["run"], case["native"], row, id=f"{'native-' * case['native']}{case['run']['run_id'][:9]}-{i}"
    )
    for case in GOLDEN["cases"]
    for i, row in enumerate(case["rows"])
]


@pytest.mark.parametrize("run,native,row", CASES)
def test_against_airflow(run, native, row):
    template, kind, text = row
    try:
        value = render(template, run, native)
    except Exception as e:
        assert (kind, text) == ("error", type(e).__name__), e
    else:
        assert [type(value).__name__, str(value)] == [kind, text]


SCHEDULED, MANUAL = GOLDEN["cases"][0]["run"], GOLDEN["cases"][1]["run"]


@pytest.mark.parametrize(
    "template,scheduled,manual",
    [
        ("{{ execution_date }}", "2024-03-09 00:00:00+00:00", "2024-10-27 01:30:00.123456+00:00"),
        ("{{ next_ds }} {{ next_ds_nodash }}", "2024-03-10 20240310", "2024-10-27 20241027"),
        ("{{ prev_ds }} {{ prev_ds_nodash }}", "2024-03-08 20240308", "2024-10-27 20241027"),
        ("{{ yesterday_ds }} {{ yesterday_ds_nodash }}", "2024-03-08 20240308", "2024-10-26 20241026"),
        ("{{ tomorrow_ds }} {{ tomorrow_ds_nodash }}", "2024-03-10 20240310", "2024-10-28 20241028"),
        ("{{ next_execution_date | ds }}", "2024-03-10", "2024-10-27"),
        ("{{ dag_run.external_trigger }} {{ test_mode }}", "False False", "True False"),
        ("{{ dag_run.execution_date.year }} {{ ti.execution_date.month }}", "2024 3", "2024 10"),
        ("{{ conf.get('core', 'executor') != '' }}", "True", "True"),
    ],
)
def test_names_of_2x(template, scheduled, manual):
    assert [render(template, SCHEDULED), render(template, MANUAL)] == [scheduled, manual]


def test_nested_values():
    value = ["{{ ds }}", ("{{ ds }}", {"{{ ds }}": {"k": "{{ ds_nodash }}"}}), {"{{ ds }}"}, 5, None]
    day = "2024-03-09"
    assert render(value, SCHEDULED) == [day, (day, {"{{ ds }}": {"k": "20240309"}}), {day}, 5, None]


def test_compiled_once():
    dag = DAG("d", schedule=None)
    env = jinja.environment_of(dag)
    assert jinja.environment_of(dag) is env
    assert env.from_string("{{ a }}") is env.from_string("{{ a }}")
    assert env.from_string("{{ a }}", globals={"a": 5}).render() == "5"
