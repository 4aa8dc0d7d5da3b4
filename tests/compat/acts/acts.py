"""What people do to runs over the API: runs are triggered, stand as `at` says or have ended, then each step is taken and everything comes to rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from edits import file

DAYS = {"r1": "2026-01-10T00:00:00+00:00", "r2": "2026-01-11T00:00:00+00:00", "r3": "2026-01-12T00:00:00+00:00"}

# Its scheduler makes no run by itself; a backfill has dates to choose from.
DAILY = 'schedule="@daily", start_date=__import__("pendulum").datetime(2026, 1, 1), end_date=__import__("pendulum").datetime(2026, 1, 20), catchup=False'

# b fails in r2.
LINE = """
E(task_id="a") >> B(task_id="b", bash_command="exit {{ dag_run.conf.get('b', 0) }}") >> E(task_id="c")
E(task_id="d")
"""
HELD = """
E(task_id="a") >> hold() >> B(task_id="b", bash_command="echo b") >> E(task_id="c")
E(task_id="d")
"""
MAPPED = """
m = B.partial(task_id="m").expand(bash_command=["exit 0", "exit {{ dag_run.conf.get('b', 0) }}", "exit 0"])
m >> E(task_id="e")
"""
GROUPED = """
a = E(task_id="a")
with TaskGroup("g") as g:
    E(task_id="x") >> B(task_id="y", bash_command="exit {{ dag_run.conf.get('b', 0) }}")
a >> g >> E(task_id="e")
"""
SETUP = """
s = B(task_id="s", bash_command="true").as_setup()
d = B(task_id="d", bash_command="true").as_teardown(setups=s)
s >> hold() >> E(task_id="b") >> d
"""


@dataclass
class Act:
    name: str
    steps: list[tuple[str, str, Any]]  # method, path below the DAG (or "go": lets `hold` go; "file": another text), body
    body: str = LINE
    runs: tuple[str, ...] = ("r1", "r2", "r3")
    at: dict[str, Any] = field(default_factory=dict)  # states of r1 to wait for; none: that the runs have ended
    more: dict[str, str] = field(default_factory=dict)  # other DAGs: what is in them; run as r2 is
    daily: bool = False  # has a schedule whose days are over

    def files(self) -> dict[str, str]:
        found = {self.name: file(self.name, self.body)} | {n: file(n, b) for n, b in self.more.items()}
        if self.daily:
            found[self.name] = found[self.name].replace("schedule=None", DAILY)
        return found


def clear(tasks: Any = ("b",), **more: Any) -> tuple[str, str, Any]:
    body = {"dry_run": False, "only_failed": False, "reset_dag_runs": True, "dag_run_id": "r2", "task_ids": tasks} | more
    return ("POST", "/clearTaskInstances", {k: list(v) if isinstance(v, tuple) else v for k, v in body.items() if v is not None})


def mark(task: str, state: str, run: str = "r2", **more: Any) -> tuple[str, str, Any]:
    return ("PATCH", f"/dagRuns/{run}/taskInstances/{task}", {"new_state": state} | more)


def run_state(state: str, run: str = "r1", **more: Any) -> tuple[str, str, Any]:
    return ("PATCH", f"/dagRuns/{run}", {"state": state} | more)


BOTH = {"include_upstream": True, "include_downstream": True}
TIMES = {"include_past": True, "include_future": True}
GO = ("go", "", None)
AT = {"hold": "running"}
ONE = ("r1",)
HOLDS = {"body": HELD, "runs": ONE, "at": AT}

ACTS = [
    # clear
    Act("cl_plain", [clear()]),
    Act("cl_defaults", [("POST", "/clearTaskInstances", {"dag_run_id": "r2"})]),
    Act("cl_really", [("POST", "/clearTaskInstances", {"dag_run_id": "r2", "dry_run": False})]),
    Act("cl_down", [clear(include_downstream=True)]),
    Act("cl_up", [clear(include_upstream=True)]),
    Act("cl_both", [clear(**BOTH)]),
    Act("cl_past", [clear(include_past=True)]),
    Act("cl_future", [clear(include_future=True)]),
    Act("cl_times", [clear(**TIMES, include_downstream=True)]),
    Act("cl_failed", [clear(**TIMES, only_failed=True)]),
    Act("cl_failed_all", [clear(None, **TIMES, only_failed=True)]),
    Act("cl_failed_down", [clear(("a",), include_downstream=True, only_failed=True)]),
    Act("cl_dry", [clear(**BOTH, dry_run=True)]),
    Act("cl_dry_times", [clear(**TIMES, dry_run=True)]),
    Act("cl_everything", [clear(None)]),
    Act("cl_no_reset", [clear(reset_dag_runs=False)]),
    Act("cl_dates", [clear(dag_run_id=None, start_date=DAYS["r1"], end_date=DAYS["r2"])]),
    Act("cl_all_dates", [clear(dag_run_id=None)]),
    Act("cl_wrong_task", [clear(("nope",))]),
    Act("cl_wrong_run", [clear(dag_run_id="nope")]),
    Act("cl_two_ways", [clear(start_date=DAYS["r1"])]),
    Act("cl_running_only", [clear(("hold",), dag_run_id="r1", only_running=True), GO], **HOLDS),
    Act("cl_running", [clear(("hold",), dag_run_id="r1", include_downstream=True), GO], **HOLDS),
    Act("cl_running_prevented", [clear(("hold",), dag_run_id="r1", prevent_running_task=True), GO], **HOLDS),
    Act("cl_above_running", [clear(("a",), dag_run_id="r1"), GO], **HOLDS),
    Act("cl_mapped_one", [clear([["m", 1]])], body=MAPPED),
    Act("cl_mapped_all", [clear(("m",), include_downstream=True)], body=MAPPED),
    Act("cl_mapped_failed", [clear(("m",), include_downstream=True, only_failed=True)], body=MAPPED),
    Act("cl_mapped_wrong", [clear([["m", 7]])], body=MAPPED),
    Act("cl_group", [clear(("g.x",), include_downstream=True)], body=GROUPED),
    Act("cl_group_name", [clear(("g",))], body=GROUPED),
    Act("cl_note", [clear(note="again")]),
    Act("cl_run", [("POST", "/dagRuns/r2/clear", {"dry_run": False})]),
    Act("cl_run_failed", [("POST", "/dagRuns/r2/clear", {"dry_run": False, "only_failed": True})]),
    Act("cl_run_dry", [("POST", "/dagRuns/r2/clear", {})]),
    Act("cl_setup", [GO, clear(("hold",), dag_run_id="r1")], body=SETUP, runs=ONE, at=AT),
    Act("cl_teardown", [GO, clear(("d",), dag_run_id="r1")], body=SETUP, runs=ONE, at=AT),
    Act("cl_old_version", [("file", LINE + 'E(task_id="new")\n', None), clear(None, run_on_latest_version=False)]),
    Act("cl_new_version", [("file", LINE + 'E(task_id="new")\n', None), clear(None, run_on_latest_version=True)]),
    Act("cl_new_version_one", [("file", LINE + 'E(task_id="new")\n', None), clear(("b",), run_on_latest_version=True)]),
    Act("cl_run_new", [("file", LINE + 'E(task_id="new")\n', None), ("POST", "/dagRuns/r2/clear", {"dry_run": False, "only_new": True})]),
    Act(
        "cl_marker",
        [clear(("a",), include_downstream=True)],
        body="""
try:
    from airflow.providers.standard.sensors.external_task import ExternalTaskMarker
except ImportError:
    from airflow.sensors.external_task import ExternalTaskMarker
E(task_id="a") >> ExternalTaskMarker(task_id="mark", external_dag_id="cl_marker_child", external_task_id="s") >> E(task_id="z")
""",
        more={"cl_marker_child": 'E(task_id="s") >> E(task_id="t")\nE(task_id="u")\n'},
    ),
    # mark a task
    Act("mk_success", [mark("b", "success")]),
    Act("mk_success_down", [mark("b", "success", include_downstream=True)]),
    Act("mk_failed", [mark("b", "failed", "r1")]),
    Act("mk_failed_up", [mark("b", "failed", "r1", include_upstream=True)]),
    Act("mk_failed_down", [mark("b", "failed", "r1", include_downstream=True)]),
    Act("mk_success_past", [mark("b", "success", "r3", include_past=True)]),
    Act("mk_failed_times", [mark("b", "failed", "r2", **TIMES)]),
    Act("mk_four_ways", [mark("b", "success", "r2", **BOTH, **TIMES)]),
    Act("mk_skipped", [mark("b", "skipped")]),
    Act("mk_same", [mark("b", "failed")]),
    Act("mk_running_failed", [mark("hold", "failed", "r1")], **HOLDS),
    Act("mk_running_success", [mark("hold", "success", "r1")], **HOLDS),
    Act("mk_running_skipped", [mark("hold", "skipped", "r1")], **HOLDS),
    Act("mk_waiting_success", [mark("b", "success", "r1"), GO], **HOLDS),
    Act("mk_waiting_failed", [mark("b", "failed", "r1"), GO], **HOLDS),
    Act("mk_waiting_up", [mark("c", "success", "r1", include_upstream=True), GO], **HOLDS),
    Act("mk_mapped_one", [mark("m/1", "success")], body=MAPPED),
    Act("mk_mapped_all", [mark("m", "success")], body=MAPPED),
    Act("mk_dry", [("PATCH", "/dagRuns/r2/taskInstances/b/dry_run", {"new_state": "success", "include_downstream": True})]),
    Act("mk_note", [mark("b", "success", note="seen")]),
    Act("mk_wrong", [mark("nope", "success"), mark("b", "running"), mark("b", "queued")]),
    Act("mk_group", [("PATCH", "/dagRuns/r2/taskGroupInstances/g", {"new_state": "success"})], body=GROUPED),
    # a run
    Act("ru_failed", [run_state("failed")], **HOLDS),
    Act("ru_success", [run_state("success")], **HOLDS),
    Act("ru_queued", [run_state("queued"), GO], **HOLDS),
    Act("ru_done_failed", [run_state("failed")], runs=ONE),
    Act("ru_done_success", [run_state("success", "r2")]),
    Act("ru_done_queued", [run_state("queued", "r2")]),
    Act("ru_failed_teardown", [run_state("failed")], body=SETUP, runs=ONE, at=AT),
    Act("ru_success_teardown", [run_state("success")], body=SETUP, runs=ONE, at=AT),
    Act("ru_note", [("PATCH", "/dagRuns/r1", {"note": "looked at"})], runs=ONE),
    Act("ru_wrong", [run_state("running"), run_state("success", "nope")], runs=ONE),
    Act("ru_delete", [("DELETE", "/dagRuns/r2", None)]),
    Act("ru_delete_running", [("DELETE", "/dagRuns/r1", None), GO], **HOLDS),
    Act("ru_delete_twice", [("DELETE", "/dagRuns/r2", None), ("DELETE", "/dagRuns/r2", None)]),
    Act("ru_again", [("DELETE", "/dagRuns/r2", None), ("POST", "/dagRuns", {"dag_run_id": "r2", "logical_date": DAYS["r2"]})]),
    Act("ru_delete_task", [("DELETE", "/dagRuns/r2/taskInstances/b", None)]),
    # trigger
    Act("tr_note", [("POST", "/dagRuns", {"dag_run_id": "x", "logical_date": None, "note": "mine", "conf": {"k": [1]}})], runs=ONE),
    Act("tr_same_id", [("POST", "/dagRuns", {"dag_run_id": "r1", "logical_date": None})], runs=ONE),
    Act("tr_same_date", [("POST", "/dagRuns", {"dag_run_id": "x", "logical_date": DAYS["r1"]})], runs=ONE),
    Act("tr_interval", [("POST", "/dagRuns", {"dag_run_id": "x", "logical_date": DAYS["r2"], "data_interval_start": DAYS["r1"], "data_interval_end": DAYS["r3"]})], runs=ONE),
    Act("tr_half_interval", [("POST", "/dagRuns", {"dag_run_id": "x", "logical_date": DAYS["r2"], "data_interval_start": DAYS["r1"]})], runs=ONE),
    Act("tr_later", [("POST", "/dagRuns", {"dag_run_id": "x", "logical_date": None, "run_after": "2099-01-01T00:00:00Z"})], runs=ONE),
    Act("tr_bad", [("POST", "/dagRuns", {"dag_run_id": "x/y", "logical_date": None}), ("POST", "/dagRuns", {"logical_date": "soon"}), ("POST", "/dagRuns", {"conf": {}})], runs=ONE),
    # pause
    Act(
        "pa_running",
        [("PATCH", "", {"is_paused": True}), GO, ("PATCH", "", {"is_paused": False})],
        **HOLDS,
    ),
    Act(
        "pa_trigger",
        [
            ("PATCH", "", {"is_paused": True}),
            ("POST", "/dagRuns", {"dag_run_id": "x", "logical_date": None}),
            clear(dag_run_id="r1"),
            mark("d", "failed", "r1"),
            ("PATCH", "", {"is_paused": False}),
        ],
        runs=ONE,
    ),
]


# What people do on 2.x's command line, told where told-2.jsonl has a row (the backfills, `tasks run` and some clears are still to be recorded, on a quiet machine); the DAG's name is put in where it says DAG. Its exit status is compared, and the last word of what asks for a state.
def cli(line: str) -> tuple[str, str, Any]:
    return ("cli", line, None)


NONE: tuple[str, ...] = ()
FAILS_ON_11 = """
E(task_id="a") >> B(task_id="b", bash_command="exit {{ 1 if ds == '2026-01-11' and ti.try_number == 1 else 0 }}") >> E(task_id="c")
E(task_id="d")
"""
BACK = {"body": FAILS_ON_11, "runs": NONE, "daily": True}
MARKED = """
try:
    from airflow.providers.standard.sensors.external_task import ExternalTaskMarker
except ImportError:
    from airflow.sensors.external_task import ExternalTaskMarker
E(task_id="a") >> ExternalTaskMarker(task_id="mark", external_dag_id="NAME_child", external_task_id="s") >> E(task_id="z")
"""
CHILD = 'E(task_id="s") >> E(task_id="t")\nE(task_id="u")\n'

COMMANDS = [
    Act("cx_clear", [cli("tasks clear DAG -t ^b$ -y")]),
    Act("cx_clear_range", [cli("tasks clear DAG -t ^b$ -s 2026-01-11 -e 2026-01-11 -y")]),
    Act("cx_clear_from", [cli("tasks clear DAG -t ^b$ -d -s 2026-01-11 -y")]),
    Act("cx_clear_up", [cli("tasks clear DAG -t ^c$ -u -e 2026-01-10 -y")]),
    Act("cx_clear_both", [cli("tasks clear DAG -t ^b$ -u -d -e 2026-01-11 -y")]),
    Act("cx_clear_part", [cli("tasks clear DAG -t a|d -s 2026-01-12 -y")]),
    Act("cx_clear_all", [cli("tasks clear DAG -y")]),
    Act("cx_clear_failed", [cli("tasks clear DAG -f -y")]),
    Act("cx_clear_failed_down", [cli("tasks clear DAG -t ^a$ -d -f -y")]),
    Act("cx_clear_nobody", [cli("tasks clear DAG -t nope -y")]),
    Act("cx_clear_old_words", [cli("tasks clear DAG -t ^b$ --exclude-subdags -X -s 2026-01-12 -y")]),
    Act("cx_clear_running", [cli("tasks clear DAG -r -y"), GO], **HOLDS),
    Act("cx_clear_mapped", [cli("tasks clear DAG -t ^m$ -d -s 2026-01-11 -e 2026-01-11 -y")], body=MAPPED),
    Act("cx_clear_mapped_failed", [cli("tasks clear DAG -f -y")], body=MAPPED),
    Act("cx_clear_group", [cli("tasks clear DAG -t ^g\\. -e 2026-01-11 -y")], body=GROUPED),
    Act("cx_clear_setup", [GO, cli("tasks clear DAG -t ^hold$ -y")], body=SETUP, runs=ONE, at=AT),
    Act("cx_marker", [cli("tasks clear DAG -t ^a$ -d -y")], body=MARKED.replace("NAME", "cx_marker"), more={"cx_marker_child": CHILD}),
    Act("cx_marker_not", [cli("tasks clear DAG -t ^a$ -d -x -y")], body=MARKED.replace("NAME", "cx_marker_not"), more={"cx_marker_not_child": CHILD}),
    Act("cx_clear_regex_dags", [cli("tasks clear ^cx_clear_regex_dags -R -t ^b$ -s 2026-01-12 -y")], more={"cx_clear_regex_dags_too": LINE}),
    Act("cx_states", [cli("tasks state DAG b r2"), cli("tasks state DAG c r2"), cli("tasks state DAG b 2026-01-10T00:00:00+00:00"), cli("dags state DAG 2026-01-11T00:00:00+00:00"), cli("dags state DAG 2026-02-01T00:00:00+00:00"), cli("tasks state DAG nope r2")]),
    Act("cx_delete", [cli("dags delete DAG -y")]),
    Act("cx_delete_nobody", [cli("dags delete no_such_dag_at_all -y")], runs=ONE),
    Act("cx_pause", [cli("dags pause DAG"), cli("tasks clear DAG -t ^b$ -e 2026-01-10 -y"), cli("dags unpause DAG")]),
    Act("cx_trigger", [cli("dags trigger DAG -e 2026-01-15 -r mine"), cli('dags trigger DAG -r conf -e 2026-01-16T01:02:03 -c {"b":1}'), cli("dags trigger DAG -e 2026-01-15 -r other"), cli("dags trigger DAG -r mine")], runs=ONE),
    # backfill
    Act("cx_back", [cli("dags backfill DAG -s 2026-01-09 -e 2026-01-10")], **BACK),
    Act("cx_back_one_day", [cli("dags backfill DAG -s 2026-01-10")], **BACK),
    Act("cx_back_fails", [cli("dags backfill DAG -s 2026-01-10 -e 2026-01-12")], **BACK),
    Act("cx_back_goes_on", [cli("dags backfill DAG -s 2026-01-10 -e 2026-01-12 --continue-on-failures"), cli("dags backfill DAG -s 2026-01-10 -e 2026-01-12 --rerun-failed-tasks")], **BACK),
    Act("cx_back_again", [cli("dags backfill DAG -s 2026-01-09 -e 2026-01-10"), cli("dags backfill DAG -s 2026-01-09 -e 2026-01-10")], **BACK),
    Act("cx_back_reset", [cli("dags backfill DAG -s 2026-01-09 -e 2026-01-10"), cli("dags backfill DAG -s 2026-01-09 -e 2026-01-10 --reset-dagruns -y")], **BACK),
    Act("cx_back_task", [cli("dags backfill DAG -s 2026-01-10 -t ^b$")], **BACK),
    Act("cx_back_task_only", [cli("dags backfill DAG -s 2026-01-10 -t ^b$ -i")], **BACK),
    Act("cx_back_mark", [cli("dags backfill DAG -s 2026-01-11 -m")], **BACK),
    Act("cx_back_backwards", [cli("dags backfill DAG -s 2026-01-09 -e 2026-01-10 -B -c {\"k\":1}")], **BACK),
    Act("cx_back_dry", [cli("dags backfill DAG -s 2026-01-09 -e 2026-01-10 -n")], **BACK),
    # a task's own command
    Act("cx_run_done", [cli("tasks run DAG b r1")], runs=ONE),
    Act("cx_run_force", [cli("tasks run DAG b r1 -f")], runs=ONE),
    Act("cx_run_failed", [cli("tasks run DAG b r2")]),
    Act("cx_run_mark", [cli("tasks run DAG b r2 -m")]),
]
