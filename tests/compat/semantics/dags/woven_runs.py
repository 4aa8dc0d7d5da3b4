"""Several runs, limits, clears and other DAGs' runs, three features at a time. An Airflow dag file."""

from semantics_common import *

SOON = dt.timedelta(seconds=0.2)
AGAIN = {"retries": 1, "retry_delay": SOON}
UNTIL = dt.datetime(2026, 1, 3, tzinfo=dt.timezone.utc)
MIN_ONE = "none_failed_min_one_success"
DATE = "logical_date" if V3 else "execution_date"


def daily(dag_id, **kwargs):
    return DAG(dag_id, **{"schedule": "@daily", "start_date": START, "end_date": UNTIL, "catchup": True, **kwargs})


def day_of(context):
    return (context.get("logical_date") or context.get("execution_date")).day


def by_day(how, **context):
    """Ends as the letter of its day says."""
    return end(how[min(day_of(context) - 1, len(how) - 1)])


def days(task_id, how, **kwargs):
    return PythonOperator(task_id=task_id, python_callable=by_day, op_args=[how], **kwargs)


@task
def by_try(hows, ti=None):
    return end(hows[min(ti.try_number, len(hows)) - 1])


with daily("wr_past_mapped_cleared"):
    # Each index waits for its own of the day before; the second day is cleared when all has ended.

    @task(depends_on_past=True)
    def load(x, ti=None, **context):
        return [x, day_of(context)]

    give.override(task_id="xs")([1, 2]) >> load.expand(x=["a", "b"]) >> empty("after", depends_on_past=True)

with daily("wr_past_gate_mapped", default_args={"depends_on_past": True}):
    # The gate is closed on the second day: what it skips does not stop the third.
    gate = ShortCircuitOperator(task_id="gate", python_callable=lambda **c: day_of(c) != 2)
    m = letter.override(task_id="m").expand(x=["S", "S"])
    gate >> m >> empty("after") >> empty("done", trigger_rule="all_done")
    gate >> give.override(task_id="list")(["S", "K"]) >> empty("below")

with daily("wr_past_lengths", default_args={"depends_on_past": True}):
    # The number of instances changes from day to day: none on the second.

    @task
    def xs(**context):
        return [["a"], [], ["a", "b", "c"]][day_of(context) - 1]

    give.override(task_id="m").expand(x=xs()) >> empty("after", trigger_rule="none_failed")

with daily("wr_downstream_skips"):
    # Who waits for what is below it on the day before: there it was skipped, by a branch, then by itself.
    pick = BranchPythonOperator(task_id="pick", python_callable=lambda **c: "left" if day_of(c) == 1 else "right", wait_for_downstream=True)
    left, right = empty("left"), days("right", "SKS")
    pick >> [left, right]
    [left, right] >> empty("join", trigger_rule="none_failed")

with daily("wr_downstream_mapped"):
    # What is below is mapped, and in a group.
    first = does("first", "S", wait_for_downstream=True)

    @task_group
    def each(x):
        letter.override(task_id="a")(x) >> empty("b", trigger_rule="all_done")

    first >> each.expand(x=["S", "K"]) >> empty("last")

with daily("wr_pool_and_limits", max_active_runs=3):
    # One at a time by a pool, one of a task over all runs, two of a mapped one in a run, and each day after the other.

    def alone(name, most, **context):
        path = NOTES / f"wr_pool_and_limits.{name}"
        path.mkdir(exist_ok=True)
        own = path / f"{context['run_id']}{context['ti'].map_index}".replace("/", "_")
        own.touch()
        beat(0.1)
        found = len(list(path.iterdir()))
        own.unlink()
        return found <= most

    kw = {"python_callable": alone}
    PythonOperator(task_id="pool", op_args=["pool", 1], pool="one_slot", priority_weight=5, **kw) >> PythonOperator(
        task_id="dag", op_args=["dag", 1], max_active_tis_per_dag=1, depends_on_past=True, pool="three_slots", **kw
    )
    PythonOperator.partial(task_id="run", max_active_tis_per_dagrun=2, pool="three_slots", pool_slots=1, **kw).expand(op_args=[["run", 6]] * 3)

with daily("wr_one_run_and_retry", max_active_runs=1, end_date=dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc)):
    # One run at a time; each sees what the one before has left, also when that needed another try.

    @task(**AGAIN)
    def state(ti=None, **context):
        if ti.try_number == 1:
            ti.xcom_push("lost", ti.try_number)
            raise ValueError
        before = ti.xcom_pull(task_ids="state", key="sum", include_prior_dates=True)
        ti.xcom_push("sum", (before or 0) + day_of(context))
        return [before, ti.xcom_pull(task_ids="state", key="lost", include_prior_dates=True)]

    state() >> empty("after")

with probe("wr_by_conf", params={"items": Param([1, 2], type="array"), "mode": Param("each", enum=["each", "none"])}):
    # The conf says how many and which way.

    @task
    def items(params=None):
        return params["items"]

    @task.branch
    def pick(params=None):
        return "work" if params["mode"] == "each" else "nothing"

    @task_group
    def work(x):
        give.override(task_id="a")(x) >> empty("b", trigger_rule="none_failed")

    got = items()
    each, nothing = work.expand(x=got), empty("nothing")
    got >> pick() >> [each, nothing]
    [each, nothing] >> empty("join", trigger_rule=MIN_ONE)

with probe("wr_clear_branch"):
    # The second time it goes the other way: what was skipped runs, and the other way round; a mapped task on each.

    @task.branch
    def pick(ti=None):
        return ["a.m", "both"] if ti.try_number == 1 else ["b", "both"]

    with TaskGroup("a") as a:
        m = letter.override(task_id="m").expand(x=["S", "K"])
        m >> empty("after", trigger_rule=MIN_ONE)
    with TaskGroup("b") as b:
        letter.override(task_id="m").expand(x=give.override(task_id="list")(["S"])) >> empty("after", trigger_rule=MIN_ONE)
    pick() >> [a, b, empty("both")]
    [a, b] >> empty("join", trigger_rule=MIN_ONE)

with probe("wr_clear_shrinks_rules"):
    # Three, then one: what the rules below say of the instances that are gone; then none at all.

    @task
    def fewer(ti=None):
        return [["S", "F", "K"], ["S"], []][min(ti.try_number, 3) - 1]

    m = letter.override(task_id="m").expand(x=fewer())
    for rule in RULES:
        m >> empty(rule, trigger_rule=rule)

with probe("wr_clear_grows_in_group"):
    # One index, then three, in a group with a setup; what was at an index before keeps its tries.

    @task
    def more(ti=None):
        return ["S", "K", "F"] if ti.try_number > 1 else ["S"]

    @task_group
    def each(x):
        s = give.override(task_id="s")(x).as_setup()
        s >> letter.override(task_id="w")(x) >> letter.override(task_id="t")("S").as_teardown(setups=s)

    each.expand(x=more()) >> [empty("after"), empty("done", trigger_rule="all_done")]

with probe("wr_clear_failed_only"):
    # Only what failed, and what could not run for it; the rest keeps its try.
    a = by_try.override(task_id="a")("FS")
    b = by_try.override(task_id="b")("S")
    a >> letter.override(task_id="m").expand(x=["S", "S"]) >> empty("after_m")
    b >> empty("after_b")
    [a, b] >> empty("join", trigger_rule="all_done")

with probe("wr_clear_upstream"):
    a = by_try.override(task_id="a")("S")
    s, t = does("s", "S").as_setup(), does("t", "S")
    w = by_try.override(task_id="w")("KS")
    a >> s >> w >> t.as_teardown(setups=s)
    a >> empty("beside")
    w >> empty("after")

with daily("wr_clear_future"):
    # The first day and all after it are cleared, with what is below.
    a = by_try.override(task_id="a")("FS")
    a >> letter.override(task_id="m", trigger_rule="all_done").expand(x=["S", "S"]) >> empty("after", trigger_rule="one_success")
    empty("free")

with daily("wr_clear_past_again", default_args={"depends_on_past": True}):
    # The second day's chain is cleared twice: the third has ended and is not asked again.
    a = by_try.override(task_id="a")("SKS")
    a >> empty("b", trigger_rule="none_failed") >> empty("c")

with probe("wr_timeout_of_retry", dagrun_timeout=dt.timedelta(seconds=0.75 * LONG)):
    # The run's time is over while an index waits for its next try and a sensor for its next look.

    @task(retries=3, retry_delay=dt.timedelta(days=1))
    def late(x):
        if x == "b":
            raise ValueError(x)

    late.expand(x=["a", "b"]) >> empty("after")
    PythonSensor(task_id="sees", python_callable=lambda: False, mode="reschedule", poke_interval=86400, timeout=10 * 86400) >> empty("seen")
    empty("done") >> empty("done_too")

# Who starts whom
with probe("wr_child"):

    @task
    def told(dag_run=None):
        return dag_run.conf

    @task
    def may_fail(dag_run=None):
        end(dag_run.conf.get("how", "S"))

    told() >> may_fail() >> empty("last")

with probe("wr_parents_children"):
    # A child for each of a list, one of them fails; then another for what the branch has taken.
    kw = {"trigger_dag_id": "wr_child", "wait_for_completion": True, "poke_interval": 1}

    @task
    def confs():
        return [{"conf": {"n": n, "how": how}, "trigger_run_id": f"c{n}", DATE: f"2026-01-0{n + 1}T00:00:00+00:00"} for n, how in enumerate("SF")]

    every = TriggerDagRunOperator.partial(task_id="each", **kw).expand_kwargs(confs())
    every >> empty("strict")
    pick = BranchPythonOperator(task_id="pick", python_callable=lambda: "again", trigger_rule="all_done")
    again = TriggerDagRunOperator(task_id="again", trigger_run_id="c1", conf={"how": "S"}, reset_dag_run=True, **kw, **{DATE: "2026-01-02T00:00:00+00:00"})
    every >> pick >> [again, empty("never")]
    again >> empty("after")

with probe("wr_marked_child"):
    does("s", "S") >> empty("t")
    empty("u")

with probe("wr_markers"):
    # Clearing goes on in the other DAG, where 2.x does that.
    first = empty("first")
    first >> ExternalTaskMarker(task_id="mark", external_dag_id="wr_marked_child", external_task_id="s") >> empty("z")

with probe("wr_waits_in_groups"):
    # Sensors that wait for another DAG's tasks in a mapped group, softly, with a teardown at the end.
    kw = {"external_dag_id": "wr_parents_children", "poke_interval": 0.3, "timeout": max(beats(6), 0.75 * LONG)}

    @task_group
    def each(x):
        s = give.override(task_id="s")(x).as_setup()
        w = ExternalTaskSensor(task_id="w", external_task_id="never", skipped_states=["skipped"], **kw)
        s >> w >> empty("below", trigger_rule="none_failed") >> give.override(task_id="t")("t").as_teardown(setups=s)

    each.expand(x=[1, 2])
    ExternalTaskSensor(task_id="strict", external_task_id="strict", failed_states=["upstream_failed"], soft_fail=True, **kw) >> empty("end", trigger_rule=MIN_ONE)
