"""Schedules of the past, with zones and their changes, by each kind of timetable. An Airflow dag file."""

import pendulum
from dateutil.relativedelta import relativedelta

from airflow.timetables.events import EventsTimetable
from airflow.timetables.interval import CronDataIntervalTimetable, DeltaDataIntervalTimetable
from airflow.timetables.trigger import CronTriggerTimetable
from semantics_common import *

BERLIN, NEW_YORK, HOWE = (pendulum.timezone(n) for n in ("Europe/Berlin", "America/New_York", "Asia/Kathmandu"))
LOGIC = {"logical_date" if V3 else "execution_date": None}


def past(dag_id, schedule, start, end, **kwargs):
    """Its runs are all in the past; each says what it was told."""
    with DAG(dag_id, schedule=schedule, start_date=start, end_date=end, catchup=True, **kwargs) as dag:
        if not kwargs.get("default_args", {}).get("depends_on_past"):

            @task
            def told(data_interval_start=None, data_interval_end=None, ds=None, ts=None, prev_data_interval_end_success=None):
                return [str(data_interval_start), str(data_interval_end), ds, ts]

            told()
    return dag


def day(y, m, d, h=0, minute=0, tz="UTC"):
    return pendulum.datetime(y, m, d, h, minute, tz=tz)


dags = [
    past("ft_dst_spring", "30 2 * * *", day(2025, 3, 28, tz=BERLIN), day(2025, 3, 31, 12, tz=BERLIN)),
    past("ft_dst_autumn", "30 2 * * *", day(2025, 10, 24, tz=BERLIN), day(2025, 10, 27, 12, tz=BERLIN)),
    past("ft_dst_hourly", "0 * * * *", day(2025, 10, 26, 0, tz=BERLIN), day(2025, 10, 26, 5, tz=BERLIN)),
    past("ft_dst_interval", CronDataIntervalTimetable("0 6 * * 1-5", timezone=NEW_YORK), day(2025, 3, 5, tz=NEW_YORK), day(2025, 3, 12, tz=NEW_YORK)),
    past("ft_trigger_interval", CronTriggerTimetable("0 6 * * *", timezone=NEW_YORK, interval=dt.timedelta(days=1)), day(2025, 3, 7, tz=NEW_YORK), day(2025, 3, 10, 12, tz=NEW_YORK)),
    past("ft_delta", dt.timedelta(hours=7, minutes=30), day(2025, 3, 29, 13, 7), day(2025, 3, 30, 13)),
    past("ft_delta_interval", DeltaDataIntervalTimetable(dt.timedelta(hours=10)), day(2025, 3, 29, 1, tz=BERLIN), day(2025, 3, 30, 13, tz=BERLIN)),
    past("ft_relative", relativedelta(months=1), day(2025, 1, 31), day(2025, 5, 1)),
    past("ft_events", EventsTimetable(event_dates=[day(2025, 1, 5, 8), day(2025, 1, 1, 8, tz=BERLIN), day(2025, 2, 1), day(2024, 1, 1)], description="some"), day(2025, 1, 1), day(2025, 1, 31)),
    past("ft_last_day", "0 0 L * *", day(2025, 1, 1), day(2025, 4, 1)),
    past("ft_second_monday", "15 9 * * 1#2", day(2025, 1, 1), day(2025, 3, 31)),
    past("ft_dom_or_dow", "0 0 13 * 5", day(2025, 6, 1), day(2025, 6, 21)),
    past("ft_names", "0 0 * JAN,mar MON-TUE", day(2025, 1, 1), day(2025, 1, 15)),
    past("ft_step", "*/25 0-1 1 * *", day(2025, 1, 1), day(2025, 1, 2)),
    past("ft_kathmandu", "0 0 * * *", day(2025, 1, 1, tz=HOWE), day(2025, 1, 3, tz=HOWE)),
    past("ft_aliases", "@monthly", day(2025, 1, 15), day(2025, 4, 2)),
    past("ft_leap", "0 0 29 2 *", day(2019, 1, 1), day(2025, 1, 1)),
    past("ft_start_in_args", "@daily", None, day(2025, 1, 3), default_args={"start_date": dt.datetime(2025, 1, 1, tzinfo=dt.timezone.utc)}),
    past("ft_naive_start", "@daily", dt.datetime(2025, 1, 1), dt.datetime(2025, 1, 3)),
    past("ft_start_off_tick", "0 12 * * *", day(2025, 1, 1, 15), day(2025, 1, 4, 11)),
]

if V3:
    from airflow.timetables.trigger import DeltaTriggerTimetable, MultipleCronTriggerTimetable

    dags += [
        past("ft_many_crons", MultipleCronTriggerTimetable("0 6 * * *", "0 18 * * 6,0", "0 6 3 * *", timezone="UTC"), day(2025, 1, 3), day(2025, 1, 5, 20)),
        past("ft_many_crons_interval", MultipleCronTriggerTimetable("0 6 * * *", "30 7 * * *", timezone="Europe/Berlin", interval=dt.timedelta(hours=1)), day(2025, 3, 29, tz=BERLIN), day(2025, 3, 30, 12, tz=BERLIN)),
        past("ft_delta_trigger", DeltaTriggerTimetable(dt.timedelta(hours=5), interval=dt.timedelta(hours=1)), day(2025, 1, 1, 1), day(2025, 1, 2)),
        past("ft_delta_relative", DeltaTriggerTimetable(relativedelta(weeks=1, weekday=2)), day(2025, 1, 1), day(2025, 1, 25)),
    ]

# Tasks that begin and end within.
with DAG("ft_task_dates", schedule="@daily", start_date=START, end_date=dt.datetime(2026, 1, 4, tzinfo=dt.timezone.utc), catchup=True):
    a = does("a", "S")
    a >> empty("from_second", start_date=dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc)) >> empty("below", trigger_rule="none_failed")
    a >> empty("until_second", end_date=dt.datetime(2026, 1, 2, 12, tzinfo=dt.timezone.utc)) >> empty("below_2")

# The past decides.
def by_day(how, **context):
    return end(how[(context.get("logical_date") or context["execution_date"]).day - 1])


PAST = {"schedule": "@daily", "start_date": START, "end_date": dt.datetime(2026, 1, 4, tzinfo=dt.timezone.utc), "catchup": True, "max_active_runs": 1}
with DAG("ft_past_and_latest", **PAST):
    LatestOnlyOperator(task_id="latest") >> empty("only_latest", depends_on_past=True) >> empty("below", trigger_rule="none_failed", depends_on_past=True)
    PythonOperator(task_id="s", python_callable=by_day, op_args=["SKSK"], depends_on_past=True) >> empty("after_s", trigger_rule="all_done", wait_for_downstream=True)

with DAG("ft_past_branch", **PAST):
    pick = BranchPythonOperator(task_id="pick", python_callable=lambda **c: "even" if (c.get("logical_date") or c["execution_date"]).day % 2 == 0 else "odd", depends_on_past=True)
    pick >> [empty("even", depends_on_past=True), empty("odd", wait_for_downstream=True)] >> empty("join", trigger_rule="none_failed_min_one_success", depends_on_past=True)

with DAG("ft_past_mapped", **PAST):
    letter.override(task_id="m", depends_on_past=True).expand(x=["S", "K"]) >> empty("after", trigger_rule="none_failed", depends_on_past=True)

with DAG("ft_past_teardown", **PAST):
    s, t = does("s", "S", depends_on_past=True).as_setup(), does("t", "F")
    s >> PythonOperator(task_id="w", python_callable=by_day, op_args=["SSKS"], depends_on_past=True) >> t.as_teardown(setups=s)

with DAG("ft_xcom_past", **PAST):

    @task
    def running_total(ti=None, ds=None, prev_data_interval_start_success=None):
        before = ti.xcom_pull(task_ids="running_total", include_prior_dates=True)
        return [ds, str(prev_data_interval_start_success)]

    running_total()

with DAG("ft_latest_group", **PAST):
    latest = LatestOnlyOperator(task_id="latest")
    with TaskGroup("g") as g:
        empty("a") >> empty("b", trigger_rule="all_done")
    latest >> g >> empty("after", trigger_rule="none_failed_min_one_success")
