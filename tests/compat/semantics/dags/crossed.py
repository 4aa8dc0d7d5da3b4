"""Features that meet: mapping with setups and gates, deferral with limits and retries, callbacks that raise, runs that start runs. An Airflow dag file."""

from semantics_common import *

if V3:
    from airflow.providers.standard.operators.datetime import BranchDateTimeOperator
    from airflow.providers.standard.operators.weekday import BranchDayOfWeekOperator
    from airflow.providers.standard.sensors.date_time import DateTimeSensor, DateTimeSensorAsync
    from airflow.providers.standard.sensors.filesystem import FileSensor
    from airflow.providers.standard.sensors.time_delta import TimeDeltaSensor
    from airflow.sdk import TriggerRule, WeightRule
    from airflow.sdk.exceptions import AirflowRescheduleException, AirflowSensorTimeout, AirflowTaskTimeout, TaskDeferred
else:
    from airflow.exceptions import AirflowRescheduleException, AirflowSensorTimeout, AirflowTaskTimeout, TaskDeferred
    from airflow.operators.datetime import BranchDateTimeOperator
    from airflow.operators.weekday import BranchDayOfWeekOperator
    from airflow.sensors.date_time import DateTimeSensor, DateTimeSensorAsync
    from airflow.sensors.filesystem import FileSensor
    from airflow.sensors.time_delta import TimeDeltaSensor
    from airflow.utils.trigger_rule import TriggerRule
    from airflow.utils.weight_rule import WeightRule

from probe_plugin import Ends, Gaps, Stops

SOON = dt.timedelta(seconds=0.2)
AGAIN = {"retries": 1, "retry_delay": SOON}
DATE = "logical_date" if V3 else "execution_date"
QUICK = {"poke_interval": 0.3, "timeout": max(beats(6), 0.75 * LONG)}


def by_try(hows, ti=None):
    """Ends as the letter of its try says."""
    return end(hows[min(ti.try_number, len(hows)) - 1])


def tries(task_id, hows, **kwargs):
    return PythonOperator(task_id=task_id, python_callable=by_try, op_args=[hows], retries=len(hows) - 1, retry_delay=SOON, **kwargs)


# Mapped groups: setups, gates, rules, lengths
with probe("xm_cluster_each"):
    # A cluster for each region; its teardown is told the setup's value; the work of one fails after a retry.

    @task_group
    def region(name):
        @task
        def create(name):
            return f"cluster-{name}"

        @task(**AGAIN)
        def work(cluster, ti=None):
            if cluster.endswith("b") or ti.try_number == 1 and cluster.endswith("c"):
                raise ValueError(cluster)
            return [cluster, ti.try_number]

        @task
        def delete(cluster):
            return f"gone {cluster}"

        c = create(name)
        c.as_setup()
        c >> work(c) >> delete(c).as_teardown(setups=c)

    region.expand(name=["a", "b", "c"]) >> [empty(f"after_{r}", trigger_rule=r) for r in ("all_success", "one_failed", "all_done")]

with probe("xm_gate_in_group_of_setups"):
    # The gate stands inside of one setup's scope, in a group; the other scope is not touched.
    s1, t1 = does("s1", "S").as_setup(), does("t1", "S")
    s2, t2 = does("s2", "S").as_setup(), does("t2", "S")
    with TaskGroup("g") as g:
        gate = ShortCircuitOperator(task_id="gate", python_callable=lambda: False)
        gate >> empty("w1") >> empty("w2", trigger_rule="all_done")
        empty("free")
    s1 >> g >> t1.as_teardown(setups=s1)
    s2 >> does("other", "S") >> t2.as_teardown(setups=s2)
    [t1, t2] >> empty("after")
    g >> empty("below_g", trigger_rule="one_success")

with probe("xm_soft_gate_in_group"):
    with TaskGroup("g") as g:
        gate = ShortCircuitOperator(task_id="gate", python_callable=lambda: [], ignore_downstream_trigger_rules=False)
        a, b = empties("a b")
        gate >> [a, b]
        a >> empty("c", trigger_rule="none_failed")
    empty("before") >> g
    by_rule(g)

with probe("xm_zero_group_and_setup"):
    # Nothing to do: the setup above has run, its teardown runs.
    s, t = does("s", "S").as_setup(), does("t", "S")

    @task_group
    def each(x):
        give.override(task_id="a")(x) >> letter.override(task_id="b")("S")

    s >> each.expand(x=give.override(task_id="none")([])) >> t.as_teardown(setups=s)
    t >> empty("after")

with probe("xm_mapped_setup_and_plain_teardown"):
    s = letter.override(task_id="s").expand(x=["S", "K", "F6"]).as_setup()
    s >> give.override(task_id="w")(1) >> does("t", "S").as_teardown(setups=s)

with probe("xm_mapped_teardown_of_values"):
    made = give.override(task_id="s")([1, 2, 3]).as_setup()
    t = give.override(task_id="t").expand(x=made).as_teardown(setups=made)
    made >> letter.override(task_id="w")("F") >> t

with probe("xm_over_xcom_of_group"):
    with TaskGroup("g"):
        xs = give.override(task_id="xs")(["a", "b"])
        with TaskGroup("h"):
            ys = give.override(task_id="ys").expand(x=xs)
    joined = give.override(task_id="zs").expand(x=ys)

    @task
    def total(zs, **context):
        return [list(zs), len(zs), zs[-1], context["ti"].map_index]

    total(joined)

with probe("xm_skip_some_then_map"):

    @task
    def odd(x):
        if x % 2 == 0:
            raise AirflowSkipException
        return x

    @task(trigger_rule="none_failed")
    def double(x):
        return x * 2

    double.expand(x=odd.expand(x=[1, 2, 3, 4])) >> [empty("strict"), empty("loose", trigger_rule="none_failed"), empty("min", trigger_rule="none_failed_min_one_success")]

with probe("xm_map_raises_skip"):

    def positive(x):
        if x < 0:
            raise AirflowSkipException(f"no {x}")
        return x * 10

    give.override(task_id="got").expand(x=give.override(task_id="xs")([1, -1, 2]).map(positive)) >> empty("after", trigger_rule="none_failed_min_one_success")

with probe("xm_mapped_branch_classic"):
    BranchPythonOperator.partial(task_id="pick", python_callable=lambda x: f"w{x}").expand(op_args=[[0], [1], [1]]) >> empties("w0 w1 w2")

with probe("xm_mapped_below_branch"):
    pick = BranchPythonOperator(task_id="pick", python_callable=lambda: "taken")
    taken = letter.override(task_id="taken").expand(x=["S", "S"])
    left = letter.override(task_id="left").expand(x=["S", "S"])
    pick >> [taken, left]
    left >> empty("after_left")
    [taken, left] >> empty("join", trigger_rule="none_failed_min_one_success")

with probe("xm_branch_to_mapped_group"):

    @task_group
    def g(x):
        letter.override(task_id="a")(x) >> letter.override(task_id="b")("S")

    pick = BranchPythonOperator(task_id="pick", python_callable=lambda: "other")
    pick >> [g.expand(x=["S", "S"]), empty("other")]

with probe("xm_deep_kwargs"):

    @task(multiple_outputs=True)
    def cfg():
        return {"names": ["a", "b"], "size": 2}

    c = cfg()
    BashOperator.partial(task_id="bash", append_env=True).expand_kwargs(
        give.override(task_id="rows")([{"bash_command": "echo $X", "env": {"X": "one"}}, {"bash_command": "exit 3"}])
    ) >> empty("after_bash", trigger_rule="all_done")

    @task
    def pair(n, k, size):
        return [n, k, size]

    pair.partial(size=c["size"]).expand(n=give.override(task_id="ns")(["p", "q"]), k={"x": 1, "y": None})

with probe("xm_retries_of_mapped"):

    @task(retries=2, retry_delay=SOON)
    def flaky(good, ti=None):
        if ti.try_number < good:
            raise ValueError
        return ti.try_number

    flaky.expand(good=[1, 2, 3, 4]) >> empty("after", trigger_rule="one_failed")

with probe("xm_label_of_xcom"):

    @task(map_index_template="{{ my_name }}")
    def named(x):
        get_current_context()["my_name"] = f"item {x}"
        if x == "c":
            raise ValueError
        return x

    named.expand(x=["a", "b", "c"]) >> empty("after", trigger_rule="all_done")

    @task(map_index_template="{{ task.op_kwargs['x'] }} of {{ run_id[:6] }}")
    def by_args(x):
        return x

    by_args.expand(x=[1, {"k": 2}])

    @task(map_index_template="{{ nobody }}")
    def bad_label(x):
        return x

    bad_label.expand(x=[1]) >> empty("after_bad", trigger_rule="all_done")

with probe("xm_per_run"):
    for n, kw in enumerate(({"max_active_tis_per_dagrun": 1}, {"max_active_tis_per_dag": 2})):

        @task(task_id=f"busy{n}", **kw)
        def busy(x, n):
            path = NOTES / f"xm_per_run.{n}"
            path.mkdir(exist_ok=True)
            (path / str(x)).touch()
            beat(0.3)
            most = len(list(path.iterdir()))
            (path / str(x)).unlink()
            return most <= n + 1

        busy.partial(n=n).expand(x=[1, 2, 3])

# Rules that meet
with probe("xr_rule_names", default_args={"trigger_rule": TriggerRule.ALL_DONE}):
    does("f", "F") >> empty("by_default") >> empty("own", trigger_rule=TriggerRule.ALL_FAILED) >> empty("text", trigger_rule="none_skipped")

with probe("xr_branch_gate_teardown"):
    s, t = does("s", "S").as_setup(), does("t", "S")
    pick = BranchPythonOperator(task_id="pick", python_callable=lambda: ["gate", "g"])
    gate = ShortCircuitOperator(task_id="gate", python_callable=lambda: False)
    with TaskGroup("g") as g:
        does("x", "K") >> empty("y", trigger_rule="none_failed")
    s >> pick >> [gate, g, empty("left")]
    gate >> empty("behind", trigger_rule="all_done")
    [gate, g] >> t.as_teardown(setups=s)
    t >> empty("after", trigger_rule="none_failed")

with probe("xr_two_branches_join"):
    p1 = BranchPythonOperator(task_id="p1", python_callable=lambda: "a")
    p2 = BranchPythonOperator(task_id="p2", python_callable=lambda: "c")
    a, b, c, d = empties("a b c d")
    p1 >> [a, b]
    p2 >> [c, d]
    [a, c] >> empty("ac")
    [a, d] >> empty("ad")
    [b, d] >> empty("bd", trigger_rule="all_skipped")
    [a, b, c, d] >> empty("min", trigger_rule="none_failed_min_one_success") >> empty("below")

with probe("xr_branch_twice_same"):
    # Two branches choose about the same task: one skips what the other takes.
    p1 = BranchPythonOperator(task_id="p1", python_callable=lambda: "x")
    p2 = BranchPythonOperator(task_id="p2", python_callable=lambda: "y")
    x, y = empty("x", trigger_rule="none_failed_min_one_success"), empty("y", trigger_rule="none_failed_min_one_success")
    [p1, p2] >> x
    [p1, p2] >> y

with probe("xr_latest_in_group"):
    with TaskGroup("g") as g:
        LatestOnlyOperator(task_id="latest") >> empty("a") >> empty("b", trigger_rule="all_done")
        empty("c")
    g >> empty("after", trigger_rule="none_failed")

with probe("xr_branch_by_date", params={"n": 1}):
    kw = {"follow_task_ids_if_true": "yes", "follow_task_ids_if_false": ["no"], "use_task_logical_date": True}
    for n, (low, high) in enumerate(
        [
            (dt.datetime(2026, 1, 9), dt.datetime(2026, 1, 11)),
            (dt.datetime(2026, 1, 11), None),
            (None, dt.datetime(2026, 1, 9)),
            (dt.time(23), dt.time(1)),
            (dt.time(1), dt.time(2)),
            (dt.time(0), dt.time(0)),
        ]
    ):
        with TaskGroup(f"d{n}"):
            args = {**kw, "follow_task_ids_if_true": f"d{n}.yes", "follow_task_ids_if_false": [f"d{n}.no"]}
            BranchDateTimeOperator(task_id="by_date", target_lower=low, target_upper=high, **args) >> empties("yes no")
    for n, days in enumerate(["Saturday", {"SATURDAY", "Monday"}, "Sunday", ["Friday"]]):
        with TaskGroup(f"w{n}"):
            args = {**kw, "follow_task_ids_if_true": f"w{n}.yes", "follow_task_ids_if_false": f"w{n}.no"}
            BranchDayOfWeekOperator(task_id="by_day", week_day=days, **args) >> empties("yes no")

with probe("xr_retry_of_branch_and_gate"):

    @task.branch(**AGAIN)
    def pick(ti=None):
        if ti.try_number == 1:
            raise ValueError
        return "b"

    @task.short_circuit(**AGAIN)
    def gate(ti=None):
        if ti.try_number == 1:
            raise ValueError
        return False

    pick() >> empties("a b")
    gate() >> empty("c")

with probe("xr_leaf_of_skipped_teardown"):
    # All that counts is skipped; the teardown fails without counting.
    s = does("s", "K").as_setup()
    s >> does("w", "S") >> does("t", "F").as_teardown(setups=s)
    does("s2", "S").as_setup() >> does("w2", "K") >> does("t2", "F").as_teardown()

# Deferral
class Leaves(BaseOperator):
    def __init__(self, how, after="S", method="back", limit=None, **kwargs):
        super().__init__(**kwargs)
        self.how, self.after, self.method, self.limit = how, after, method, limit

    def execute(self, context):
        context["ti"].xcom_push(key="before", value=context["ti"].try_number)
        self.defer(trigger=Ends(self.how, beats(1)), method_name=self.method, timeout=self.limit, kwargs={"n": [1, {"a": None}]})

    def back(self, context, event=None, n=None):
        if self.after == "R" and context["ti"].try_number == 1:
            raise ValueError
        end("S" if self.after == "R" else self.after)
        return [event, n, context["ti"].try_number, context["ti"].xcom_pull(task_ids=self.task_id, key="before")]


with probe("xf_trigger_ends"):
    for how in ("event", "raises", "silent", "several"):
        Leaves(task_id=how, how=how) >> empty(f"after_{how}")

with probe("xf_trigger_ends_retried"):
    for how in ("raises", "silent"):
        Leaves(task_id=how, how=how, on_retry_callback=told("retry"), on_failure_callback=told("failed"), **AGAIN) >> empty(f"after_{how}")
    Leaves(task_id="later", how="event", after="R", on_retry_callback=told("retry"), on_success_callback=told("good"), **AGAIN) >> empty("after_later")

with probe("xf_deferral_mapped"):
    Leaves.partial(task_id="m", how="event").expand(after=["S", "K", "F"]) >> [empty("after"), empty("done", trigger_rule="all_done")]

with probe("xf_deferred_setup"):
    s = Leaves(task_id="s", how="event").as_setup()
    s >> Leaves(task_id="w", how="raises") >> Leaves(task_id="t", how="event").as_teardown(setups=s)

with probe("xf_raised_by_hand"):

    class Raises(BaseOperator):
        def __init__(self, what, **kwargs):
            super().__init__(**kwargs)
            self.what = what

        def execute(self, context, event=None):
            ti = context["ti"]
            seen = NOTES / f"{self.dag_id}.{self.task_id}.seen"
            if event is not None or seen.exists():
                return [ti.try_number, event is not None]
            seen.touch()
            if self.what == "reschedule":
                raise AirflowRescheduleException(dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=beats(1)))
            if self.what == "deferred":
                raise TaskDeferred(trigger=TimeDeltaTrigger(dt.timedelta(seconds=beats(1))), method_name="execute")
            raise {"sensor_timeout": AirflowSensorTimeout, "task_timeout": AirflowTaskTimeout}[self.what]("by hand")

    for what in ("reschedule", "deferred", "sensor_timeout", "task_timeout"):
        Raises(task_id=what, what=what, **AGAIN) >> empty(f"after_{what}")

with probe("xf_sensor_limits"):
    late = {"poke_interval": 0.2, "timeout": 0.6}
    TimeDeltaSensor(task_id="days", delta=dt.timedelta(days=4000), soft_fail=True, **late) >> empty("a")
    TimeDeltaSensor(task_id="past", delta=dt.timedelta(hours=1), **late) >> empty("b")
    DateTimeSensor(task_id="done", target_time="{{ logical_date.subtract(days=1) }}", **late) >> empty("c")
    DateTimeSensor(task_id="never", target_time=dt.datetime(2199, 1, 1, tzinfo=dt.timezone.utc), **late, **AGAIN) >> empty("d")
    DateTimeSensorAsync(task_id="async_done", target_time="2026-01-01T00:00:00+00:00") >> empty("e")
    FileSensor(task_id="file", filepath="/nobody/at/all", fs_conn_id="no_such_conn", **late) >> empty("f")
    PythonSensor.partial(task_id="mapped", python_callable=lambda x: x, **late).expand(op_args=[[True], [False]], soft_fail=[True, True]) >> empty("g", trigger_rule="none_failed")

    @task.sensor(soft_fail=True, **late)
    def says(ti=None):
        return PokeReturnValue(is_done=False, xcom_value="kept?")

    says() >> empty("h")

    @task.sensor(mode="reschedule", poke_interval=beats(2), timeout=beats(60), **AGAIN)
    def retried(ti=None):
        if ti.try_number == 1:
            raise ValueError
        return PokeReturnValue(is_done=True, xcom_value=ti.try_number)

    give.override(task_id="got")(retried())

# Callbacks that raise and skip
def raises(kind):
    def callback(context):
        note(context["dag"].dag_id, f"{context['ti'].task_id} {kind.__name__}")
        raise kind("in a callback")

    return callback


with probe("xc_callbacks_raise", default_args={"on_failure_callback": told("failed"), "on_success_callback": told("good"), "on_skipped_callback": told("skipped")}):
    for kind in (AirflowSkipException, AirflowFailException, AirflowException):
        name = kind.__name__
        PythonOperator(task_id=f"execute_{name}", python_callable=end, op_args=["S"], on_execute_callback=raises(kind), **AGAIN) >> empty(f"after_execute_{name}")
        PythonOperator(task_id=f"success_{name}", python_callable=end, op_args=["S"], on_success_callback=raises(kind)) >> empty(f"after_success_{name}")
        PythonOperator(task_id=f"failure_{name}", python_callable=end, op_args=["F"], on_failure_callback=raises(kind)) >> empty(f"after_failure_{name}")
        PythonOperator(task_id=f"retry_{name}", python_callable=by_try, op_args=["FS"], on_retry_callback=raises(kind), **AGAIN) >> empty(f"after_retry_{name}")
        PythonOperator(task_id=f"skipped_{name}", python_callable=end, op_args=["K"], on_skipped_callback=raises(kind)) >> empty(f"after_skipped_{name}", trigger_rule="none_failed")

with probe("xc_hooks_skip"):

    class Hooks(BaseOperator):
        def __init__(self, at, how, **kwargs):
            super().__init__(**kwargs)
            self.at, self.how = at, how

        def pre_execute(self, context):
            if self.at == "pre":
                end(self.how)

        def execute(self, context):
            return "value"

        def post_execute(self, context, result=None):
            if self.at == "post":
                end(self.how)

    for at in ("pre", "post"):
        for how in "KF":
            Hooks(task_id=f"{at}_{how}", at=at, how=how) >> empty(f"after_{at}_{how}", trigger_rule="none_failed")
    PythonOperator(task_id="by_arg", python_callable=end, op_args=["S"], pre_execute=lambda context: end("K"))
    PythonOperator(task_id="by_arg_post", python_callable=end, op_args=["S"], post_execute=lambda context, result: end("F" if result == "S" else "S"))

with probe("xc_run_callbacks", on_success_callback=told("run good", "reason"), on_failure_callback=told("run failed", "reason")):
    # The run succeeds though a task has failed; and says why.
    does("f", "F") >> empty("saved", trigger_rule="all_done")

with probe("xc_run_skipped", on_success_callback=told("run good", "reason"), on_failure_callback=told("run failed", "reason")):
    does("k", "K") >> empty("below")

with probe("xc_no_push", default_args={"do_xcom_push": False}):
    a = give.override(task_id="a")([1, 2])
    give.override(task_id="b")(a) >> empty("after")
    give.override(task_id="c").expand(x=a) >> empty("after_c", trigger_rule="all_done")

    @task(do_xcom_push=True)
    def pushes(ti=None):
        ti.xcom_push("k", 1)
        return {"v": 2}

    pushes()

with probe("xc_multiple_outputs_wrong"):

    @task(multiple_outputs=True)
    def several(x):
        return x

    for n, value in enumerate(([1], {1: 2}, None, "text", {"a": 1, "b": [2]})):
        several.override(task_id=f"t{n}")(value) >> empty(f"after_{n}")

# Runs that start runs
with probe("xt_child"):
    PythonOperator(task_id="t", python_callable=lambda dag_run=None, **c: [dag_run.conf, str(c.get("logical_date") or c.get("execution_date")) < "2026-06"])

with probe("xt_child_bad"):
    does("t", "F")

with probe("xt_trigger"):
    kw = {"trigger_dag_id": "xt_child", "wait_for_completion": True, "poke_interval": 1}
    first = TriggerDagRunOperator(task_id="first", trigger_run_id="same", conf="{{ {'a': ds} | tojson }}", **kw, **{DATE: "{{ ds }}"})
    skips = TriggerDagRunOperator(task_id="skips", trigger_run_id="same", skip_when_already_exists=True, **kw, **{DATE: "{{ ds }}"})
    fails = TriggerDagRunOperator(task_id="fails", trigger_run_id="same", **kw, **{DATE: "{{ ds }}"})
    first >> skips >> empty("after_skips")
    skips >> empty("loose", trigger_rule="none_failed") >> fails >> empty("after_fails")

with probe("xt_trigger_bad"):
    kw = {"trigger_dag_id": "xt_child_bad", "wait_for_completion": True, "poke_interval": 1}
    TriggerDagRunOperator(task_id="retried", trigger_run_id="again", reset_dag_run=True, **kw, **{DATE: "2026-01-02T00:00:00+00:00"}, **AGAIN) >> empty("after_retried")
    TriggerDagRunOperator(task_id="deferred", trigger_run_id="deferred", deferrable=True, **kw, **{DATE: "2026-01-03T00:00:00+00:00"}) >> empty("after_deferred")

# Waiting for other DAGs
with probe("xw_told"):

    @task_group
    def g(x):
        letter.override(task_id="a")(x)

    g.expand(x=["S", "S"])
    letter.override(task_id="m").expand(x=["S", "K"])
    does("s", "S"), does("k", "K"), does("f", "F") >> empty("uf")

with probe("xw_waits"):
    kw = {"external_dag_id": "xw_told", **QUICK}
    ExternalTaskSensor(task_id="states", external_task_id="uf", allowed_states=["upstream_failed"], **kw) >> empty("a")
    ExternalTaskSensor(task_id="both_lists", external_task_ids=["s", "k"], allowed_states=["success"], skipped_states=["skipped"], **kw) >> empty("b")
    ExternalTaskSensor(task_id="failed_soft", external_task_id="f", failed_states=["failed"], soft_fail=True, mode="reschedule", **{**kw, "poke_interval": beats(2)}) >> empty("c")
    ExternalTaskSensor(task_id="dag_fails", failed_states=["failed"], **kw) >> empty("d")
    ExternalTaskSensor(task_id="dag_fails_is_fine", allowed_states=["failed"], **kw) >> empty("e")
    ExternalTaskSensor(task_id="no_such_date", external_task_id="s", execution_delta=dt.timedelta(days=3), soft_fail=True, **{**kw, "timeout": 1}) >> empty("f")
    ExternalTaskSensor(task_id="dates", external_task_id="s", execution_date_fn=lambda d, **c: [d, d], **kw) >> empty("g")
    ExternalTaskSensor(task_id="deferrable_skips", external_task_id="k", skipped_states=["skipped"], deferrable=True, **kw) >> empty("h")
    ExternalTaskSensor(task_id="deferrable_dag", allowed_states=["failed"], deferrable=True, **kw) >> empty("i")

# What a scheduler counts by
with probe("xp_weights"):
    for rule in (WeightRule.DOWNSTREAM, "upstream", "absolute"):
        a, b, c = (PythonOperator(python_callable=end, op_args=["S"], task_id=f"{n}_{str(getattr(rule, 'value', rule))}", priority_weight=w, weight_rule=rule) for n, w in zip("abc", (1, 2, 5)))
        a >> b >> c

# A timetable of a plugin
for name, kw in (("xz_gaps", {"schedule": Gaps()}), ("xz_stops", {"schedule": Stops(hour=20), "max_active_runs": 1})):
    with DAG(name, start_date=dt.datetime(2026, 1, 3, 12, tzinfo=dt.timezone.utc), end_date=dt.datetime(2026, 1, 14, tzinfo=dt.timezone.utc), catchup=True, **kw):
        PythonOperator(task_id="t", python_callable=lambda **c: [str(c["data_interval_start"]), str(c["data_interval_end"]), c["ds"], str(c["prev_data_interval_start_success"])])

if V3:
    from airflow.sdk import Asset, AssetAlias, AssetAll, AssetAny, Metadata

    def at(name):
        return Asset(f"s3://crossed/{name}")

    def listens(dag_id, schedule):
        with probe(dag_id, schedule=schedule):

            @task(inlets=[at("a")])
            def by(triggering_asset_events=None, *, inlet_events):
                return sorted([e.asset.uri, e.extra, e.source_task_id, e.source_map_index] for of in triggering_asset_events.values() for e in of)

            by()

    odd_alias = AssetAlias("crossed_alias")
    with probe("xa_metadata"):

        @task(outlets=[at("a"), at("b"), odd_alias])
        def two():
            yield Metadata(at("a"), extra={"rows": 3})
            yield Metadata(at("b"), {"rows": [4]})
            yield Metadata(at("late"), extra={"by": "alias"}, alias=odd_alias)

        two() >> PythonOperator(task_id="pause", python_callable=beat, op_args=[1])

    with probe("xa_alias_twice"):

        @task(outlets=[AssetAlias("crossed_twice"), AssetAlias("crossed_unused")])
        def twice(*, outlet_events):
            for n in range(2):
                outlet_events[AssetAlias("crossed_twice")].add(at("twice"), extra={"n": n})
            outlet_events[AssetAlias("crossed_twice")].add(at("thrice"))

        twice()

    listens("xa_all_of_metadata", AssetAll(at("a"), at("b"), odd_alias))
    listens("xa_any_nested", AssetAny(AssetAll(at("a"), at("nobody")), AssetAll(at("b"), at("late"))))

    with probe("xa_outlet_wrong"):

        @task(outlets=[at("wrong")])
        def not_mine(*, outlet_events):
            outlet_events[at("not_an_outlet")].extra = {"x": 1}

        not_mine() >> empty("after")

        @task(outlets=[at("wrong")])
        def no_json(*, outlet_events):
            outlet_events[at("wrong")].extra = {"x": object()}

        no_json() >> empty("after_no_json")

        @task(outlets=[at("wrong")], **AGAIN)
        def second_try(ti=None, *, outlet_events):
            outlet_events[at("wrong")].extra = {"try": ti.try_number}
            if ti.try_number == 1:
                raise ValueError

        second_try()

    with probe("xa_inlets"):

        @task(inlets=[at("a")])
        def reads(*, inlet_events):
            return len(inlet_events[at("a")]) >= 0

        reads()

        @task(inlets=[at("a")])
        def not_an_inlet(*, inlet_events):
            return len(inlet_events[at("zzz")])

        not_an_inlet() >> empty("after")
