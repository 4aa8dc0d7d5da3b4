from __future__ import annotations
import pendulum
from airflow.sdk import DAG, Asset, AssetAlias, AssetAll, AssetAny, AssetWatcher, Metadata, asset, dag, task
from airflow.providers.standard.operators.bash import BashOperator
from airflow.timetables.assets import AssetOrTimeSchedule
from airflow.timetables.trigger import CronTriggerTimetable

raw = Asset(name="raw", uri="s3://bucket/raw.csv", group="g", extra={"team": "x"})


@asset(uri="s3://bucket/clean.csv", schedule=raw)
def clean(self, context, raw):
    assert self.name == "clean"
    print(context["outlets"], raw)


@asset.multi(schedule=None, outlets=[Asset("m1"), Asset("m2")])
def both():
    return 1


with DAG("wild3_producer", schedule="@daily", start_date=pendulum.datetime(2025, 1, 1), catchup=False):
    @task(outlets=[raw])
    def produce(*, outlet_events):
        outlet_events[raw].extra = {"rows": 2}

    @task(outlets=[AssetAlias("alias-1")])
    def via_alias(*, outlet_events):
        outlet_events[AssetAlias("alias-1")].add(Asset("s3://bucket/dyn"), extra={"k": 1})
    produce() >> via_alias()

with DAG("wild3_consumer", schedule=AssetAll(raw, AssetAny(Asset("m1"), Asset("m2"))), catchup=False, start_date=pendulum.datetime(2025, 1, 1)):
    BashOperator(task_id="c", bash_command="echo {{ triggering_asset_events | length }}")
with DAG("wild3_asset_or_time", schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("0 0 * * *", timezone="UTC"), assets=raw), start_date=pendulum.datetime(2025, 1, 1)):
    BashOperator(task_id="c", bash_command="echo")
