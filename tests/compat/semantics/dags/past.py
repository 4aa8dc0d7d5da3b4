"""depends_on_past, wait_for_downstream, catch-up and limits of runs. An Airflow dag file."""

from semantics_common import *

UNTIL = dt.datetime(2026, 1, 3, tzinfo=dt.timezone.utc)


def by_day(how, logical_date=None, execution_date=None, **_):
    """Ends as the letter of its day says."""
    day = (logical_date or execution_date).day
    return end(how[min(day - 1, len(how) - 1)])


def daily(dag_id, **kwargs):
    return DAG(dag_id, **{"schedule": "@daily", "start_date": START, "end_date": UNTIL, "catchup": True, **kwargs})


def days(task_id, how, **kwargs):
    return PythonOperator(task_id=task_id, python_callable=by_day, op_args=[how], **kwargs)


with daily("dp_all_good"):
    days("a", "SSS", depends_on_past=True) >> empty("b", depends_on_past=True)

with daily("dp_skip_counts"):
    days("a", "SKS", depends_on_past=True) >> empty("b", trigger_rule="none_failed", depends_on_past=True)

with daily("dp_timeout", dagrun_timeout=dt.timedelta(seconds=LONG), max_active_runs=1):
    # The second day fails: the third waits for it until its run times out.
    days("a", "SFS", depends_on_past=True) >> empty("b", trigger_rule="all_done")
    empty("free")

with daily("dp_first_only", default_args={"depends_on_past": True}, end_date=START):
    does("a", "S") >> empty("b")

with daily("dp_wait_for_downstream"):
    days("a", "SSS", wait_for_downstream=True) >> empty("b") >> empty("c")

with daily("dp_wait_for_downstream_fails", dagrun_timeout=dt.timedelta(seconds=LONG), max_active_runs=1):
    days("a", "SSS", wait_for_downstream=True) >> days("b", "FSS")

with daily("dp_late_task"):
    # A task that starts a day later has no instance on the first day.
    does("a", "S") >> empty("b", start_date=dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc), depends_on_past=True)

with daily("dp_early_end"):
    does("a", "S") >> empty("b", end_date=dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc)) >> empty("c", trigger_rule="all_done")

with daily("cu_one_at_a_time", max_active_runs=1):
    days("a", "SSS") >> empty("b")

with daily("cu_hourly_zone", schedule="0 */12 * * *", end_date=dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc)):
    empty("a")

with daily("cu_delta", schedule=dt.timedelta(hours=36), end_date=dt.datetime(2026, 1, 5, tzinfo=dt.timezone.utc)):
    BashOperator(task_id="a", bash_command="echo {{ ds }} {{ data_interval_end }}")

with daily("cu_weekly", schedule="@weekly", end_date=dt.datetime(2026, 1, 20, tzinfo=dt.timezone.utc)):
    empty("a")

with daily("cu_monthly", schedule="0 0 31 * *", end_date=dt.datetime(2026, 5, 1, tzinfo=dt.timezone.utc)):
    empty("a")

with daily("cu_once", schedule="@once"):
    empty("a")

with daily("cu_end_before_start", end_date=dt.datetime(2025, 12, 1, tzinfo=dt.timezone.utc)):
    empty("a")

with daily("cu_task_dates", end_date=None):
    empty("a", end_date=dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc))
    empty("b", start_date=dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc), end_date=dt.datetime(2026, 1, 4, tzinfo=dt.timezone.utc))

with daily("cu_values"):

    @task
    def prev(prev_start_date_success=None, data_interval_start=None, data_interval_end=None, ds=None, ts_nodash=None):
        return [ds, ts_nodash, str(data_interval_start), str(data_interval_end)]

    prev()

with daily("cu_prior_dates", max_active_runs=1):

    @task
    def counts(ti=None):
        return (ti.xcom_pull(task_ids="counts", include_prior_dates=True) or 0) + 1

    counts()

# By hand, several runs
with probe("dp_by_hand", default_args={"depends_on_past": True}):
    does("a", "S") >> empty("b")

with probe("dp_by_hand_failed", dagrun_timeout=dt.timedelta(seconds=LONG)):
    PythonOperator(
        task_id="a",
        python_callable=lambda dag_run=None: end((dag_run.conf or {}).get("how", "S")),
        depends_on_past=True,
    ) >> empty("b")
    empty("free")
