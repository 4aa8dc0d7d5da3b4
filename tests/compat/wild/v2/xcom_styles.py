from datetime import datetime, date
from decimal import Decimal
from airflow import DAG
from airflow.decorators import task
from airflow.models import Variable
from airflow.operators.python import PythonOperator
from airflow.operators.bash import BashOperator

with DAG("wild2_xcoms", start_date=datetime(2023, 1, 1), schedule="@hourly", catchup=False) as dag:
    def push(ti):
        ti.xcom_push(key="k", value={"a": [1, 2], "t": (1, 2)})
        ti.xcom_push("when", datetime(2024, 1, 1))
        return Decimal("1.5")

    def pull(ti, **context):
        assert ti.xcom_pull(task_ids="push", key="k")["a"] == [1, 2]
        assert ti.xcom_pull(task_ids="push") == Decimal("1.5")
        assert ti.xcom_pull(task_ids="push", key="when").year == 2024
        assert ti.xcom_pull(task_ids="nothing", key="x") is None
        assert list(ti.xcom_pull(task_ids=["push", "bash"])) == [Decimal("1.5"), "out"]
        Variable.set("wild2", {"a": 1}, serialize_json=True)
        assert Variable.get("wild2", deserialize_json=True) == {"a": 1}
        assert Variable.setdefault("wild2b", "v") == "v"
        Variable.delete("wild2")
        assert Variable.get("wild2", default_var=None) is None

    p = PythonOperator(task_id="push", python_callable=push)
    b = BashOperator(task_id="bash", bash_command="echo noise; echo out", do_xcom_push=True)
    q = PythonOperator(task_id="pull", python_callable=pull)
    r = BashOperator(task_id="templ", bash_command="test {{ ti.xcom_pull(task_ids='bash') }} = out && echo {{ ti.xcom_pull('push', key='k')['a'] | join(',') }}")
    s = BashOperator(task_id="output", bash_command=f"echo {b.output}", env={"V": b.output})
    [p, b] >> q >> r >> s

    @task
    def df_like(**ctx):
        return {"rows": 1, "day": date(2024, 1, 1)}

    @task
    def got(d):
        assert str(d["day"]) == "2024-01-01", d
    got(df_like())
