import os
import pendulum
from airflow.decorators import dag, task
from airflow.models import XCom
from airflow.operators.bash import BashOperator


@dag(schedule=None, start_date=pendulum.datetime(2022, 1, 1), dag_id="wild2_main", dag_display_name="Main, shown",
     max_consecutive_failed_dag_runs=3, fail_stop=True, owner_links={"airflow": "https://airflow.apache.org"}, description="d")
def main(email: str = "example@example.com"):
    @task.bash
    def run_after_loop(x) -> str:
        return f"echo {x} && echo last"

    @task.bash(env={"A": "1"}, append_env=True)
    def with_env():
        return "test $A = 1"

    @task
    def see(v, e):
        assert v == "last" and e == "example@example.com", (v, e)
    see(run_after_loop("https://example.com"), email) >> with_env()


d = main()
if __name__ == "__main__":
    d.test()
