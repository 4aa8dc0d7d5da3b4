# Every short path that 1.10 had into the operators
import json
from datetime import datetime
from airflow import DAG, AirflowException
from airflow.operators import BashOperator, PythonOperator, DummyOperator, BranchPythonOperator
from airflow.operators.dagrun_operator import TriggerDagRunOperator
from airflow.operators.python_operator import PythonVirtualenvOperator
from airflow.models import Variable, Connection, XCom, DagRun, TaskInstance, DagModel, DagBag, Pool, Log, SlaMiss
from airflow.models.variable import Variable as V2
from airflow.hooks.base_hook import BaseHook
from airflow.utils import timezone, dates
from airflow.utils.state import State
from airflow.utils.db import provide_session
from airflow.utils.timezone import datetime as adt
from airflow.utils.log.logging_mixin import LoggingMixin
from airflow.utils.email import send_email
from airflow.utils.dates import days_ago, cron_presets, round_time, parse_execution_date
from airflow.utils.file import TemporaryDirectory
from airflow.utils.weekday import WeekDay
from airflow.configuration import conf
from airflow import configuration, settings, macros
from airflow.settings import Session
from airflow.version import version
from airflow.plugins_manager import AirflowPlugin
from airflow.exceptions import AirflowSkipException, AirflowSensorTimeout

log = LoggingMixin().log
dag = DAG('wild1_legacy_imports', start_date=datetime(2020, 1, 1), schedule_interval=None)
with dag:
    def check():
        assert conf.get('core', 'dags_folder')
        assert configuration.get('core', 'dags_folder')
        assert macros.ds_add('2020-01-01', 1) == '2020-01-02'
        with TemporaryDirectory(prefix='wild') as d:
            print(d)
        log.info('as said')
        assert State.SUCCESS == 'success'
        assert adt(2020, 1, 1).tzinfo is not None
    PythonOperator(task_id='check', python_callable=check) >> DummyOperator(task_id='end')


@provide_session
def never_called(session=None):
    return session.query(DagRun).all()
