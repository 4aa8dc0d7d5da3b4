import pendulum
from airflow import DAG
from airflow.datasets import Dataset, DatasetAlias
from airflow.datasets.metadata import Metadata
from airflow.operators.bash import BashOperator
from airflow.decorators import task
from airflow.timetables.datasets import DatasetOrTimeSchedule
from airflow.timetables.trigger import CronTriggerTimetable

dag1_dataset = Dataset("s3://dag1/output_1.txt", extra={"hi": "bye"})
other = Dataset("file:///tmp/wild2")

with DAG(dag_id="wild2_produces", catchup=False, start_date=pendulum.datetime(2021, 10, 1, tz="UTC"), schedule="@daily", tags=["produces"]) as dag1:
    BashOperator(outlets=[dag1_dataset], task_id="producing_task_1", bash_command="echo 5")

    @task(outlets=[other])
    def make():
        yield Metadata(other, {"rows": 3})
    make()

with DAG(dag_id="wild2_consumes", catchup=False, start_date=pendulum.datetime(2021, 10, 1, tz="UTC"), schedule=[dag1_dataset, other]) as dag2:
    BashOperator(task_id="consuming", bash_command="echo {{ triggering_dataset_events is defined }}", inlets=[dag1_dataset])

with DAG(dag_id="wild2_consumes_expr", catchup=False, start_date=pendulum.datetime(2021, 10, 1), schedule=(dag1_dataset | other)) as dag3:
    BashOperator(task_id="consuming", bash_command="sleep 0.1")

with DAG(dag_id="wild2_dataset_or_time", start_date=pendulum.datetime(2021, 10, 1), catchup=False,
         schedule=DatasetOrTimeSchedule(timetable=CronTriggerTimetable("0 1 * * 3", timezone="UTC"), datasets=(dag1_dataset & other))) as dag4:
    BashOperator(task_id="x", bash_command="echo")
