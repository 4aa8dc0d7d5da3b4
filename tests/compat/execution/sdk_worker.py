"""A worker that runs what RemoteExecutor queues by Airflow's own task SDK, unpatched, until nothing has come for IDLE seconds.

    python sdk_worker.py http://localhost:8080 [IDLE [SLOTS [LOGS]]]

By a Python that has apache-airflow-core and apache-airflow-task-sdk; with AIRFLOW__CORE__DAGS_FOLDER, AIRFLOW__API_AUTH__JWT_SECRET and
AIRFLOW__CORE__EXECUTION_API_SERVER_URL (…/execution/) as the engine has them.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
import urllib.request
from typing import Any

import jwt
from airflow.executors import workloads
from airflow.sdk.execution_time.execute_workload import execute_workload
from pydantic import TypeAdapter

Workload = TypeAdapter(workloads.All)


class Worker:
    def __init__(self, url: str, idle: float = 10, slots: int = 2, logs: str = "") -> None:
        self.url, self.idle, self.slots, self.logs = url, idle, slots, logs
        self.running: dict[int, dict[str, Any]] = {}

    def call(self, path: str, body: Any) -> bytes:
        now = int(time.time())
        claims = {"sub": "sdk", "scope": "worker", "aud": "urn:airflow.apache.org:task", "iat": now, "nbf": now, "exp": now + 60}
        token = jwt.encode(claims, os.environ["AIRFLOW__API_AUTH__JWT_SECRET"], "HS512")
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(self.url + path, json.dumps(body).encode(), headers, method="POST")) as answer:
            return answer.read()

    def begin(self, workload: dict[str, Any]) -> None:
        ti = workload["execute"]["ti"]
        print("taken", ti["dag_id"], ti["task_id"], ti["map_index"], ti["try_number"], flush=True)
        pid = os.fork()
        if pid:
            self.running[pid] = workload
            return
        try:
            if self.logs:
                os.makedirs(self.logs, exist_ok=True)
                name = f"{self.logs}/{ti['dag_id']}.{ti['run_id']}.{ti['task_id']}.{ti['map_index']}.{ti['try_number']}.log"
                fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
                os.dup2(fd, 1)
                os.dup2(fd, 2)
            execute_workload(Workload.validate_json(json.dumps(workload["execute"])))
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)

    def reap(self, wait: bool) -> bool:
        pid, status = os.waitpid(-1, 0 if wait else os.WNOHANG)
        if not pid:
            return False
        workload = self.running.pop(pid)
        body = {"claim": workload["claim"], "reason": f"exit {os.waitstatus_to_exitcode(status)}"}
        self.call(f"/execution/workloads/{workload['execute']['ti']['id']}/gone", body)
        return True

    def work(self) -> None:
        last = time.monotonic()
        while self.running or time.monotonic() - last < self.idle:
            while self.running and self.reap(len(self.running) >= self.slots):
                pass
            wanted = {"limit": max(self.slots - len(self.running), 1), "wait": 0.2}
            for workload in json.loads(self.call("/execution/workloads/take", wanted))["workloads"]:
                last = time.monotonic()
                self.begin(workload)


if __name__ == "__main__":
    given = sys.argv[1:]
    Worker(given[0], *(f(a) for f, a in zip((float, int, str), given[1:]))).work()
