"""Ways to write DAGs whose meaning is easily missed. Loaded by Airflow 2.11, 3.3 and Tradewind alike."""

import datetime as dt

try:
    from airflow.sdk import (
        DAG,
        BaseOperator,
        Label,
        Param,
        TaskGroup,
        chain,
        cross_downstream,
        dag,
        setup,
        task,
        task_group,
        teardown,
    )
except ImportError:
    from airflow import DAG
    from airflow.decorators import dag, setup, task, task_group, teardown
    from airflow.models.baseoperator import BaseOperator, chain, cross_downstream
    from airflow.models.param import Param
    from airflow.utils.edgemodifier import Label
    from airflow.utils.task_group import TaskGroup
try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.providers.standard.operators.python import BranchPythonOperator, PythonOperator
except ImportError:
    from airflow.operators.bash import BashOperator
    from airflow.operators.empty import EmptyOperator
    from airflow.operators.python import BranchPythonOperator, PythonOperator

START = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
KW = {"schedule": None, "start_date": START, "catchup": False}


def E(task_id, **kw):
    return EmptyOperator(task_id=task_id, **kw)


with DAG("p_arrows", **KW):
    a, b, c, d, e, f, g, h = (E(x) for x in "abcdefgh")
    a >> [b, c] >> d
    e << [d]
    chain([a, b], [f, g])
    cross_downstream([f, g], [h, e])
    d >> Label("to h") >> h
    [b, c] >> Label("many") >> e
    c.set_downstream([f, h], edge_modifier=Label("set"))

with DAG("p_groups", **KW, default_args={"retries": 3, "owner": "dag", "pool": "p"}) as groups_dag:
    first = E("first")
    with TaskGroup("g1", tooltip="one", default_args={"owner": "group", "retries": 1}) as g1:
        x = E("x")
        y = E("y", retries=7)
        x >> y
        with TaskGroup("inner") as inner:
            E("i1") >> E("i2")
        with TaskGroup("bare", prefix_group_id=False):
            E("unprefixed")
    with TaskGroup("g2") as g2:
        E("p")
        E("q")
    last = E("last")
    first >> g1 >> g2 >> last
    g1 >> Label("between") >> last

with DAG("p_empty_group", **KW):
    with TaskGroup("nothing") as nothing:
        pass
    E("s") >> nothing >> E("t")


@task
def one():
    """Docs of one."""
    return 1


@task(multiple_outputs=True)
def many():
    return {"k": 1, "v": 2}


@task
def typed() -> dict[str, int]:
    return {}


@task
def add(x, y=2, **context):
    return x


@task.branch
def choose():
    return "add"


@task.bash
def shell(word):
    return f"echo {word}"


@task.short_circuit(ignore_downstream_trigger_rules=False)
def stop():
    return False


@task.sensor(poke_interval=3, timeout=10, mode="reschedule")
def wait():
    return True


with DAG("p_taskflow", **KW):
    o = one()
    m = many()
    t = typed()
    add(m["k"], y=o)
    add(t)
    add(add(1))
    s = shell(o)
    ch = choose()
    ch >> [add.override(task_id="left")(1), add.override(task_id="right", retries=4)(2)]
    stop() >> wait() >> s
    BashOperator(task_id="uses_xcom", bash_command="echo {{ 1 }}", env={"A": o})
    PythonOperator(task_id="uses_output", python_callable=print, op_args=[s, [m["v"]]], op_kwargs={"z": {"q": t}})

with DAG("p_mapping", **KW):
    three = one.override(task_id="three")()
    added = add.partial(y=5).expand(x=three)
    add.override(task_id="cross").expand(x=[1, 2], y=added)
    add.override(task_id="kw").expand_kwargs([{"x": 1}, {"x": 2, "y": 3}])
    add.override(task_id="kwx").expand_kwargs(three)
    BashOperator.partial(task_id="bashes", retries=2, do_xcom_push=False).expand(bash_command=["a", "b"], env=three.map(lambda v: {}))
    add.override(task_id="zipped").expand(x=three.zip(added), y=[1])
    add.override(task_id="concat").expand(x=three.concat(added))

    @task_group
    def per_item(v, w=1):
        """A group for each item."""
        u = add.override(task_id="u")(v)
        return add.override(task_id="w")(u, y=w)

    per_item.expand(v=three) >> E("after_group")
    per_item.override(group_id="again").partial(w=9).expand(v=[1, 2])

with DAG("p_setup_teardown", **KW):

    @setup
    def make():
        pass

    @teardown
    def unmake():
        pass

    @teardown(on_failure_fail_dagrun=True)
    def unmake_hard():
        pass

    with make() >> unmake():
        add(1)
        add(2) >> E("w")
    s1 = E("s1").as_setup()
    w1 = E("w1")
    t1 = E("t1").as_teardown(setups=s1)
    s1 >> w1 >> t1
    w1 >> E("after")
    with E("t2").as_teardown(setups=[E("s2a"), E("s2b")]) as scope:
        E("w2") >> E("w3")
        scope.add_task(E("w4"))
    with TaskGroup("tg") as tg:
        E("gs").as_setup() >> E("gw") >> unmake_hard()
    tg >> E("after_tg")

with DAG("p_nested_setup", **KW):
    with E("to").as_teardown(setups=E("so")):
        with E("ti").as_teardown(setups=E("si")):
            E("work")


class Custom(BaseOperator):
    template_fields = ("query", "params_dict")
    template_ext = (".sql",)
    ui_color = "#123456"

    def __init__(self, query, params_dict=None, size=1, **kwargs):
        super().__init__(**kwargs)
        self.query = query
        self.params_dict = params_dict
        self.size = size


class Sub(Custom):
    def __init__(self, extra, **kwargs):
        super().__init__(**kwargs)
        self.extra = extra


with DAG(
    "p_custom",
    schedule=None,
    start_date=START,
    catchup=False,
    default_args={"query": "from defaults", "extra": "e", "retries": 2, "retry_delay": dt.timedelta(minutes=7), "depends_on_past": True},
) as custom_dag:
    Custom(task_id="plain")
    Custom(task_id="own", query="q.sql", retries=0)
    Sub(task_id="sub", params_dict={"a": one()})
    Custom.partial(task_id="mapped", size=3).expand(query=["a", "b"])
    Custom(task_id="timed", execution_timeout=dt.timedelta(seconds=30), doc_md="# hi", trigger_rule="all_done", weight_rule="upstream", priority_weight=4)


@dag(schedule="@daily", start_date=START, catchup=True, tags=["b", "a"], params={"n": Param(5, type="integer", minimum=1), "s": "x"}, max_active_runs=2)
def p_decorated(greeting="hello"):
    """What it is for."""
    add(greeting)


p_decorated()

for i in range(3):
    globals()[f"dynamic_{i}"] = DAG(f"p_dynamic_{i}", schedule=f"{i} * * * *", start_date=dt.datetime(2026, 1, 1 + i), catchup=False)
    BashOperator(task_id="t", bash_command="x", dag=globals()[f"dynamic_{i}"])

with DAG("p_zone", schedule="0 6 * * *", start_date=dt.datetime(2026, 1, 1), catchup=False, end_date=dt.datetime(2026, 12, 31), dagrun_timeout=dt.timedelta(hours=2), render_template_as_native_obj=True, max_active_tasks=3, description="words"):
    E("late", start_date=dt.datetime(2026, 3, 1, tzinfo=dt.timezone.utc))
with DAG("p_delta", schedule=dt.timedelta(hours=3), start_date=START, catchup=True):
    BranchPythonOperator(task_id="b", python_callable=lambda: "c") >> E("c", trigger_rule="none_failed_min_one_success")
with DAG("p_once", schedule="@once", start_date=START, catchup=False):
    E("x")
with DAG("p_continuous", schedule="@continuous", max_active_runs=1, start_date=START, catchup=False):
    E("x")
