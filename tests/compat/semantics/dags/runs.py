"""How runs end: timeouts, fail_fast, tasks that can never run. An Airflow dag file."""

from semantics_common import *

FAIL_FAST = {"fail_fast" if V3 else "fail_stop": True}

with probe("rn_timeout", dagrun_timeout=dt.timedelta(seconds=LONG)):
    PythonOperator(task_id="slow", python_callable=nap) >> empty("after") >> empty("last", trigger_rule="all_done")
    empty("quick")

with probe("rn_timeout_not_reached", dagrun_timeout=dt.timedelta(hours=1)):
    does("a", "S")

with probe("rn_fail_fast", **FAIL_FAST):

    def fail_beside_slow():
        await_begun("rn_fail_fast")
        end("F", 4)

    def begin_and_nap():
        begins("rn_fail_fast")
        nap()

    bad = PythonOperator(task_id="bad", python_callable=fail_beside_slow)
    slow = PythonOperator(task_id="slow", python_callable=begin_and_nap)
    slow >> empty("after_slow")
    bad >> empty("after_bad")
    does("early", "S") >> empty("after_early")

with probe("rn_fail_fast_retries", **FAIL_FAST):
    PythonOperator(task_id="bad", python_callable=end, op_args=["F"], retries=1, retry_delay=dt.timedelta(seconds=0.1)) >> empty("after")

with probe("rn_fail_fast_skip", **FAIL_FAST):
    does("skips", "K") >> empty("after")
    does("other", "S", 1) >> empty("after_other")

with probe("rn_fail_fast_mapped", **FAIL_FAST):

    @task(task_id="letter")
    def letter_beside_others(x, ti=None):
        if x[0] == "F":
            await_begun("rn_fail_fast_mapped.1", "rn_fail_fast_mapped.2")
        begins(f"rn_fail_fast_mapped.{ti.map_index}")
        return end(x[0], int(x[1:]))

    letter_beside_others.expand(x=["F1", "S90", "S90"]) >> empty("after")

with probe("rn_no_tasks"):
    pass

with probe("rn_one_empty"):
    empty("a")

with probe("rn_islands"):
    does("a", "S") >> does("b", "F")
    does("c", "K") >> empty("d")
    empty("e")

with probe("rn_inner_failure"):
    # A failure that a leaf forgives.
    does("a", "F") >> empty("b", trigger_rule="one_failed")

with probe("rn_inner_and_leaf"):
    does("a", "F") >> [empty("b", trigger_rule="all_done"), empty("c")]

with probe("rn_long_chain"):
    chain(*[empty(f"t{n}") for n in range(30)])

with probe("rn_wide"):
    empty("top") >> [empty(f"t{n}") for n in range(50)] >> empty("bottom")

with probe("rn_without_date"):

    @task
    def keys(**context):
        names = ("ds", "ts", "logical_date", "data_interval_start", "run_id", "dag_run", "ti", "params", "task_instance_key_str")
        return {n: n in context for n in names}

    keys()
    BashOperator(task_id="ds", bash_command="echo {{ ds }}")
    BashOperator(task_id="run_after", bash_command="echo {{ dag_run.run_after is not none }}") if V3 else None
    BashOperator(task_id="logical", bash_command="echo {{ dag_run.logical_date }}")

with probe("rn_conf"):

    @task
    def conf(dag_run=None, params=None):
        return [dag_run.conf, dict(params)]

    conf()

with probe("rn_empty_callbacks"):
    # An EmptyOperator with a callback is given out like any other.
    empty("with", on_success_callback=told("success"))
    empty("without")
    empty("execute", on_execute_callback=told("execute"))

with probe("rn_custom_empty"):

    class Mine(EmptyOperator):
        def execute(self, context):
            return "never run"

    class Own(BaseOperator):
        template_fields = ("text",)

        def __init__(self, text, **kwargs):
            super().__init__(**kwargs)
            self.text = text

        def pre_execute(self, context):
            note(self.dag_id, "pre " + self.text)

        def execute(self, context):
            return self.text

        def post_execute(self, context, result=None):
            note(self.dag_id, f"post {result}")

    Mine(task_id="mine") >> Own(task_id="own", text="{{ task.task_id }}")

# Clearing
with probe("cl_all"):
    a = PythonOperator(task_id="a", python_callable=lambda ti=None: ti.try_number)
    a >> empty("b") >> does("c", "S")

with probe("cl_failed_then_good"):
    PythonOperator(task_id="a", python_callable=lambda ti=None: end("S" if ti.try_number > 1 else "F")) >> empty("b")
    empty("beside")

with probe("cl_downstream"):
    a = PythonOperator(task_id="a", python_callable=lambda ti=None: ti.try_number)
    a >> PythonOperator(task_id="b", python_callable=lambda ti=None: ti.try_number) >> empty("c")

with probe("cl_only_one"):
    a = PythonOperator(task_id="a", python_callable=lambda ti=None: ti.try_number)
    a >> PythonOperator(task_id="b", python_callable=lambda ti=None: ti.try_number)

with probe("cl_skipped_stays"):
    # What a branch did not follow is skipped again.
    pick = BranchPythonOperator(task_id="pick", python_callable=lambda: "a")
    pick >> [empty("a"), empty("b")]

with probe("cl_other_way"):
    pick = BranchPythonOperator(task_id="pick", python_callable=lambda ti=None: "ab"[ti.try_number - 1])
    pick >> [empty("a"), empty("b")]

with probe("cl_with_retries"):
    PythonOperator(
        task_id="a",
        python_callable=lambda ti=None: end("S" if ti.try_number in (2, 4) else "F"),
        retries=1,
        retry_delay=dt.timedelta(seconds=0.1),
    ) >> empty("b")

with probe("cl_shrinks"):
    # Mapped over less the second time: what is too much is removed.
    @task
    def fewer(ti=None):
        return list(range(4 - ti.try_number))

    mapped = letter.expand(x=fewer().map(lambda n: "S"))
    mapped >> [empty(r, trigger_rule=r) for r in ("all_success", "all_done", "none_failed", "one_success", "none_skipped")]

with probe("cl_grows"):

    @task
    def more(ti=None):
        return list(range(ti.try_number))

    give.expand(x=more()) >> empty("after")

with probe("cl_setup"):
    s, t = does("s", "S").as_setup(), does("t", "S")
    s >> PythonOperator(task_id="w", python_callable=lambda ti=None: ti.try_number) >> t.as_teardown(setups=s)

with probe("cl_mapped"):
    give.expand(x=[1, 2]) >> empty("after")
