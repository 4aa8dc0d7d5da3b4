from __future__ import annotations
from datetime import datetime
from airflow import DAG, XComArg
from airflow.decorators import task, task_group
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator
from airflow.models import BaseOperator


class AddOne(BaseOperator):
    def __init__(self, value, **kw):
        super().__init__(**kw)
        self.value = value

    def execute(self, context):
        return self.value + 1


with DAG(dag_id="wild2_mapping", schedule=None, start_date=datetime(2022, 3, 4)) as dag:
    @task
    def add_one(x: int):
        return x + 1

    @task
    def sum_it(values):
        total = sum(values)
        print(f"Total was {total}")
        assert total == 9, total
        return total

    sum_it(add_one.expand(x=[1, 2, 3]))

    @task
    def make():
        return [{"bash_command": "echo a", "env": {"A": "1"}}, {"bash_command": "echo b", "env": {"A": "2"}}]

    BashOperator.partial(task_id="bash").expand_kwargs(make())

    @task
    def numbers():
        return [1, 2, 3]

    n = numbers()
    doubled = AddOne.partial(task_id="op").expand(value=n)
    final = PythonOperator(task_id="final", python_callable=lambda v: print(list(v)), op_args=[doubled.output])

    @task
    def product(a, b):
        return a * b

    @task
    def check(vals):
        assert sorted(vals) == [10, 20, 20, 40], list(vals)
    check(product.expand(a=[1, 2], b=[10, 20]))

    def skip_odd(x):
        from airflow.exceptions import AirflowSkipException
        if x % 2:
            raise AirflowSkipException(str(x))
        return {"v": x}

    @task
    def consume(v):
        return v

    @task(trigger_rule="all_done")
    def after(vs):
        assert list(vs) == [2], list(vs)
    after(consume.expand_kwargs(n.map(skip_odd)))

    @task_group
    def pipeline(file):
        @task
        def load(f):
            return len(f)

        @task
        def report(k):
            print(k)
        report(load(file))

    pipeline.expand(file=["a.csv", "bb.csv"])

    @task
    def pair(z):
        return z[0] + z[1]
    pair.expand(z=n.zip(numbers.override(task_id="numbers2")()))
    PythonOperator.partial(task_id="kw", python_callable=lambda i: i).expand(op_kwargs=[{"i": 1}, {"i": 2}])
