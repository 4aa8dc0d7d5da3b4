"""LatestOnly, by hand and by schedule. An Airflow dag file."""

from semantics_common import *

with probe("lo_by_hand"):
    LatestOnlyOperator(task_id="latest") >> empty("a") >> empty("b", trigger_rule="all_done")

with probe(
    "lo_catchup", schedule="@daily", catchup=True, end_date=dt.datetime(2026, 1, 3, tzinfo=dt.timezone.utc)
):
    latest = LatestOnlyOperator(task_id="latest")
    latest >> empty("a") >> empty("b", trigger_rule="all_done")
    latest >> empty("direct_done", trigger_rule="all_done")
    empty("beside")
