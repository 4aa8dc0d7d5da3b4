import json
from textwrap import dedent
import pendulum
from airflow.decorators import dag, task


@dag(
    dag_id="wild2_taskflow_etl",
    schedule=None,
    start_date=pendulum.datetime(2021, 1, 1, tz="UTC"),
    catchup=False,
    tags=["example"],
    default_args={"retries": 2, "owner": "me"},
)
def tutorial_taskflow_api():
    """
    ### TaskFlow API Tutorial Documentation
    """

    @task()
    def extract():
        return json.loads('{"1001": 301.27, "1002": 433.21, "1003": 502.22}')

    @task(multiple_outputs=True)
    def transform(order_data_dict: dict):
        total_order_value = 0
        for value in order_data_dict.values():
            total_order_value += value
        return {"total_order_value": total_order_value, "n": len(order_data_dict)}

    @task()
    def load(total_order_value: float, n: int):
        assert round(total_order_value, 2) == 1236.7 and n == 3
        print(f"Total order value is: {total_order_value:.2f}")

    order_data = extract()
    order_summary = transform(order_data)
    load(order_summary["total_order_value"], order_summary["n"])


tutorial_etl_dag = tutorial_taskflow_api()
