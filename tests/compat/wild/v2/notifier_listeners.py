from datetime import datetime, timedelta
from airflow import DAG
from airflow.notifications.basenotifier import BaseNotifier
from airflow.operators.python import PythonOperator
from airflow.operators.email import EmailOperator
from airflow.models import Variable, Connection
from airflow.hooks.base import BaseHook
from airflow.exceptions import AirflowFailException, AirflowNotFoundException


class MyNotifier(BaseNotifier):
    template_fields = ("message",)

    def __init__(self, message):
        self.message = message

    def notify(self, context):
        print("NOTE", self.message, context["ti"].task_id)


class MyHook(BaseHook):
    conn_name_attr = "my_conn_id"
    default_conn_name = "my_default"
    conn_type = "my"
    hook_name = "My"

    def __init__(self, my_conn_id=default_conn_name):
        super().__init__()
        self.my_conn_id = my_conn_id

    def get_conn(self):
        return self.get_connection(self.my_conn_id)


def use_hook():
    try:
        MyHook().get_conn()
    except AirflowNotFoundException as e:
        print("as expected:", e)
    else:
        raise AssertionError
    c = Connection(conn_id="x", uri="postgres://u:p%40@h:5432/db?sslmode=require")
    assert (c.host, c.port, c.login, c.password, c.schema, c.extra_dejson["sslmode"]) == ("h", 5432, "u", "p@", "db", "require")
    assert c.get_uri().startswith("postgres://")


def fail_now():
    raise AirflowFailException("no retry")


with DAG("wild2_notifiers", start_date=datetime(2023, 1, 1), schedule=None,
         default_args={"retries": 3, "retry_delay": timedelta(seconds=30)},
         on_failure_callback=[MyNotifier("dag {{ dag.dag_id }}")], on_success_callback=None) as dag:
    PythonOperator(task_id="hook", python_callable=use_hook)
    PythonOperator(task_id="fail", python_callable=fail_now, on_failure_callback=MyNotifier("failed {{ ti.task_id }}"),
                   on_execute_callback=lambda c: print("executing"), on_retry_callback=[print], on_skipped_callback=None)
