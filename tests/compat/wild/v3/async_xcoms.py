"""XComs of a task that is a coroutine, by the backend's own methods; the run's result is marked."""

from airflow.sdk import DAG, BaseXCom, task

with DAG("wild3_async_xcoms", schedule=None) as dag:

    @task
    def produce(ti=None):
        ti.xcom_push("parts", [1, 2])
        return 2

    @task
    async def gather(ti=None, run_id=None):
        here = {"dag_id": "wild3_async_xcoms", "run_id": run_id}
        await BaseXCom.aset("late", {"a": 1}, task_id="gather", **here)
        assert await BaseXCom.aget_one(key="parts", task_id="produce", **here) == [1, 2]
        assert await BaseXCom.aget_all(key="return_value", task_id="produce", **here) == [2]
        assert await BaseXCom.aget_value(ti_key=ti.key, key="late") == {"a": 1}
        return "all"

    produce() >> dag.add_result(gather())
