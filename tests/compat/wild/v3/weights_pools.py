from datetime import datetime, timedelta
from airflow.sdk import DAG, task
from airflow.task.priority_strategy import PriorityWeightStrategy  # noqa
from airflow.providers.standard.operators.bash import BashOperator

default_args = {"owner": "ops", "depends_on_past": True, "email": ["a@b.c"], "email_on_failure": True, "retries": 1,
                "retry_delay": timedelta(seconds=1), "retry_exponential_backoff": True, "max_retry_delay": timedelta(minutes=1),
                "execution_timeout": timedelta(minutes=5), "wait_for_downstream": True, "start_date": "2025-01-01", "end_date": datetime(2099, 1, 1)}
with DAG("wild3_weights", default_args=default_args, schedule="*/5 * * * *", catchup=False, max_active_tasks=2, max_active_runs=1, dagrun_timeout=timedelta(hours=1),
         is_paused_upon_creation=True, start_date=datetime(2025, 1, 1)) as dag:
    for i in range(4):
        BashOperator(task_id=f"t{i}", bash_command="true", priority_weight=i, weight_rule="absolute", pool_slots=1, max_active_tis_per_dag=1,
                     max_active_tis_per_dagrun=1, executor_config={"KubernetesExecutor": {"image": "x"}}, queue="q", do_xcom_push=False,
                     doc_md="# hi", resources=None, run_as_user=None, ignore_first_depends_on_past=True, skip_on_exit_code=[99], cwd="/tmp", map_index_template=None)
