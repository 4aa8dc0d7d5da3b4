"""Task groups, arrows and authoring. An Airflow dag file."""

from semantics_common import *

with probe("tg_arrows"):
    with TaskGroup("one") as one:
        a, b = empties("a b")
    with TaskGroup("two") as two:
        does("c", "F") >> empty("d")
        empty("e")
    one >> two >> empty("end", trigger_rule="all_done")

with probe("tg_deep"):
    with TaskGroup("a"):
        with TaskGroup("b"):
            with TaskGroup("c"):
                does("t", "S")
            empty("u")
    empty("v")

with probe("tg_no_prefix"):
    with TaskGroup("a", prefix_group_id=False):
        empty("t")
        with TaskGroup("b"):
            empty("u")

with probe("tg_default_args", default_args={"retries": 0, "owner": "dag"}):
    with TaskGroup("g", default_args={"owner": "group", "trigger_rule": "all_done"}):
        does("f", "F") >> PythonOperator(task_id="who", python_callable=lambda task=None: task.owner)

with probe("tg_empty"):
    with TaskGroup("nothing") as nothing:
        pass
    empty("a") >> nothing >> empty("b")

with probe("tg_decorated"):

    @task_group(tooltip="tip", default_args={"owner": "g"})
    def g(x):
        """Words."""
        return give(give.override(task_id="in")(x))

    give.override(task_id="after")(g(5))

with probe("tg_twice"):

    @task_group
    def g(x):
        give(x)

    g(1) >> g(2)

with probe("tg_same_task_twice"):
    for n in range(3):
        give(n)

with probe("tg_chain"):
    a, b, c, d, e, f = empties("a b c d e f")
    chain(a, [b, c], [d, e], f)

with probe("tg_cross"):
    cross_downstream(empties("a b"), empties("c d"))

with probe("tg_mixed_arrows"):
    with TaskGroup("g") as g:
        a = does("a", "K")
    b = empty("b")
    g >> b
    b << empty("c")
    [empty("x"), g] >> empty("y", trigger_rule="one_success")

with probe("tg_group_to_group_task"):
    with TaskGroup("g1") as g1:
        a = empty("a")
    with TaskGroup("g2") as g2:
        b = empty("b")
        c = empty("c")
        b >> c
    g1 >> c

for n in range(3):
    with probe(f"dy_made_{n}"):
        chain(*[give.override(task_id=f"t{i}")(i * n) for i in range(n + 1)])


def make(dag_id):
    made = probe(dag_id)
    with made:
        give(dag_id)
    return made


globals()["made_by_function"] = make("dy_by_function")


if V3:
    from airflow.sdk import dag
else:
    from airflow.decorators import dag


@dag(schedule=None, start_date=START, catchup=False, tags=["x"], doc_md="words")
def dy_decorated(given: str = "default"):
    @task
    def t(x):
        return x

    t(given)


dy_decorated()


@dag("dy_named", schedule=None, start_date=START, catchup=False, params={"p": 1})
def something_else():
    BashOperator(task_id="b", bash_command="echo {{ params.p }}")


something_else()

without_with = probe("dy_dag_argument")
x = EmptyOperator(task_id="x", dag=without_with)
y = EmptyOperator(task_id="y", dag=without_with)
x >> y

with probe("dy_arrow_takes_dag"):
    p = empty("p")
q = EmptyOperator(task_id="q")
p >> q

with probe("au_default_args", default_args={"owner": "me", "retries": 1, "retry_delay": dt.timedelta(seconds=0.1), "unknown_key": 1, "bash_command": "echo d"}):
    BashOperator(task_id="b")
    PythonOperator(task_id="p", python_callable=lambda task=None: [task.owner, task.retries])
    PythonOperator(task_id="own", python_callable=lambda task=None: [task.owner, task.retries], owner="you", retries=0)

with probe("au_pre_post"):
    PythonOperator(
        task_id="p",
        python_callable=lambda: "done",
        pre_execute=lambda context: note("au_pre_post", "pre"),
        post_execute=lambda context, result: note("au_pre_post", f"post {result}"),
    )
    PythonOperator(task_id="pre_fails", python_callable=lambda: "done", pre_execute=lambda context: end("F"))
    PythonOperator(task_id="pre_skips", python_callable=lambda: "done", pre_execute=lambda context: end("K")) >> empty("after")

with probe("au_run_if"):

    @task.run_if(lambda context: False)
    @task(task_id="never")
    def never():
        return 1

    @task.skip_if(lambda context: context["ti"].task_id == "skipped")
    @task(task_id="skipped")
    def skipped():
        return 1

    @task.run_if(lambda context: True)
    @task(task_id="runs")
    def runs():
        return 1

    [never(), skipped(), runs()] >> empty("after", trigger_rule="none_failed_min_one_success")

with probe("au_odd_names"):
    empty("with.dots")
    empty("with-dash")
    empty("UPPER_lower_1")
    give.override(task_id="ünï")(1)
