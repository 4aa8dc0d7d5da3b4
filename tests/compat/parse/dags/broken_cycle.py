from airflow.decorators import dag, task


@task
def f(): ...


@dag(schedule=None)
def broken():
    a, b = f(), f()
    a >> b >> a


broken()
