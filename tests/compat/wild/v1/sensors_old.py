import datetime as dt
import tempfile
from airflow import DAG
from airflow.contrib.sensors.file_sensor import FileSensor
from airflow.contrib.sensors.python_sensor import PythonSensor
from airflow.operators.sensors import ExternalTaskSensor, TimeDeltaSensor
from airflow.sensors.external_task_sensor import ExternalTaskSensor as ETS2
from airflow.sensors.base_sensor_operator import BaseSensorOperator
from airflow.utils.decorators import apply_defaults
from airflow.operators.python_operator import PythonOperator
from airflow.contrib.hooks.fs_hook import FSHook

assert ETS2 is ExternalTaskSensor


class CountSensor(BaseSensorOperator):
    template_fields = ['label']

    @apply_defaults
    def __init__(self, label, *args, **kwargs):
        super(CountSensor, self).__init__(*args, **kwargs)
        self.label = label
        self.n = 0

    def poke(self, context):
        self.n += 1
        self.log.info('%s %d', self.label, self.n)
        return self.n > 1


default_args = dict(owner='me', start_date=dt.datetime(2020, 1, 1), retries=1, retry_delay=dt.timedelta(seconds=1))

with DAG('wild1_sensors', default_args=default_args, schedule_interval='0 3 * * *', catchup=False) as dag:
    here = FileSensor(task_id='here', filepath=__file__, fs_conn_id='fs_default', poke_interval=1, timeout=10)
    py = PythonSensor(task_id='py', python_callable=lambda: True, poke_interval=0.2, timeout=10)
    count = CountSensor(task_id='count', label='{{ ds_nodash }}', poke_interval=0.2, timeout=10)
    past = TimeDeltaSensor(task_id='past', delta=dt.timedelta(seconds=1), poke_interval=1, timeout=10)
    never = CountSensor(task_id='never', label='x', poke_interval=5, timeout=0.1, soft_fail=True, mode='reschedule')
    done = PythonOperator(task_id='done', python_callable=lambda **c: print(c['ds']), trigger_rule='none_failed')
    [here, py, count, past, never] >> done
