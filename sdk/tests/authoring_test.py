"""What a DAG author writes, and what comes of it."""

from __future__ import annotations

import datetime as dt

import pytest

from airflow.exceptions import AirflowDagCycleException, AirflowException, DuplicateTaskIdFound
from airflow.models.baseoperator import BaseOperator, chain, cross_downstream
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import PythonOperator
from airflow.sdk import DAG, Label, Param, TaskGroup, XComArg, chain_linear, dag, task, task_group

START = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)


def ups(d):
    return {t.task_id: sorted(t.upstream_task_ids) for t in d.tasks}


def test_arrows():
    with DAG("d") as d:
        a, b, c = (EmptyOperator(task_id=i) for i in "abc")
        assert (a >> [b, c]) == [b, c]
        [b, c] >> EmptyOperator(task_id="e") << a
        b << Label("why") << a
    assert ups(d) == {"a": [], "b": ["a"], "c": ["a"], "e": ["a", "b", "c"]}
    assert d.get_edge_info("a", "b") == {"label": "why"}
    assert [t.task_id for t in d.roots] == ["a"]
    assert [t.task_id for t in d.leaves] == ["e"]


def test_chains():
    with DAG("d") as d:
        t = [EmptyOperator(task_id=f"t{i}") for i in range(7)]
        chain(t[0], [t[1], t[2]], [t[3], t[4]], t[5])
        with pytest.raises(AirflowException, match="different length"):
            chain([t[0], t[1]], [t[2]])
        cross_downstream([t[0]], [t[6]])
        with pytest.raises(TypeError):
            chain([t[0]], Label("x").__class__)
    assert ups(d)["t3"] == ["t1"] and ups(d)["t4"] == ["t2"] and ups(d)["t5"] == ["t3", "t4"]
    with DAG("e") as e:
        t = [EmptyOperator(task_id=f"t{i}") for i in range(4)]
        chain_linear(t[0], [t[1], t[2]], t[3])
        with pytest.raises(ValueError):
            chain_linear()
    assert ups(e) == {"t0": [], "t1": ["t0"], "t2": ["t0"], "t3": ["t1", "t2"]}


def test_tasks_of_two_dags_do_not_meet():
    with DAG("a"):
        x = EmptyOperator(task_id="x")
    with DAG("b"):
        y = EmptyOperator(task_id="y")
    with pytest.raises(AirflowException, match="more than one DAG: a, b"):
        x >> y


def test_a_task_without_dag_joins_the_other_ones():
    loose = EmptyOperator(task_id="loose")
    with DAG("d") as d:
        EmptyOperator(task_id="x") >> loose
    assert loose.dag is d and loose.task_group is d.task_group
    with pytest.raises(AirflowException, match="don't have DAGs yet"):
        EmptyOperator(task_id="p") >> EmptyOperator(task_id="q")


def test_default_args_reach_every_constructor():
    class Mine(BaseOperator):
        def __init__(self, table, size=1, **kwargs):
            super().__init__(**kwargs)
            self.table, self.size = table, size

    class Sub(Mine):
        def __init__(self, extra, **kwargs):
            super().__init__(**kwargs)
            self.extra = extra

    with DAG(
        "d", default_args={"table": "t", "size": 3, "extra": "e", "retries": 4, "owner": "me", "nonsense": 1}
    ):
        with TaskGroup("g", default_args={"retries": 9}):
            inside = Sub(task_id="in")
        x = Sub(task_id="x", size=7, default_args={"retries": 5})
    assert (x.table, x.size, x.extra, x.retries, x.owner) == ("t", 7, "e", 5, "me")
    assert (inside.table, inside.size, inside.retries) == ("t", 3, 9)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: BashOperator(task_id="x"), "missing keyword argument 'bash_command'"),
        (lambda: BashOperator(bash_command="x"), "missing keyword argument 'task_id'"),
        (lambda: EmptyOperator("x"), "Use keyword arguments"),
        (
            lambda: EmptyOperator(task_id="x", nope=1),
            r"Invalid arguments were passed to EmptyOperator \(task_id: x\)",
        ),
        (lambda: EmptyOperator(task_id="no way"), "alphanumeric"),
        (lambda: EmptyOperator(task_id="x" * 251), "less than 250"),
        (lambda: EmptyOperator(task_id="x", trigger_rule="sometimes"), "trigger_rule must be one of"),
        (lambda: EmptyOperator(task_id="x", weight_rule="heavy"), "weight_rule must be one of"),
        (lambda: EmptyOperator(task_id="x", retries="many"), "'retries' type must be int"),
    ],
)
def test_mistakes_in_arguments(make, message):
    with pytest.raises(AirflowException, match=message):
        make()


def test_arguments_that_are_only_accepted():
    t = PythonOperator(
        task_id="x", python_callable=print, provide_context=True, task_concurrency=3, sla=dt.timedelta(1)
    )
    assert t.max_active_tis_per_dag == 3
    assert (
        EmptyOperator(task_id="y", trigger_rule="none_failed_or_skipped").trigger_rule
        == "none_failed_min_one_success"
    )
    assert EmptyOperator(task_id="z", trigger_rule="dummy").trigger_rule == "always"


def test_duplicate_ids():
    with DAG("d"):
        EmptyOperator(task_id="x")
        with pytest.raises(DuplicateTaskIdFound, match="Task id 'x' has already been added"):
            EmptyOperator(task_id="x")
        with TaskGroup("g"):
            EmptyOperator(task_id="x")
        with pytest.raises(DuplicateTaskIdFound):
            TaskGroup("g")


def test_cycles_have_a_path():
    from tradewind.dag import find_cycle

    with DAG("d") as d:
        a, b, c = (EmptyOperator(task_id=i) for i in "abc")
        a >> b >> c >> b
    with pytest.raises(AirflowDagCycleException, match="Cycle detected in DAG: d"):
        d.validate()
    assert find_cycle(d.task_dict) in (["b", "c", "b"], ["c", "b", "c"])


def test_groups():
    with DAG("d") as d:
        first, last = EmptyOperator(task_id="first"), EmptyOperator(task_id="last")
        with TaskGroup("g") as g:
            x, y = EmptyOperator(task_id="x"), EmptyOperator(task_id="y")
            with TaskGroup("h", prefix_group_id=False) as h:
                z = EmptyOperator(task_id="z")
        first >> g >> last
    assert [t.task_id for t in (x, y, z)] == ["g.x", "g.y", "z"]
    assert h.group_id == "g.h" and x.label == "x"
    assert ups(d)["last"] == ["g.x", "g.y", "z"]
    assert g.get_child_by_label("x") is x
    assert d.task_group_dict.keys() == {"g", "g.h"}


def test_task_group_decorator_returns_what_the_function_returns():
    @task
    def f(x):
        return x

    @task_group
    def g(x, y=2):
        """tip"""
        return f(f(x))

    with DAG("d") as d:
        out = g(1)
        g(2)
        g.override(group_id="other")(3)
    assert isinstance(out, XComArg) and out.operator.task_id == "g.f__1"
    assert list(d.task_group_dict) == ["g", "g__1", "other"]
    assert d.task_group_dict["g"].tooltip == "tip"


def test_taskflow_arguments():
    @task
    def f(a, b=1, *, ds=None, **kwargs):
        return a

    @task
    def strict(a, ti=None):
        return a

    with DAG("d"):
        assert f(1).operator.task_id == "f"
        assert f(1).operator.task_id == "f__1"
        strict(a=1)
        with pytest.raises(TypeError, match="missing a required argument: 'a'"):
            strict()
        with pytest.raises(TypeError, match="unexpected keyword"):
            strict(1, z=3)
        with pytest.raises(ValueError, match="can't have a default other than None"):

            @task
            def wrong(ds="x"):
                pass

            wrong()
        with pytest.raises(TypeError, match="'XComArg' object is not iterable"):
            for _ in f(1):
                pass
        assert str(f(1)).startswith("{{ task_instance.xcom_pull(task_ids='f__3'")


def test_multiple_outputs_are_inferred():
    @task
    def a() -> dict[str, int]: ...

    @task
    def b() -> list[int]: ...

    assert a.multiple_outputs and not b.multiple_outputs
    with DAG("d"):
        assert a()["k"].key == "k"


def test_mapping():
    @task
    def f(x, y=0):
        return x

    with DAG("d") as d:
        src = f(0)
        m = f.partial(y=1).expand(x=src)
        BashOperator.partial(task_id="b").expand(bash_command=["x", "y"])
        with pytest.raises(TypeError, match="unexpected keyword argument 'q'"):
            f.expand(q=[1])
        with pytest.raises(ValueError, match="unexpected type 'int'"):
            f.expand(x=3)
        with pytest.raises(TypeError, match="no arguments to expand against"):
            f.expand()
        with pytest.raises(TypeError, match="unexpected keyword argument 'nope'"):
            BashOperator.partial(task_id="c", nope=1)
        with pytest.raises(TypeError, match="cannot be mapped"):
            BashOperator.partial(task_id="c", bash_command="x").expand(task_id=["a"])
    assert m.operator.is_mapped and ups(d)["f__1"] == ["f"]
    one = d.get_task("b").unmap({"bash_command": "z"})
    assert isinstance(one, BashOperator) and one.bash_command == "z" and one.task_id == "b"
    assert d.task_ids == ["f", "f__1", "b"]


def test_never_mapped_is_told():
    import gc

    with pytest.warns(UserWarning, match="Task 'x' was never mapped!"):
        BashOperator.partial(task_id="x", bash_command="y")
        gc.collect()


def test_nested_mapping_is_refused():
    @task
    def f(x): ...

    @task_group
    def g(x):
        f.expand(x=x)

    with DAG("d") as dag, pytest.raises(NotImplementedError):
        g.expand(x=[1])
    assert dag.task_ids == []


def test_odd_arguments_that_airflow_takes():
    with DAG("d", tags="ab") as dag:
        task = EmptyOperator(task_id="t", retries=-1)
    assert dag.tags == {"a", "b"} and task.retries == 0


def test_expansion_order_is_row_major():
    from tradewind.mapped import DictOfListsExpandInput

    expand = DictOfListsExpandInput({"a": [1, 2], "b": {"k": 5, "l": 6, "m": 7}})
    assert [expand.resolve({}, i) for i in (0, 1, 4)] == [
        {"a": 1, "b": ("k", 5)},
        {"a": 1, "b": ("l", 6)},
        {"a": 2, "b": ("l", 6)},
    ]


def test_setup_and_teardown():
    with DAG("d") as d:
        s, w, t = (EmptyOperator(task_id=i) for i in ("s", "w", "t"))
        s >> w >> t.as_teardown(setups=s)
        after = EmptyOperator(task_id="after")
        with TaskGroup("g") as g:
            EmptyOperator(task_id="gw") >> EmptyOperator(task_id="gt").as_teardown()
        g >> after
    assert s.is_setup and t.is_teardown and t.trigger_rule == "all_done_setup_success"
    assert ups(d)["t"] == ["s", "w"] and ups(d)["after"] == ["g.gw"]
    with pytest.raises(AirflowException, match="Only setup/teardown tasks"):
        w.__enter__()


def test_scopes():
    with DAG("d") as d:
        s, t = EmptyOperator(task_id="s"), EmptyOperator(task_id="t")
        loose = EmptyOperator(task_id="loose")
        with t.as_teardown(setups=s) as scope:
            EmptyOperator(task_id="a") >> EmptyOperator(task_id="b")
            scope.add_task(loose)
    assert ups(d) == {"s": [], "t": ["b", "loose", "s"], "loose": ["s"], "a": ["s"], "b": ["a"]}


def test_fail_fast_wants_all_success():
    with DAG("d", fail_fast=True), pytest.raises(AirflowException, match="can only have all_success"):
        EmptyOperator(task_id="x", trigger_rule="all_done")


def test_dates():
    import pendulum

    with DAG(
        "d", start_date=dt.datetime(2026, 1, 1), default_args={"start_date": dt.datetime(2026, 2, 1)}
    ) as d:
        t = EmptyOperator(task_id="t")
    assert d.start_date == pendulum.datetime(2026, 1, 1) and t.start_date == pendulum.datetime(2026, 2, 1)
    berlin = DAG("e", start_date=pendulum.datetime(2026, 7, 1, tz="Europe/Berlin"), schedule="0 6 * * *")
    assert berlin.timezone_name == "Europe/Berlin"
    assert berlin.to_document()["schedule"]["timezone"] == "Europe/Berlin"
    assert berlin.start_date.isoformat() == "2026-06-30T22:00:00+00:00"


def test_generations(monkeypatch):
    from tradewind.conf import conf

    assert DAG("a").to_document()["schedule"] == {"type": "null"}
    assert not DAG("a").catchup
    assert DAG("a", schedule="@daily").to_document()["schedule"]["type"] == "cron_trigger"
    conf.set_compat(2)
    d = DAG("b", schedule_interval="@daily").to_document()
    assert (d["schedule"]["type"], d["catchup"], d["max_active_tasks_scope"]) == (
        "cron_interval",
        True,
        "dag",
    )
    assert DAG("c").to_document()["schedule"] == {"type": "delta_interval", "delta": 86400}


def test_old_arguments():
    d = DAG("d", schedule_interval=None, concurrency=4, default_view="tree", orientation="TB", fail_stop=True)
    assert (d.max_active_tasks, d.default_view, d.fail_fast) == (4, "tree", True)
    with pytest.raises(ValueError, match="At most one"):
        DAG("d", schedule=None, schedule_interval=None)
    with pytest.raises(TypeError, match="unexpected keyword argument 'nope'"):
        DAG("d", nope=1)
    with pytest.raises(ValueError, match="max_active_runs <= 1"):
        DAG("d", schedule="@continuous")


def test_dag_decorator():
    @dag(schedule=None, tags=["x"])
    def pipeline(name="world", n: int = 2):
        """Docs."""
        BashOperator(task_id="hi", bash_command=f"echo {name}", env={"N": n})

    d = pipeline()
    assert d.dag_id == "pipeline" and d.doc_md == "Docs." and d.params.dump() == {"name": "world", "n": 2}

    @dag
    def bare():
        EmptyOperator(task_id="x")

    assert bare().dag_id == "bare"


def test_params_of_default_args_win():
    given = {"params": {"env": "of the tasks", "n": Param(3, type="integer")}}
    dag = DAG("d", default_args=given, params={"env": "of the dag", "x": 1})
    assert dict(dag.params) == {"env": "of the tasks", "x": 1, "n": 3}
    assert "params" in given, "what was given is left alone"


def test_params():
    from airflow.exceptions import ParamValidationError

    p = Param(5, type="integer", minimum=1)
    assert p.resolve() == 5
    with pytest.raises(ParamValidationError):
        p.resolve("x")
    with DAG("d", params={"a": 1, "b": p}) as d:
        t = EmptyOperator(task_id="t", params={"a": 2})
    assert dict(t.params) == {"a": 2, "b": 5}
    doc = d.to_document()
    assert doc["params"]["b"] == {"value": 5, "schema": {"type": "integer", "minimum": 1}}
    assert doc["tasks"][0]["params"]["a"] == {"value": 2}
    with pytest.raises(ParamValidationError, match="Schedule"):
        DAG("e", schedule="@daily", params={"x": Param(type="string")}).validate()
    DAG("f", schedule=None, params={"x": Param(type="string")}).validate()


def test_xcomarg_in_template_fields_makes_upstreams():
    with DAG("d") as d:
        a = BashOperator(task_id="a", bash_command="x")
        b = BashOperator(task_id="b", bash_command=a.output, env={"k": [a.output["z"]]})
        c = BashOperator(task_id="c", bash_command="x")
        c.env = {"late": b.output}
    assert ups(d) == {"a": [], "b": ["a"], "c": ["b"]}


def test_partial_subset():
    with DAG("d") as d:
        a, b, c, x = (EmptyOperator(task_id=i) for i in "abcx")
        a >> b >> c
    part = d.partial_subset("b", include_downstream=False)
    assert part.task_ids == ["a", "b"] and d.task_ids == ["a", "b", "c", "x"]
    assert not part.get_task("b").downstream_task_ids
    assert d.partial_subset("b", include_upstream=False, include_downstream=True).task_ids == ["b", "c"]


def test_topological_sort():
    with DAG("d") as d:
        a, b, c = (EmptyOperator(task_id=i) for i in "abc")
        c >> b >> a
    assert [t.task_id for t in d.topological_sort()] == ["c", "b", "a"]


def test_subdag_becomes_a_group():
    from airflow.operators.subdag import SubDagOperator

    with DAG("p", schedule=None, start_date=START) as d:
        child = DAG("p.section", schedule=None, start_date=START)
        EmptyOperator(task_id="t1", dag=child) >> EmptyOperator(task_id="t2", dag=child)
        section = SubDagOperator(task_id="section", subdag=child)
        EmptyOperator(task_id="s") >> section >> EmptyOperator(task_id="e")
    assert ups(d) == {
        "section.t1": ["s"],
        "section.t2": ["section.t1"],
        "s": [],
        "e": ["section.t2"],
    }
    assert d.to_document()["groups"][0]["group_id"] == "section"


def test_skip_if_and_run_if():
    from airflow.exceptions import AirflowSkipException

    @task.run_if(lambda context: context["ok"], skip_message="not today")
    @task
    def f():
        return 1

    with DAG("d"):
        operator = f().operator
    operator.pre_execute({"ok": True})
    with pytest.raises(AirflowSkipException, match="not today"):
        operator.pre_execute({"ok": False})
    with pytest.raises(TypeError):
        task.skip_if(lambda c: True)(lambda: None)


def test_missing_decorators_name_their_package():
    with pytest.raises(AttributeError, match="apache-airflow-providers-docker"):
        task.docker  # noqa: B018


def test_dag_task_is_the_decorator_of_this_dag():
    d = DAG("d", schedule=None)

    @d.task
    def plain():
        return 1

    @d.task(task_id="named", retries=3)
    def other(x):
        return x

    other(plain())
    assert d.task_ids == ["plain", "named"]
    assert d.get_task("named").upstream_task_ids == {"plain"} and d.get_task("named").retries == 3


def test_an_operator_of_1_10_may_call_its_attributes_label_and_output():
    class Old(BaseOperator):
        def __init__(self, label, output, **kwargs):
            super().__init__(**kwargs)
            self.label, self.output = label, output

    with DAG("d", schedule=None) as d:
        with TaskGroup("g"):
            task = Old(task_id="t", label="shown", output="/tmp/x")
        task >> Old(task_id="u", label="", output="")
    assert (task.label, task.output) == ("shown", "/tmp/x")
    document = d.to_document()
    assert [t.get("label") for t in document["tasks"]] == ["t", None]


def test_a_group_refuses_arguments_that_it_does_not_know():
    with DAG("d", schedule=None), pytest.raises(TypeError, match="tool_tip"):
        TaskGroup("g", tool_tip="x")


def test_dates_of_a_schedule_as_before_airflow_3():
    d = DAG("d", schedule="0 */6 * * *", start_date=dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc))
    at = dt.datetime(2024, 3, 1, tzinfo=dt.timezone.utc)
    assert str(d.following_schedule(at)) == "2024-03-01 06:00:00+00:00"
    assert str(d.previous_schedule(at)) == "2024-02-29 18:00:00+00:00"
    assert len(d.date_range(d.start_date, num=3)) == 3
    with pytest.raises(AirflowException, match="no database"):
        d.get_last_dagrun()


def test_a_notifier_that_forgets_its_parents_init():
    from airflow.sdk import BaseNotifier

    class Own(BaseNotifier):
        template_fields = ("message",)

        def __init__(self, message):
            self.message = message

        def notify(self, context):
            told.append((self.message, context["x"]))

    told: list = []
    Own("hello {{ x }}")({"x": 1})
    assert told == [("hello 1", 1)]


def test_catchup_needs_a_start():
    with pytest.raises(ValueError, match="start_date is required when catchup=True"):
        DAG("d", schedule="@daily", catchup=True)
    start = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    DAG("d", schedule="@daily", catchup=True, start_date=start)
    DAG("d", schedule="@daily", catchup=True, default_args={"start_date": start})
    DAG("d", schedule=None, catchup=True)
    DAG("d", schedule="@daily", catchup=False)
