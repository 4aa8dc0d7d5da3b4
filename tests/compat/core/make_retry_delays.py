"""How long real Airflow waits before each retry: `PYTHON_OF_AIRFLOW make_retry_delays.py > retry-delays.tsv`, in 3.3.2."""

import datetime as dt
from types import SimpleNamespace

from airflow.models.taskinstance import TaskInstance

END = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
DATES = [dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc), dt.datetime(2024, 2, 29, 13, 5, 7, 250000, tzinfo=dt.timezone.utc), None]


def delay(dag_id, task_id, date, seconds, multiplier, most, try_number):
    task = SimpleNamespace(
        retry_delay=dt.timedelta(seconds=seconds),
        retry_exponential_backoff=multiplier,
        max_retry_delay=None if most is None else dt.timedelta(seconds=most),
    )
    ti = SimpleNamespace(
        task=task,
        dag_id=dag_id,
        task_id=task_id,
        logical_date=date,
        try_number=try_number,
        end_date=END,
        retry_delay_override=None,
        log=SimpleNamespace(warning=print),
    )
    return (TaskInstance.next_retry_datetime(ti) - END).total_seconds()


print("# dag_id\ttask_id\tlogical_date\tretry_delay\tretry_exponential_backoff\tmax_retry_delay\ttry_number\tseconds")
for dag_id, task_id in (("d", "a"), ("etl.daily", "group.load")):
    for date in DATES:
        for seconds in (0, 0.4, 1, 300, 7200):
            for multiplier in (0, 1, 1.5, 2, 3.7):
                for most in (None, 1000):
                    for try_number in (1, 2, 5, 30):
                        if dag_id != "d" and (seconds not in (1, 300) or multiplier not in (1.5, 2)):
                            continue
                        waits = delay(dag_id, task_id, date, seconds, multiplier, most, try_number)
                        where = date.isoformat() if date else ""
                        print(dag_id, task_id, where, seconds, multiplier, "" if most is None else most, try_number, waits, sep="\t")
