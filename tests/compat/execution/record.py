"""Writes golden.json: what a real Airflow 3.3 api-server answers to steps.py. Run by a Python that has apache-airflow:

    AIRFLOW_HOME=/tmp/somewhere python record.py [FILE]

It makes the database, starts the server and stops it. There is no scheduler: what one would do is written to the rows here.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SECRET = "s" * 64
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    PORT = s.getsockname()[1]
os.environ.update(
    AIRFLOW__CORE__DAGS_FOLDER=str(HERE / "dags"),
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__API_AUTH__JWT_SECRET=SECRET,
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS="False",
    AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION="False",
)
sys.path.insert(0, str(HERE))

from steps import all_steps  # noqa: E402
from talk import Talk  # noqa: E402


def airflow(*args: str) -> None:
    subprocess.run([sys.executable, "-m", "airflow", *args], check=True, stdout=subprocess.DEVNULL)


class Airflow(Talk):
    def change(self, run_id: str, task_id: str, map_index: int = -1, **values: Any) -> str:
        from airflow.models.taskinstance import TaskInstance
        from airflow.utils.session import create_session
        from sqlalchemy import select

        with create_session() as session:
            ti = session.scalar(
                select(TaskInstance).where(
                    TaskInstance.dag_id == "ex_main", TaskInstance.run_id == run_id, TaskInstance.task_id == task_id, TaskInstance.map_index == map_index
                )
            )
            for name, value in values.items():
                setattr(ti, name, value)
            return str(ti.id)

    def run(self, dag_id: str, run_id: str, logical_date: str) -> None:
        import datetime
        import uuid

        from airflow.api.common.trigger_dag import trigger_dag
        from airflow.models.dagrun import DagRun
        from airflow.models.taskinstance import TaskInstance
        from airflow.utils.session import create_session
        from airflow.utils.types import DagRunTriggeredByType
        from sqlalchemy import select

        with create_session() as session:
            trigger_dag(
                dag_id=dag_id,
                run_id=run_id,
                triggered_by=DagRunTriggeredByType.CLI,
                triggering_user_name="root",
                logical_date=datetime.datetime.fromisoformat(logical_date),
                session=session,
            )
        with create_session() as session:
            run = session.scalar(select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id))
            run.state = "running"
            waiting = {ti.task_id: ti for ti in run.task_instances}
            for name, ti in waiting.items():
                if name != "each":
                    ti.state, ti.try_number = "queued", 1
            session.flush()
            table = TaskInstance.__table__
            each = session.execute(select(table).where(table.c.task_id == "each", table.c.run_id == run_id)).mappings().first()
            for index in range(4 if each else 0):
                session.execute(table.insert().values({**each, "id": uuid.uuid4(), "map_index": index}))
            if each:
                session.execute(table.update().where(table.c.id == each["id"]).values(map_index=4))

    def begun(self, dag_id: str, run_id: str) -> None:
        """No scheduler is there: it stays as it was made."""

    def queued(self, run_id: str, task_id: str, map_index: int = -1) -> str:
        return self.named(self.change(run_id, task_id, map_index, state="queued", try_number=1), task_id)

    def retried(self, run_id: str, task_id: str) -> str:
        return self.named(self.change(run_id, task_id, state="queued", try_number=2), f"{task_id} 2")

    def resumed(self, ti: str) -> None:
        import datetime
        import uuid

        import pendulum
        from airflow.models.taskinstance import TaskInstance
        from airflow.models.trigger import handle_event_submit
        from airflow.triggers.base import TriggerEvent
        from airflow.utils.session import create_session

        with create_session() as session:
            row = session.get(TaskInstance, uuid.UUID(ti))
            handle_event_submit(TriggerEvent(datetime.datetime(2026, 1, 1, tzinfo=pendulum.timezone("UTC"))), task_instance=row, session=session)
            row.state = "queued"


def main(file: str = str(HERE / "golden.json")) -> None:
    airflow("db", "reset", "-y")
    airflow("dags", "reserialize")
    airflow("variables", "set", "v1", "hello")
    airflow("connections", "add", "c1", "--conn-uri", "http://anna:secret@host:8080/schema?a=1")
    server = subprocess.Popen([sys.executable, "-m", "airflow", "api-server", "--port", str(PORT), "--workers", "1"], start_new_session=True)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{PORT}/execution/health").read()
                break
            except OSError:
                time.sleep(0.1)
        talk = Airflow(PORT, SECRET)
        all_steps(talk)
    finally:
        server.terminate()
        server.wait()
        Path(file).write_text(json.dumps(talk.answers, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    print(f"{len(talk.answers)} answers")


if __name__ == "__main__":
    main(*sys.argv[1:])
