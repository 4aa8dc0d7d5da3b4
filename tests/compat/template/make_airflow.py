"""Renders templates inside of a task of the real Airflow, and keeps what came out and the run's data.

With Airflow 3.3.2 or 2.11.0, an AIRFLOW_HOME whose database is migrated and whose DAG folder holds
this file (3.x: after `airflow dags reserialize`):

    python make_airflow.py airflow-3.json     (or airflow-2.json)
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import pendulum

try:
    from airflow.sdk import DAG, BaseOperator, Param

    GENERATION = 3
except ImportError:
    import airflow.providers.fab.auth_manager.models  # noqa: F401  (its tables are referred to)
    from airflow import DAG
    from airflow.models import BaseOperator, Param

    GENERATION = 2

os.environ["AIRFLOW_VAR_X"] = '{"k": [1, 2]}'
os.environ["AIRFLOW_VAR_PLAIN"] = "text"
os.environ["AIRFLOW_CONN_DB"] = "postgres://u:p@h:5432/s?e=1"

TEMPLATES = """
{{ ds }} {{ ds_nodash }} {{ ts }} {{ ts_nodash }} {{ ts_nodash_with_tz }}
{{ logical_date }} {{ data_interval_start }} {{ data_interval_end }}
{{ dag }} {{ dag.dag_id }} {{ task }} {{ task.task_id }} {{ task.owner }}
{{ ti }}
{{ dag_run }}
{{ ti.task_id }} {{ ti.try_number }} {{ ti.map_index }} {{ ti.run_id }} {{ ti.dag_id }}
{{ ti.state }} {{ ti.state == 'running' }} {{ ti.state ~ '' }} {{ ti.state | upper }} {{ ti.state.upper() }}
{{ ti.max_tries }} {{ ti.queue }}
{{ ti.state | string }} {{ ti.state + 'x' }} {{ 'run' in ti.state }} {{ ti.state | title }} {{ ti.state | length }}
{{ ti.state is string }} {{ ti.state[0] }} {{ [ti.state] | join(',') }} {{ ti.state | replace('R', 'r') }} {{ ti.state | tojson }}
{{ '%s' % ti.state }} {{ '{}'.format(ti.state) }}
{{ ti.start_date is defined }}
{{ dag_run.run_type }} {{ dag_run.run_type == 'manual' }} {{ dag_run.state }}
{{ dag_run.run_type.value }} {{ dag_run.run_type.name }} {{ [dag_run.run_type] }}
{{ dag_run.run_id }} {{ dag_run.dag_id }}
{{ dag_run.logical_date }} {{ dag_run.run_after is defined }} {{ dag_run.conf }}
{{ dag_run.logical_date.strftime('%Y') }} {{ dag_run.logical_date | ds }} {{ dag_run.logical_date | ts }}
{{ dag_run.logical_date.add(days=1) }}
{{ dag_run.logical_date.isoformat() }} {{ dag_run.logical_date.year }} {{ dag_run.data_interval_start.date() }}
{{ dag_run.logical_date == logical_date }} {{ logical_date - dag_run.logical_date }}
{{ dag_run.nope }}
{{ dag_run.external_trigger }}
{{ dag_run.execution_date }}
{{ params }} {{ params.p }} {{ params.q }} {{ params.a }} {{ params['p'] + 1 }}
{{ params.zz }}
{{ params.get('zz', 1) }} {{ params.items() | list }} {{ 'p' in params }}
{{ run_id }}
{{ task_instance_key_str }}
{{ var.value.x }} {{ var.json.x.k }} {{ var.value.plain }} {{ var.json.x['k'][1] }}
{{ var.value.missing }}
{{ var.value.get('missing', 'd') }} {{ var.json.get('missing', {}) }}
{{ var.value.get('missing') }}
{{ var.json.plain }}
{{ var.json.get('plain', 'd') }}
{{ var }}
{{ var.value }} {{ conn }}
{{ var['value']['x'] }}
{{ conn.db.host }} {{ conn.db.port }} {{ conn.db.login }} {{ conn.db.password }} {{ conn.db.schema }}
{{ conn.db.conn_type }} {{ conn.db.extra_dejson }} {{ conn.db.extra_dejson.e }} {{ conn.db.conn_id }} {{ conn.db.extra }}
{{ conn.db }}
{{ conn.db.get_uri() }}
{{ conn.missing.host }}
{{ conn.get('missing', 'd') }}
{{ ti.xcom_pull('up') }} {{ ti.xcom_pull(task_ids='up')[1] }} {{ ti.xcom_pull(task_ids='up', key='k').a[0] }}
{{ ti.xcom_pull(task_ids=['up']) }}
{{ ti.xcom_pull(task_ids=['up', 'nope']) }}
{{ ti.xcom_pull(task_ids='nope') }} {{ ti.xcom_pull(task_ids='up', key='nope') }}
{{ ti.xcom_pull(task_ids='up', key='nope', default=3) }}
{{ task_instance.xcom_pull('up', 'probe_dag') }}
{{ inlets }} {{ outlets }} {{ map_index_template }}
{{ prev_start_date_success }} {{ prev_data_interval_end_success }}
{{ execution_date }}
{{ next_ds }} {{ prev_ds }} {{ next_execution_date }} {{ prev_execution_date }}
{{ yesterday_ds }} {{ tomorrow_ds }} {{ yesterday_ds_nodash }} {{ tomorrow_ds_nodash }}
{{ conf }}
{{ test_mode }}
{{ macros.ds_add(ds, 1) }} {{ macros.datetime(2026,1,1) }} {{ macros.timedelta(days=1) }}
{{ macros.dateutil.parser.parse('2026-01-01') }} {{ macros.ds_format(ds, '%Y-%m-%d', '%d') }}
{{ macros.nope }}
{{ dag.tags }} {{ dag.description }}
{{ task.params }}
{{ expanded_ti_count }}
{{ task_reschedule_count }}
{{ partition_key }}
{{ templates_dict }}
{{ try_number }}
{{ logical_date.day_of_week }} {{ logical_date.day_of_week + 1 }} {{ logical_date.day_of_week == 6 }}
{{ [logical_date.day_of_week] }} {{ '%r' % logical_date.day_of_week }} {{ logical_date.day_of_week | tojson }}
{{ '%d %s' % (logical_date.day_of_week, logical_date.day_of_week) }} {{ logical_date.day_of_week ~ '' }}
{{ ti.task }} {{ ti.task.dag }}
{{ exception }}
{{ reason }}
""".strip().split("\n")


class Up(BaseOperator):
    def execute(self, context: Any) -> Any:
        context["ti"].xcom_push("k", {"a": [1, 2]})
        return [1, "two"]


class Probe(BaseOperator):
    def execute(self, context: Any) -> None:
        env = self.get_template_env()
        rows = []
        for text in TEMPLATES:
            try:
                rows.append({"t": text, "ok": self.render_template(text, context, env)})
            except Exception as exc:  # noqa: BLE001
                rows.append({"t": text, "err": type(exc).__name__, "msg": str(exc)[:200]})
        ti, run = context["ti"], context["dag_run"]
        dates = {
            n: getattr(run, n).isoformat()
            for n in ("logical_date", "data_interval_start", "data_interval_end")
        }
        data = {
            "dag": {"dag_id": "probe_dag", "description": None},
            "task": {"task_id": "t", "task_type": "Probe", "owner": "me"},
            "ti": {
                n: getattr(ti, n)
                for n in ("task_id", "dag_id", "run_id", "try_number", "map_index", "max_tries", "queue")
            },
            "dag_run": {"dag_id": run.dag_id, "run_id": run.run_id, "conf": run.conf, **dates},
            "run_id": run.run_id,
            "params": dict(context["params"]),
            "inlets": [],
            "outlets": [],
            "map_index_template": None,
            "task_reschedule_count": 0,
            "partition_key": None,
            "prev_start_date_success": None,
            "prev_data_interval_end_success": None,
            **dates,
        }
        data["ti"]["state"] = "running"
        data["ti"]["start_date"] = ti.start_date.isoformat() if ti.start_date else None
        data["dag_run"] |= {"run_type": "manual", "state": "running"}
        if GENERATION == 3:
            data["dag_run"]["run_after"] = run.run_after.isoformat()
        if GENERATION == 2:
            for name in ("next_execution_date", "prev_execution_date"):
                data[name] = context[name].isoformat()
            data["ti"]["state"] = ti.state
            data["expanded_ti_count"] = None
            data["test_mode"] = context["test_mode"]
            data["dag_run"]["queued_at"] = None
            data["dag_run"]["external_trigger"] = run.external_trigger
            data["dag_run"]["execution_date"] = dates["logical_date"]
        with open(sys.argv[1], "w") as out:
            json.dump({"compat2": GENERATION == 2, "data": data, "rows": rows}, out, indent=1)
            out.write("\n")


with DAG(
    "probe_dag",
    start_date=pendulum.datetime(2026, 1, 1),
    schedule="@daily",
    catchup=False,
    params={"p": 1, "q": Param("s", type="string")},
    tags=["t"],
) as dag:
    Up(task_id="up") >> Probe(task_id="t", owner="me")

if __name__ == "__main__":
    day = pendulum.datetime(2026, 3, 1, 6)
    if GENERATION == 3:
        dag.test(logical_date=day, run_conf={"a": 1, "p": 5})
    else:
        dag.test(execution_date=day, run_conf={"a": 1, "p": 5})
