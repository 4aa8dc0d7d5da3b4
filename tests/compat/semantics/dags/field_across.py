"""DAGs that start, wait for and feed each other, as in the field. An Airflow dag file."""

from semantics_common import *

QUICK = {"poke_interval": 0.3, "timeout": max(beats(6), 0.75 * LONG)}
DATE = "logical_date" if V3 else "execution_date"

with probe("fa_child"):
    PythonOperator(task_id="t", python_callable=lambda dag_run=None: dag_run.conf or {}) >> does("slow", "S", 1)

with probe("fa_child_bad"):
    does("t", "F")

with probe("fa_child_again"):
    PythonOperator(task_id="t", python_callable=lambda dag_run=None, ti=None: [dag_run.conf, ti.try_number])

with probe("fa_child_mapped"):
    PythonOperator(task_id="t", python_callable=lambda dag_run=None: dag_run.conf)

with probe("fa_trigger"):
    go = TriggerDagRunOperator(
        task_id="go",
        trigger_dag_id="fa_child",
        conf={"day": "{{ ds }}", "l": ["{{ params.p }}", 1], "d": {"x": "{{ ti.try_number }}"}},
        trigger_run_id="from_{{ dag.dag_id }}_{{ ds_nodash }}",
        wait_for_completion=True,
        poke_interval=1,
        allowed_states=["success"],
        params={"p": "v"},
        **{DATE: "{{ macros.ds_add(ds, -1) }}T00:00:00+00:00"},
    )
    go >> empty("after")
    go >> ExternalTaskSensor(task_id="sees", external_dag_id="fa_child", external_task_id="t", execution_delta=dt.timedelta(days=1), **QUICK)

with probe("fa_trigger_bad"):
    kw = {"trigger_dag_id": "fa_child_bad", "wait_for_completion": True, "poke_interval": 1}
    TriggerDagRunOperator(task_id="allowed", trigger_run_id="one", allowed_states=["success", "failed"], failed_states=[], **kw, **{DATE: "2026-01-01T00:00:00+00:00"}) >> empty("after_allowed")
    TriggerDagRunOperator(task_id="fails", trigger_run_id="two", **kw, **{DATE: "2026-01-02T00:00:00+00:00"}) >> empty("after_fails")

with probe("fa_trigger_again"):
    kw = {"trigger_dag_id": "fa_child_again", "trigger_run_id": "same", DATE: "2026-01-03T00:00:00+00:00", "wait_for_completion": True, "poke_interval": 1}
    one = TriggerDagRunOperator(task_id="one", conf={"n": 1}, **kw)
    two = TriggerDagRunOperator(task_id="two", conf={"n": 2}, reset_dag_run=True, **kw)
    three = TriggerDagRunOperator(task_id="three", conf={"n": 3}, **{**kw, "trigger_run_id": "other"})
    one >> two >> three >> empty("after", trigger_rule="all_done")

with probe("fa_trigger_mapped"):
    TriggerDagRunOperator.partial(task_id="go", trigger_dag_id="fa_child_mapped", wait_for_completion=True, poke_interval=1).expand_kwargs(
        [{"conf": {"n": n}, "trigger_run_id": f"m{n}", DATE: f"2026-01-0{n + 1}T00:00:00+00:00"} for n in range(2)]
    ) >> empty("after")

with probe("fa_trigger_conf_bad"):
    TriggerDagRunOperator(task_id="not_json", trigger_dag_id="fa_child", conf={"x": object}) >> empty("after")

# Waiting
with probe("fa_told"):
    with TaskGroup("g"):
        does("a", "S") >> does("b", "K")
    with TaskGroup("h"):
        does("a", "S") >> does("b", "F")
    letter.override(task_id="one").expand(x=["S"])

with probe("fa_waits"):
    kw = {"external_dag_id": "fa_told", **QUICK}
    ExternalTaskSensor(task_id="group", external_task_group_id="g", allowed_states=["success", "skipped"], **kw) >> empty("a")
    ExternalTaskSensor(task_id="group_failed", external_task_group_id="h", failed_states=["failed"], **kw) >> empty("b")
    ExternalTaskSensor(task_id="group_soft", external_task_group_id="h", failed_states=["failed"], soft_fail=True, **kw) >> empty("c")
    ExternalTaskSensor(task_id="several", external_task_ids=["g.a", "h.a"], **kw) >> empty("d")
    ExternalTaskSensor(task_id="one_failed", external_task_ids=["g.a", "h.b"], failed_states=["failed", "upstream_failed"], **kw) >> empty("e")
    ExternalTaskSensor(task_id="dates", external_task_id="g.a", execution_date_fn=lambda d: [d], **kw) >> empty("f")
    ExternalTaskSensor(task_id="dates_and_context", external_task_id="g.a", execution_date_fn=lambda d, **_: d, mode="reschedule", **{**kw, "poke_interval": beats(2)}) >> empty("g")
    ExternalTaskSensor(task_id="template", external_dag_id="fa_{{ params.who }}", external_task_id="g.{{ 'a' }}", params={"who": "told"}, **QUICK) >> empty("h")
    ExternalTaskSensor(task_id="mapped_one", external_task_id="one", **kw) >> empty("i") if not V3 else None
    ExternalTaskSensor(task_id="skipped_states", external_task_id="g.b", skipped_states=["skipped"], **kw) >> empty("j")
    ExternalTaskSensor(task_id="deferrable_failed", external_task_id="h.b", failed_states=["failed"], deferrable=True, **kw) >> empty("l")

if V3:
    from airflow.sdk import Asset, AssetAlias, AssetAll, AssetAny, Metadata, asset

    def listens(dag_id, schedule):
        with probe(dag_id, schedule=schedule):

            @task
            def by(triggering_asset_events=None):
                return sorted([e.asset.uri, e.extra, e.source_task_id] for of in triggering_asset_events.values() for e in of)

            by()

    def at(name):
        return Asset(f"s3://field/{name}")

    with probe("fb_makes"):
        makes = [
            PythonOperator(task_id=f"m{n}", python_callable=end, op_args=["S"], outlets=[at(name)]) for n, name in enumerate("abc")
        ]
        for one, two in zip(makes, makes[1:]):
            one >> empty(f"{one.task_id}_pause") >> PythonOperator(task_id=f"{one.task_id}_wait", python_callable=beat, op_args=[1]) >> two

    listens("fb_nested", AssetAll(at("a"), AssetAny(at("b"), AssetAll(at("c"), at("zzz")))))
    listens("fb_any_of_all", (at("b") & at("zzz")) | (at("a") & at("c")))
    listens("fb_list", [at("a"), at("b"), at("c")])

    aliased = AssetAlias("field_alias")
    with probe("fb_alias_makes"):

        @task(outlets=[aliased, at("plain")])
        def two(*, outlet_events):
            outlet_events[aliased].add(at("one"), extra={"n": 1})
            outlet_events[aliased].add(at("two"), extra={"n": 2})
            outlet_events[at("plain")].extra = {"n": 3}

        two()
    listens("fb_alias_or", aliased | at("nobody_ever"))

    with probe("fb_outlets_mapped"):

        @task(outlets=[at("mapped")])
        def each(x, *, outlet_events):
            outlet_events[at("mapped")].extra = {"x": x}
            yield Metadata(at("mapped"), extra={"y": x}) if False else None

        PythonOperator.partial(task_id="p", python_callable=end, outlets=[at("mapped_classic")]).expand(op_args=[["S"], ["K"]])

    @asset(schedule=None, uri="s3://field/decorated")
    def fb_decorated(self, context):
        return [self.name, context["ti"].task_id]

    @asset(schedule=fb_decorated)
    def fb_second(context, fb_decorated):
        events = context["triggering_asset_events"]
        return [fb_decorated.name, len(events)]

    @asset.multi(schedule=None, outlets=[Asset("fb_multi_a"), Asset("fb_multi_b")])
    def fb_multi(outlet_events=None):
        return "multi"
