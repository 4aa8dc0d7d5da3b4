"""Failures, callbacks, limits of time and of place, as in the field. An Airflow dag file."""

import signal
import subprocess

from semantics_common import *

if V3:
    from airflow.sdk import BaseNotifier
    from airflow.sdk.exceptions import AirflowTaskTimeout
else:
    from airflow.exceptions import AirflowTaskTimeout
    from airflow.notifications.basenotifier import BaseNotifier

SOON = dt.timedelta(seconds=0.2)
FIRST = {"priority_weight": 1000, "weight_rule": "absolute"}  # these run before a time is over
FAIL_FAST = {"fail_fast" if V3 else "fail_stop": True}


class Tells(BaseNotifier):
    """A notifier with a template."""

    template_fields = ("message", "extra")

    def __init__(self, message, extra=None):
        super().__init__()
        self.message, self.extra = message, extra

    def notify(self, context):
        where = context["ti"].task_id if context.get("ti") else "run"
        note(context["dag"].dag_id, f"{where} told: {self.message} {self.extra}")


def first_fails(good, ti=None):
    if ti.try_number < good:
        raise RuntimeError(f"try {ti.try_number}")
    return ti.try_number


with probe("fz_notifiers", on_success_callback=[Tells("run {{ run_id[:6] }} {{ dag.dag_id }}")], on_failure_callback=Tells("never")):
    PythonOperator(
        task_id="t",
        python_callable=first_fails,
        op_args=[2],
        retries=1,
        retry_delay=SOON,
        on_retry_callback=[Tells("retry {{ ti.try_number }}", {"k": "{{ ds }}"}), told("retry")],
        on_success_callback=Tells("success {{ ti.try_number }} {{ params.p }}"),
        on_execute_callback=[Tells("execute")],
        params={"p": "own"},
    )
    PythonOperator(task_id="k", python_callable=end, op_args=["K"], on_skipped_callback=[Tells("skipped"), told("skipped")])

with probe("fz_callback_raises", on_failure_callback=[told("dag one"), lambda context: 1 / 0, told("dag two")]):

    def bad(context):
        note("fz_callback_raises", f"bad {context['ti'].task_id}")
        raise SystemExit(3)

    PythonOperator(task_id="s", python_callable=end, op_args=["S"], on_success_callback=[told("first"), lambda c: 1 / 0, told("second")])
    PythonOperator(task_id="x", python_callable=end, op_args=["S"], on_execute_callback=lambda c: 1 / 0)
    PythonOperator(task_id="f", python_callable=end, op_args=["F"], on_failure_callback=bad, retries=1, retry_delay=SOON, on_retry_callback=lambda c: 1 / 0)

with probe("fz_callback_pushes"):

    def pushes(context):
        context["ti"].xcom_push(key="from_callback", value=str(context["ti"].state == "success"))

    PythonOperator(task_id="t", python_callable=end, op_args=["S"], on_success_callback=pushes, on_execute_callback=lambda c: c["ti"].xcom_push(key="before", value=1)) >> PythonOperator(
        task_id="sees", python_callable=lambda ti=None: [ti.xcom_pull(task_ids="t", key=k) for k in ("before",)]
    )

with probe("fz_callback_context"):

    def seen(context):
        e = context.get("exception")
        said = "" if isinstance(e, AirflowTaskTimeout) else e  # that one names its process
        note(
            "fz_callback_context",
            f"{context['ti'].task_id} {type(e).__name__ if e is not None else None} {said} {context['ti'].try_number} "
            f"{context['ti'].max_tries} {context['params'].get('p')} {context.get('ds')} {context['task'].retries}",
        )

    PythonOperator(task_id="raises", python_callable=lambda: {}["nothing"], on_failure_callback=seen, on_retry_callback=seen, retries=1, retry_delay=SOON, params={"p": 1})
    BashOperator(task_id="bash", bash_command="exit 4", on_failure_callback=seen)
    PythonOperator(task_id="final", python_callable=lambda: (_ for _ in ()).throw(AirflowFailException("for good")), on_failure_callback=seen, on_retry_callback=seen, retries=3)
    PythonOperator(task_id="late", python_callable=nap, execution_timeout=dt.timedelta(seconds=1), on_failure_callback=seen)

with probe("fz_group_callbacks", default_args={"on_failure_callback": told("dag default")}):
    with TaskGroup("g", default_args={"on_failure_callback": told("group default"), "on_success_callback": told("group success")}):
        does("a", "F", 0.1), does("b", "S", 0.1)
    does("c", "F", 0.1)
    letter.override(task_id="m", on_success_callback=told("mapped ok")).expand(x=["S", "F"])

with probe("fz_timeout_caught"):

    def catches(kind):
        try:
            nap()
        except kind as e:
            return f"caught {type(e).__name__}"

    for kind in (AirflowTaskTimeout, Exception, BaseException):
        PythonOperator(task_id=f"by_{kind.__name__}", python_callable=catches, op_args=[kind], execution_timeout=dt.timedelta(seconds=1))

with probe("fz_timeout_kinds"):
    limit = {"execution_timeout": dt.timedelta(seconds=1)}
    BashOperator(task_id="traps", bash_command="trap 'echo trapped; exit 0' TERM; sleep 60 & wait", **limit)
    BashOperator(task_id="children", bash_command="(sleep 60; echo never) | cat", retries=1, retry_delay=SOON, **limit) >> empty("after", trigger_rule="all_done")
    PythonOperator(task_id="subprocess", python_callable=lambda: subprocess.run(["sleep", "60"]), **limit)
    PythonSensor(task_id="sensor", python_callable=lambda: beat(0.1), poke_interval=0.1, timeout=beats(100), retries=1, retry_delay=SOON, **limit)

with probe("fz_on_kill"):

    class Killed(BaseOperator):
        def execute(self, context):
            nap()

        def on_kill(self):
            note(self.dag_id, "on_kill")

    Killed(task_id="t", execution_timeout=dt.timedelta(seconds=1)) >> empty("after")

with probe("fz_pre_execute"):

    class Checks(BaseOperator):
        def __init__(self, at, **kwargs):
            super().__init__(**kwargs)
            self.at = at

        def pre_execute(self, context):
            if self.at == "pre" and context["ti"].try_number == 1:
                raise ValueError("not yet")

        def execute(self, context):
            return context["ti"].try_number

        def post_execute(self, context, result=None):
            if self.at == "post" and context["ti"].try_number == 1:
                raise ValueError("not good")

    for at in ("pre", "post", "none"):
        Checks(task_id=at, at=at, retries=1, retry_delay=SOON)
    Checks(task_id="post_once", at="post") >> PythonOperator(
        task_id="sees", python_callable=lambda ti=None: ti.xcom_pull(task_ids="post_once"), trigger_rule="all_done"
    )

with probe("fz_raises_what"):

    class Own(AirflowException):
        pass

    class OwnSkip(AirflowSkipException):
        pass

    def raises(kind):
        raise {"own": Own, "own_skip": OwnSkip, "stop": StopIteration, "generator": GeneratorExit, "assert": AssertionError, "memory": MemoryError, "system": SystemExit}[kind]("as told")

    for kind in ("own", "own_skip", "stop", "generator", "assert", "memory", "system"):
        PythonOperator(task_id=kind, python_callable=raises, op_args=[kind], retries=1, retry_delay=SOON) >> empty(f"after_{kind}", trigger_rule="all_done")

with probe("fz_killed"):

    def dies(sig, ti=None):
        if ti.try_number == 1:
            os.kill(os.getpid(), sig)
            beat(2)
        return "second"

    for name in ("SIGKILL", "SIGABRT"):
        PythonOperator(task_id=name.lower(), python_callable=dies, op_args=[int(getattr(signal, name))], retries=1, retry_delay=SOON)

def mark(name):
    (NOTES / f"{name}.mark").write_text("")


def fails_when_all_wait(*names):
    until = time.monotonic() + LONG
    while time.monotonic() < until and not all((NOTES / f"{n}.mark").exists() for n in names):
        time.sleep(0.05)
    end("F", 4)


def then(name, what, *args):
    mark(name)
    return what(*args)


with probe("fz_fail_fast_waits", default_args=FIRST, **FAIL_FAST):
    # Who waits in each way when another fails for good.
    empty("above") >> PythonOperator(task_id="bad", python_callable=fails_when_all_wait, op_args=["retries", "reschedules", "sleeps"])
    PythonOperator(task_id="retries", python_callable=then, op_args=["retries", end, "F"], retries=3, retry_delay=dt.timedelta(hours=1))
    PythonSensor(task_id="reschedules", python_callable=then, op_args=["reschedules", bool], mode="reschedule", poke_interval=3000, timeout=9000)
    PythonOperator(task_id="sleeps", python_callable=then, op_args=["sleeps", nap], retries=2) >> empty("below")
    empty("quick") >> empty("next")

with probe("fz_fail_fast_teardown", default_args=FIRST, **FAIL_FAST):
    s, t = does("s", "S").as_setup(), does("t", "S")
    slow = PythonOperator(task_id="slow", python_callable=then, op_args=["slow", nap])
    s >> [PythonOperator(task_id="bad", python_callable=fails_when_all_wait, op_args=["slow"]), slow] >> t.as_teardown(setups=s)
    t >> empty("after")

with probe("fz_dagrun_timeout", default_args=FIRST, dagrun_timeout=dt.timedelta(seconds=max(LONG, beats(12)))):
    s, t = does("s", "S").as_setup(), does("t", "S")
    s >> PythonOperator(task_id="slow", python_callable=nap, retries=2) >> t.as_teardown(setups=s)
    PythonOperator(task_id="retries", python_callable=end, op_args=["F"], retries=3, retry_delay=dt.timedelta(hours=1)) >> empty("below")
    PythonSensor(task_id="reschedules", python_callable=lambda: False, mode="reschedule", poke_interval=3000, timeout=9000)

with probe("fz_backoff"):
    for n, back in enumerate((True, 2.0, 3) if V3 else (True, True, True)):
        PythonOperator(
            task_id=f"t{n}",
            python_callable=first_fails,
            op_args=[4],
            retries=3,
            retry_delay=dt.timedelta(seconds=0.1),
            retry_exponential_backoff=back,
            max_retry_delay=dt.timedelta(seconds=2) if n else 1.5,
        )

with probe("fz_pool_deferral"):
    # One slot; who defers gives it back.
    class Waits(BaseOperator):
        def __init__(self, n, **kwargs):
            super().__init__(**kwargs)
            self.n = n

        def execute(self, context, event=None):
            if event is None and "event" not in context:
                self.defer(trigger=TimeDeltaTrigger(dt.timedelta(seconds=beats(1))), method_name="resume", kwargs={"n": {"a": (1, 2)}})

        def resume(self, context, event=None, n=None):
            return [n, event is not None]

    Waits.partial(task_id="w", pool="one_slot").expand(n=["a", "b", "c"]) >> empty("after")

with probe("fz_defer_then"):

    class DefersThen(BaseOperator):
        def __init__(self, how, **kwargs):
            super().__init__(**kwargs)
            self.how = how

        def execute(self, context):
            self.defer(trigger=TimeDeltaTrigger(dt.timedelta(seconds=beats(1))), method_name="resume")

        def resume(self, context, event=None):
            if self.how == "retry" and context["ti"].try_number == 1:
                raise ValueError
            return end({"skip": "K", "fail": "F"}.get(self.how, "S"))

    for how in ("skip", "fail", "retry", "succeed"):
        DefersThen(task_id=how, how=how, retries=1 if how == "retry" else 0, retry_delay=SOON, on_success_callback=told("ok"), on_failure_callback=told("failed"), on_execute_callback=told("begins")) >> empty(f"after_{how}")

    class NoMethod(BaseOperator):
        def execute(self, context):
            self.defer(trigger=TimeDeltaTrigger(dt.timedelta(seconds=beats(1))), method_name="nobody")

    NoMethod(task_id="no_method") >> empty("after_no_method")

with probe("fz_max_failures", schedule="@continuous", max_active_runs=1, max_consecutive_failed_dag_runs=2):
    # Goes on until it has failed twice; then its DAG is paused.
    does("t", "F", 0.5)

with probe("fz_late_start", default_args={"start_date": dt.datetime(2026, 1, 11, tzinfo=dt.timezone.utc)}):
    # Run before its tasks' start: none is made.
    empty("a") >> empty("b")

with probe("fz_some_started"):
    # Tasks that begin later or have ended are not part of the run; arrows over them.
    a, c = does("a", "S"), empty("c", trigger_rule="all_done")
    a >> empty("later", start_date=dt.datetime(2026, 2, 1, tzinfo=dt.timezone.utc)) >> c
    a >> empty("gone", end_date=dt.datetime(2026, 1, 5, tzinfo=dt.timezone.utc)) >> empty("below_gone")

with probe("fz_sla" if not V3 else "fz_no_sla", default_args={"sla": dt.timedelta(hours=1)} if not V3 else {}):
    does("a", "S")
