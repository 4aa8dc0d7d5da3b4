"""A DAG that produces an asset and one that is told about it in its schedule."""

from datetime import datetime

from airflow.sdk import DAG, Asset, task

prices = Asset("file:///tmp/tradewind-example/prices.csv")

with DAG("asset_producer", schedule="@daily", start_date=datetime(2026, 1, 1), catchup=False, tags=["example", "assets"]):

    @task(outlets=[prices])
    def write_prices():
        print("prices written")

    write_prices()

with DAG("asset_consumer", schedule=[prices], start_date=datetime(2026, 1, 1), catchup=False, tags=["example", "assets"]):

    @task
    def read_prices():
        print("prices read")

    read_prices()
