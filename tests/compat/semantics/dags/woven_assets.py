"""Assets with mapped producers, aliases, conditions, retries and branches. An Airflow dag file."""

from semantics_common import *

if V3:
    from airflow.sdk import Asset, AssetAlias, Metadata
    from airflow.timetables.assets import AssetOrTimeSchedule
    from airflow.timetables.trigger import CronTriggerTimetable

    SOON = dt.timedelta(seconds=0.2)
    AGAIN = {"retries": 1, "retry_delay": SOON}

    def at(name):
        return Asset(f"s3://woven/{name}")

    def listens(dag_id, schedule, **kwargs):
        """A DAG that says which events it was made for."""
        with probe(dag_id, schedule=schedule, **kwargs) as dag:

            @task
            def by(triggering_asset_events=None):
                return sorted([[e.asset.uri, e.extra, e.source_task_id, e.source_map_index] for of in triggering_asset_events.values() for e in of], key=repr)

            by()
        return dag

    def last(name):
        """The event that completes a condition, well after all others."""
        return PythonOperator(task_id="last", python_callable=end, op_args=["S", 1], outlets=[at(name)], trigger_rule="all_done")

    with probe("wa_mapped"):
        # An event of each index that did well; the run comes with the last of all, and has them all.

        @task(outlets=[at("mapped")], **AGAIN)
        def each(x, ti=None, *, outlet_events):
            outlet_events[at("mapped")].extra = {"x": x, "try": ti.try_number}
            if x == "again" and ti.try_number == 1:
                raise ValueError
            end({"bad": "F", "none": "K"}.get(x, "S"))

        each.expand(x=["a", "again", "none", "bad"]) >> last("mapped_last")

    listens("wa_mapped_all", at("mapped") & at("mapped_last"))
    listens("wa_mapped_or", (at("mapped") & at("mapped_nobody")) | at("mapped_last"))

    names = AssetAlias("woven_alias")
    with probe("wa_alias_mapped"):
        # Mapped tasks in a group find out what they write; two of them the same.

        @task_group
        def file(x):
            @task
            def name(x):
                return f"found_{x}"

            @task(outlets=[names])
            def write(name, ti=None, *, outlet_events):
                outlet_events[names].add(at(name), extra={"index": ti.map_index})
                if name == "found_c":
                    raise AirflowSkipException("not that one")

            write(name(x))

        file.expand(x=["a", "b", "a", "c"]) >> last("alias_last")

    listens("wa_alias_all", names & at("alias_last"))
    listens("wa_found_a", at("found_a") & at("alias_last"))
    listens("wa_found_c", [at("found_c")])

    with probe("wa_branch"):
        # No event of what a branch or a gate leaves out; one of the join.
        pick = BranchPythonOperator(task_id="pick", python_callable=lambda: "taken")
        taken, left = (PythonOperator(task_id=n, python_callable=end, op_args=["S"], outlets=[at(f"branch_{n}")]) for n in ("taken", "left"))
        pick >> [taken, left] >> last("branch_last")

    listens("wa_branch_any", (at("branch_left") | at("branch_taken")) & at("branch_last"))
    listens("wa_branch_left", [at("branch_left"), at("branch_last")])

    with probe("wa_setups"):
        # Outlets of a setup, of an empty task, of a Bash task that fails at first, and of a teardown.
        s = PythonOperator(task_id="s", python_callable=end, op_args=["S"], outlets=[at("set_up")]).as_setup()
        w = BashOperator(task_id="w", bash_command="exit {{ 0 if ti.try_number > 1 else 1 }}", outlets=[at("work")], **AGAIN)
        e = EmptyOperator(task_id="e", outlets=[at("nothing")])
        t = PythonOperator(task_id="t", python_callable=end, op_args=["S", 1], outlets=[at("torn_down")]).as_teardown(setups=s)
        s >> w >> e >> t

    listens("wa_setups_all", at("set_up") & at("work") & (at("nothing") | at("nobody_at_all")) & at("torn_down"))

    with probe("wa_line_1"):

        @task(outlets=[at("line_1")])
        def one():
            yield Metadata(at("line_1"), {"items": ["x", "y"]})

        one()

    with probe("wa_line_2", schedule=[at("line_1")]):
        # Is mapped over what the event says, and tells the next.

        @task
        def items(triggering_asset_events=None):
            return triggering_asset_events[at("line_1")][0].extra["items"]

        @task(outlets=[at("line_2"), at("line_2_too")])
        def two(xs, *, outlet_events):
            outlet_events[at("line_2")].extra = {"n": len(xs), "xs": list(xs)}

        two(give.override(task_id="each").expand(x=items()))

    listens("wa_line_3", at("line_2") & at("line_2_too"))
    listens(
        "wa_line_or_time",
        AssetOrTimeSchedule(timetable=CronTriggerTimetable("0 0 1 1 *", timezone="UTC"), assets=at("line_2") | at("line_1_nobody")),
        start_date=dt.datetime(2040, 1, 1, tzinfo=dt.timezone.utc),
    )

    with probe("wa_started"):
        # A child that is triggered makes the event; its conf is in the extra.

        @task(outlets=[at("started")])
        def make(dag_run=None, *, outlet_events):
            outlet_events[at("started")].extra = dag_run.conf

        make()

    with probe("wa_starts"):
        TriggerDagRunOperator(task_id="go", trigger_dag_id="wa_started", trigger_run_id="by_parent", conf={"day": "{{ ds }}"}, wait_for_completion=True, poke_interval=1) >> empty("after")

    listens("wa_started_taken", [at("started")])

    with probe("wa_inlet_events"):
        # A task that reads the events of its inlets, through an alias too, from an earlier one on.
        kept = AssetAlias("woven_kept")

        @task(outlets=[at("kept"), kept])
        def put(n, *, outlet_events):
            outlet_events[at("kept")].extra = {"n": n}
            outlet_events[kept].add(at("kept_behind"), extra={"n": -n})

        @task(inlets=[at("kept"), kept, at("kept_behind")])
        def read(*, inlet_events):
            return [
                [e.extra["n"] for e in inlet_events[at("kept")]],
                inlet_events[at("kept_behind")][-1].extra,
                [e.source_task_id for e in inlet_events[at("kept")][-1:]],
                [e.extra["n"] for e in inlet_events[kept]],
            ]

        put.override(task_id="put_1")(1) >> put.override(task_id="put_2")(2) >> read()
