"""Writes golden_context.json: what real Airflow renders. Run it with the Python of an Airflow 3.3 installation.

`AIRFLOW_HOME=… python make_golden_context.py golden_context.json`
"""

from __future__ import annotations

import json
import sys
import uuid
from datetime import datetime, timezone

TEMPLATES = [
    "{{ ds }} {{ ds_nodash }} {{ ts }} {{ ts_nodash }} {{ ts_nodash_with_tz }}",
    "{{ logical_date }} {{ logical_date.isoformat() }} {{ logical_date | ds }} {{ logical_date | ts_nodash }}",
    "{{ data_interval_start }} {{ data_interval_end | ts_nodash_with_tz }} {{ data_interval_end | ds_nodash }}",
    "{{ logical_date.strftime('%d/%m/%y %H:%M:%S %z') }} {{ logical_date.int_timestamp }}",
    "{{ logical_date.add(days=1, hours=2) }} {{ logical_date.subtract(months=1).to_date_string() }}",
    "{{ logical_date.in_timezone('Europe/Amsterdam') }} {{ logical_date.format('dddd DD MMMM YYYY') }}",
    "{{ logical_date.start_of('month') }} {{ logical_date.day_of_week }} {{ logical_date.timezone_name }}",
    "{{ (data_interval_end - data_interval_start).total_seconds() }}",
    "{{ macros.ds_add(ds, -5) }} {{ macros.ds_format(ds, '%Y-%m-%d', '%m-%d-%y') }}",
    "{{ macros.datetime(2024, 1, 2) }} {{ macros.timedelta(days=1) }} {{ macros.json.dumps({'a': 1}) }}",
    "{{ macros.dateutil.parser.parse('2024-05-06').year }} {{ macros.uuid.UUID(int=1) }}",
    "{{ (macros.datetime.strptime(ds, '%Y-%m-%d') + macros.timedelta(days=1)).strftime('%Y') }}",
    "{{ dag.dag_id }} {{ task.task_id }} {{ ti.task_id }} {{ task_instance.dag_id }} {{ run_id }}",
    "{{ ti.try_number }} {{ ti.map_index }} {{ ti.run_id }} {{ task_instance_key_str }}",
    "{{ dag_run.run_id }} {{ dag_run.conf }} {{ dag_run.conf.get('x', 'none') }} {{ dag_run.logical_date }}",
    "{{ dag_run.dag_id }} {{ dag_run.data_interval_start }} {{ dag_run.start_date }} {{ dag_run.run_after }}",
    "{{ params }} {{ params.a }} {{ params['b'] }} {% for k, v in params.items() %}{{ k }}={{ v }};{% endfor %}",
    "{{ task_reschedule_count }} {{ partition_key }} {{ inlets }} {{ outlets }} {{ map_index_template }}",
    "{{ prev_start_date_success }} {{ prev_data_interval_end_success | ds }} {{ prev_end_date_success.year }}",
    "{{ prev_data_interval_start_success.isoformat() if prev_data_interval_start_success else 'never' }}",
    "{% if ds == '2024-03-09' %}yes{% else %}no{% endif %} {% set x = [1, 2] %}{% do x.append(3) %}{{ x }}",
    "{{ undefined_name }}",
    "{{ undefined_name | default('d') }} {{ dag_run.nothing | default('n') }}",
    "{{ ''.__class__ }}",
    "line\n",
    "{{ dag.start_date }} {{ dag.owner }} {{ task.owner }} {{ dag.tags | sort }} {{ task.retries }}",
    "{{ ti.log_url }} {{ dag_run.run_type == 'scheduled' }} {{ dag_run.state == 'running' }}",
    "{{ logical_date < data_interval_end }} {{ data_interval_start.diff(data_interval_end).in_hours() }}",
]

RUNS = [
    {
        "run_id": "scheduled__2024-03-09T00:00:00+00:00",
        "run_type": "scheduled",
        "logical_date": "2024-03-09T00:00:00+00:00",
        "data_interval_start": "2024-03-09T00:00:00+00:00",
        "data_interval_end": "2024-03-10T00:00:00+00:00",
        "run_after": "2024-03-10T00:00:00+00:00",
        "start_date": "2024-03-10T00:00:01.500000+00:00",
        "conf": {},
    },
    {
        "run_id": "manual__x",
        "run_type": "manual",
        "logical_date": "2024-10-27T01:30:00.123456+00:00",
        "data_interval_start": "2024-10-27T01:00:00+00:00",
        "data_interval_end": "2024-10-27T01:30:00.123456+00:00",
        "run_after": "2024-10-27T01:30:00.123456+00:00",
        "start_date": "2024-10-27T01:30:01+00:00",
        "conf": {"x": 1, "b": "from conf"},
    },
    {
        "run_id": "asset__y",
        "run_type": "asset_triggered",
        "logical_date": None,
        "data_interval_start": None,
        "data_interval_end": None,
        "run_after": "2024-05-05T05:05:05+00:00",
        "start_date": "2024-05-05T05:05:06+00:00",
        "conf": {},
    },
]

PREVIOUS = {
    "data_interval_start": "2024-03-08T00:00:00+00:00",
    "data_interval_end": "2024-03-09T00:00:00+00:00",
    "start_date": "2024-03-09T00:00:02+00:00",
    "end_date": "2024-03-09T00:01:00+00:00",
}


def main() -> None:
    from airflow.sdk import DAG, BaseOperator
    from airflow.sdk.api.datamodels import _generated as models
    from airflow.sdk.execution_time import context, task_runner
    from airflow.sdk.execution_time.comms import PrevSuccessfulDagRunResponse

    previous = PrevSuccessfulDagRunResponse(**PREVIOUS)
    context.get_previous_dagrun_success = lambda _: previous
    task_runner.get_previous_dagrun_success = lambda _: previous

    class Op(BaseOperator):
        template_fields = ("text",)

        def __init__(self, text: str, **kwargs):
            super().__init__(**kwargs)
            self.text = text

    found = []
    for native in (False, True):
        for run in RUNS:
            rows = []
            for template in TEMPLATES:
                dag = DAG(
                    "d",
                    schedule=None,
                    start_date=datetime(2024, 1, 1, tzinfo=timezone.utc),
                    params={"a": 1, "b": "text"},
                    tags=["t", "s"],
                    render_template_as_native_obj=native,
                )
                task = Op(task_id="t", text=template, dag=dag, owner="me")
                given = {k: v for k, v in run.items() if k != "conf"}
                dag_run = models.DagRun.model_validate(
                    {
                        "dag_id": "d",
                        "conf": run["conf"],
                        "consumed_asset_events": [],
                        "clear_number": 0,
                        "state": "running",
                        "partition_key": None,
                        "end_date": None,
                        **given,
                    }
                )
                from_server = models.TIRunContext.model_validate(
                    {
                        "dag_run": dag_run,
                        "max_tries": 0,
                        "should_retry": False,
                        "task_reschedule_count": 0,
                        "variables": [],
                        "connections": [],
                    }
                )
                ti = task_runner.RuntimeTaskInstance.model_construct(
                    id=uuid.UUID(int=5),
                    task_id="t",
                    dag_id="d",
                    run_id=run["run_id"],
                    try_number=1,
                    map_index=-1,
                    task=task,
                    start_date=datetime.now(timezone.utc),
                    _ti_context_from_server=from_server,
                )
                ti._ti_context_from_server = from_server
                try:
                    ctx = ti.get_template_context()
                    task.render_template_fields(ctx)
                    value = task.text
                    rows.append([template, type(value).__name__, str(value)])
                except Exception as e:
                    rows.append([template, "error", type(e).__name__])
            found.append({"native": native, "run": run, "rows": rows})
    with open(sys.argv[1], "w") as f:
        json.dump({"previous": PREVIOUS, "cases": found}, f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()
