"""Mapping in the forms people write, and DAGs made by code. An Airflow dag file."""

from functools import partial

from semantics_common import *


@task
def numbers(n=3):
    return list(range(1, n + 1))


@task(trigger_rule="all_done")
def collect(xs):
    return list(xs)


@task
def add(a, b=0):
    return a + b


with probe("fx_list_of_outputs"):
    one, two = give.override(task_id="one")(1), give.override(task_id="two")({"k": [2]})
    collect(give.override(task_id="each").expand(x=[one, two, "three", None]))

with probe("fx_dict_of_outputs"):
    one = give.override(task_id="one")(1)
    give.override(task_id="each").expand(x={"a": one, "b": 2})

with probe("fx_partial_output"):
    one = give.override(task_id="one")(100)
    collect(add.partial(b=one).expand(a=numbers()))

with probe("fx_key_of_output"):

    @task
    def report():
        return {"files": ["a", "b"], "n": 2}

    got = report()
    give.override(task_id="each").expand(x=give.override(task_id="files")(got["files"]))
    give.override(task_id="plain")(got["n"])
    give.override(task_id="missing")(got["nothing"])

with probe("fx_chain_of_maps"):
    collect(add.partial(b=1).expand(a=add.override(task_id="first").partial(b=10).expand(a=numbers().map(lambda n: n * 2))))

with probe("fx_zip_long"):
    a, b = numbers.override(task_id="a")(3), numbers.override(task_id="b")(1)

    @task
    def pair(t):
        return list(t)

    collect(pair.expand(t=a.zip(b, fillvalue=0).map(lambda t: (t[1], t[0]))))

with probe("fx_zip_kwargs"):
    a, b = numbers.override(task_id="a")(2), numbers.override(task_id="b")(2)
    add.expand_kwargs(a.zip(b).map(lambda t: {"a": t[0], "b": t[1]}))

with probe("fx_concat_maps"):
    a, b = numbers.override(task_id="a")(2), give.override(task_id="b")(("x", "y"))
    collect(give.override(task_id="each").expand(x=a.map(lambda n: -n).concat(b)))

with probe("fx_filter"):

    def even(n):
        if n % 2:
            raise AirflowSkipException
        return n

    collect(give.override(task_id="each").expand(x=numbers(4).map(even).map(lambda n: n * n)))

with probe("fx_cross_of_three"):

    @task
    def triple(a, b, c):
        return f"{a}{b}{c}"

    collect(triple.partial(c="z").expand(b=give.override(task_id="letters")(["x", "y"]), a=numbers(2)))

with probe("fx_operator_args"):
    BashOperator.partial(task_id="echo", append_env=True).expand(
        bash_command=["echo $A", "echo b"], env=[{"A": "a1"}, {"A": "a2"}]
    )
    PythonOperator.partial(task_id="kw", python_callable=lambda x, y=0, **_: [x, y]).expand(op_kwargs=[{"x": 1}, {"x": 2, "y": 3}])
    PythonOperator.partial(task_id="args", python_callable=lambda *a: list(a), op_kwargs={}).expand(
        op_args=numbers(2).map(lambda n: [n, n + 1])
    )

with probe("fx_label_template"):

    @task(map_index_template="{{ file_name }}")
    def named(path):
        get_current_context()["file_name"] = path.rsplit("/", 1)[-1]
        if path.endswith("bad"):
            raise ValueError(path)
        return path

    named.expand(path=["/a/one", "/a/bad", "/b/two"]) >> empty("after", trigger_rule="all_done")
    EmptyOperator.partial(task_id="noop", map_index_template="i{{ ti.map_index }}").expand(doc=["x", "y"]) if V3 else None
    BashOperator.partial(task_id="bash", map_index_template="{{ task.env['N'] }}").expand_kwargs(
        [{"bash_command": "echo $N", "env": {"N": "n1"}}, {"bash_command": "echo {{ ti.map_index }}", "env": {"N": "n2"}}]
    )

with probe("fx_custom_operator"):

    class Loads(BaseOperator):
        template_fields = ("table", "options")

        def __init__(self, *, table, options=None, **kwargs):
            super().__init__(**kwargs)
            self.table, self.options = table, options

        def execute(self, context):
            context["ti"].xcom_push(key="rows", value=len(self.table))
            return [self.table, self.options]

    Loads.partial(task_id="load", options={"day": "{{ ds_nodash }}", "deep": ["{{ ti.map_index }}", 1]}).expand(
        table=["t_{{ ds }}", "{{ params.t }}", "plain"]
    ) >> PythonOperator(
        task_id="rows", python_callable=lambda ti=None: sorted(ti.xcom_pull(task_ids="load", key="rows"))
    )
    Loads(task_id="single", table="{{ ti.xcom_pull(task_ids='rows') }}")

with probe("fx_sensor_mapped"):

    @task.sensor(poke_interval=0.2, timeout=beats(60), mode="reschedule", soft_fail=True)
    def there(x):
        return PokeReturnValue(x != "never", xcom_value=f"saw {x}")

    collect(there.expand(x=["a", "b"]))

with probe("fx_limits", max_active_tasks=4):

    @task(max_active_tis_per_dagrun=2, pool="three_slots", pool_slots=2)
    def slow(x):
        beat(0.2)
        return x * x

    collect(slow.expand(x=list(range(6))))

with probe("fx_mapped_of_skipping_branch"):
    pick = BranchPythonOperator(task_id="pick", python_callable=lambda: "yes")
    yes, no = give.override(task_id="yes")([1, 2]), give.override(task_id="no")([3])
    pick >> [yes, no]
    give.override(task_id="of_yes").expand(x=yes)
    give.override(task_id="of_no").expand(x=no)
    give.override(task_id="of_both", trigger_rule="none_failed_min_one_success").expand(x=yes.concat(no))

with probe("fx_grows_by_conf"):

    @task
    def from_conf(dag_run=None, params=None):
        return (dag_run.conf or {}).get("items", params["items"] if "items" in params else [0])

    collect(give.override(task_id="each").expand(x=from_conf()))

# DAGs from code
CONFIG = {"orders": {"schedule": None, "tables": ["a", "b"]}, "users": {"tables": ["c"], "retries": 2}}


def build(name, config):
    with DAG(
        f"fy_{name}",
        schedule=config.get("schedule"),
        start_date=START,
        catchup=False,
        default_args={"owner": "factory", "retries": config.get("retries", 0), "retry_delay": dt.timedelta(seconds=0.1)},
        tags=["factory", name],
        user_defined_macros={"config": config, "upper": str.upper},
        user_defined_filters={"quoted": lambda s: f"'{s}'"},
        params={"table": Param(config["tables"][0], type="string", enum=config["tables"])},
        doc_md=f"# {name}",
    ) as made:
        start, last = empty("start"), empty("end", trigger_rule="all_done")
        for table in config["tables"]:
            with TaskGroup(f"load_{table}", tooltip=table) as g:
                BashOperator(
                    task_id="extract",
                    bash_command="echo {{ params.table | quoted }} {{ config.tables | join(',') }} {{ upper(task.owner) }} " + table,
                ) >> PythonOperator(task_id="check", python_callable=partial(end, "S"), op_kwargs={})
            start >> g >> last
    return made


for _name, _config in CONFIG.items():
    globals()[f"dag_{_name}"] = build(_name, _config)

with probe("fy_lambda_late"):
    # The well-known mistake: all see the last n.
    for n in range(3):
        PythonOperator(task_id=f"late_{n}", python_callable=lambda: n)
        PythonOperator(task_id=f"bound_{n}", python_callable=lambda m=n: m)

with probe("fy_override"):

    @task(retries=1, retry_delay=dt.timedelta(seconds=0.1), owner="first")
    def who(x, task=None):
        return [x, task.task_id, task.owner, task.retries]

    who(1)
    who(2)
    who.override(task_id="named", owner="second", retries=0)(3)
    with TaskGroup("g"):
        who(4)
        who.override(task_id="named")(5)

with probe("fy_suffixes"):
    for n in range(3):
        with TaskGroup("g", add_suffix_on_collision=True):
            give(n)
    with TaskGroup("bare", prefix_group_id=False):
        give.override(task_id="inside")(1)

with probe("fy_group_of_args"):

    @task_group(default_args={"retries": 2, "retry_delay": dt.timedelta(seconds=0.1)})
    def etl(source, factor=2):
        @task
        def times(x):
            return x * factor

        @task
        def retries(x, task=None):
            return [x, task.retries]

        return retries(times(source))

    etl(give(21)) >> etl.override(group_id="other")(5, factor=3)

with probe("fy_chains"):
    with TaskGroup("g") as g:
        a, b = empties("a b")
    x, y, z = empties("x y z")
    chain(x, Label("to group"), g, [y, z], Label("then"), empty("w"))
    cross_downstream([x, y], empties("p q"))
    last = give.override(task_id="last")("x")
    chain([give.override(task_id="m1")(1), give.override(task_id="m2")(2)], last)

with probe("fy_set_streams"):
    a, b, c, d = empties("a b c d")
    a.set_downstream([b, c])
    d.set_upstream([b, c])
    with TaskGroup("g") as g:
        empty("inside")
    g.set_upstream(d)
    g.set_downstream(does("f", "F")) if False else d >> g
    e = give.override(task_id="e")(1)
    e.set_upstream(a) if hasattr(e, "set_upstream") else a >> e

with probe("fy_graph_questions"):

    @task
    def asks(task=None, dag=None, ti=None):
        return {
            "up": sorted(task.upstream_task_ids),
            "down": sorted(task.downstream_task_ids),
            "ids": sorted(dag.task_ids),
            "roots": sorted(t.task_id for t in dag.roots),
            "leaves": sorted(t.task_id for t in dag.leaves),
            "has": [dag.has_task("g.x"), dag.has_task("nobody")],
            "group": task.task_group.group_id,
            "label": task.label,
            "type": dag.get_task("g.x").task_type,
            "flat": sorted(task.get_flat_relative_ids(upstream=False)),
            "dict": sorted(dag.task_group_dict) if hasattr(dag, "task_group_dict") else None,
        }

    with TaskGroup("g") as g:
        empty("x") >> asks() >> empty("y")
    g >> empty("z")
