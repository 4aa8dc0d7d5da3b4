import random
from datetime import datetime
from airflow.decorators import dag, task
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import BranchPythonOperator, ShortCircuitOperator, get_current_context
from airflow.operators.weekday import BranchDayOfWeekOperator
from airflow.operators.datetime import BranchDateTimeOperator
from airflow.operators.latest_only import LatestOnlyOperator
from airflow.utils.trigger_rule import TriggerRule
from airflow.utils.weekday import WeekDay


@dag(dag_id="wild2_branching", start_date=datetime(2023, 1, 1), schedule="@daily", catchup=False)
def branching():
    @task.branch(task_id="branching")
    def random_choice():
        return "branch_a"

    @task.short_circuit
    def gate(on):
        return on

    first = EmptyOperator(task_id="first")
    choice = random_choice()
    join = EmptyOperator(task_id="join", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    for o in ["branch_a", "branch_b"]:
        choice >> EmptyOperator(task_id=o) >> join
    first >> choice
    join >> gate.override(task_id="gate_on")(True) >> EmptyOperator(task_id="seen")
    join >> gate.override(task_id="gate_off")(False) >> EmptyOperator(task_id="unseen")
    BranchDayOfWeekOperator(task_id="dow", follow_task_ids_if_true="weekday", follow_task_ids_if_false="weekend",
                            week_day={WeekDay.MONDAY, WeekDay.TUESDAY, WeekDay.WEDNESDAY, WeekDay.THURSDAY, WeekDay.FRIDAY, WeekDay.SATURDAY, WeekDay.SUNDAY},
                            use_task_logical_date=True) >> [EmptyOperator(task_id="weekday"), EmptyOperator(task_id="weekend")]
    BranchDateTimeOperator(task_id="dt", follow_task_ids_if_true=["in_"], follow_task_ids_if_false=["out_"],
                           target_upper=datetime(2099, 1, 1), target_lower=datetime(2000, 1, 1)) >> [EmptyOperator(task_id="in_"), EmptyOperator(task_id="out_")]

    @task
    def ctx():
        context = get_current_context()
        assert context["ti"].task_id == "ctx"
        assert context["dag"].dag_id == "wild2_branching"
        return context["run_id"]
    ctx()


branching()
