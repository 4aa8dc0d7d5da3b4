"""What happens between the workload and `finished`."""

from __future__ import annotations

import pytest
from harness import Attempt, workload

HEAD = """
    from datetime import datetime, timedelta, timezone
    from tradewind.dag import DAG
    from tradewind.operator import BaseOperator
    from tradewind.operators.python import PythonOperator, BranchPythonOperator, ShortCircuitOperator
    from tradewind.operators.empty import EmptyOperator
    from tradewind.sensors.python import PythonSensor
    from tradewind.decorators import task
    from tradewind.exceptions import *

    def said(name):
        return lambda context: print(name, context["ti"].state, repr(context.get("exception")))

    dag = DAG("d", start_date=datetime(2024, 1, 1), schedule="@daily", catchup=False)
    dag.__enter__()
"""

PRINTS = """
    import logging, os, subprocess, sys
    def f():
        print("one", 1, end="")
        sys.stdout.write("!\\ntwo\\n")
        logging.getLogger("x").warning("three")
        print("four", file=sys.stderr)
        sys.stdout.buffer.write("f\u00fcnf\\n".encode())
        sys.stdout.buffer.write(b"\\xff six\\n")
        os.system("echo shell")
        subprocess.run(["echo", "process"], stdout=sys.stdout, check=True)
        print("long " * 2000)
        print("last", end="")
    PythonOperator(task_id="t", python_callable=f)
"""


def test_what_is_printed_is_in_order_with_the_log(warm):
    result = warm(HEAD + PRINTS).run("t")
    assert result.state == "success", result.log
    wanted = ["one 1!", "two", "three", "four", "f\u00fcnf", "\\xff six"]
    assert [entry["event"] for entry in result.lines[:6]] == wanted
    assert [entry["logger"] for entry in result.lines[2:4]] == ["x", "task.stderr"]
    assert result.lines[3]["level"] == "error" and result.lines[0]["level"] == "info"
    assert result.stdout.endswith("shell\nprocess\n")
    assert any(entry["event"] == "last" for entry in result.lines)
    assert list(result.lines[0]) == ["timestamp", "level", "event", "logger"]


CALLBACKS = """
    calls = {
        "on_execute_callback": said("execute"), "on_success_callback": said("success"),
        "on_failure_callback": [said("failure"), said("again")], "on_retry_callback": said("retry"),
        "on_skipped_callback": said("skipped"),
    }

    def work(how):
        print("work")
        if how == "fail":
            try:
                1 / 0
            except ZeroDivisionError as e:
                raise ValueError("bad") from e
        if how == "final":
            raise AirflowFailException("never again")
        if how == "skip":
            raise AirflowSkipException("not today")
        if how == "exit":
            raise SystemExit(4)
        if how == "lost":
            import os
            os._exit(0)

    for how in ("ok", "fail", "final", "skip", "exit", "lost"):
        PythonOperator(task_id=how, python_callable=work, op_args=[how], **calls)
"""


def test_success_calls_back_after_the_report(warm):
    result = warm(HEAD + CALLBACKS).run("ok")
    assert result.finished == {"op": "finished", "state": "success", "callbacks": True}
    assert result.stdout.splitlines() == ["execute running None", "work", "success success None"]


def test_failure_has_its_detail_in_the_log(warm):
    result = warm(HEAD + CALLBACKS).run("fail")
    assert result.finished["state"] == "failed" and result.finished["reason"] == "ValueError: bad"
    assert result.stdout.splitlines()[2:] == [
        "failure failed ValueError('bad')",
        "again failed ValueError('bad')",
    ]
    entry = [e for e in result.log if e["level"] == "error"][0]
    assert entry["event"] == "Task failed with exception" and entry["logger"] == "task"
    outer, cause = entry["error_detail"]
    assert (outer["exc_type"], outer["exc_value"], outer["is_cause"]) == ("ValueError", "bad", False)
    assert (cause["exc_type"], cause["is_cause"]) == ("ZeroDivisionError", True)
    assert outer["frames"][-1]["name"] == "work" and outer["frames"][-1]["lineno"] > 0
    assert set(entry) == {"timestamp", "level", "event", "logger", "filename", "lineno", "error_detail"}


def test_a_retry_calls_on_retry(warm):
    file = warm(HEAD + CALLBACKS)
    result = file.run("fail", max_tries=2, try_number=2)
    assert result.state == "failed" and result.stdout.splitlines()[-1].startswith("retry up_for_retry")
    result = file.run("fail", max_tries=2, try_number=3)
    assert result.stdout.splitlines()[-1].startswith("again failed")


@pytest.mark.parametrize(
    "how,state,last",
    [
        ("final", "failed_final", "again failed AirflowFailException('never again')"),
        ("skip", "skipped", "skipped skipped None"),
        ("exit", "failed", "again failed SystemExit(4)"),
    ],
)
def test_other_ends(warm, how, state, last):
    result = warm(HEAD + CALLBACKS).run(how)
    assert result.state == state and result.stdout.splitlines()[-1] == last


def test_os_exit_reports_nothing(warm):
    result = warm(HEAD + CALLBACKS).run("lost")
    assert result.finished is None and result.status == 0


def test_execution_timeout(warm):
    text = """
    class Slow(BaseOperator):
        def execute(self, context):
            import time
            time.sleep(20)
        def on_kill(self):
            print("killed")
    Slow(task_id="slow", execution_timeout=timedelta(seconds=0.3))
    """
    result = warm(HEAD + text).run("slow")
    assert result.state == "failed" and "AirflowTaskTimeout" in result.finished["reason"]
    assert result.stdout == "killed\n"


def test_hooks_run_in_order(warm):
    text = """
    class Op(BaseOperator):
        def pre_execute(self, context): print("pre")
        def execute(self, context): print("execute"); return 5
        def post_execute(self, context, result=None): print("post", result)
    Op(task_id="t")
    """
    result = warm(HEAD + text).run("t")
    assert result.stdout.split("\n")[:3] == ["pre", "execute", "post 5"] and result.xcom() == 5


SENSORS = """
    n = [0]
    def poke(): n[0] += 1; print("poke", n[0]); return n[0] >= 3
    PythonSensor(task_id="poke", python_callable=poke, poke_interval=0.05)
    PythonSensor(task_id="again", python_callable=lambda: False, poke_interval=30, mode="reschedule", timeout=100)
    PythonSensor(task_id="late", python_callable=lambda: False, poke_interval=0.1, timeout=0.15)
    PythonSensor(task_id="soft", python_callable=lambda: False, poke_interval=0.1, timeout=0.15, soft_fail=True)
"""


def test_sensors(warm, store):
    file = warm(HEAD + SENSORS)
    result = file.run("poke")
    assert result.state == "success" and result.stdout.count("poke") == 3
    assert file.run("late").state == "failed_final"
    assert file.run("soft").state == "skipped"
    result = file.run("again")
    assert result.state == "up_for_reschedule"
    at = result.finished["reschedule_at"]
    assert at.startswith("20") and at.endswith("+00:00")
    first = {"task_reschedule_count": 3}
    result = file.run("again", context=first, reschedule_start="2024-03-10T00:00:00+00:00")
    assert result.state == "failed_final" and "timed out" in result.finished["reason"]


SKIPS = """
    BranchPythonOperator(task_id="branch", python_callable=lambda: "a") >> [EmptyOperator(task_id=i) for i in "abc"]
    x, y = EmptyOperator(task_id="x"), EmptyOperator(task_id="y")
    ShortCircuitOperator(task_id="short", python_callable=lambda: 0) >> x >> y
"""


def test_skip_decisions_travel_with_the_result(warm, store):
    file = warm(HEAD + SKIPS)
    result = file.run("branch", store)
    assert result.state == "success" and result.finished["skip"] == {"followed": ["a"]}
    assert sorted(result.asked("skip_downstream")[0]["tasks"]) == [["b", -1], ["c", -1]]
    result = file.run("short", store)
    assert sorted(result.finished["skip"]["skipped"]) == ["x", "y"]


DEFER = """
    class Trigger:
        def serialize(self):
            return "pkg.Trigger", {"moment": datetime(2024, 1, 1, tzinfo=timezone.utc), "n": 1}
    class Later(BaseOperator):
        def execute(self, context):
            self.defer(trigger=Trigger(), method_name="done", kwargs={"x": (1, 2)}, timeout=timedelta(minutes=1))
        def done(self, context, x, event=None):
            print("back", x, event)
            return event
    Later(task_id="later")
"""


def test_deferral_and_back(warm):
    file = warm(HEAD + DEFER)
    result = file.run("later")
    assert result.state == "deferred"
    defer = result.finished["defer"]
    assert defer == {
        "classpath": "pkg.Trigger",
        "kwargs": {"moment": {"__type": "datetime", "__var": "2024-01-01T00:00:00+00:00"}, "n": 1},
        "next_method": "done",
        "next_kwargs": {"x": {"__type": "tuple", "__var": [1, 2]}},
        "timeout": 60.0,
    }
    resume = {"next_method": "done", "next_kwargs": {**defer["next_kwargs"], "event": {"ok": True}}}
    result = file.run("later", resume=resume)
    assert result.state == "success" and result.stdout == "back (1, 2) {'ok': True}\n"
    resume = {"next_method": "__fail__", "next_kwargs": {"error": "Trigger timeout"}}
    result = file.run("later", resume=resume)
    assert result.state == "failed" and "Trigger timeout" in result.finished["reason"]


OUTPUTS = """
    @task(multiple_outputs=True)
    def many(): return {"a": 1, "b": {2}}
    @task
    def wrong(): return object()
    @task(do_xcom_push=False)
    def quiet(): return 1
    @task
    def nothing(): return None
    many(); wrong(); quiet(); nothing()
"""


def test_return_values(warm):
    file = warm(HEAD + OUTPUTS)
    result = file.run("many")
    assert [x["key"] for x in result.finished["xcoms"]] == ["a", "b", "return_value"]
    assert result.xcom("b") == {"__classname__": "builtins.set", "__version__": 1, "__data__": [2]}
    result = file.run("wrong")
    assert result.state == "failed" and "Cannot serialize" in result.finished["reason"]
    assert "xcoms" not in file.run("quiet").finished
    assert "xcoms" not in file.run("nothing").finished


MAPPED = """
    @task
    def numbers(): return [10, 20, 30]
    @task
    def pairs(): return {"k": 1, "l": 2}
    @task
    def add(x, y, z=0): print(x, y, z); return [x, y]
    @task
    def total(values): print(type(values).__name__, len(values)); return list(values)
    @task
    def text(): return "text"
    ns = numbers()
    total(add.partial(z=7).expand(x=ns, y=["p", "q"]))
    add.override(task_id="items").partial(y=0).expand(x=pairs())
    add.override(task_id="mapped").partial(y=0).expand(x=ns.map(lambda v: v + 1))
    n2 = numbers.override(task_id="n2")()
    add.override(task_id="zipped").partial(y=0).expand(x=ns.zip(n2, fillvalue=0))
    add.override(task_id="kwargs").expand_kwargs([{"x": 1, "y": 2}, {"x": "{{ ds }}", "y": 4}])
    add.override(task_id="of_text").partial(y=0).expand(x=text())
    one = text.override(task_id="an_item")()
    add.override(task_id="of_items").partial(y=0).expand(x=[one, 2])
    add.override(task_id="of_values").partial(y=0).expand(x={"k": one})
    def skip_some(v):
        if v == 20: raise AirflowSkipException("no 20")
        return v
    add.override(task_id="some").partial(y=0).expand(x=ns.map(skip_some))
    label = "{{ task.op_kwargs['x'] }}!"
    PythonOperator.partial(
        task_id="named", python_callable=lambda x: x, map_index_template=label
    ).expand(op_kwargs=[{"x": "one"}, {"x": "two"}])
"""


def test_mapping(warm, store):
    file = warm(HEAD + MAPPED)
    result = file.run("numbers", store)
    assert result.xcom() == [10, 20, 30] and result.finished["mapped_length"] == 3
    assert file.run("pairs").finished["mapped_length"] == 2
    result = file.run("text")
    assert result.state == "failed" and "unmappable return type 'str'" in result.finished["reason"]
    assert file.run("an_item").xcom() == "text"  # it is an item of what is mapped over, not that itself
    store.push("an_item", "text")
    assert file.run("of_items", store, map_index=0).xcom() == ["text", 0]
    assert file.run("of_values", store, map_index=0).xcom()[0]["__data__"] == ["k", "text"]
    store.push("numbers", [10, 20, 30])
    store.push("n2", [1])
    store.push("pairs", {"k": 1, "l": 2})
    made = [file.run("add", store, map_index=i) for i in range(6)]
    assert [m.xcom() for m in made] == [[10, "p"], [10, "q"], [20, "p"], [20, "q"], [30, "p"], [30, "q"]]
    assert made[0].stdout == "10 p 7\n" and "mapped_length" not in made[0].finished
    told = {"args": {"x": {"index": 2}, "y": {"index": 0}}}
    assert file.run("add", store, map_index=4, expand=told).xcom() == [30, "p"]
    for i, m in enumerate(made):
        store.push("add", m.xcom(), map_index=i)
    result = file.run("total", store)
    assert result.stdout == "LazyXComSequence 6\n" and len(result.xcom()) == 6
    pair = file.run("items", store, map_index=1).xcom()
    assert pair == [{"__classname__": "builtins.tuple", "__version__": 1, "__data__": ["l", 2]}, 0]
    assert file.run("mapped", store, map_index=2).xcom() == [31, 0]
    assert file.run("zipped", store, map_index=1).xcom()[0]["__data__"] == [20, 0]
    assert file.run("kwargs", store, map_index=1).xcom() == ["2024-03-09", 4]
    assert file.run("some", store, map_index=1).state == "skipped"
    assert file.run("some", store, map_index=2).xcom() == [30, 0]
    result = file.run("named", store, map_index=1)
    assert result.finished["map_index_label"] == "two!"
    assert result.asked("map_index_label")[0]["label"] == "two!"


GROUP = """
    from tradewind.decorators import task_group
    @task
    def one(v): return v
    @task
    def two(v, w): return [v, w]
    @task_group
    def g(v):
        two(one(v), v)
    g.expand(v=["a", "b"])
"""


def test_a_mapped_group(warm, store):
    file = warm(HEAD + GROUP)
    assert file.run("g.one", store, map_index=1).xcom() == "b"
    store.push("g.one", "A", map_index=0)
    store.push("g.one", "B", map_index=1)
    assert file.run("g.two", store, map_index=1).xcom() == ["B", "b"]


PULLS = """
    def pull(ti, **kw):
        seen = ti.xcom_pull(**eval(kw["templates_dict"]["a"]))
        print(type(seen).__name__, list(seen) if type(seen).__name__ == "LazyXComSequence" else repr(seen))
    def make(task_id, args):
        PythonOperator(task_id=task_id, python_callable=pull, templates_dict={"a": args})
    make("one", "dict(task_ids='plain')")
    make("none", "dict(task_ids='nobody')")
    make("default", "dict(task_ids='nobody', default=5)")
    make("two", "dict(task_ids=['plain', 'nobody', 'many'])")
    make("many", "dict(task_ids='many')")
    make("whole", "dict(task_ids='m', map_indexes=None)")
    make("index", "dict(task_ids='many', map_indexes=1)")
    make("indexes", "dict(task_ids='many', map_indexes=[1, 0, 9])")
    make("own", "dict()")
    make("key", "dict(task_ids='plain', key='k')")
    make("other", "dict(task_ids='plain', dag_id='o', run_id='p')")
    PythonOperator.partial(task_id="m", python_callable=lambda: 1).expand(op_args=[[1]])
"""


def test_xcom_pull(warm, store):
    file = warm(HEAD + PULLS)
    store.push("plain", {"__classname__": "builtins.tuple", "__version__": 1, "__data__": [1]})
    store.push("plain", "K", key="k")
    store.push("plain", "elsewhere", dag_id="o", run_id="p")
    for i in range(2):
        store.push("many", i * 10, map_index=i)
        store.push("m", i, map_index=i)
    expected = {
        "one": "tuple (1,)",
        "none": "NoneType None",
        "default": "int 5",
        "two": "list [(1,), None, 0, 10]",
        "many": "list [0, 10]",
        "whole": "LazyXComSequence [0, 1]",
        "index": "int 10",
        "indexes": "list [10, 0, None]",
        "own": "NoneType None",
        "key": "str 'K'",
        "other": "str 'elsewhere'",
    }
    for task_id, text in expected.items():
        result = file.run(task_id, store)
        assert result.stdout == text + "\n", (task_id, result.stdout, result.log)


def test_pushing_by_hand(warm, store):
    text = """
    def f(ti):
        ti.xcom_push("k", {"x": datetime(2024, 1, 1, tzinfo=timezone.utc)})
        return ti.xcom_pull(task_ids="t", key="k")["x"].isoformat()
    PythonOperator(task_id="t", python_callable=f)
    """
    result = warm(HEAD + text).run("t", store)
    assert result.xcom() == "2024-01-01T00:00:00+00:00"
    assert store.xcoms["d", "r", "t", -1, "k"]["x"]["__classname__"] == "datetime.datetime"


LOGS = """
    import logging, warnings, sys
    def f(ti):
        logging.getLogger("my.logger").warning("w %d", 1, extra={"colour": "red"})
        logging.getLogger("airflow.task").info("i")
        logging.getLogger("x").debug("no")
        warnings.warn("careful")
        print("out"); print("err", file=sys.stderr)
        ti.log.info("log")
    PythonOperator(task_id="t", python_callable=f)
"""


def test_logs(warm):
    result = warm(HEAD + LOGS).run("t")
    assert (result.stdout, result.stderr) == ("out\n", "err\n")
    entry = next(e for e in result.log if e["logger"] == "my.logger")
    assert (entry["event"], entry["level"], entry["colour"]) == ("w 1", "warning", "red")
    assert "no" not in result.events() and "i" in result.events() and "log" in result.events()
    assert any("careful" in e["event"] for e in result.log)
    assert entry["timestamp"].endswith("Z") and len(entry["timestamp"]) == 27


TRIGGER = """
    def go(**more):
        wish = {
            "trigger_dag_id": "other", "dag_run_id": "manual__x", "conf": {"a": 1},
            "logical_date": datetime(2024, 1, 1, tzinfo=timezone.utc), "reset_dag_run": False,
            "skip_when_already_exists": False, "wait_for_completion": False, "deferrable": False,
            "allowed_states": ["success"], "failed_states": ["failed"], "poke_interval": 0.01,
        }
        def f(): raise DagRunTriggerException(**{**wish, **more})
        return f
    PythonOperator(task_id="t", python_callable=go())
    PythonOperator(task_id="wait", python_callable=go(wait_for_completion=True))
    PythonOperator(task_id="any_end", python_callable=go(wait_for_completion=True, allowed_states=["success", "failed"], failed_states=[]))
    PythonOperator(task_id="skip", python_callable=go(skip_when_already_exists=True))
"""


def test_triggering_a_run(warm, store):
    file = warm(HEAD + TRIGGER)
    store.answers["trigger_dag_run"] = {"run_id": "manual__x", "state": "queued"}
    result = file.run("t", store)
    assert result.state == "success"
    assert [(x["key"], x["value"]) for x in result.asked("xcom_push")] == [("trigger_run_id", "manual__x")]
    asked = result.asked("trigger_dag_run")[0]
    assert asked["conf"] == {"a": 1} and asked["logical_date"] == "2024-01-01T00:00:00+00:00"
    states = iter(["queued", "running", "success"])
    store.answers["dag_run_get"] = lambda _: {"state": next(states)}
    assert file.run("wait", store).state == "success"
    store.answers["dag_run_get"] = {"state": "failed"}
    result = file.run("wait", store)
    assert result.state == "failed" and "other failed with failed state" in result.finished["reason"]
    assert file.run("any_end", store).state == "success"
    store.answers["trigger_dag_run"] = {"error": {"kind": "conflict", "message": "there"}}
    assert file.run("skip", store).state == "skipped"
    assert file.run("t", store).state == "failed_final"


def test_current_context(warm):
    text = """
    from tradewind.context import get_current_context
    def deep(): return get_current_context()["ti"].task_id
    PythonOperator(task_id="t", python_callable=lambda: deep())
    """
    assert warm(HEAD + text).run("t").xcom() == "t"


def test_callbacks_as_work(warm, store):
    more = "catchup=False, on_failure_callback=lambda c: print('dag', c['reason'], c['dag_run'].run_id))"
    file = warm(HEAD.replace("catchup=False)", more) + CALLBACKS)
    work = workload(file.path, "d", "fail", kind="task_failure", reason="killed")
    result = Attempt(file.peer, {**work, "op": "callback"}).finish(store)
    assert result.finished == {"op": "finished", "state": "success"}
    assert result.stdout.splitlines() == ["failure failed 'killed'", "again failed 'killed'"]
    work = workload(file.path, "d", "", kind="dag_failure", reason="timed_out", op="callback")
    result = Attempt(file.peer, work).finish(store)
    assert result.stdout == "dag timed_out r\n", result.log


MAIL = """
    import os, sys
    sys.modules["poster"] = sys.modules[__name__]
    os.environ["AIRFLOW__EMAIL__EMAIL_BACKEND"] = "poster.post"
    def post(to, subject, html_content, *args, **kwargs): print(to, "|", subject, "|", html_content[:60])
    def bad(): raise ValueError("<bad>")
    PythonOperator(task_id="t", python_callable=bad, email="a@b.c, d@e.f", retries=1)
    PythonOperator(task_id="quiet", python_callable=bad, email=["a@b.c"], email_on_failure=False)
"""


def test_mail_of_a_failure(warm):
    file = warm(HEAD + MAIL)
    result = file.run("t", max_tries=1, try_number=2)
    subject = "Airflow alert: <TaskInstance: d.t r [failed]>"
    body = "Try 2 out of 2<br>Exception:<br>&lt;bad&gt;<br>Log: <a href="[:60]
    assert result.stdout == f"a@b.c, d@e.f | {subject} | {body}\n"
    assert result.finished["callbacks"] is True
    assert file.run("quiet").stdout == ""


def test_waiting_for_a_person(warm):
    text = """
    class Ask(BaseOperator):
        def execute(self, context): raise TaskAwaitingInput(method_name="done", timeout=timedelta(hours=1))
    Ask(task_id="t")
    """
    finished = warm(HEAD + text).run("t").finished
    assert finished["state"] == "awaiting_input"
    assert finished["defer"] == {"next_method": "done", "next_kwargs": {}, "timeout": 3600.0}


TEMPLATES = """
    import os
    here = os.path.dirname(__file__)
    os.makedirs(here + "/more", exist_ok=True)
    open(here + "/q.sql", "w").write("select {{ ds }} {% include 'part.sql' %}\\n")
    open(here + "/more/part.sql", "w").write("{{ double(2) }} {{ 'x' | up }}")
    class Sql(BaseOperator):
        template_fields = ("sql", "rows")
        template_ext = (".sql",)
        def __init__(self, sql, rows=None, **kw):
            super().__init__(**kw)
            self.sql, self.rows = sql, rows
        def execute(self, context):
            return [self.sql, self.rows]
    class Inner:
        template_fields = ("text",)
        def __init__(self, text): self.text = text
        def __str__(self): return "inner " + str(self.text)
    options = dict(
        start_date=datetime(2024, 1, 1), schedule=None, template_searchpath=["/nowhere", here + "/more"],
        user_defined_macros={"double": lambda n: n * 2}, user_defined_filters={"up": str.upper},
    )
    with DAG("options", jinja_environment_kwargs={"keep_trailing_newline": True}, **options) as options_dag:
        Sql(task_id="file", sql="q.sql", rows=["q.sql", {"k": "{{ ts_nodash }}"}])
        Sql(task_id="object", sql="no", rows=Inner("{{ ds }}")).execute = lambda context: None
        Sql(task_id="missing", sql="nowhere.sql")
        Sql(task_id="bad", sql="{{ ds")
        Sql(task_id="unknown", sql="{{ nobody }}")
    with DAG("native", render_template_as_native_obj=True, **options) as native_dag:
        Sql(task_id="n", sql="{{ ds_nodash }}", rows="{{ [1, params] }}")
"""


def test_template_options(warm):
    file = warm(HEAD + TEMPLATES)
    result = file.run("file", dag_id="options")
    rendered = "select 2024-03-09 4 X\n"
    assert result.xcom() == [rendered, [rendered, {"k": "20240309T000000"}]], result.log
    result = file.run("object", dag_id="options")
    assert result.asked("rendered")[0]["fields"]["rows"] == "inner 2024-03-09"
    for task_id, reason in (
        ("missing", "TemplateNotFound: 'nowhere.sql'"),
        ("bad", "TemplateSyntaxError"),
        ("unknown", "UndefinedError: 'nobody' is undefined"),
    ):
        result = file.run(task_id, dag_id="options")
        assert result.state == "failed" and result.finished["reason"].startswith(reason)
        assert [f["op"] for f in result.frames] == ["finished"]  # the user's code never started
    assert file.run("n", dag_id="native").xcom() == [20240309, [1, {}]]


MADE = """
    class Query(BaseOperator):
        template_fields = ("sql", "rows")
        def __init__(self, sql, rows=None, **kw):
            super().__init__(**kw)
            self.sql, self.rows = sql, rows
        def prepare_template(self):
            if isinstance(self.sql, str):
                self.sql = "-- of {{ task.task_id }}: " + self.sql
        def execute(self, context):
            return [self.sql, self.rows]
    class Inner:
        template_fields = ("text",)
        def __init__(self, text): self.text = text
        def __str__(self): return "inner " + str(self.text)
    def sql(context, jinja_env):
        return jinja_env.from_string("select {{ n }}").render(n=context["ds"])
    class Rows:
        def __call__(self, context, jinja_env): return [context["task"].task_id, "{{ ds }}"]
    Query(task_id="function", sql=sql, rows=Rows())
    Query(task_id="inner", sql="x", rows=Inner(sql))
    Query(task_id="within", sql="x", rows=["{{ ds }}", len])
    Query(task_id="wrong", sql=lambda: 1)
    Query(task_id="prepared", sql="select '{{ ds }}'")
    PythonOperator(task_id="args", python_callable=lambda *a: list(a), op_args=lambda context, jinja_env: [1, context["ds"]])
"""


def test_a_template_field_may_be_made_by_a_function_and_prepared(warm):
    file = warm(HEAD + MADE)
    assert file.run("function").xcom() == ["select 2024-03-09", ["function", "{{ ds }}"]]
    assert file.run("inner").asked("rendered")[0]["fields"]["rows"] == "inner select 2024-03-09"
    assert (
        file.run("within").asked("rendered")[0]["fields"]["rows"][0] == "2024-03-09"
    )  # only a whole field is called
    assert "unexpected keyword argument 'context'" in file.run("wrong").finished["reason"]
    assert file.run("prepared").xcom()[0] == "-- of prepared: select '2024-03-09'"
    assert file.run("args").xcom() == [1, "2024-03-09"]


SETTINGS = """
    from tradewind.connection import Connection
    from tradewind.variable import Variable
    def f(value, conn, missing, var):
        print(value, conn, missing, var["value"].get("gone", "d"), Variable.get("deep", deserialize_json=True))
        Variable.set("made", 5)
    PythonOperator(task_id="t", python_callable=f, op_kwargs={
        "value": "{{ var.value.plain }} {{ var.json.deep.a }} {{ var.value.get('gone', 'fallback') }}",
        "conn": "{{ conn.db.host }}:{{ conn.db.port }} {{ conn.db.extra_dejson.k }} {{ conn.db.get_uri() }}",
        "missing": "{{ conn.get('nobody', 'none') }}",
    })
    PythonOperator(task_id="gone", python_callable=f, op_args=["{{ var.value.gone }}"])
"""


def test_variables_and_connections(warm, store):
    store.variables = {"plain": "text", "deep": '{"a": [1]}'}
    store.connections["db"] = {
        "conn_id": "db",
        "conn_type": "postgres",
        "host": "h",
        "port": 5432,
        "login": "u",
        "password": "pw!x",
        "schema": "s",
        "extra": '{"k": "v"}',
    }
    file = warm(HEAD + SETTINGS)
    result = file.run("t", store)
    assert result.stdout == (
        "text [1] fallback h:5432 v postgres://u:pw%21x@h:5432/s?k=v none d {'a': [1]}\n"
    ), result.log
    assert store.variables["made"] == "5"
    masked = {value for request in result.asked("mask") for value in request["values"]}
    assert {"pw!x", "pw%21x"} <= masked
    fields = result.asked("rendered")[0]["fields"]["op_kwargs"]
    assert "***" in fields["conn"] and "pw%21x" not in fields["conn"]
    result = file.run("gone", store)
    assert result.state == "failed" and "Variable gone does not exist" in result.finished["reason"]


ASSETS = """
    from tradewind.assets import Asset, AssetAlias, Metadata
    a, b, alias = Asset("s3://x/a"), Asset(name="b", uri="s3://x/b"), AssetAlias("al")
    def direct(outlet_events, inlet_events):
        outlet_events[a].extra = {"n": 1}
        outlet_events[alias].add(Asset("s3://x/late"), extra={"k": 2})
        return [e.extra for e in inlet_events[b]]
    def yields():
        yield Metadata(a, {"rows": 3})
        return "done"
    PythonOperator(task_id="direct", python_callable=direct, outlets=[a, b, alias], inlets=[b])
    PythonOperator(task_id="yields", python_callable=yields, outlets=[a])
    PythonOperator(task_id="why", python_callable=lambda triggering_asset_events: [
        e.source_task_id for e in triggering_asset_events[a]])
"""


def test_asset_events(warm, store):
    file = warm(HEAD + ASSETS)
    event = {"id": 1, "timestamp": "2024-01-01T00:00:00+00:00", "extra": {"x": 1}, "source_task_id": "made"}
    store.answers["asset_events"] = [{**event, "asset": {"name": "b", "uri": "s3://x/b"}}]
    result = file.run("direct", store)
    assert result.xcom() == [{"x": 1}]
    assert result.asked("asset_events")[0]["name"] == "b"
    assert result.finished["outlet_events"] == [
        {"asset": {"name": "s3://x/a", "uri": "s3://x/a"}, "extra": {"n": 1}},
        {"asset": {"name": "b", "uri": "s3://x/b"}, "extra": {}},
        {
            "asset": {"name": "s3://x/late", "uri": "s3://x/late", "extra": {}},
            "alias": "al",
            "extra": {"k": 2},
        },
    ]
    result = file.run("yields")
    assert result.xcom() == "done" and result.finished["outlet_events"][0]["extra"] == {"rows": 3}
    event["asset"] = {"name": "s3://x/a", "uri": "s3://x/a"}
    result = file.run("why", context={"triggering_asset_events": [event]})
    assert result.xcom() == ["made"], result.log


def test_results_that_cannot_be_sent(warm):
    text = """
    from tradewind.assets import Asset
    def odd(outlet_events): outlet_events[Asset("s3://x/a")].extra = {"when": datetime(2024, 1, 1)}
    PythonOperator(task_id="odd", python_callable=odd, outlets=[Asset("s3://x/a")], on_failure_callback=said("f"))
    PythonOperator(task_id="long", python_callable=lambda: "x" * (65 << 20), show_return_value_in_logs=False)
    """
    file = warm(HEAD + text)
    result = file.run("odd")
    assert result.state == "failed" and "not JSON serializable" in result.finished["reason"]
    assert result.stdout.startswith("f failed TypeError")
    result = file.run("long")
    assert result.state == "failed" and "is longer than" in result.finished["reason"]


def test_state_store(warm, store):
    text = """
    def f(task_state_store):
        task_state_store.set("k", {"a": 1}, retention=timedelta(days=1))
        return task_state_store.get("k"), task_state_store.get("l", 5)
    PythonOperator(task_id="t", python_callable=f)
    """
    store.answers["task_state_set"] = None
    store.answers["task_state_get"] = lambda r: {"a": 1} if r["key"] == "k" else None
    result = warm(HEAD + text).run("t", store)
    assert result.xcom()["__data__"] == [{"a": 1}, 5]
    assert result.asked("task_state_set")[0]["retention"] == 86400.0


def test_retry_policy(warm):
    text = """
    class Decision:
        action = "retry"; retry_delay = timedelta(seconds=7); reason = "later"
    class Policy:
        def evaluate(self, **kw): return Decision
    def f(): raise ValueError("x")
    PythonOperator(task_id="t", python_callable=f, retries=3, retry_policy=Policy())
    """
    finished = warm(HEAD + text).run("t", max_tries=3).finished
    assert (finished["state"], finished["retry_delay"], finished["retry_reason"]) == ("failed", 7.0, "later")
