"""Assets (2.x: datasets): what starts what, and which events a run was made for. An Airflow dag file."""

from semantics_common import *

if V3:
    from airflow.sdk import Asset, AssetAlias, Metadata
    from airflow.timetables.assets import AssetOrTimeSchedule
    from airflow.timetables.trigger import CronTriggerTimetable
else:
    from airflow.datasets import Dataset as Asset
    from airflow.datasets import DatasetAlias as AssetAlias
    from airflow.datasets.metadata import Metadata
    from airflow.timetables.datasets import DatasetOrTimeSchedule as AssetOrTimeSchedule
    from airflow.timetables.trigger import CronTriggerTimetable


def at(name):
    return Asset(f"s3://probe/{name}")


def events_of(context):
    triggering = context["triggering_asset_events" if V3 else "triggering_dataset_events"]
    found = []
    for of_one in triggering.values():
        for e in of_one:
            found.append([e.asset.uri if V3 else e.uri, e.extra, e.source_dag_id, e.source_task_id, e.source_map_index])
    return sorted(found, key=repr)


def listens(dag_id, schedule, **kwargs):
    """A DAG that says which events it was made for."""
    with probe(dag_id, schedule=schedule, **kwargs) as dag:

        @task
        def by(**context):
            return events_of(context)

        by()
    return dag


def makes(task_id, *outlets, how="S", pause=0, **kwargs):
    return PythonOperator(task_id=task_id, python_callable=end, op_args=[how, pause], outlets=list(outlets), **kwargs)


# One asset, one consumer; a run for each time.
with probe("as_one"):
    makes("m", at("one"))
takes_one = listens("as_one_taken", [at("one")])

# All of a list: the second event makes the run, and both are its.
with probe("as_two"):
    makes("a", at("two_a")) >> makes("b", at("two_b"), pause=1)
takes_two = listens("as_two_all", [at("two_a"), at("two_b")])
takes_any = listens("as_two_any", at("two_a") | at("two_b"))
takes_never = listens("as_two_never", [at("two_a"), at("nobody_makes")])

# Conditions in conditions.
with probe("as_cond"):
    makes("a", at("cond_a")) >> makes("c", at("cond_c"), pause=1)
takes_cond = listens("as_cond_met", at("cond_a") & (at("cond_b") | at("cond_c")))
takes_not = listens("as_cond_not", (at("cond_a") & at("cond_b")) | (at("cond_b") & at("cond_c")))

# No event of what was skipped or failed.
with probe("as_bad"):
    makes("f", at("bad_f"), how="F")
    makes("k", at("bad_k"), how="K")
takes_failed = listens("as_bad_failed", [at("bad_f")])
takes_skipped = listens("as_bad_skipped", [at("bad_k")])

# An event of the try that did well.
with probe("as_retry"):

    @task(outlets=[at("retry")], retries=1, retry_delay=dt.timedelta(seconds=0.1))
    def second(ti=None):
        if ti.try_number < 2:
            raise ValueError("once")

    second()
takes_retry = listens("as_retry_taken", [at("retry")])

# What the task says of its outlet.
said = at("said")
with probe("as_said"):

    @task(outlets=[said])
    def by_context(*, outlet_events):
        outlet_events[said].extra = {"rows": 7, "by": "context"}

    @task(outlets=[said])
    def by_yield():
        beat(1)
        yield Metadata(said, {"by": "yield"})

    by_context() >> by_yield()
takes_said = listens("as_said_taken", [said])

# Events of an inlet, read by a task.
read = at("read")
with probe("as_read"):

    @task(outlets=[read])
    def put(n, *, outlet_events):
        outlet_events[read].extra = {"n": n}

    @task(inlets=[read])
    def look(*, inlet_events):
        events = inlet_events[read]
        return {"n": len(events), "last": events[-1].extra, "first": events[0].extra, "some": [e.extra for e in events[0:2]]}

    last = None
    for n in range(3):
        now = put.override(task_id=f"put_{n}")(n)
        if last is not None:
            last >> now
        last = now
    last >> look()

# Through an alias.
alias = AssetAlias("probe_alias")
with probe("as_alias"):

    @task(outlets=[alias])
    def found(*, outlet_events):
        outlet_events[alias].add(at("behind"), extra={"way": "alias"})

    @task(outlets=[AssetAlias("probe_alias_unused")])
    def nothing():
        pass

    found() >> nothing()
takes_alias = listens("as_alias_taken", [alias])
takes_unused = listens("as_alias_unused", [AssetAlias("probe_alias_unused")])

# By the clock or by assets.
with probe("as_or_time"):
    makes("m", at("or_time"))
takes_or_time = listens(
    "as_or_time_taken",
    AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("0 0 1 1 *", timezone="UTC"), **{"assets" if V3 else "datasets": [at("or_time")]}
    ),
    start_date=dt.datetime(2040, 1, 1, tzinfo=dt.timezone.utc),
)

# One consumer makes what the next one takes.
with probe("as_chain"):
    makes("m", at("chain_1"))
with probe("as_chain_2", schedule=[at("chain_1")]):
    makes("m", at("chain_2"))
takes_chain = listens("as_chain_3", [at("chain_2")])

# Two outlets of one task: one run takes both.
with probe("as_twins"):
    makes("m", at("twin_a"), at("twin_b"))
takes_twins = listens("as_twins_all", [at("twin_a"), at("twin_b")])

if V3:
    named = Asset(name="probe_named", uri="s3://probe/named")
    with probe("as_ref"):
        makes("by_name", Asset.ref(name="probe_named"))
        makes("described", named, trigger_rule="none_failed", pause=2)
    takes_ref = listens("as_ref_by_name", [Asset.ref(name="probe_named_once")])
    takes_ref_uri = listens("as_ref_by_uri", [Asset.ref(uri="s3://probe/named_once")])
    with probe("as_ref_once"):
        makes("m", Asset(name="probe_named_once", uri="s3://probe/named_once"))
