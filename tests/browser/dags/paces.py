"""Runs of different pace, and a Param of every kind: for the part of the walk around runs (runs.mjs)."""

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Param, TaskGroup, task

with DAG(
    "paces",
    schedule="@daily",
    start_date=datetime(2026, 1, 1),
    end_date=datetime(2026, 1, 5),
    catchup=False,
    params={
        "slow": Param(0.1, type="number", title="Seconds", minimum=0, maximum=60),
        "fruit": Param(
            "apple",
            type="string",
            examples=["apple", "pear"],
            values_display={"apple": "An apple", "pear": "A pear"},
        ),
        "kind": Param(
            "a",
            enum=["a", "b"],
            title="Kind",
            values_display={"a": "Kind A", "b": "Kind B"},
        ),
        "several": Param(
            ["x"],
            type="array",
            examples=["x", "y", "z"],
            values_display={"y": "Why"},
            title="Several",
        ),
        "counts": Param(
            [1, 2], type="array", items={"type": "integer"}, title="Counts"
        ),
        "people": Param(
            [{"name": "Kim", "age": 3}],
            type="array",
            title="People",
            items={
                "type": "object",
                "properties": {
                    "name": {"type": "string", "title": "Name"},
                    "age": {"type": "integer", "title": "Age"},
                },
            },
        ),
        "story": Param(
            "once\nupon",
            type="string",
            format="multiline",
            title="Story",
            description_md="Tell it in **bold**.",
            section="Words",
        ),
        "when": Param(
            "2026-02-03T04:05:06+00:00",
            type="string",
            format="date-time",
            title="Moment",
            section="Words",
        ),
        "maybe": Param(None, type=["null", "string"], title="Maybe", section="Words"),
        "fixed": Param(42, const=42),
        "more": Param({"deep": {"er": 1}}, type="object", title="More"),
    },
) as paces:
    begin = BashOperator(
        task_id="begin", bash_command="echo {{ params.fruit }} measured"
    )
    with TaskGroup("work"):
        long = BashOperator(task_id="long", bash_command="sleep {{ params.slow }}")
        short = BashOperator(task_id="short", bash_command="true")
    twice = BashOperator(
        task_id="twice",
        bash_command="echo try {{ ti.try_number }}; test {{ ti.try_number }} -gt 1",
        retries=1,
        retry_delay=timedelta(seconds=0.1),
    )

    @task
    def each(n: int) -> int:
        return n * 10

    end = BashOperator(task_id="end", bash_command="echo end")
    begin >> [long, short, twice] >> each.expand(n=[1, 2, 3]) >> end
