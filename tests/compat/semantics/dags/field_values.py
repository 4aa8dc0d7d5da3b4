"""XComs, templates, contexts and decorators, as in the field. An Airflow dag file."""

import json
import sys
from typing import TypedDict

from semantics_common import *


class Counts(TypedDict):
    rows: int
    names: list


with probe("fv_pulls"):

    @task
    def push(ti=None):
        ti.xcom_push("a", {"deep": [1, {"x": None}]})
        ti.xcom_push(key="b", value="text")
        return "returned"

    @task
    def pull(ti=None, **context):
        return {
            "positional": ti.xcom_pull("fv.push"),
            "default_key": ti.xcom_pull(task_ids="push"),
            "by_key": ti.xcom_pull(task_ids="push", key="a")["deep"][1],
            "list": list(ti.xcom_pull(task_ids=["push", "mapped"], key="return_value")),
            "tuple": list(ti.xcom_pull(task_ids=("push",), key="b")),
            "mapped": list(ti.xcom_pull(task_ids="mapped")),
            "first": ti.xcom_pull(task_ids="mapped")[0],
            "one": ti.xcom_pull(task_ids="mapped", map_indexes=1),
            "some": list(ti.xcom_pull(task_ids="mapped", map_indexes=[1, 0])),
            "range": list(ti.xcom_pull(task_ids="mapped", map_indexes=range(2))),
            "group": ti.xcom_pull(task_ids="g.inside"),
            "own_dag": ti.xcom_pull(task_ids="push", dag_id=context["dag"].dag_id),
            "no_dag": ti.xcom_pull(task_ids="push", dag_id="nobody"),
            "own_run": ti.xcom_pull(task_ids="push", run_id=context["run_id"]) if V3 else None,
            "from_context": context["task_instance"].xcom_pull(task_ids="push", key="b"),
            "prior": ti.xcom_pull(task_ids="push", include_prior_dates=True),
            "minus": ti.xcom_pull(task_ids="push", map_indexes=-1),
        }

    with TaskGroup("g"):
        inside = give.override(task_id="inside")("in group")
    [push(), give.override(task_id="mapped").expand(x=["m0", "m1"]), inside] >> pull()

with probe("fv_pull_templates"):

    @task
    def push(ti=None):
        ti.xcom_push("cfg", {"path": "/data", "tables": ["t1", "t2"], "n": 3})
        return [1, 2, 3]

    p = push()
    for n, text in enumerate(
        [
            "{{ ti.xcom_pull('push') }}",
            "{{ ti.xcom_pull(task_ids='push', key='cfg')['path'] }}/{{ ti.xcom_pull(task_ids='push', key='cfg').n + 1 }}",
            "{{ ti.xcom_pull(task_ids='push', key='cfg').tables | join(';') | upper }}",
            "{{ task_instance.xcom_pull(task_ids='push') | sum }} {{ task_instance.xcom_pull('push') | last }}",
            "{{ ti.xcom_pull(task_ids='push', key='cfg') | tojson }}",
            "{% set c = ti.xcom_pull(task_ids='push', key='cfg') %}{% for t in c.tables %}{{ loop.index }}:{{ t }}{{ ',' if not loop.last }}{% endfor %}",
            "{{ ti.xcom_pull(task_ids='nobody', key='cfg') or 'fallback' }}",
            "{{ ti.xcom_pull(task_ids='push', key='no') | default('d', true) }}",
            "{{ (ti.xcom_pull(task_ids='push') | length) == 3 }}",
            "{{ ti.xcom_pull(task_ids='push')[-1] }} {{ ti.xcom_pull(task_ids='push')[:2] }}",
            "{{ ti.xcom_pull(task_ids='push', key='cfg').get('zzz', 'none') }} {{ ti.xcom_pull(task_ids='push', key='cfg').items() | list | length }}",
            "{{ ti.xcom_pull(task_ids=['push'])[0] }}",
        ]
    ):
        p >> BashOperator(task_id=f"t{n:02}", bash_command="cat <<'END'\n" + text + "\nEND")

with probe("fv_templates", params={"tables": ["x", "y"], "limit": 5, "where": {"a": 1}, "flag": True, "name": "o'brien"}):
    for n, text in enumerate(
        [
            "{{ params.tables | map('upper') | join(',') }} {{ params.limit * 2 }} {{ params['where'].a }} {{ params.flag }}",
            "{% if params.flag and params.limit > 3 %}yes{% elif params.limit %}maybe{% else %}no{% endif %}",
            "{{ (data_interval_end - macros.timedelta(days=3)).strftime('%Y/%m/%d') }} {{ macros.ds_add(ds, -7) }} {{ macros.ds_format(ds, '%Y-%m-%d', '%Y%m') }}",
            "{{ logical_date.in_timezone('Europe/Berlin').isoformat() }} {{ logical_date.add(months=1).to_date_string() }}",
            "{{ logical_date.start_of('month') | ds }} {{ logical_date.end_of('month') | ds_nodash }} {{ logical_date.day_of_week is number }}",
            "{{ logical_date.subtract(days=1).format('YYYY-MM-DD') }} {{ logical_date.int_timestamp }} {{ logical_date.timestamp() }}",
            "{{ ds[:4] }}/{{ ds[5:7] }}/{{ ds.split('-') | last }} {{ ds | replace('-', '') }} {{ ds_nodash | int + 1 }}",
            "{{ 'a,b,c'.split(',') | batch(2) | list }} {{ [3, 1, 2] | sort(reverse=true) }} {{ {'b': 1, 'a': 2} | dictsort }}",
            "{{ [{'n': 'x', 'v': 1}, {'n': 'y', 'v': 2}] | selectattr('v', 'gt', 1) | map(attribute='n') | list }}",
            "{{ '%05.1f|%s' | format(3.14159, 'z') }} {{ 'Hello World' | truncate(8) }} {{ 'hello' | title }} {{ 1234567 | filesizeformat }}",
            "{% set ns = namespace(total=0) %}{% for i in range(4) %}{% set ns.total = ns.total + i %}{% endfor %}{{ ns.total }}",
            "{% macro hi(n, p='!') -%}hi {{ n }}{{ p }}{%- endmacro %}{{ hi('you') }} {{ hi('me', p='?') }}",
            "{% raw %}{{ not_a_var }}{% endraw %} {# comment #}{{ '{{' }} {{ \"it's\" }}",
            "{{ none is none }} {{ undefined_thing is defined }} {{ undefined_thing | default('dflt') }} {{ 5 is divisibleby 5 }} {{ 'a' in 'abc' }}",
            "{{ (1, 2) + (3,) }} {{ [1] + [2] }} {{ {'a': 1}.a }} {{ 7 // 2 }} {{ -7 % 3 }} {{ 2 ** 0.5 | round(2) }} {{ (2 ** 0.5) | round(2) }}",
            "{%- for k, v in params.where.items() if v -%} {{ k }}={{ v }} {%- endfor %}|{% do [].append(1) %}end",
            "{{ dag_run.conf.get('key', 'none') }} {{ dag_run.conf }} {{ dag_run.run_id == run_id }} {{ dag_run.dag_id }}",
            "{{ task.task_id }} {{ task.retries }} {{ task.owner }} {{ dag.dag_id }} {{ ti.dag_id }} {{ task.upstream_task_ids }} {{ dag.timezone }}",
            "{{ macros.datetime.utcnow is defined }} {{ macros.dateutil.parser.isoparse(ts).year }} {{ macros.json.dumps({'a': [1]}) }} {{ macros.uuid is defined }}",
            "{{ macros.datetime_diff_for_humans(data_interval_start, data_interval_start.add(days=2)) }}",
            "{{ params.name | e }} {{ '<b>' | escape }} {{ '<b>' }} {{ params.name | urlencode }} {{ 'ä' | length }} {{ 'x' * 3 }}",
            "{{ ts }} {{ ts_nodash }} {{ ts_nodash_with_tz }} {{ logical_date | ts }} {{ logical_date | ts_nodash_with_tz }}",
            "{{ [1, 2, 3, 4] | select('odd') | list }} {{ [1, none, 2] | reject('none') | list }} {{ range(5) | list | random in range(5) }} {{ 'a-b' | wordcount }}",
            "{{ ['b', 'A', 'c'] | sort }} {{ ['x', 'X'] | unique | list }} {{ [[1, 2], [3]] | sum(start=[]) }} {{ 'k' ~ 1 ~ none }} {{ 10 / 4 }} {{ 1e3 }}",
            "{{ cycler('a', 'b').next() }} {{ joiner(', ')() }} {{ dict(a=1) }} {{ lipsum is defined }} {{ '2026-01-05' > ds }}",
            "{{ logical_date.strftime('%A %B %-d %j %U') }} {{ logical_date.weekday() }} {{ logical_date.isocalendar()[1] }} {{ logical_date.replace(day=1) }}",
            "{{ logical_date.diff(data_interval_start).in_hours() }} {{ (data_interval_end - data_interval_start).total_seconds() }} {{ logical_date.naive() }}",
        ]
    ):
        BashOperator(task_id=f"t{n:02}", bash_command="cat <<'END'\n" + text + "\nEND")

with probe("fv_native_mixed", render_template_as_native_obj=True, params={"n": 5, "l": [1, 2], "d": {"k": None}, "b": False, "s": "007"}):
    PythonOperator(
        task_id="seen",
        python_callable=lambda *a, nested, key, number: [f"{type(x).__name__} {x!r}" for x in (*a, nested, key, number)],
        op_args=["{{ params.n }}", "{{ params.l }}", "{{ params.d }}", "{{ params.b }}", "{{ params.s }}", "{{ params.n }}{{ params.n }}", "{{ ds }}", "0{{ params.n }}", "{{ params.l | length }} rows", "{{ params.l[0] }},{{ params.l[1] }}", "{'a': {{ params.n }}}", "{{ none }}", "null", "1_000", "{{ logical_date }}", "{{ (1, 2) }}", "{{ 'x' }}", "'quoted'"],
        op_kwargs={"nested": {"a": ["{{ params.n }}", {"b": "{{ params.l }}"}]}, "key": "{{ {'x': params.n} }}", "number": 3},
    )
    BashOperator(task_id="bash", bash_command="echo {{ params.n }} {{ params.s }} {{ params.l }}")
    BashOperator(task_id="looks_like_number", bash_command="echo {{ params.s }}", env={"X": "{{ params.s }}"})

with probe("fv_custom_fields"):

    class Inner:
        template_fields = ("query", "missing")

        def __init__(self, query):
            self.query, self.missing = query, None

    class Point(list):
        pass

    class Renders(BaseOperator):
        template_fields = ("sql", "parameters", "things", "obj", "flag", "callback")
        template_ext = (".sqlx",)
        template_fields_renderers = {"sql": "sql", "parameters.deep": "json"}
        ui_color = "#abcdef"

        def __init__(self, sql, parameters=None, things=(), obj=None, flag=None, callback=None, **kwargs):
            super().__init__(**kwargs)
            self.sql, self.parameters, self.things, self.obj, self.flag, self.callback = sql, parameters, things, obj, flag, callback

        def execute(self, context):
            return [self.sql, self.parameters, [str(t) for t in self.things], self.obj.query if self.obj else None, self.flag, callable(self.callback)]

    Renders(
        task_id="all",
        sql=["SELECT '{{ ds }}'", "SELECT {{ params.n }}"],
        parameters={"{{ ds }}": "{{ ds }}", "deep": {"l": ("{{ task.task_id }}", 1), "s": {"{{ ds }}"}}},
        things=("{{ ds_nodash }}", 1, None, dt.date(2026, 1, 1)),
        obj=Inner("{{ dag.dag_id }} {{ ti.try_number }}"),
        flag=True,
        params={"n": 7},
    )

    def made(context, jinja_env):
        return jinja_env.from_string("of {{ task.task_id }} on {{ ds }}").render(context)

    # Fields that are functions make their values themselves.
    Renders(task_id="functions", sql=made, parameters={"k": "{{ ds }}"}, things=lambda context, jinja_env: [context["ds"], "{{ ds }}"], obj=Inner(made))
    BashOperator(task_id="function_of_bash", bash_command=lambda context, jinja_env: f"echo {context['ds']}") if V3 else None
    Renders(task_id="wrong_function", sql=lambda: "never")

    class Prepares(Renders):
        def prepare_template(self):
            self.sql = self.sql + " {{ ds }}"

        def render_template_fields(self, context, jinja_env=None):
            super().render_template_fields(context, jinja_env)
            self.flag = "rendered"

    Prepares(task_id="prepares", sql="day")

    class NotSet(BaseOperator):
        template_fields = ("absent",)

        def execute(self, context):
            return "never"

    NotSet(task_id="not_set") if not V3 else None
    Renders(task_id="no_file", sql="nobody.sqlx") >> empty("after_no_file", trigger_rule="all_done") if False else None

with probe("fv_returns"):

    @task
    def typed() -> Counts:
        return {"rows": 2, "names": ["a"]}

    @task(multiple_outputs=False)
    def off() -> dict:
        return {"rows": 2}

    @task(multiple_outputs=True)
    def several():
        return {"x": 1, "y": {"z": [2]}}

    @task
    def takes(a, b, *rest, c=None, **more):
        return [a, b, list(rest), c, more]

    t, s = typed(), several()
    takes(t["rows"], t, s["y"], c=s, extra=[s["x"], {"k": off()}])
    takes.override(task_id="of_none")(give.override(task_id="none")(None), 1)

with probe("fv_context"):

    @task
    def asks(ti=None, dag_run=None, task=None, **context):
        keys = set(context) | {"ti", "dag_run", "task"}
        return {
            "has": sorted(keys & set("conn dag ds inlets logical_date macros map_index_template outlets params prev_data_interval_end_success run_id task_instance templates_dict ts var expanded_ti_count".split())),
            "expanded": context.get("expanded_ti_count"),
            "template": context.get("map_index_template"),
            "run": [dag_run.dag_id, str(dag_run.run_type).endswith("manual") or str(dag_run.run_type).endswith("MANUAL"), dag_run.conf, str(dag_run.state).lower().rpartition(".")[2]],
            "interval": [str(context["data_interval_start"]), str(context["data_interval_end"])],
            "prev": [str(context["prev_data_interval_start_success"]), str(context["prev_start_date_success"])],
            "ti": [ti.task_id, ti.map_index, ti.try_number, ti.max_tries, str(ti.run_id == context["run_id"])],
            "key": context["task_instance_key_str"],
            "lets": [context["inlets"], context["outlets"]],
        }

    asks()
    asks.override(task_id="mapped").partial().expand_kwargs([{}, {}]) if False else None

    @task
    def nested():
        def helper():
            return get_current_context()["ti"].task_id

        return helper()

    nested()

    class Old(BaseOperator):
        def execute(self, context):
            c = get_current_context()
            return [c["task"].task_id, c["params"].get("p"), context["ti"].task.task_id]

    Old(task_id="classic", params={"p": 2})

with probe("fv_decorators"):

    @task.bash(append_env=True, env={"WHO": "{{ dag.dag_id }}"})
    def shell(n):
        return f"for i in $(seq {n}); do echo $WHO $i; done"

    @task.external_python(python=sys.executable, expect_airflow=False)
    def outside(x, y=1):
        import os

        return {"sum": x + y, "pid": os.getpid() > 0}

    @task.branch
    def way(x):
        return "left" if x["sum"] > 2 else ["right"]

    @task.short_circuit
    def open_gate():
        return {"truthy": 1}

    @task(trigger_rule="none_failed_min_one_success")
    def left():
        return "left"

    @task
    def right():
        return "right"

    way(outside(2, y=3)) >> [left(), right()]
    shell(2) >> open_gate() >> give.override(task_id="after_gate")("x")

    @task.run_if(lambda context: context["params"]["go"], skip_message="not now")
    @task.bash
    def conditional():
        return "echo never"

    conditional.override(params={"go": False})() if False else None

    @task.skip_if(lambda context: context["ti"].map_index == 1)
    @task
    def not_second(x):
        return x

    not_second.expand(x=["a", "b", "c"]) >> empty("after_skips", trigger_rule="none_failed")

with probe("fv_external_python"):

    @task.external_python(python=sys.executable, expect_airflow=False, multiple_outputs=True)
    def several(a):
        return {"x": a, "y": [a]}

    @task.external_python(python=sys.executable, expect_airflow=False)
    def fails():
        raise ValueError("there")

    @task.external_python(python=sys.executable, expect_airflow=False, skip_on_exit_code=7)
    def skips():
        import sys

        sys.exit(7)

    @task.external_python(python="/nobody/python", expect_airflow=False)
    def nowhere():
        return 1

    s = several(4)
    give(s["y"])
    fails() >> empty("after_fails")
    skips() >> empty("after_skips")
    nowhere()

    @task.branch_external_python(python=sys.executable, expect_airflow=False)
    def choose():
        return "chosen"

    choose() >> empties("chosen other")

SCHEMAS = {
    "an_int": Param(3, type="integer", minimum=1, maximum=10),
    "a_float": Param(1.5, type="number"),
    "a_text": Param("abc", type="string", minLength=2, maxLength=5),
    "a_date": Param("2026-01-01", type="string", format="date"),
    "a_moment": Param("2026-01-01T00:00:00+00:00", type="string", format="date-time"),
    "maybe": Param(None, type=["null", "string"]),
    "choice": Param("b", enum=["a", "b", 3]),
    "a_list": Param(["x"], type="array", items={"type": "string"}),
    "an_object": Param({"k": 1}, type="object", properties={"k": {"type": "integer"}}, required=["k"]),
    "free": "anything",
    "a_bool": Param(False, type="boolean"),
    "any_of": Param(5, anyOf=[{"type": "integer"}, {"type": "null"}]),
    "pattern": Param("ab12", type="string", pattern="^[a-z]+[0-9]+$"),
}
with probe("fv_params", params=SCHEMAS):
    PythonOperator(task_id="all", python_callable=lambda params=None: {k: params[k] for k in sorted(params)})
    BashOperator(task_id="bash", bash_command="echo {{ params.an_int }} {{ params.a_list[0] }} {{ params.an_object.k }} {{ params.maybe }} {{ params.choice }} {{ params.a_bool }}")
    PythonOperator(task_id="own", python_callable=lambda params=None: [params["an_int"], params["mine"]], params={"an_int": Param(7, type="integer"), "mine": "x"})

with probe("fv_user_macros", user_defined_macros={"env": "prod", "tables": {"a": ["x"]}, "f": lambda d, n=1: f"{d}+{n}"}, user_defined_filters={"shout": lambda s, end="!": s.upper() + end}, jinja_environment_kwargs={"trim_blocks": True}):
    BashOperator(task_id="a", bash_command="echo {{ env }} {{ tables.a[0] }} {{ f(ds, n=2) }} {{ 'hey' | shout }} {{ 'hey' | shout(end='?') }}")
    BashOperator(task_id="trim", bash_command="cat <<'END'\n{% if true %}\nline\n{% endif %}\nEND")
    PythonOperator(task_id="dict", python_callable=lambda templates_dict=None, **_: templates_dict, templates_dict={"q": "{{ env | shout }}", "l": ["{{ ds }}"]})
    PythonOperator(task_id="kw", python_callable=lambda env, ds: [env, ds], op_kwargs={"env": "{{ env }}"})

with probe("fv_bash_forms"):
    BashOperator(task_id="multi", bash_command="set -e\nX=1\necho $((X + 1))\n")
    BashOperator(task_id="quotes", bash_command="""echo 'a "b" c' "d 'e'" """)
    BashOperator(task_id="trailing", bash_command="echo {{ ds }} ")
    BashOperator(task_id="env_append", bash_command="echo $A-${HOME:+home}", env={"A": "1"}, append_env=True)
    BashOperator(task_id="env_only", bash_command="echo $A-${HOME:+home}", env={"A": "1"})
    BashOperator(task_id="context_env", bash_command="echo $AIRFLOW_CTX_DAG_ID $AIRFLOW_CTX_TASK_ID $AIRFLOW_CTX_TRY_NUMBER")
    BashOperator(task_id="pipefail", bash_command="set -o pipefail; false | cat")
    BashOperator(task_id="stderr_only", bash_command="echo err >&2")
    BashOperator(task_id="json_out", bash_command="echo '{\"a\": [1, 2]}'")
    BashOperator(task_id="cr", bash_command="printf 'one\\rtwo\\n'")
    BashOperator(task_id="binary", bash_command="printf '\\xff\\xfe ok\\n'")
    BashOperator(task_id="no_newline", bash_command="printf tail")
    BashOperator(task_id="exports", bash_command="export Y=2; bash -c 'echo $Y'")
    BashOperator(task_id="exec", bash_command="exec echo replaced")
    BashOperator(task_id="background", bash_command="sleep 0.2 & echo started; wait")
    BashOperator(task_id="long_line", bash_command="head -c 70000 /dev/zero | tr '\\0' x | wc -c")
    BashOperator(task_id="heredoc", bash_command="cat <<EOF\n$((1+1)) {{ ds }}\nEOF")
