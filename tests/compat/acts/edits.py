"""DAG files that are edited while a run of theirs lives: what they say before, and what after (None: the file is gone).

Every DAG holds at its task `hold` until it is let go, and by then its file is the other one. When the run has ended (or stands still), the whole run is cleared, and
ends again by the new file. `at`: the states to wait for before the edit; `stays`: the run does not end by itself, it is looked at when it stands still.
"""

from __future__ import annotations

from dataclasses import dataclass, field

HEAD = """\
import os, time
from datetime import timedelta
from airflow import DAG
try:
    from airflow.sdk import task, task_group, TaskGroup
except ImportError:
    from airflow.decorators import task, task_group
    from airflow.utils.task_group import TaskGroup
try:
    from airflow.providers.standard.operators.bash import BashOperator as B
    from airflow.providers.standard.operators.empty import EmptyOperator as E
    from airflow.providers.standard.operators.python import PythonOperator as P
except ImportError:
    from airflow.operators.bash import BashOperator as B
    from airflow.operators.empty import EmptyOperator as E
    from airflow.operators.python import PythonOperator as P
GO = os.environ["ACTS_GO"] + "/{name}"
def hold(task_id="hold", **kw):
    return B(task_id=task_id, bash_command=f"while [ ! -e {{GO}} ]; do sleep 0.2; done; {{kw.pop('end', 'true')}}", **kw)
with DAG("{name}", schedule=None{args}):
"""


def file(name: str, body: str, args: str = "") -> str:
    lines = "\n".join("    " + line for line in body.strip("\n").splitlines())
    return HEAD.format(name=name, args=f", {args}" if args else "") + lines + "\n"


@dataclass
class Edit:
    name: str
    before: str
    after: str | None
    args: tuple[str, str] = ("", "")
    at: dict[str, str] = field(default_factory=lambda: {"hold": "running"})
    stays: bool = False
    back: bool = False  # the file comes back as it was: the run goes on
    once: bool = False  # it is not cleared
    whole: str | None = None  # the file after, as it is

    def text(self) -> str:
        return file(self.name, self.before, self.args[0])

    def edited(self) -> str | None:
        if self.whole is not None:
            return self.whole
        return None if self.after is None else file(self.name, self.after, self.args[1])


CHAIN = """
hold() >> P(task_id="py", python_callable=lambda: "v1") >> B(task_id="b", bash_command="echo v1")
"""

EDITS = [
    Edit(
        "ed_tasks",
        """
h = hold()
m = B.partial(task_id="m").expand(bash_command=["echo 1", "echo 2", "echo 3"])
gone = B(task_id="gone", bash_command="echo gone")
ch = P(task_id="ch", python_callable=lambda: "v1")
h >> [m, gone, ch] >> B(task_id="end", bash_command="echo v1")
""",
        """
h = hold()
m = B.partial(task_id="m").expand(bash_command=["echo 1"])
ch = P(task_id="ch", python_callable=lambda: "v2")
h >> [m, ch] >> B(task_id="end", bash_command="echo v2") >> B(task_id="new", bash_command="echo new")
""",
    ),
    Edit(
        "ed_consumer_gone",
        """
@task
def hold():
    while not os.path.exists(GO): time.sleep(.1)
    return [1, 2, 3]
@task
def f(x): return x
@task
def g(x): return list(x)
g(f.expand(x=hold()))
""",
        """
@task
def hold(): return [1]
@task
def h(x): return x
h(hold())
""",
    ),
    Edit(
        "ed_unmapped",
        """
h = hold()
h >> B.partial(task_id="m").expand(bash_command=["echo 1", "echo 2", "echo 3"])
h >> B(task_id="n", bash_command="echo n")
""",
        """
h = hold()
h >> B(task_id="m", bash_command="echo unmapped")
h >> B.partial(task_id="n").expand(bash_command=["echo 1", "echo 2"])
""",
    ),
    Edit("ed_deleted", CHAIN, None, stays=True),
    Edit("ed_renamed", CHAIN, "", whole=file("ed_renamed_2", CHAIN), stays=True),
    Edit("ed_broken", CHAIN, "", whole="import nope_this_is_not_there\n# airflow dag\n", stays=True),
    Edit(
        "ed_running_gone",
        """
hold()
P(task_id="py", python_callable=lambda: [time.sleep(.1) for i in range(300) if not os.path.exists(GO)] and 5)
""",
        """
B(task_id="other", bash_command="echo other")
""",
        at={"hold": "running", "py": "running"},
    ),
    Edit(
        "ed_upstreams",
        """
hold() >> B(task_id="a", bash_command="echo a") >> B(task_id="b", bash_command="exit 1") >> B(task_id="c", bash_command="echo c")
""",
        """
h = hold()
h >> B(task_id="b", bash_command="exit 1") >> B(task_id="a", bash_command="echo a")
h >> B(task_id="c", bash_command="echo c")
""",
    ),
    Edit(
        "ed_rule",
        """
hold(end="exit 1") >> [B(task_id="t", bash_command="echo t"), B(task_id="u", bash_command="echo u", trigger_rule="all_done")]
""",
        """
hold(end="exit 1") >> [B(task_id="t", bash_command="echo t", trigger_rule="all_done"), B(task_id="u", bash_command="echo u")]
""",
    ),
    Edit(
        "ed_pool",
        """
hold() >> B(task_id="t", bash_command="echo t") >> B(task_id="u", bash_command="echo u", pool="narrow", pool_slots=2)
""",
        """
hold() >> B(task_id="t", bash_command="echo t", pool="closed") >> B(task_id="u", bash_command="echo u", pool="narrow", pool_slots=1) >> B(task_id="v", bash_command="echo v", pool="narrow")
""",
        stays=True,
    ),
    Edit(
        "ed_pool_opens",
        """
hold()
B(task_id="t", bash_command="echo t", pool="closed")
""",
        """
hold()
B(task_id="t", bash_command="echo t")
""",
        at={"hold": "running", "t": "scheduled"},
        stays=True,
    ),
    Edit(
        "ed_running_pool",
        """
hold(pool="narrow", pool_slots=2) >> B(task_id="t", bash_command="echo t")
""",
        """
hold(pool="wide", pool_slots=3) >> B(task_id="t", bash_command="echo t")
""",
    ),
    Edit(
        "ed_more_retries",
        """
hold() >> B(task_id="t", bash_command="exit 1", retries=0)
""",
        """
hold() >> B(task_id="t", bash_command="exit 1", retries=2, retry_delay=timedelta(seconds=1))
""",
    ),
    Edit(
        "ed_less_retries",
        """
hold() >> B(task_id="t", bash_command="exit 1", retries=2, retry_delay=timedelta(seconds=1))
""",
        """
hold() >> B(task_id="t", bash_command="exit 1", retries=0)
""",
        stays=True,  # with retries=0 also the delay is the default's
    ),
    Edit(
        "ed_running_retried",
        """
hold(end="exit 1", retries=1, retry_delay=timedelta(seconds=1)) >> B(task_id="t", bash_command="echo v1")
""",
        """
B(task_id="hold", bash_command="echo v2", retries=1, retry_delay=timedelta(seconds=1)) >> B(task_id="t", bash_command="echo v2")
""",
    ),
    Edit(
        "ed_running_no_retries",
        """
hold(end="exit 1", retries=1, retry_delay=timedelta(seconds=1)) >> B(task_id="t", bash_command="echo v1")
""",
        """
hold(end="exit 1") >> B(task_id="t", bash_command="echo v2")
""",
        stays=True,
    ),
    Edit(
        "ed_waiting_retry",
        """
hold()
B(task_id="t", bash_command="exit 1", retries=2, retry_delay=timedelta(seconds=int(os.environ["ACTS_DELAY"])))
B(task_id="u", bash_command="exit 1", retries=2, retry_delay=timedelta(seconds=int(os.environ["ACTS_DELAY"])))
""",
        """
hold()
B(task_id="t", bash_command="echo v2", retries=2, retry_delay=timedelta(seconds=1))
""",
        at={"hold": "running", "t": "up_for_retry", "u": "up_for_retry"},
    ),
    Edit(
        "ed_list_grows",
        """
hold() >> B.partial(task_id="m").expand(bash_command=["echo 1"]) >> E(task_id="e")
""",
        """
hold() >> B.partial(task_id="m").expand(bash_command=["echo 1", "echo 2", "echo 3"]) >> E(task_id="e")
""",
    ),
    Edit(
        "ed_running_list",
        """
B.partial(task_id="hold").expand(bash_command=[f"while [ ! -e {GO} ]; do sleep 0.2; done; echo {n}" for n in (1, 2, 3)]) >> E(task_id="e")
""",
        """
B.partial(task_id="hold").expand(bash_command=[f"while [ ! -e {GO} ]; do sleep 0.2; done; echo {n}" for n in (1, 2)]) >> E(task_id="e")
""",
        at={"hold[0]": "running", "hold[1]": "running", "hold[2]": "running"},
    ),
    Edit(
        "ed_groups",
        """
h = hold()
with TaskGroup("g") as g:
    B(task_id="t", bash_command="echo t") >> B(task_id="u", bash_command="echo u")
h >> g >> E(task_id="e")
""",
        """
h = hold()
with TaskGroup("g") as g:
    B(task_id="t", bash_command="echo t")
h >> g >> B(task_id="u", bash_command="echo u") >> E(task_id="e")
""",
    ),
    Edit(
        "ed_timeout",
        """
hold() >> B(task_id="t", bash_command="echo t")
""",
        """
hold() >> B(task_id="t", bash_command="echo t")
""",
        args=("", "dagrun_timeout=timedelta(seconds=1)"),
        once=True,
    ),
    Edit(
        "ed_operators",
        """
hold() >> [B(task_id="t", bash_command="echo t"), E(task_id="u"), P(task_id="v", python_callable=lambda: 1)]
""",
        """
hold() >> [E(task_id="t"), P(task_id="u", python_callable=lambda: 2), B(task_id="v", bash_command="echo v")]
""",
    ),
    Edit(
        "ed_teardown",
        """
s = B(task_id="s", bash_command="echo s").as_setup()
d = B(task_id="d", bash_command="echo d").as_teardown(setups=s)
s >> hold() >> d
""",
        """
s = B(task_id="s", bash_command="echo s")
d = B(task_id="d2", bash_command="exit 1").as_teardown()
s >> hold() >> d
""",
    ),
    Edit(
        "ed_group_unmapped",
        """
h = hold()
@task_group
def g(x):
    @task
    def t(x): return x
    @task
    def u(x): return x
    u(t(x))
h >> g.expand(x=[1, 2]) >> E(task_id="e")
""",
        """
h = hold()
@task_group
def g(x):
    @task
    def t(x): return x
    @task
    def u(x): return x
    u(t(x))
h >> g(5) >> E(task_id="e")
""",
    ),
    Edit(
        "ed_done_gone",
        """
B(task_id="done", bash_command="echo done") >> hold() >> B(task_id="t", bash_command="echo t")
""",
        """
hold() >> B(task_id="t", bash_command="echo t")
""",
    ),
    Edit(
        "ed_before_hold",
        """
hold() >> B(task_id="t", bash_command="echo t")
""",
        """
B(task_id="new", bash_command="exit 1") >> hold() >> B(task_id="t", bash_command="echo t")
""",
    ),
    Edit(
        "ed_limits",
        """
hold() >> [B(task_id="t", bash_command="sleep 1; echo t"), B(task_id="u", bash_command="sleep 1; echo u")]
""",
        """
hold() >> [B(task_id="t", bash_command="sleep 1; echo t", priority_weight=5), B(task_id="u", bash_command="sleep 1; echo u", max_active_tis_per_dag=1)]
""",
        args=("", "max_active_tasks=1"),
    ),
    Edit("ed_all_gone", CHAIN, "pass"),
    Edit("ed_broken_and_mended", CHAIN, "", whole="import nope_this_is_not_there\n# airflow dag\n", stays=True, back=True, once=True),
    Edit("ed_deleted_and_back", CHAIN, None, stays=True, back=True, once=True),
    Edit(
        "ed_deferred_gone",
        """
hold() >> E(task_id="e")
try:
    from airflow.providers.standard.sensors.time_delta import TimeDeltaSensor
    TimeDeltaSensor(task_id="s", delta=timedelta(days=3650), deferrable=True)
except ImportError:
    from airflow.sensors.time_delta import TimeDeltaSensorAsync
    TimeDeltaSensorAsync(task_id="s", delta=timedelta(days=3650))
""",
        """
hold() >> E(task_id="e")
""",
        at={"hold": "running", "s": "deferred"},
    ),
]
