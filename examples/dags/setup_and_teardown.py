"""A resource that is made before and removed after, whatever happens in between."""

from datetime import datetime

from airflow.sdk import dag, setup, task, teardown


@dag(schedule=None, start_date=datetime(2026, 1, 1), tags=["example"])
def setup_and_teardown():
    @setup
    def make_cluster():
        return "cluster-7"

    @task
    def train(cluster: str):
        print("training on", cluster)

    @task
    def evaluate(cluster: str):
        print("evaluating on", cluster)

    @teardown
    def drop_cluster(cluster: str):
        print("dropping", cluster)

    cluster = make_cluster()
    train(cluster) >> evaluate(cluster) >> drop_cluster(cluster).as_teardown(setups=cluster)


setup_and_teardown()
