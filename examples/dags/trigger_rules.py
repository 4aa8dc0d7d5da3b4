"""Which upstream states let a task run: one failing and one succeeding upstream, and a task for each rule."""

from datetime import datetime

from airflow.sdk import dag, task


@dag(schedule=None, start_date=datetime(2026, 1, 1), tags=["example"])
def trigger_rules():
    @task
    def succeeds():
        return 1

    @task
    def fails():
        raise ValueError("this task fails on purpose")

    good, bad = succeeds(), fails()
    for rule in ("all_success", "all_done", "one_success", "one_failed", "one_done", "none_skipped", "all_failed"):

        @task(task_id=rule, trigger_rule=rule)
        def report(name):
            print(f"{name} let me run")

        [good, bad] >> report(rule)


trigger_rules()
