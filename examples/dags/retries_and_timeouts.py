"""A task that needs two tries, one that may not take longer than it should, and one that gives up at once."""

from datetime import datetime, timedelta

from airflow.exceptions import AirflowFailException, AirflowSkipException
from airflow.sdk import dag, task


@dag(schedule=None, start_date=datetime(2026, 1, 1), dagrun_timeout=timedelta(minutes=10), tags=["example"])
def retries_and_timeouts():
    @task(retries=3, retry_delay=timedelta(seconds=1), retry_exponential_backoff=True)
    def second_time_lucky(ti=None):
        if ti.try_number < 2:
            raise RuntimeError("not yet")
        return ti.try_number

    @task(execution_timeout=timedelta(seconds=30))
    def in_time():
        print("quick enough")

    @task(trigger_rule="all_done")
    def skip_itself():
        raise AirflowSkipException("nothing to do today")

    @task(retries=5)
    def no_use_trying_again(run: bool = False):
        if run:
            raise AirflowFailException("bad input stays bad")

    second_time_lucky() >> in_time() >> skip_itself()
    no_use_trying_again()


retries_and_timeouts()
