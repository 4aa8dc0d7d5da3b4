import os
from datetime import datetime, timedelta

from airflow import DAG
from airflow.hooks.base_hook import BaseHook
from airflow.models import BaseOperator
from airflow.operators.bash_operator import BashOperator
from airflow.operators.dummy_operator import DummyOperator
from airflow.utils.decorators import apply_defaults
from airflow.exceptions import AirflowException
from airflow.utils.trigger_rule import TriggerRule


class StageOperator(BaseOperator):
    ui_color = '#358140'
    template_fields = ('s3_key', 'where')
    template_ext = ('.sql',)

    @apply_defaults
    def __init__(self, table='', s3_key='', where=None, target_conn_id='redshift', *args, **kwargs):
        super(StageOperator, self).__init__(*args, **kwargs)
        self.table = table
        self.s3_key = s3_key
        self.where = where or {}
        self.target_conn_id = target_conn_id

    def execute(self, context):
        self.log.info('staging %s from %s (%s)', self.table, self.s3_key, self.where)
        if '{' in self.s3_key:
            raise AirflowException('not rendered')
        assert self.where == {'day': context['ds']}, self.where
        return self.s3_key


class QualityOperator(BaseOperator):

    @apply_defaults
    def __init__(self,
                 checks=None,
                 *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.checks = checks

    def execute(self, context):
        for check in self.checks:
            if eval(check['sql']) != check['expected']:
                raise ValueError('Data quality check failed.')

    def on_kill(self):
        self.log.info('killed')


default_args = {
    'owner': 'udacity',
    'depends_on_past': False,
    'start_date': datetime(2019, 1, 12),
    'retries': 0,
    'retry_delay': timedelta(minutes=5),
    'catchup': False,
    'email_on_retry': False,
    'target_conn_id': 'postgres_x',
}

dag = DAG('wild1_apply_defaults',
          default_args=default_args,
          description='Load and transform data with Airflow',
          schedule_interval='0 * * * *',
          max_active_runs=1,
          catchup=False)

start_operator = DummyOperator(task_id='Begin_execution', dag=dag)
stage_events = StageOperator(task_id='Stage_events', dag=dag, table='staging_events',
                             s3_key='log_data/{{ execution_date.year }}/{{ execution_date.month }}/{{ ds }}-events.json',
                             where={'day': '{{ ds }}'})
assert stage_events.target_conn_id == 'postgres_x'
run_quality_checks = QualityOperator(task_id='Run_data_quality_checks', dag=dag,
                                     checks=[{'sql': '1 + 1', 'expected': 2}, {'sql': '0', 'expected': 0}])
end_operator = DummyOperator(task_id='Stop_execution', dag=dag, trigger_rule=TriggerRule.ALL_DONE)

start_operator >> stage_events
stage_events >> run_quality_checks
run_quality_checks >> end_operator
