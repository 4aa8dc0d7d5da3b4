"""XComs: forms, keys, kinds of value, templates. An Airflow dag file."""

import decimal
import uuid
from collections import namedtuple
from dataclasses import dataclass

from semantics_common import *


@dataclass
class Point:
    x: int
    y: int = 0


Pair = namedtuple("Pair", "a b")

VALUES = {
    "none": None,
    "true": True,
    "int": 42,
    "big": 2**70,
    "float": 1.5,
    "whole_float": 2.0,
    "text": "tëxt\n\t\"quoted\" \\ ",
    "empty_text": "",
    "list": [1, "a", None, [2]],
    "dict": {"a": 1, "b": {"c": [True]}},
    "int_keys": {1: "a", 2: "b"},
    "empty_list": [],
    "empty_dict": {},
    "tuple": (1, 2),
    "nested_tuple": {"t": (1, (2, 3))},
    "set": {1},
    "frozenset": frozenset({1}),
    "date": dt.date(2026, 1, 2),
    "datetime": dt.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=dt.timezone.utc),
    "naive": dt.datetime(2026, 1, 2, 3, 4, 5),
    "delta": dt.timedelta(days=1, seconds=2, microseconds=3),
    "decimal": decimal.Decimal("1.10"),
    "uuid": uuid.UUID(int=5),
    "bytes": b"abc",
    "complex": 1 + 2j,
    "point": Point(1, 2),
    "pair": Pair(1, 2),
    "path": Path("/a/b"),
    "nan": float("nan"),
    "inf": float("inf"),
    "range": range(3),
    "generator": None,
    "class": Point,
    "function": end,
    "long": "x" * 3000,
}

for kind in VALUES:
    with probe(f"xv_{kind}"):

        @task(task_id="push")
        def push(kind):
            return (n for n in range(3)) if kind == "generator" else VALUES[kind]

        @task(task_id="pull")
        def pull(x):
            return f"{type(x).__name__} {x!r}"[:200]

        pull(push(kind))

with probe("xc_keys"):

    @task
    def push(ti=None):
        ti.xcom_push(key="a", value=1)
        ti.xcom_push("b", [2])
        ti.xcom_push(key="a", value="again")
        ti.xcom_push(key="ключ/with space", value=3)

    @task
    def pull(ti=None):
        return {
            "a": ti.xcom_pull(task_ids="push", key="a"),
            "b": ti.xcom_pull("push", key="b"),
            "odd": ti.xcom_pull(task_ids="push", key="ключ/with space"),
            "missing": ti.xcom_pull(task_ids="push", key="zzz"),
            "no_task": ti.xcom_pull(task_ids="nobody"),
            "list": list(ti.xcom_pull(task_ids=["push"], key="a")),
            "lists": list(ti.xcom_pull(task_ids=["push", "nobody"], key="a")),
            "default": ti.xcom_pull(task_ids="nobody", key="x", default="d"),
        }

    push() >> pull()

with probe("xc_multiple_outputs"):

    @task(multiple_outputs=True)
    def two():
        return {"a": 1, "b": [2]}

    @task
    def hinted() -> dict[str, int]:
        return {"c": 3}

    @task
    def unhinted():
        return {"d": 4}

    @task(multiple_outputs=True)
    def not_dict():
        return [1]

    @task(multiple_outputs=True)
    def int_keys():
        return {1: 2}

    t = two()
    give(t["a"]) >> give(t["b"])
    give(hinted()["c"])
    give(unhinted()["d"])
    give(t["missing"])
    not_dict()
    int_keys()

with probe("xc_operator_output"):
    a = BashOperator(task_id="a", bash_command="echo hello")
    a >> BashOperator(task_id="b", bash_command="echo {{ ti.xcom_pull(task_ids='a') }} there")
    BashOperator(task_id="c", bash_command=f"echo {a.output}") << a
    BashOperator(task_id="d", bash_command="echo $X", env={"X": a.output})

with probe("xc_native", render_template_as_native_obj=True):
    n = give.override(task_id="n")({"a": [1, 2]})
    n >> PythonOperator(
        task_id="seen",
        python_callable=lambda *a: [f"{type(x).__name__} {x!r}" for x in a],
        op_args=["{{ ti.xcom_pull(task_ids='n') }}", "{{ 1 + 1 }}", "{{ ds }}", "{{ ds_nodash }}", "[1, {{ 2 }}]", "{{ none }}", "", "True", "1e3", "a {{ 1 }}"],
    )

with probe("xc_not_native"):
    n = give.override(task_id="n")({"a": [1, 2]})
    n >> PythonOperator(
        task_id="seen",
        python_callable=lambda *a, **k: [[f"{type(x).__name__} {x!r}" for x in a], k],
        op_args=["{{ ti.xcom_pull(task_ids='n') }}", "{{ 1 + 1 }}", "{{ none }}", ("{{ ds }}", 1), {"{{ ds }}"}],
        op_kwargs={"k": {"{{ ds }}": ["{{ ds_nodash }}"]}},
    )

with probe("xc_list_of_tasks"):

    @task
    def sums(*xs):
        return [list(xs), sum(xs)]

    sums(*[give.override(task_id=f"n{i}")(i) for i in range(4)])

with probe("xc_nested_args"):

    @task
    def deep(d, l):
        return [d, l]

    one, two = give.override(task_id="one")(1), give.override(task_id="two")({"k": "v"})
    deep({"a": one, "b": [two["k"], {"c": one}]}, [one, (two,)])

with probe("xc_from_skipped"):

    @task(trigger_rule="all_done")
    def sees(x):
        return repr(x)

    sees.override(task_id="of_skipped")(skip())
    sees.override(task_id="of_failed")(fail())

with probe("xc_pull_other_run"):

    @task
    def push(run_id=None, dag_run=None):
        return str(dag_run.logical_date)

    @task
    def earlier(ti=None):
        return ti.xcom_pull(task_ids="push", include_prior_dates=True)

    push() >> earlier()

with probe("xc_context"):

    @task
    def some(ti=None, task=None, dag=None, dag_run=None, run_id=None, params=None, ds=None, ts=None, **kwargs):
        return {
            "ti": [ti.task_id, ti.dag_id, ti.run_id == run_id, ti.map_index, ti.try_number, ti.max_tries],
            "task": [task.task_id, task.task_type, task.owner, task.retries, task.pool, task.queue, task.trigger_rule == "all_success"],
            "dag": [dag.dag_id, dag.description, sorted(dag.tags)],
            "run": [dag_run.dag_id, dag_run.run_type == "manual", str(dag_run.logical_date) if V3 else str(dag_run.execution_date)],
            "ds": [ds, ts],
        }

    @task
    def current():
        context = get_current_context()
        return [context["ti"].task_id, context["ds"]]

    some() >> current()

with probe("xc_templates", user_defined_macros={"double": lambda x: x * 2, "word": "w"}, user_defined_filters={"up": str.upper}):
    for n, text in enumerate(
        [
            "{{ ds }} {{ ds_nodash }} {{ ts }} {{ ts_nodash }} {{ ts_nodash_with_tz }}",
            "{{ dag.dag_id }} {{ task.task_id }} {{ ti.try_number }} {{ params }}",
            "{{ macros.ds_add(ds, 5) }} {{ macros.ds_format(ds, '%Y-%m-%d', '%d/%m') }}",
            "{{ double(3) }} {{ word | up }}",
            "{{ data_interval_start }} {{ logical_date.strftime('%Y') }}",
            "{{ task_instance_key_str }}",
            "{{ logical_date + macros.timedelta(days=1) }}",
            "{% for i in range(3) %}{{ i }},{% endfor %}",
            "{{ conf.get('core', 'load_examples') }}" if not V3 else "none",
            "{{ var.value.get('nobody', 'fallback') }} {{ var.json.get('nobody', {'a': 1}).a }}",
            "{{ prev_data_interval_start_success }} {{ prev_start_date_success }}",
            "{{ dag_run.conf }} {{ dag_run.run_type == 'manual' }}",
            "{{ ti.xcom_pull(task_ids='nobody') }}",
            "{{ macros.datetime(2026, 1, 1) }} {{ macros.dateutil.parser.parse('2026-02-03').day }}",
            "{{ (logical_date | ds) }} {{ (logical_date | ts_nodash) }}",
            "{{ dag_run.logical_date.timestamp() | int }}",
            "{{ [1, 2, 3] | join('-') }} {{ 'abc' | upper }} {{ 7 // 2 }} {{ 2 ** 10 }} {{ 'a' ~ 1 }}",
            "{{ inlets }} {{ outlets }}",
            "{{ ti.map_index }} {{ ti.state == 'running' }}",
            "{{ execution_date }}" if not V3 else "x",
            "{{ next_ds }} {{ prev_ds }} {{ yesterday_ds }} {{ tomorrow_ds }}" if not V3 else "x",
        ]
    ):
        BashOperator(task_id=f"t{n:02}", bash_command="cat <<'END'\n" + text + "\nEND")

with probe("xc_params", params={"a": 1, "b": Param("x", type="string"), "c": Param(5, type="integer", minimum=0), "d": None}):
    BashOperator(task_id="t", bash_command="echo {{ params.a }} {{ params.b }} {{ params['c'] }} {{ params.d }}")
    PythonOperator(task_id="own", python_callable=lambda params=None: dict(params), params={"a": "task", "e": [1]})

with probe("xc_sizes_of_return"):
    give.override(task_id="plain", do_xcom_push=False)(1) >> give.override(task_id="after")(2)

with probe("xc_bash_decorated"):

    @task.bash
    def cmd(x):
        return f"echo {x} {{{{ ds }}}}"

    @task.bash(env={"A": "a"}, append_env=True)
    def with_env():
        return "echo $A"

    @task.bash
    def wrong():
        return 42

    give(cmd(1))
    with_env()
    wrong()

with probe("xc_kwargs"):
    # What a callable is given: only what it names.
    PythonOperator(task_id="all", python_callable=lambda **kw: len(kw) > 10)
    PythonOperator(task_id="own", python_callable=lambda a, b=2, *, c: [a, b, c], op_args=[1], op_kwargs={"c": 3})
    PythonOperator(task_id="ds", python_callable=lambda ds: ds)
    PythonOperator(task_id="clash", python_callable=lambda ds, **kw: ds, op_kwargs={"ds": "mine"})
    PythonOperator(task_id="templates", python_callable=lambda templates_dict=None: templates_dict, templates_dict={"x": "{{ ds }}"})
    PythonOperator(task_id="missing", python_callable=lambda a: a)
    PythonOperator(task_id="too_many", python_callable=lambda: 1, op_args=[1])
