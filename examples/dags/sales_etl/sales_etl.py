"""A whole ETL on the files beside it: read two CSV files, check them, join and sum them, write a report.

Shows mapped tasks over files, SQL from a file in a template field, XCom, a data check that fails the run when it must, a
teardown that cleans up, and a report at the end.
"""

import csv
import json
import os
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

from airflow.sdk import dag, task

HERE = Path(__file__).parent
DATA = HERE / "data"
WORK = Path(os.environ.get("TRADEWIND_HOME", "/tmp")) / "example-data"


@dag(
    schedule="@daily",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,  # all runs work in one folder
    default_args={"retries": 1, "retry_delay": timedelta(seconds=5)},
    template_searchpath=[str(HERE / "sql")],
    tags=["example", "etl"],
    doc_md=__doc__,
)
def sales_etl():
    @task
    def sources() -> list[str]:
        return sorted(p.name for p in DATA.glob("orders_*.csv"))

    @task
    def open_database() -> str:
        WORK.mkdir(parents=True, exist_ok=True)
        path = WORK / "sales.db"
        path.unlink(missing_ok=True)
        with sqlite3.connect(path) as db:
            db.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, day TEXT, customer INTEGER, product TEXT, quantity INTEGER, price REAL)")
            db.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, country TEXT)")
            with open(DATA / "customers.csv", newline="") as f:
                db.executemany("INSERT INTO customers VALUES (:id, :name, :country)", csv.DictReader(f))
        return str(path)

    @task(max_active_tis_per_dag=1)
    def load(name: str, database: str) -> int:
        with open(DATA / name, newline="") as f:
            rows = list(csv.DictReader(f))
        with sqlite3.connect(database) as db:
            db.executemany("INSERT INTO orders VALUES (:id, :day, :customer, :product, :quantity, :price)", rows)
        print(f"{len(rows)} orders from {name}")
        return len(rows)

    @task
    def check(counts, database: str) -> int:
        with sqlite3.connect(database) as db:
            stored = db.execute("SELECT count(*) FROM orders").fetchone()[0]
            strangers = db.execute("SELECT count(*) FROM orders WHERE customer NOT IN (SELECT id FROM customers)").fetchone()[0]
        if stored != sum(counts):
            raise ValueError(f"{sum(counts)} orders were read but {stored} are stored")
        if strangers:
            raise ValueError(f"{strangers} orders are of customers nobody knows")
        return stored

    @task
    def revenue_by_country(database: str, orders: int) -> dict:
        query = (HERE / "sql" / "revenue.sql").read_text()
        with sqlite3.connect(database) as db:
            return {country: round(total, 2) for country, total in db.execute(query)}

    @task
    def report(revenue: dict) -> str:
        path = WORK / "revenue.json"
        path.write_text(json.dumps(revenue, indent=2, sort_keys=True))
        for country, total in sorted(revenue.items(), key=lambda kv: -kv[1]):
            print(f"{country:<12} {total:>10.2f}")
        return str(path)

    @task.bash
    def archive(path: str) -> str:
        return "gzip -kf " + path + " && ls -l " + path + ".gz"

    @task
    def drop_database(database: str):
        Path(database).unlink(missing_ok=True)

    database = open_database()
    counts = load.partial(database=database).expand(name=sources())
    revenue = revenue_by_country(database, check(counts, database))
    archive(report(revenue))
    revenue >> drop_database(database).as_teardown(setups=database)


sales_etl()
