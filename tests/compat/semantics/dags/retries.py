"""Failures and retries. An Airflow dag file."""

from semantics_common import *

SOON = dt.timedelta(seconds=0.2)


def nth(good, ti=None):
    if ti.try_number < good:
        raise ValueError
    return ti.try_number


def of_kind(kind):
    import signal
    import sys

    if kind == "fail":
        raise AirflowFailException("final")
    if kind == "airflow":
        raise AirflowException("airflow")
    if kind == "exit":
        sys.exit(3)
    if kind == "exit_zero":
        sys.exit(0)
    if kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "interrupt":
        raise KeyboardInterrupt
    if kind == "base":
        raise BaseException("base")
    if kind == "timeout":
        beat(30)
    if kind == "unpicklable":
        return object()
    if kind == "os_exit":
        os._exit(4)


for kind in ("fail", "airflow", "exit", "exit_zero", "interrupt", "base", "unpicklable"):
    for retries in (0, 1):
        with probe(f"rt_{kind}_{retries}"):
            PythonOperator(
                task_id="t", python_callable=of_kind, op_args=[kind], retries=retries, retry_delay=SOON
            ) >> empty("after", trigger_rule="all_done")

for kind in ("kill", "os_exit"):
    with probe(f"rt_{kind}"):
        PythonOperator(task_id="t", python_callable=of_kind, op_args=[kind], retries=1, retry_delay=SOON) >> empty(
            "after", trigger_rule="all_done"
        )

with probe("rt_execution_timeout"):
    PythonOperator(
        task_id="t",
        python_callable=of_kind,
        op_args=["timeout"],
        retries=1,
        retry_delay=SOON,
        execution_timeout=dt.timedelta(seconds=1),
    ) >> empty("after", trigger_rule="all_done")
    BashOperator(task_id="b", bash_command="sleep 60", execution_timeout=dt.timedelta(seconds=1)) >> empty("after_b")

with probe("rt_success_at"):
    for n in (1, 2, 3, 4):
        PythonOperator(task_id=f"at_{n}", python_callable=nth, op_args=[n], retries=2, retry_delay=SOON)

with probe("rt_default_args", default_args={"retries": 1, "retry_delay": SOON}):
    PythonOperator(task_id="inherits", python_callable=nth, op_args=[2])
    PythonOperator(task_id="own", python_callable=nth, op_args=[2], retries=0)
    give.override(task_id="decorated")(1) >> fail()

with probe("rt_exponential"):
    PythonOperator(
        task_id="t",
        python_callable=nth,
        op_args=[3],
        retries=2,
        retry_delay=SOON,
        retry_exponential_backoff=True,
        max_retry_delay=dt.timedelta(seconds=1),
    )

with probe("rt_delay_in_seconds"):
    PythonOperator(task_id="t", python_callable=nth, op_args=[2], retries=1, retry_delay=0.2)

with probe("rt_bash"):
    BashOperator(task_id="b", bash_command="test {{ ti.try_number }} -gt 1", retries=1, retry_delay=SOON) >> empty("after")

with probe("rt_upstream_waits"):
    # What is below waits while a task is up for retry.
    PythonOperator(task_id="t", python_callable=nth, op_args=[2], retries=1, retry_delay=SOON) >> [
        empty("after"),
        empty("failed", trigger_rule="one_failed"),
        empty("done", trigger_rule="all_done"),
    ]

with probe("rt_xcom_of_last_try"):

    @task(retries=1, retry_delay=SOON)
    def pushes(ti=None):
        ti.xcom_push(key=f"try{ti.try_number}", value=ti.try_number)
        if ti.try_number == 1:
            raise ValueError

    @task
    def sees(ti=None):
        return [ti.xcom_pull(task_ids="pushes", key=k) for k in ("try1", "try2")]

    pushes() >> sees()

with probe("rt_callable_missing"):
    PythonOperator(task_id="t", python_callable=lambda: undefined_name) >> empty("after")  # noqa: F821

with probe("rt_template_breaks"):
    BashOperator(task_id="t", bash_command="echo {{ nobody.knows }}", retries=1, retry_delay=SOON) >> empty("after")
    BashOperator(task_id="syntax", bash_command="echo {% if %}") >> empty("after_syntax")

with probe("rt_bash_codes"):
    for code in (0, 1, 2, 99, 127, 255):
        BashOperator(task_id=f"b{code}", bash_command=f"exit {code}")
    BashOperator(task_id="signal", bash_command="kill -9 $$")
    BashOperator(task_id="last_counts", bash_command="false; true")
    BashOperator(task_id="pipe", bash_command="false | true")

with probe("rt_bash_output"):
    BashOperator(task_id="last_line", bash_command="echo a; echo b")
    BashOperator(task_id="nothing", bash_command="true")
    BashOperator(task_id="err", bash_command="echo out; echo err >&2")
    BashOperator(task_id="blank", bash_command="echo a; echo")
    BashOperator(task_id="spaces", bash_command="echo '  x  '")
    BashOperator(task_id="no_push", bash_command="echo a", do_xcom_push=False)
    BashOperator(task_id="cwd", bash_command="pwd", cwd="/usr")
    BashOperator(task_id="no_cwd", bash_command="pwd", cwd="/nobody/here")
    BashOperator(task_id="env", bash_command="echo $A$HOME", env={"A": "{{ ds }}"})
    BashOperator(task_id="processed", bash_command="echo '{\"a\": 1}'", output_processor=lambda o: __import__("json").loads(o))
    BashOperator(task_id="unicode", bash_command="echo ü€")
