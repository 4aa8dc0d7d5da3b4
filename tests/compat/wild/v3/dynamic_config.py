# DAGs from a table, as config-driven platforms write them
from __future__ import annotations
from datetime import datetime, timedelta
from pathlib import Path
import yaml
from airflow.sdk import DAG, task, TaskGroup
from airflow.providers.standard.operators.empty import EmptyOperator

CONFIG = yaml.safe_load((Path(__file__).parent / "pipelines.yml").read_text())


def build(name: str, cfg: dict) -> DAG:
    with DAG(dag_id=f"wild3_{name}", schedule=cfg.get("schedule"), start_date=datetime.fromisoformat(cfg["start"]), catchup=False,
             default_args={"owner": cfg["owner"], "retries": 1, "retry_delay": timedelta(minutes=1)}, tags=cfg.get("tags", [])) as dag:
        start, end = EmptyOperator(task_id="start"), EmptyOperator(task_id="end", trigger_rule="all_done")
        for table in cfg["tables"]:
            with TaskGroup(table) as g:
                @task
                def extract(table=table):
                    return {"table": table, "rows": len(table)}

                @task
                def load(d):
                    assert d["rows"] == len(d["table"])
                load(extract())
            start >> g >> end
    return dag


for _name, _cfg in CONFIG["pipelines"].items():
    globals()[f"dag_{_name}"] = build(_name, _cfg)
