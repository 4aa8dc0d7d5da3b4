# ruff: noqa
# A probe that was run on real Airflow; what it ended as is in ../core/*.tsv. It must run unmodified, so it keeps its shape.
"""Semantics probe: small DAGs whose end states were recorded from real Airflow (see *.tsv)."""
import datetime as dt
try:
    from airflow.sdk import DAG, task, task_group
    V3 = True
except ImportError:
    from airflow import DAG
    from airflow.decorators import task, task_group
    V3 = False
from airflow.exceptions import AirflowFailException, AirflowSkipException

START = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
KW = dict(schedule=None, start_date=START, catchup=False)


@task
def ok(x=None):
    return x


@task
def boom():
    raise ValueError("boom")


with DAG("g_branch", **KW):
    @task.branch
    def pick():
        return "a"

    @task
    def a(): pass

    @task
    def b(): pass

    @task
    def b2(): pass

    @task(trigger_rule="none_failed_min_one_success")
    def join(): pass

    @task
    def join_default(): pass

    @task(trigger_rule="all_done")
    def join_all_done(): pass

    p, aa, bb, bb2 = pick(), a(), b(), b2()
    p >> [aa, bb]
    bb >> bb2
    j1, j2, j3 = join(), join_default(), join_all_done()
    [aa, bb2] >> j1
    [aa, bb2] >> j2
    [aa, bb2] >> j3

with DAG("g_map", **KW):
    @task
    def empty(): return []

    @task
    def three(): return [1, 2, 3]

    @task
    def tail(): return ["z"]

    @task
    def as_dict(): return {"p": 1, "q": 2}

    @task
    def m(x): return x

    @task
    def m_fail(x):
        if x == 2:
            raise ValueError(x)
        return x

    @task
    def m_skip(x):
        if x == 2:
            raise AirflowSkipException("two")
        return x

    @task
    def pair(i, j): return [i, j]

    @task
    def collect(v): return list(v)

    @task(trigger_rule="all_done")
    def collect_done(v): return list(v)

    @task(trigger_rule="one_success")
    def any_ok(): pass

    @task(trigger_rule="none_failed")
    def nf(v): return list(v)

    e, t3 = empty(), three()
    em = m.override(task_id="m_empty").expand(x=e)
    collect.override(task_id="after_empty")(em)
    collect_done.override(task_id="after_empty_done")(em)
    lit = m.override(task_id="m_literal_empty").expand(x=[])
    collect.override(task_id="after_literal_empty")(lit)
    mf = m_fail.expand(x=t3)
    collect.override(task_id="after_fail")(mf)
    collect_done.override(task_id="after_fail_done")(mf)
    mf >> any_ok()
    mapped_after = m.override(task_id="m_after_fail").expand(x=mf)
    ms = m_skip.expand(x=t3)
    collect.override(task_id="after_skip")(ms)
    nf.override(task_id="after_skip_nf")(ms)
    pr = pair.expand(i=t3, j=["x", "y"])
    collect.override(task_id="after_cross")(pr)
    m.override(task_id="m_dict").expand(x=as_dict())
    zp = m.override(task_id="m_zip").expand(x=t3.zip(t3.map(lambda v: v * 10)))
    collect.override(task_id="after_zip")(zp)
    cc = m.override(task_id="m_concat").expand(x=t3.concat(tail()))
    collect.override(task_id="after_concat")(cc)
    m.override(task_id="m_kwargs").expand_kwargs([{"x": 1}, {"x": 2}])

    @task_group
    def grp(x):
        return m.override(task_id="second")(m_fail.override(task_id="first")(x))
    gg = grp.expand(x=t3)
    collect.override(task_id="after_group")(gg)

with DAG("g_setup", **KW):
    s1, s2, s3 = (ok.override(task_id=f"s{i}") for i in (1, 2, 3))
    A = s1().as_setup(); W = boom.override(task_id="w1")(); Z = ok.override(task_id="t1")().as_teardown(setups=A)
    A >> W >> Z
    A2 = boom.override(task_id="s2_bad")().as_setup(); W2 = ok.override(task_id="w2")(); Z2 = ok.override(task_id="t2")().as_teardown(setups=A2)
    A2 >> W2 >> Z2
    @task
    def skipme(): raise AirflowSkipException()
    A3 = skipme.override(task_id="s3_skip")().as_setup(); W3 = ok.override(task_id="w3")(); Z3 = ok.override(task_id="t3")().as_teardown(setups=A3)
    A3 >> W3 >> Z3

with DAG("g_teardown_fails", **KW):
    A = ok.override(task_id="s")().as_setup(); W = ok.override(task_id="w")(); Z = boom.override(task_id="t")().as_teardown(setups=A)
    A >> W >> Z

with DAG("g_teardown_fails_run", **KW):
    A = ok.override(task_id="s")().as_setup(); W = ok.override(task_id="w")(); Z = boom.override(task_id="t")().as_teardown(setups=A, on_failure_fail_dagrun=True)
    A >> W >> Z

with DAG("g_leaf", **KW):  # a failed inner task with a succeeding leaf
    @task(trigger_rule="all_done")
    def last(): pass
    boom() >> last()

with DAG("g_retry", **KW):
    @task(retries=1, retry_delay=dt.timedelta(seconds=2))
    def twice(): raise ValueError
    @task(retries=3, retry_delay=dt.timedelta(seconds=2))
    def no_retry(): raise AirflowFailException("final")
    @task(retries=2, retry_delay=dt.timedelta(seconds=2))
    def second_time(**ctx):
        if ctx["ti"].try_number < 2:
            raise ValueError
    twice(); no_retry(); second_time()

with DAG("g_short", **KW):
    @task.short_circuit
    def stop(): return False
    @task.short_circuit(ignore_downstream_trigger_rules=False)
    def stop_soft(): return False
    @task(trigger_rule="all_done")
    def end(): pass
    stop() >> ok.override(task_id="h1")() >> end.override(task_id="h_end")()
    stop_soft() >> ok.override(task_id="s1")() >> end.override(task_id="s_end")()

with DAG("g_sensor", **KW):
    @task.sensor(poke_interval=1, timeout=2, soft_fail=True)
    def soft(): return False
    @task.sensor(poke_interval=1, timeout=2)
    def hard(): return False
    @task.sensor(poke_interval=1, timeout=3, mode="reschedule")
    def resched(): return False
    @task.sensor(poke_interval=1, timeout=2, retries=2, retry_delay=dt.timedelta(seconds=1))
    def hard_retry(): return False
    soft() >> ok.override(task_id="after_soft")()
    hard(); resched(); hard_retry()

FF = "fail_fast" if V3 else "fail_stop"
with DAG("g_failfast", **{FF: True}, **KW):
    @task.bash
    def slow(): return "sleep 30"
    boom.override(task_id="bad")()
    slow() >> ok.override(task_id="after_slow")()
