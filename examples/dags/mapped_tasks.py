"""As many task instances as there is data: expand, partial, cross products, map and reduce."""

from datetime import datetime

from airflow.sdk import dag, task


@dag(schedule=None, start_date=datetime(2026, 1, 1), tags=["example"])
def mapped_tasks():
    @task
    def list_files():
        return [f"part-{n}.csv" for n in range(5)]

    @task(map_index_template="{{ task.op_kwargs['name'] }}")
    def size_of(name: str, factor: int) -> int:
        return len(name) * factor

    @task
    def pair(letter: str, number: int) -> str:
        return f"{letter}{number}"

    @task
    def total(sizes):
        print("sum of all:", sum(sizes))

    @task
    def show(cells):
        print("the whole board:", " ".join(cells))

    files = list_files()
    total(size_of.partial(factor=2).expand(name=files))
    show(pair.expand(letter=["a", "b", "c"], number=[1, 2, 3]))


mapped_tasks()
