"""What a run has to have done by when: deadlines (3.1), SLAs (2.x), and the mail that failures send."""

from __future__ import annotations

import email
import json
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from engine import Engine, free_port, wait_until

HEAD = """
import json, os, time
from datetime import datetime, timedelta, timezone
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator

OUT = {out!r}

def note(**line):
    with open(OUT, "a") as f:
        f.write(json.dumps(line) + "\\n")
"""


def write(engine: Engine, name: str, body: str) -> Any:
    out = engine.home.parent / "noted.jsonl"
    engine.write(name, HEAD.format(out=str(out)) + body)
    return lambda: [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []


def rows(engine: Engine, sql: str) -> list[Any]:
    with sqlite3.connect(f"file:{engine.home}/tradewind.db?mode=ro", uri=True) as db:
        return db.execute(sql).fetchall()


def served(engine: Engine, path: str) -> Any:
    """What the api-server answers, which is started when it is first asked."""
    if "api-server" not in engine.processes:
        engine.start("api-server")

    def ask() -> Any:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{engine.port}{path}") as r:
                return json.load(r)
        except urllib.error.URLError:
            return None

    return wait_until(ask, 30, f"{path} is not answered")


DEADLINES = """
from airflow.sdk import DeadlineAlert, DeadlineReference, AsyncCallback, SyncCallback
from airflow.sdk.definitions.deadline import BaseDeadlineReference, VariableInterval

async def later(text, context):
    print("async callback runs")
    note(text=text, run=context["dag_run"]["dag_run_id"], deadline=context["deadline"]["deadline_time"].isoformat())

def now(text, **kwargs):
    note(text=text, context=sorted(kwargs["context"]))

def broken():
    raise RuntimeError("cannot tell")

class Epoch(BaseDeadlineReference):
    required_kwargs = {"run_id"}
    def _evaluate_with(self, *, session, run_id, **kwargs):
        note(text="evaluated", run=run_id)
        return datetime(1970, 1, 1, tzinfo=timezone.utc)

DeadlineReference.register_custom_reference(Epoch)
queued, second, hour = DeadlineReference.DAGRUN_QUEUED_AT, timedelta(seconds=1), timedelta(hours=1)

with DAG("late", schedule=None, deadline=[
    DeadlineAlert(reference=queued, interval=second, callback=AsyncCallback(later, kwargs={"text": "async"}), name="quick"),
    DeadlineAlert(reference=DeadlineReference.FIXED_DATETIME(datetime(2020, 1, 1, tzinfo=timezone.utc)), interval=hour,
                  callback=SyncCallback(now, kwargs={"text": "sync"})),
    DeadlineAlert(reference=queued, interval=hour, callback=SyncCallback(now, kwargs={"text": "never"})),
    DeadlineAlert(reference=DeadlineReference.AVERAGE_RUNTIME(), interval=second, callback=SyncCallback(broken)),
    DeadlineAlert(reference=DeadlineReference.Epoch, interval=second, callback=SyncCallback(broken)),
    DeadlineAlert(reference=queued, interval=VariableInterval("secs"), callback=SyncCallback(now, kwargs={"text": "var"})),
]):
    BashOperator(task_id="a", bash_command="sleep 8")
"""


def test_missed_deadlines_are_called_about_and_met_ones_go(engine: Engine) -> None:
    noted = write(engine, "late.py", DEADLINES)
    engine.run("db", "migrate")
    engine.run("variables", "set", "secs", "2")
    engine.up()
    engine.start("dag-processor")
    run = engine.trigger("late")
    wanted = {"async", "sync", "evaluated", "var"}
    wait_until(lambda: wanted <= {line["text"] for line in noted()}, 40, "not all were called about")
    assert next(line for line in noted() if line["text"] == "async")["run"] == run
    assert next(line for line in noted() if line["text"] == "sync")["context"] == ["dag_run", "deadline"]
    assert engine.finish("late", run) == "success"
    wait_until(lambda: len(rows(engine, "select 1 from callback where state in ('success', 'failed')")) == 4, 30, "open")
    assert rows(engine, "select alert, missed, name from deadline order by alert") == [
        (0, 1, "quick"), (1, 1, None), (4, 1, None), (5, 1, None),
    ]  # fmt: skip
    ended = dict(rows(engine, "select d.alert, c.state || ': ' || coalesce(c.output, '') from callback c join deadline d"
                              " on d.callback_id = c.id"))  # fmt: skip
    assert ended[0] == "success: " and ended[4] == "failed: RuntimeError: cannot tell"
    [log] = (engine.home / "logs" / "dag_processor").glob("*/dags-folder/late.py.log")
    assert "async callback runs" in log.read_text()
    assert "never" not in {line["text"] for line in noted()}


def test_a_deadline_that_passes_while_no_scheduler_is_there_is_missed_once(engine: Engine) -> None:
    noted = write(engine, "late.py", DEADLINES.replace("sleep 8", "sleep 20"))
    engine.run("db", "migrate")
    engine.run("variables", "set", "secs", "3")
    engine.up()
    engine.trigger("late")
    wait_until(lambda: rows(engine, "select 1 from deadline where alert = 5"), 20, "no deadline")
    engine.kill("scheduler")
    engine.start("scheduler")
    engine.start("dag-processor")
    wait_until(lambda: "var" in {line["text"] for line in noted()}, 30, "not missed")
    assert len([line for line in noted() if line["text"] == "async"]) == 1


SLA = """
def missed(dag, task_list, blocking_task_list, slas, blocking_tis):
    note(dag=dag.dag_id, tasks=task_list, blocking=blocking_task_list, slas=[s.task_id for s in slas],
         tis=[ti.task_id for ti in blocking_tis])

day = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
with DAG("sla", schedule_interval="@daily", start_date=day, catchup=True, sla_miss_callback=missed,
         default_args={"email": "who@x", "email_on_failure": False}):
    good = BashOperator(task_id="good", bash_command="true", sla=timedelta(days=20))
    slow = BashOperator(task_id="slow", bash_command="sleep 15", sla=timedelta(seconds=1))
    good >> slow >> BashOperator(task_id="after", bash_command="true")
"""


class Post:
    """A mail server, and what it got."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.to: dict[str, list[str]] = {}
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self.controller.start()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address.endswith("@refused"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.got.append(email.message_from_bytes(envelope.content))
        self.to[self.got[-1]["Subject"]] = envelope.rcpt_tos
        return "250 OK"

    def wait(self, n: int) -> list[Any]:
        wait_until(lambda: len(self.got) >= n, 30, f"{len(self.got)} mails")
        return sorted(self.got, key=lambda m: m["Subject"])

    def settings(self) -> dict[str, str]:
        where = {"HOST": "127.0.0.1", "PORT": str(self.controller.port), "STARTTLS": "False"}
        return {f"AIRFLOW__SMTP__SMTP_{k}": v for k, v in where.items()}


@pytest.fixture
def post() -> Iterator[Post]:
    p = Post()
    yield p
    p.controller.stop()


def body(message: Any) -> str:
    return "".join(p.get_payload(decode=True).decode() for p in message.walk() if p.get_content_type() == "text/html")


def test_an_sla_that_passes_is_recorded_called_about_and_mailed_once(engine: Engine, post: Post) -> None:
    engine.env.update(post.settings(), AIRFLOW__CORE__COMPAT="2")
    noted = write(engine, "sla.py", SLA)
    engine.up()
    engine.start("dag-processor")
    [line] = wait_until(noted, 40, "nobody was called")
    assert line["slas"] == ["slow"] and set(line["tis"]) >= {"slow", "after"}
    assert line["tasks"].startswith("slow on ")
    [message] = post.wait(1)
    assert message["Subject"] == "[airflow] SLA miss on DAG=sla" and "slow on" in body(message)
    assert rows(engine, "select task_id, dag_id, notification_sent from sla_miss") == [("slow", "sla", 1)]
    told = served(engine, "/ui/slas?dag_id=sla")
    run = rows(engine, "select run_id from dag_run")[0][0]
    assert [(m["task_id"], m["dag_run_id"]) for m in told["sla_misses"]] == [("slow", run)] and told["total_entries"] == 1
    assert served(engine, "/ui/slas?task_id=other") == {"sla_misses": [], "total_entries": 0}

    def needs() -> list[tuple[str, ...]]:
        return [(x["dag_id"], x["run_id"], x["task_id"]) for x in served(engine, "/ui/needs")["items"] if x["kind"] == "sla"]

    assert needs() == [("sla", run, "slow")]
    url = f"http://127.0.0.1:{engine.port}/api/v2/dags/sla/dagRuns/{run}"
    seen = urllib.request.Request(url, b'{"note": "I saw it"}', {"Content-Type": "application/json"}, method="PATCH")
    with urllib.request.urlopen(seen) as answer:
        assert answer.status == 200
    assert needs() == []
    engine.kill("scheduler")
    engine.start("scheduler")
    run = rows(engine, "select run_id from dag_run")[0][0]
    assert engine.finish("sla", run) == "success"
    assert len(noted()) == 1 and len(post.got) == 1


def test_slas_of_a_run_that_has_failed_pass_although_the_scheduler_is_killed(engine: Engine, post: Post) -> None:
    """One passes while nobody is there, one under the next scheduler; each is told once."""
    engine.env.update(post.settings(), AIRFLOW__CORE__COMPAT="2")
    asked = time.time()
    engine.run("db", "migrate")
    begun = time.time()
    room = max(15, int(12 * (begun - asked)))  # as much as a busy machine needs
    now = int(begun) % 86400
    noted = write(
        engine,
        "sla.py",
        SLA[: SLA.index("    good =")]
        + f"""
    BashOperator(task_id="first", bash_command="exit 1", sla=timedelta(seconds={now + room}))
    BashOperator(task_id="second", bash_command="exit 1", sla=timedelta(seconds={now + room + max(7, room // 2)}))
    BashOperator(task_id="good", bash_command="true", sla=timedelta(seconds={now + room}))
""",
    )
    engine.up()
    run = wait_until(lambda: rows(engine, "select run_id from dag_run"), 20, "no run")[0][0]
    assert engine.finish("sla", run) == "failed"
    engine.kill("scheduler")
    assert not rows(engine, "select 1 from sla_miss"), "too slow a machine for this story"
    wait_until(lambda: time.time() > begun + room + 1, room + 5, "time stands still")
    engine.start("scheduler")
    engine.start("dag-processor")
    wait_until(lambda: [line["slas"] for line in noted()] == [["first"], ["second"]], room + 40, "not told")
    assert rows(engine, "select task_id from sla_miss order by timestamp") == [("first",), ("second",)]
    post.wait(2)
    engine.kill("scheduler")
    engine.start("scheduler")
    wait_until(lambda: (engine.home / "scheduler.log").read_text().count("ready executor") == 3, 20, "not ready")
    engine.run("dags", "trigger", "sla")
    assert len(noted()) == 2 and len(post.got) == 2


def test_failures_and_retries_are_mailed_native_or_not(engine: Engine, post: Post) -> None:
    engine.env.update(post.settings())
    write(
        engine,
        "mails.py",
        """
with DAG("mails", schedule=None, start_date=datetime(2026, 1, 1),
         default_args={"email": ["a@x", "b@x"], "retries": 1, "retry_delay": timedelta(seconds=0.1)}):
    BashOperator(task_id="native", bash_command="exit 3")
    PythonOperator(task_id="python", python_callable=lambda: 1 / 0, email_on_retry=False)
    PythonOperator(task_id="lost", python_callable=lambda: os.kill(os.getpid(), 9), retries=0)
    PythonOperator(task_id="good", python_callable=print)
""",
    )
    engine.up()
    engine.start("dag-processor")
    assert engine.finish("mails", engine.trigger("mails")) == "failed"
    mails = post.wait(4)
    subjects = [m["Subject"] for m in mails]
    assert sorted(s.split()[3].rsplit(".", 1)[-1] for s in subjects) == ["lost", "native", "native", "python"]
    assert all(m["To"] == "a@x, b@x" for m in mails)
    assert any("Try 1 out of 2" in body(m) for m in mails) and any("division by zero" in body(m) for m in mails)
    assert any("signal 9" in body(m) for m in mails)


def test_mail_by_operators_and_notifiers(engine: Engine, post: Post) -> None:
    """EmailOperator with everything it can send, and send_email in a callback; what the server refuses fails the task."""
    engine.env.update(post.settings(), AIRFLOW__SMTP__SMTP_MAIL_FROM="robot@x")
    report = engine.home.parent / "report.csv"
    report.write_text("a,b\n1,2\n")
    write(
        engine,
        "sends.py",
        f"""
from airflow.operators.email import EmailOperator
from airflow.notifications.basenotifier import BaseNotifier
from airflow.utils.email import send_email

class Mails(BaseNotifier):
    template_fields = ("text",)

    def __init__(self, text):
        super().__init__()
        self.text = text

    def notify(self, context):
        send_email("boss@x", "from a notifier", self.text)

with DAG("sends", schedule=None, start_date=datetime(2026, 1, 1)):
    EmailOperator(task_id="mail", to=["a@x", "b@x"], cc="c@x", bcc="d@x", subject="Report of {{{{ dag.dag_id }}}}",
                  html_content="<b>{{{{ run_id }}}}</b>", files=[{str(report)!r}])
    BashOperator(task_id="good", bash_command="true", on_success_callback=Mails("good: {{{{ ti.task_id }}}}"))
    EmailOperator(task_id="refused", to="nobody@refused", subject="x", html_content="y", retries=0)
""",
    )
    engine.up()
    engine.start("dag-processor")
    run = engine.trigger("sends")
    assert engine.finish("sends", run) == "failed"
    assert engine.states("sends", run) == {"mail": "success", "good": "success", "refused": "failed"}
    by = {m["Subject"]: m for m in post.wait(2)}
    mail = by["Report of sends"]
    assert (mail["From"], mail["To"], mail["CC"], mail["BCC"]) == ("robot@x", "a@x, b@x", "c@x", None)
    assert f"<b>{run}</b>" in body(mail)
    [attached] = [p for p in mail.walk() if p.get_filename()]
    assert attached.get_filename() == "report.csv" and attached.get_payload(decode=True) == report.read_bytes()
    assert "good: good" in body(by["from a notifier"])
    assert post.to[mail["Subject"]] == ["a@x", "b@x", "c@x", "d@x"]
    assert "no such mailbox" in engine.log("sends", run, "refused")
