import sys
import datetime
from airflow.decorators import task
from airflow import DAG
from airflow.operators.python import PythonOperator, PythonVirtualenvOperator, ExternalPythonOperator, is_venv_installed

with DAG("wild2_virtualenvs", schedule=None, start_date=datetime.datetime(2021, 1, 1), catchup=False) as dag:
    @task.external_python(task_id="external_python", python=sys.executable, expect_airflow=False)
    def callable_external_python(x):
        import sys
        print(sys.executable)
        return x * 2

    @task
    def check(v):
        assert v == 42
    check(callable_external_python(21))
    assert is_venv_installed() in (True, False)

    def summing(*args):
        return sum(args)
    ExternalPythonOperator(task_id="op", python=sys.executable, python_callable=summing, op_args=[1, 2], expect_airflow=False)
