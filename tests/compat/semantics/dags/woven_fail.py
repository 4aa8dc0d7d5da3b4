"""Retries, callbacks, limits of time and XComs in groups and mapped tasks. An Airflow dag file."""

from semantics_common import *

if V3:
    from airflow.sdk.exceptions import AirflowTaskTimeout
else:
    from airflow.exceptions import AirflowTaskTimeout

from probe_plugin import Ends

SOON = dt.timedelta(seconds=0.2)
AGAIN = {"retries": 1, "retry_delay": SOON}
MIN_ONE = "none_failed_min_one_success"


@task
def by_try(hows, ti=None):
    return end(hows[min(ti.try_number, len(hows)) - 1])


def pulls(word):
    """A callback that reads XComs of its own task, and of one above."""

    def callback(context):
        ti = context["ti"]
        own = ti.xcom_pull(task_ids=ti.task_id, key="step", map_indexes=ti.map_index)
        above = ti.xcom_pull(task_ids="above")
        note(ti.dag_id, f"{ti.task_id} {ti.map_index} {word} try {ti.try_number} of {ti.max_tries} own {own} above {above}")

    return callback


HEARD = {f"on_{w}_callback": pulls(w) for w in ("success", "failure", "retry")}

with probe("wf_callbacks_read"):
    # Each try pushes before it ends; the callbacks read that, and what is above.
    above = give.override(task_id="above")({"k": 1})

    @task(retries=2, retry_delay=dt.timedelta(seconds=beats(2)), **HEARD)
    def steps(x, ti=None):
        ti.xcom_push("step", f"{x}{ti.try_number}")
        if ti.try_number < x:
            raise ValueError(x)
        return x

    above >> steps.expand(x=[1, 2, 9]) >> empty("after", trigger_rule="one_failed")

with probe("wf_try_then_skip", default_args={"on_skipped_callback": told("skipped"), "on_retry_callback": told("retry"), "on_failure_callback": told("failed")}):
    # Fails, then is skipped; fails, then fails for good with tries left; in a mapped group.

    @task_group
    def each(how):
        @task(retries=2, retry_delay=SOON)
        def ends(how, ti=None):
            if ti.try_number == 1:
                raise ValueError("first")
            if how == "fail":
                raise AirflowFailException("for good")
            if how == "skip":
                raise AirflowSkipException("enough")
            return ti.try_number

        ends(how) >> [empty("strict"), empty("loose", trigger_rule="none_failed"), empty("done", trigger_rule="all_done")]

    each.expand(how=["skip", "fail", "good"]) >> empty("after", trigger_rule=MIN_ONE)

with probe("wf_timeout_then_good", default_args={"execution_timeout": dt.timedelta(seconds=1), **AGAIN}):

    def why(context):
        note(context["ti"].dag_id, f"{context['ti'].task_id} {context['ti'].map_index} {type(context['exception']).__name__}")

    @task(on_retry_callback=why, on_failure_callback=why)
    def slow(tries, ti=None):
        if ti.try_number <= tries:
            nap()
        return ti.try_number

    slow.expand(tries=[0, 1, 2]) >> empty("after", trigger_rule="all_done")

    @task(execution_timeout=None, **HEARD)
    def caught(ti=None):
        try:
            raise AirflowTaskTimeout("by hand")
        except AirflowTaskTimeout:
            return "caught"

    caught()

with probe("wf_soft_sensors_join"):
    # Sensors give up softly or hard on the ways of a branch, a mapped one in a group.
    kw = {"poke_interval": 0.2, "timeout": 0.5}
    pick = BranchPythonOperator(task_id="pick", python_callable=lambda: ["soft", "g"])
    soft = PythonSensor(task_id="soft", python_callable=lambda: False, soft_fail=True, **kw)
    other = PythonSensor(task_id="other", python_callable=lambda: True, **kw)

    @task_group
    def g(x):
        @task.sensor(soft_fail=True, **kw)
        def sees(x):
            return PokeReturnValue(is_done=x > 1, xcom_value=x)

        give.override(task_id="got")(sees(x)) >> empty("end", trigger_rule="none_failed")

    every = g.expand(x=[1, 2])
    pick >> [soft, other, every]
    [soft, other] >> empty("join", trigger_rule=MIN_ONE)
    [soft, other, every] >> empty("join_all", trigger_rule=MIN_ONE)
    every >> empty("strict")


class Leaves(BaseOperator):
    template_fields = ("word",)

    def __init__(self, how, word="{{ ti.map_index }}", **kwargs):
        super().__init__(**kwargs)
        self.how, self.word = how, word

    def execute(self, context):
        context["ti"].xcom_push(key="step", value=[self.word, context["ti"].try_number])
        self.defer(trigger=Ends(self.how, beats(0.5)), method_name="back", kwargs={"word": self.word})

    def back(self, context, event=None, word=None):
        ti = context["ti"]
        if ti.try_number == 1 and self.task_id.endswith("again"):
            raise ValueError("again")
        return [event["how"], word, self.word, ti.xcom_pull(task_ids=self.task_id, key="step", map_indexes=ti.map_index)]


with probe("wf_deferred_in_mapped_group"):
    # Deferral between setup and teardown of an index, with a retry, and a trigger that fails.

    @task_group
    def each(how):
        s = give.override(task_id="s")("s").as_setup()
        w = Leaves(task_id="again", how="event", **AGAIN)
        t = give.override(task_id="t")("t").as_teardown(setups=s)
        s >> w >> letter.override(task_id="after")(how) >> t

    each.expand(how=["S", "F"]) >> empty("end", trigger_rule="one_success")
    Leaves(task_id="breaks", how="raises", word="w{{ ds }}", **HEARD) >> empty("below", trigger_rule="all_done")
    Leaves.partial(task_id="mapped", how="event").expand(word=["{{ ds }}", "x"]) >> empty("mapped_after")

with probe("wf_values_of_last_try"):
    # What an earlier try pushed is gone; what is mapped over it counts the last.

    @task(retries=2, retry_delay=SOON)
    def push(ti=None):
        ti.xcom_push("only", ti.try_number) if ti.try_number == 1 else None
        ti.xcom_push("all", ti.try_number)
        if ti.try_number < 3:
            raise ValueError
        return [ti.try_number] * 2

    @task
    def pull(x, ti=None):
        return [x, ti.xcom_pull(task_ids="push", key="only"), ti.xcom_pull(task_ids="push", key="all"), ti.map_index]

    pull.expand(x=push())

with probe("wf_setup_tries"):
    # Setups that skip or fail at their second try, with work that runs anyway and teardowns that count.
    for n, (hows, counts) in enumerate((("FK", True), ("FF", False), ("FS", True))):
        with TaskGroup(f"g{n}") as g:
            s = by_try.override(task_id="s", **AGAIN)(hows).as_setup()
            s >> does("w", "S") >> does("anyway", "S", trigger_rule="all_done") >> by_try.override(task_id="t", **AGAIN)("FS").as_teardown(setups=s, on_failure_fail_dagrun=counts)
        g >> empty(f"after{n}", trigger_rule="none_failed")

with probe("wf_skips_and_callbacks", default_args={"on_skipped_callback": told("skipped"), "on_success_callback": told("good") if V3 else None}):
    # Skipped by itself, by a branch, by a gate, by a rule, by an exit code: which of them is told.
    pick = BranchPythonOperator(task_id="pick", python_callable=lambda: "bash")
    bash = BashOperator.partial(task_id="bash").expand(bash_command=["exit 99", "true"])
    pick >> [bash, does("left", "S")]
    bash >> does("by_rule", "S", trigger_rule="all_skipped")
    gate = ShortCircuitOperator(task_id="gate", python_callable=lambda: False)
    gate >> letter.override(task_id="shut").expand(x=["S", "S"])
    letter.override(task_id="own").expand(x=["K", "S"]) >> does("strict", "S", trigger_rule="none_skipped")

with probe("wf_slots_of_mapped", max_active_tasks=3):
    # Mapped tasks that take two slots of three, with retries, next to one that may run once only.

    @task(pool="three_slots", pool_slots=2, **AGAIN)
    def wide(x, ti=None):
        path = NOTES / "wf_slots_of_mapped.wide"
        path.mkdir(exist_ok=True)
        (path / str(x)).touch()
        beat(0.1)
        most = len(list(path.iterdir()))
        (path / str(x)).unlink()
        if ti.try_number == 1 and x == 1:
            raise ValueError
        return most

    wide.expand(x=[0, 1, 2]) >> empty("after")
    letter.override(task_id="one", max_active_tis_per_dagrun=1, pool="one_slot").expand(x=["S", "K", "F"]) >> empty("done", trigger_rule="all_done")

with probe("wf_bash_codes_mapped"):
    BashOperator.partial(task_id="bash", skip_on_exit_code=[7, 8], append_env=True, **AGAIN).expand_kwargs(
        [
            {"bash_command": "exit $N", "env": {"N": "7"}},
            {"bash_command": "echo last; exit {{ 0 if ti.try_number > 1 else 3 }}"},
            {"bash_command": "echo a; echo '{{ ti.map_index }} {{ run_id[:6] }}'"},
            {"bash_command": "exit 99"},
        ]
    ) >> [empty("strict"), empty("done", trigger_rule="all_done"), empty("failed", trigger_rule="one_failed")]

with probe("wf_run_callbacks", on_success_callback=told("run good", "reason"), on_failure_callback=told("run failed", "reason"), default_args=AGAIN):
    # All that failed is caught by a leaf; the teardown that fails does not count.
    s = by_try.override(task_id="s")("FS").as_setup()
    m = letter.override(task_id="m", retries=0).expand(x=["S", "F"])
    t = letter.override(task_id="t", retries=0)("F").as_teardown(setups=s)
    s >> m >> t
    m >> empty("caught", trigger_rule="one_failed")

with probe("wf_none_of_mapped"):
    # Instances that give nothing, some that skip; what is mapped over them, with rules of its own.

    @task
    def maybe(x):
        if x == 0:
            raise AirflowSkipException
        return x if x > 1 else None

    got = maybe.expand(x=[0, 1, 2])
    give.override(task_id="strict").expand(x=got)
    give.override(task_id="loose", trigger_rule="none_failed").expand(x=got)

    @task(trigger_rule="all_done")
    def total(xs):
        return [list(xs), len(xs)]

    total(got)
