# A project that keeps operators beside its DAGs, in a package
import sys, os
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from helpers.my_ops import MultiplyBy5Operator, read_config
from airflow import DAG
from datetime import datetime

cfg = read_config()
dag = DAG(cfg['dag_id'], schedule_interval=cfg['schedule'], start_date=datetime.strptime(cfg['start'], '%Y-%m-%d'), catchup=False)
prev = None
for n in cfg['numbers']:
    t = MultiplyBy5Operator(my_operator_param=n, task_id='times_%d' % n, dag=dag)
    if prev:
        prev >> t
    prev = t
