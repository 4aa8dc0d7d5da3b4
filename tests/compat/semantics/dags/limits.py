"""Pools, priorities and limits: that all ends well, and how many ran at once. An Airflow dag file."""

from semantics_common import *


def crowd(name, dag_id):
    """Notes how many of this crowd are here at most."""
    change(name, 1)
    beat(1)
    change(name, -1)
    return "done"


def change(name, by):
    """So many more are in the crowd; how many there were at most."""
    import fcntl

    with open(NOTES / f"{name}.crowd", "a+") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        f.seek(0)
        here, most = map(int, (f.read() or "0 0").split())
        here += by
        most = max(here, most)
        f.truncate(0)
        f.write(f"{here} {most}")
    return most


def in_crowd(task_id, dag_id, name=None, **kwargs):
    return PythonOperator(task_id=task_id, python_callable=crowd, op_args=[name or dag_id, dag_id], **kwargs)


def most(name, allowed):
    return change(name, 0) <= allowed


with probe("li_pool_of_one"):
    [in_crowd(f"t{n}", "li_pool_of_one", pool="one_slot") for n in range(3)] >> PythonOperator(
        task_id="within", python_callable=most, op_args=["li_pool_of_one", 1]
    )

with probe("li_pool_slots"):
    [in_crowd(f"t{n}", "li_pool_slots", pool="three_slots", pool_slots=2) for n in range(3)] >> PythonOperator(
        task_id="within", python_callable=most, op_args=["li_pool_slots", 1]
    )

with probe("li_max_active_tasks", max_active_tasks=2):
    [in_crowd(f"t{n}", "li_max_active_tasks") for n in range(4)] >> PythonOperator(
        task_id="within", python_callable=most, op_args=["li_max_active_tasks", 2]
    )

with probe("li_max_active_runs", max_active_runs=1):
    in_crowd("t", "li_max_active_runs") >> PythonOperator(
        task_id="within", python_callable=most, op_args=["li_max_active_runs", 1]
    )

with probe("li_tis_per_dag"):
    in_crowd("t", "li_tis_per_dag", max_active_tis_per_dag=1) >> PythonOperator(
        task_id="within", python_callable=most, op_args=["li_tis_per_dag", 1]
    )

with probe("li_tis_per_dagrun"):

    @task(max_active_tis_per_dagrun=1)
    def one_by_one(x):
        return crowd("li_tis_per_dagrun", "")

    one_by_one.expand(x=[1, 2, 3]) >> PythonOperator(
        task_id="within", python_callable=most, op_args=["li_tis_per_dagrun", 1]
    )

with probe("li_order", max_active_tasks=1):

    def place():
        path = NOTES / "li_order.places"
        with open(path, "a+") as f:
            f.write("x")
        return path.stat().st_size

    # The first holds the only slot until all others wait for it.
    first = PythonOperator(task_id="first", python_callable=beat, op_args=[2], priority_weight=100, weight_rule="absolute")
    for n, weight in enumerate((3, 9, 1, 5)):
        PythonOperator(task_id=f"t{n}", python_callable=place, priority_weight=weight, weight_rule="absolute")

with probe("li_weights"):
    a, b, c = empty("a", priority_weight=2), empty("b"), empty("c", priority_weight=5)
    a >> b >> c
    d = empty("d", priority_weight=3, weight_rule="upstream")
    c >> d
    empty("e", priority_weight=7, weight_rule="absolute") >> d

with probe("li_pool_missing", dagrun_timeout=dt.timedelta(seconds=LONG)):
    # A pool that nobody made: the task waits until the run times out.
    give.override(task_id="t", pool="nobody_made_this")(1) >> empty("after", trigger_rule="all_done")

with probe("li_too_many_slots", dagrun_timeout=dt.timedelta(seconds=LONG)):
    give.override(task_id="t", pool="one_slot", pool_slots=2)(1) >> empty("after")
